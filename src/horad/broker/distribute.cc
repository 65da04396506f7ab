// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/distribute.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "horad/broker/contexts.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

/// Members of entities and attributes that are no names of attributes.
constexpr std::array<std::string_view, 24> kReserved{
    "id",          "@id",       "type",      "@type",      "scope",      "@context",   "value",       "object",
    "languageMap", "vocab",     "json",      "valueList",  "objectList", "observedAt", "unitCode",    "datasetId",
    "objectType",  "valueType", "createdAt", "modifiedAt", "instanceId", "expiresAt",  "ngsildproof", "lang"};

bool reserved(std::string_view name) noexcept { return std::ranges::find(kReserved, name) != kReserved.end(); }

std::string_view view(json::string_view text) noexcept { return {text.data(), text.size()}; }

std::string_view text_in(const json::object& object, std::string_view name, std::string_view alias) {
  for (const auto one : {name, alias}) {
    const auto* const value = object.if_contains(json::string_view{one.data(), one.size()});
    if (value != nullptr && value->is_string()) return text_of(value->get_string());
  }
  return {};
}

/// The types that stand in the body, expanded.
std::vector<model::NameId> types_in(const json::object& body, model::Context& context) {
  std::vector<model::NameId> out;
  const auto add = [&](const json::value& one) {
    if (!one.is_string()) return;
    if (const auto id = context.resolve_type(text_of(one.get_string()))) out.push_back(*id);
  };
  const auto* value = body.if_contains("type");
  if (value == nullptr) value = body.if_contains("@type");
  if (value == nullptr) return out;
  add(*value);
  if (const auto* const list = value->if_array()) {
    for (const auto& one : *list) add(one);
  }
  return out;
}

std::vector<model::NameId> attributes_in(const json::object& body, model::Context& context) {
  std::vector<model::NameId> out;
  for (const auto& [key, value] : body) {
    if (reserved(view(key))) continue;
    if (const auto id = context.resolve_attribute(view(key))) out.push_back(*id);
  }
  return out;
}

/// The body with those attributes only; its other members stay.
json::object only(const json::object& body, const std::set<model::NameId>& wanted, model::Context& context) {
  json::object out;
  for (const auto& [key, value] : body) {
    if (!reserved(view(key))) {
      const auto id = context.resolve_attribute(view(key));
      if (!id || !wanted.contains(*id)) continue;
    }
    out.insert_or_assign(key, value);
  }
  return out;
}

/// Writes names as another context has them.
class Translator {
 public:
  Translator(model::Context& from, const model::Context& to) : from_(from), to_(to) {}

  json::object entity(const json::object& body, bool simplified) const {
    json::object out;
    for (const auto& [key, value] : body) {
      if (view(key) == "type" || view(key) == "@type") {
        out.insert_or_assign(key, types(value));
      } else if (reserved(view(key))) {
        out.insert_or_assign(key, value);
      } else {
        out.insert_or_assign(name(view(key)), simplified ? value : instances(value));
      }
    }
    return out;
  }

  json::value instances(const json::value& value) const {
    if (const auto* const list = value.if_array()) {
      json::array out;
      for (const auto& one : *list) out.push_back(instances(one));
      return out;
    }
    const auto* const object = value.if_object();
    if (object == nullptr || !is_instance(*object)) return value;
    json::object out;
    for (const auto& [key, member] : *object) {
      if (reserved(view(key))) {
        out.insert_or_assign(key, member);
      } else {
        out.insert_or_assign(name(view(key)), instances(member));
      }
    }
    return out;
  }

 private:
  /// Compound values and geometries are not attributes, so what is in them is left alone.
  static bool is_instance(const json::object& object) {
    static constexpr std::array<std::string_view, 7> kValues{"value", "object",    "languageMap", "vocab",
                                                             "json",  "valueList", "objectList"};
    return std::ranges::any_of(
        kValues, [&](std::string_view one) { return object.contains(json::string_view{one.data(), one.size()}); });
  }
  json::string name(std::string_view text) const {
    const auto id = from_.resolve_attribute(text);
    return json::string(id ? to_.compact(*id) : text);
  }
  json::value types(const json::value& value) const {
    if (const auto* const list = value.if_array()) {
      json::array out;
      for (const auto& one : *list) out.push_back(types(one));
      return out;
    }
    if (!value.is_string()) return value;
    const auto id = from_.resolve_type(text_of(value.get_string()));
    return json::string(id ? to_.compact(*id) : text_of(value.get_string()));
  }

  model::Context& from_;
  const model::Context& to_;
};

/// How the attributes of one entity fall to sources, in their order of precedence.
struct Parts {
  struct Part {
    Share share;
    std::set<model::NameId> attributes;
  };
  std::vector<Part> elsewhere;
  std::vector<PlaceResult> refused;
  std::set<model::NameId> here;
  bool stays = true;  // the entity is dealt with here, too
};

struct About {
  std::string id;
  std::vector<model::NameId> types;
  std::vector<model::NameId> attributes;  // none: the whole entity
  std::shared_ptr<const model::TypeSelection> selection;
};

PlaceResult unable(std::shared_ptr<const Registration> source, std::vector<model::NameId> attributes) {
  PlaceResult out;
  out.status = 409;
  out.error = {ErrorCode::kConflict, "The source " + source->id + " that holds this cannot do the operation.", {}};
  out.source = std::move(source);
  out.attributes = std::move(attributes);
  return out;
}

Result<Parts> split(const Sources& sources, const About& about, SourceOp op, Forwarding& forwarding,
                    std::string_view alias, Timestamp now) {
  const Wanted wanted{.ids = {&about.id, 1},
                      .pattern = nullptr,
                      .types = about.selection.get(),
                      .has_types = about.types,
                      .attributes = about.attributes};
  auto plan = plan_forward(sources, wanted, SourceOps::of({op}), forwarding, alias, now);
  if (plan.looped) {
    forwarding.looped = true;
    return fail(ErrorCode::kConflict, "The request came back to where it had been: registrations form a loop.");
  }
  Parts out;
  const bool whole = about.attributes.empty();
  std::set<model::NameId> left{about.attributes.begin(), about.attributes.end()};
  std::set<model::NameId> taken;  // by redirect sources; several of them may take the same
  const auto take = [&](const Registration& source) {
    std::set<model::NameId> mine;
    for (const auto name : about.attributes) {
      if (claims(source, about.id, about.types, name) && (left.contains(name) || taken.contains(name))) {
        mine.insert(name);
      }
    }
    return mine;
  };
  const auto leave = [&](const Registration& source, const std::set<model::NameId>& mine) {
    for (const auto name : mine) {
      left.erase(name);
      if (source.mode == Mode::kRedirect) taken.insert(name);
    }
    if (whole && claims_all(source, about.id, about.types)) out.stays = false;
  };
  for (auto& source : plan.unable) {
    auto mine = take(*source);
    leave(*source, mine);
    out.refused.push_back(unable(std::move(source), {mine.begin(), mine.end()}));
  }
  for (auto& share : plan.shares) {
    if (share.source->mode == Mode::kAuxiliary) continue;
    std::set<model::NameId> mine;
    if (share.source->mode == Mode::kInclusive) {
      for (const auto name : left) {
        if (share.attributes.empty() || std::ranges::binary_search(share.attributes, name)) mine.insert(name);
      }
      if (whole && !out.stays) continue;
    } else {
      mine = take(*share.source);
      leave(*share.source, mine);
    }
    if (!whole && mine.empty()) continue;
    out.elsewhere.push_back({std::move(share), std::move(mine)});
  }
  out.here = left;
  if (!whole && left.empty()) out.stays = false;
  return out;
}

/// A purge goes to every source that may have such entities, and runs here, too.
Result<WritePlan> plan_purge(const Sources& sources, const WriteRequest& write, const Caller& caller,
                             Contexts& contexts, std::string_view alias, Timestamp now) {
  const auto& query = *write.purge;
  const Wanted wanted{.ids = query.ids,
                      .pattern = query.id_pattern.get(),
                      .types = query.types.get(),
                      .has_types = {},
                      .attributes = query.attributes};
  auto plan = plan_forward(sources, wanted, SourceOps::of({write.op}), *caller.forwarding, alias, now);
  if (plan.looped) {
    caller.forwarding->looped = true;
    return fail(ErrorCode::kConflict, "The request came back to where it had been: registrations form a loop.");
  }
  WritePlan out;
  for (auto& source : plan.unable) out.refused.push_back(unable(std::move(source), {}));
  for (auto& share : plan.shares) {
    if (share.source->mode == Mode::kAuxiliary) continue;
    const auto words = words_for(*share.source, caller.context, caller, contexts);
    if (!words) return std::unexpected(words.error());
    // Conditions cannot be said in other words, and without them too much would go.
    const bool plain = std::ranges::all_of(write.parameters, [](const auto& one) { return one.first == "id"; });
    if (!words->same_as_caller && !plain) {
      out.refused.push_back(unable(share.source, {}));
      continue;
    }
    auto request = outgoing(share, write.method, write.path, *words, *caller.forwarding, alias);
    if (query.types) add_parameter(request.request.url, "type", type_text(*query.types, *words->context));
    for (const auto& [name, value] : write.parameters) add_parameter(request.request.url, name, value);
    PlaceResult place;
    place.source = share.source;
    out.places.push_back(std::move(place));
    out.requests.push_back(std::move(request));
  }
  return out;
}

json::value in_words(const json::object& body, const Words& words, model::Context& context, bool simplified) {
  if (words.same_as_caller) return body;
  return Translator{context, *words.context}.entity(body, simplified);
}

}  // namespace

Result<WritePlan> plan_write(const Sources& sources, const WriteRequest& write, const Caller& caller,
                             std::shared_ptr<model::Context> body_context, Contexts& contexts, std::string_view alias,
                             Timestamp now) {
  if (write.purge != nullptr) return plan_purge(sources, write, caller, contexts, alias, now);
  const auto context = body_context ? std::move(body_context) : caller.context;
  json::object body;
  if (!write.body.empty()) {
    auto parsed = parse_json_object(write.body, kMostBody);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    body = std::move(*parsed);
  }
  const bool one_attribute = !write.attribute.empty();
  About about{.id = write.id, .types = {}, .attributes = {}, .selection = write.types};
  if (about.id.empty()) about.id = text_in(body, "id", "@id");
  if (one_attribute) {
    const auto name = write.attribute == "scope" ? Result<model::NameId>{model::kScopeName}
                                                 : context->resolve_attribute(write.attribute);
    if (!name) return std::unexpected(name.error());
    about.attributes.push_back(*name);
  } else if (!write.body.empty()) {
    about.attributes = attributes_in(body, *context);
    about.types = types_in(body, *context);
  }
  auto parts = split(sources, about, write.op, *caller.forwarding, alias, now);
  if (!parts) return std::unexpected(std::move(parts).error());
  WritePlan out;
  out.id = about.id;
  out.here = parts->stays;
  out.refused = std::move(parts->refused);
  const bool whole_here = one_attribute || parts->here.size() == about.attributes.size();
  out.local_body = whole_here || write.body.empty() ? std::string{write.body}
                                                    : to_text(json::value(only(body, parts->here, *context)));
  for (auto& part : parts->elsewhere) {
    const auto spoken = words_for(*part.share.source, context, caller, contexts);
    if (!spoken) return std::unexpected(spoken.error());
    const auto& words = *spoken;
    auto path = write.path;
    if (one_attribute) path += "/" + path_part(words.context->compact(about.attributes.front())) + write.path_end;
    auto request = outgoing(part.share, write.method, path, words, *caller.forwarding, alias);
    for (const auto& [name, value] : write.parameters) add_parameter(request.request.url, name, value);
    if (write.types) add_parameter(request.request.url, "type", type_text(*write.types, *words.context));
    if (!write.body.empty()) {
      if (one_attribute) {
        const auto moved =
            words.same_as_caller ? json::value(body) : Translator{*context, *words.context}.instances(body);
        set_body(request, moved, words);
      } else {
        set_body(request, in_words(only(body, part.attributes, *context), words, *context, write.simplified), words);
      }
    }
    PlaceResult place;
    place.source = part.share.source;
    place.attributes.assign(part.attributes.begin(), part.attributes.end());
    out.places.push_back(std::move(place));
    out.requests.push_back(std::move(request));
  }
  return out;
}

namespace {

/// What goes to one source of a batch.
struct SourceBatch {
  Share share;
  Words words;
  json::array items;
  std::vector<std::string> ids;
};

struct BatchSplitter {
  const Sources& sources;
  const WriteRequest& write;
  const Caller& caller;
  Contexts& contexts;
  std::string_view alias;
  Timestamp now;
  BatchPlan out;
  json::array local;
  std::map<std::string, SourceBatch> to;  // by registration and context

  Result<void> add_id(const json::value& item) {
    About about{.id = item.is_string() ? std::string{text_of(item.get_string())} : std::string{},
                .types = {},
                .attributes = {},
                .selection = nullptr};
    auto parts = split(sources, about, write.op, *caller.forwarding, alias, now);
    if (!parts) return std::unexpected(std::move(parts).error());
    for (auto& part : parts->elsewhere) {
      auto words = words_for(*part.share.source, caller.context, caller, contexts);
      if (!words) return std::unexpected(std::move(words).error());
      put(part.share, std::move(*words), item, about.id);
    }
    return finish(*parts, about, item);
  }

  Result<void> add_entity(const json::object& item, const std::shared_ptr<model::Context>& context) {
    About about{.id = std::string{text_in(item, "id", "@id")},
                .types = types_in(item, *context),
                .attributes = attributes_in(item, *context),
                .selection = nullptr};
    auto parts = split(sources, about, write.op, *caller.forwarding, alias, now);
    if (!parts) return std::unexpected(std::move(parts).error());
    for (auto& part : parts->elsewhere) {
      auto words = words_for(*part.share.source, context, caller, contexts);
      if (!words) return std::unexpected(std::move(words).error());
      auto moved = in_words(only(item, part.attributes, *context), *words, *context, write.simplified);
      put(part.share, std::move(*words), std::move(moved), about.id);
    }
    const bool whole = parts->here.size() == about.attributes.size();
    return finish(*parts, about, whole ? json::value(item) : json::value(only(item, parts->here, *context)));
  }

  void put(const Share& share, Words words, json::value item, const std::string& id) {
    const auto key = share.source->id + "\n" + words.url;
    const auto at = to.try_emplace(key, SourceBatch{share, std::move(words), {}, {}}).first;
    at->second.items.push_back(std::move(item));
    at->second.ids.push_back(id);
  }

  Result<void> finish(Parts& parts, const About& about, json::value item) {
    for (auto& one : parts.refused) out.refused.emplace_back(about.id, std::move(one));
    if (parts.stays) {
      local.push_back(std::move(item));
    } else {
      out.elsewhere.push_back(about.id);
    }
    return {};
  }

  BatchPlan take() && {
    if (!local.empty()) out.local_body = to_text(json::value(std::move(local)));
    for (auto& [key, batch] : to) {
      auto request = outgoing(batch.share, "POST", write.path, batch.words, *caller.forwarding, alias);
      for (const auto& [name, value] : write.parameters) add_parameter(request.request.url, name, value);
      set_body(request, json::value(std::move(batch.items)), batch.words);
      out.requests.push_back(std::move(request));
      out.ids.push_back(std::move(batch.ids));
    }
    return std::move(out);
  }
};

}  // namespace

Result<BatchPlan> plan_batch(
    const Sources& sources, const WriteRequest& write, const Caller& caller,
    std::move_only_function<Result<std::shared_ptr<model::Context>>(const json::object&)> context_of,
    Contexts& contexts, std::string_view alias, Timestamp now) {
  const auto parsed = parse_json(write.body, kMostBody);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* const items = parsed->if_array();
  if (items == nullptr) return fail(ErrorCode::kInvalidRequest, "The body of a batch is a JSON array.");
  BatchSplitter splitter{sources, write, caller, contexts, alias, now, {}, {}, {}};
  for (const auto& item : *items) {
    const auto* const object = item.if_object();
    if (write.op == SourceOp::kDeleteBatch) {
      if (auto done = splitter.add_id(item); !done) return std::unexpected(std::move(done).error());
      continue;
    }
    auto context = object == nullptr ? Result<std::shared_ptr<model::Context>>{nullptr} : context_of(*object);
    const bool to_be_fetched = caller.unknown_context != nullptr && !caller.unknown_context->empty();
    if (to_be_fetched) return std::unexpected(context ? Error{} : context.error());
    if (!context || !*context) {  // an item that is not sound is refused here, by the operation itself
      splitter.local.push_back(item);
      continue;
    }
    if (auto done = splitter.add_entity(*object, *context); !done) return std::unexpected(std::move(done).error());
  }
  return std::move(splitter).take();
}

PlaceResult result_of(PlaceResult about, const SourceReply& reply) {
  if (!reply) {
    about.error = {reply.error().code == ErrorCode::kTimeout ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                   "The source " + about.source->id + " did not answer: " + reply.error().detail,
                   {}};
    return about;
  }
  about.status = reply->status;
  about.partly = reply->status == 207;
  if (reply->status < 300) return about;
  about.error.code = reply->status == 404   ? ErrorCode::kNotFound
                     : reply->status == 409 ? ErrorCode::kAlreadyExists
                     : reply->status < 500  ? ErrorCode::kBadRequestData
                                            : ErrorCode::kUnavailable;
  about.error.detail = fmt::format("The source {} answered {}.", about.source->id, reply->status);
  return about;
}

}  // namespace horad::broker
