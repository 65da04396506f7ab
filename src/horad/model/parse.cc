// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/base/time.h"
#include "horad/model/parse_attribute.h"
#include "horad/model/parse_json.h"
#include "horad/model/parse_outline.h"
#include "horad/model/parse_value.h"

namespace horad::model {
namespace {

using detail::Json;
using detail::JsonType;
using detail::Member;
using detail::Path;
using detail::refuse;

constexpr std::size_t kMostScopeBytes = 512;

/// `[/]level(/level)*`, a level being a letter and then letters, digits and `_`; answered with the leading slash.
Result<std::string> read_scope(Json json, const Path& at) {
  if (json.type() != JsonType::STRING) return refuse(at, "a scope is a text such as /district/quarter");
  auto text = detail::text_of(json);
  if (text.starts_with('/')) text.remove_prefix(1);
  const auto wrong = [&] {
    return refuse(at, "a scope is levels such as /district/quarter, each beginning with a letter");
  };
  if (text.empty() || text.size() > kMostScopeBytes) return wrong();
  bool at_start = true;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    const bool inner = (c >= '0' && c <= '9') || c == '_';
    if (c == '/' ? at_start : !(letter || (inner && !at_start))) return wrong();
    at_start = c == '/';
  }
  if (at_start) return wrong();
  return "/" + std::string(text);
}

/// Calls `one(json, path)` for a text or each item of an array of 1 to `most`.
template <class One>
Result<void> one_or_several(Json json, const Path& at, std::size_t most, One one) {
  if (json.type() != JsonType::ARRAY) return one(json, at);
  const auto array = json.get_array().value_unsafe();
  if (array.size() == 0) return refuse(at, "this array is empty");
  if (array.size() > most)
    return refuse(at, fmt::format("this array has more than {} items", most), ErrorCode::kTooLarge);
  std::size_t i = 0;
  for (const Json item : array) {
    const Path here{&at, {}, i++};
    if (auto done = one(item, here); !done) return done;
  }
  return {};
}

Result<std::vector<std::string>> read_scopes(Json json, const Path& at) {
  std::vector<std::string> scopes;
  auto done = one_or_several(json, at, kMostScopes, [&](Json item, const Path& here) -> Result<void> {
    auto scope = read_scope(item, here);
    if (!scope) return std::unexpected(std::move(scope).error());
    if (std::ranges::find(scopes, *scope) == scopes.end()) scopes.push_back(std::move(*scope));
    return {};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return scopes;
}

Result<std::vector<NameId>> read_types(Json json, const Path& at, Context& context) {
  std::vector<NameId> types;
  auto done = one_or_several(json, at, kMostTypes, [&](Json item, const Path& here) -> Result<void> {
    if (item.type() != JsonType::STRING) return refuse(here, "the type of an entity is a text");
    if (detail::is_ngsi_ld_null(item)) return refuse(here, "the type of an entity cannot be removed");
    const auto type = context.resolve_type(detail::text_of(item));
    if (!type) return refuse(here, type.error().detail, type.error().code);
    if (std::ranges::find(types, *type) == types.end()) types.push_back(*type);
    return {};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return types;
}

/// The members of an entity that are not attributes.
struct Head {
  std::string id;
  std::vector<NameId> types;
  std::optional<std::vector<std::string>> scopes;
  std::optional<Timestamp> expires_at;
  bool id_seen = false;
  bool type_seen = false;
};

Result<void> read_expiry(Head& head, Json json, const Path& at, bool nulls) {
  if (head.expires_at) return refuse(at, "expiresAt stands here twice");
  if (nulls && detail::is_ngsi_ld_null(json)) {
    head.expires_at = kNoExpiry;
    return {};
  }
  const auto time = detail::parse_date_time(json, at, "expiresAt");
  if (!time) return std::unexpected(time.error());
  head.expires_at = *time;
  return {};
}

Result<void> read_head(Head& head, Member member, std::string_view key, Json json, const Path& at, Context& context,
                       bool nulls) {
  switch (member) {
    case Member::kId: {
      if (std::exchange(head.id_seen, true)) return refuse(at, "the id stands here twice");
      auto id = detail::parse_uri(json, at, "an id");
      if (!id) return std::unexpected(std::move(id).error());
      head.id = std::move(*id);
      return {};
    }
    case Member::kType: {
      if (std::exchange(head.type_seen, true)) return refuse(at, "the type stands here twice");
      auto types = read_types(json, at, context);
      if (!types) return std::unexpected(std::move(types).error());
      head.types = std::move(*types);
      return {};
    }
    case Member::kExpiresAt:
      return read_expiry(head, json, at, nulls);
    case Member::kContext:
      return {};
    case Member::kSystem:
      if (json.type() == JsonType::STRING) return {};
      [[fallthrough]];
    default:
      return refuse(at, fmt::format("{} is a word of NGSI-LD and cannot be the name of an attribute", key));
  }
}

Result<void> read_scope_member(Head& head, Json json, const Path& at, bool nulls) {
  if (head.scopes) return refuse(at, "the scope stands here twice");
  if (nulls && detail::is_ngsi_ld_null(json)) {
    head.scopes.emplace();
    return {};
  }
  auto scopes = read_scopes(json, at);
  if (!scopes) return std::unexpected(std::move(scopes).error());
  head.scopes = std::move(*scopes);
  return {};
}

/// One instance of the scope over time: {"type": "Property", "value": ..., "observedAt": ...}.
Result<void> read_scope_instance(Json json, const Path& at, std::vector<HistoryEdit::Addition>& out) {
  HistoryEdit::Addition scope;
  scope.attribute.name = kScopeName;
  bool valued = false;
  for (const auto member : json.get_object().value_unsafe()) {
    const Path here{&at, member.key};
    const auto is = detail::member_of(member.key);
    if (is == Member::kValue) {
      valued = true;
      const bool empty = member.value.type() == JsonType::ARRAY && member.value.get_array().value_unsafe().size() == 0;
      scope.deletion = empty || detail::is_ngsi_ld_null(member.value);
      if (scope.deletion) continue;
      auto scopes = read_scopes(member.value, here);
      if (!scopes) return std::unexpected(std::move(scopes).error());
      scope.attribute.value = scope_value(*scopes);
    } else if (is == Member::kObservedAt) {
      const auto time = detail::parse_date_time(member.value, here, "observedAt");
      if (!time) return std::unexpected(time.error());
      scope.attribute.observed_at = *time;
    } else if (is == Member::kType) {
      if (member.value.type() != JsonType::STRING || detail::text_of(member.value) != "Property")
        return refuse(here, "over time, a scope is a Property");
    } else if (is != Member::kSystem && member.key != "deletedAt") {
      return refuse(here, "over time, a scope has a value and times, and nothing else");
    }
  }
  if (!valued) return refuse(at, "an instance of the scope has a value");
  out.push_back(std::move(scope));
  return {};
}

/// True for the scope as instances over time, and not as texts.
bool is_scope_over_time(Json json) {
  if (json.type() != JsonType::ARRAY) return json.type() == JsonType::OBJECT;
  const auto array = json.get_array().value_unsafe();
  return std::all_of(array.begin(), array.end(), [](Json item) { return item.type() == JsonType::OBJECT; });
}

Result<void> read_scope_over_time(Json json, const Path& at, std::vector<HistoryEdit::Addition>& out) {
  if (json.type() == JsonType::OBJECT) return read_scope_instance(json, at, out);
  std::size_t i = 0;
  for (const Json item : json.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    if (auto done = read_scope_instance(item, here, out); !done) return done;
  }
  return {};
}

/// A member that holds values in attributes, such as `vocab`, may be the name of an attribute, too, when what stands
/// there says of itself that it is one.
bool is_attribute_all_the_same(Member member, Json json) noexcept {
  if (member < Member::kValue || member > Member::kObjectList || json.type() != JsonType::OBJECT) return false;
  std::string_view type;
  return json["type"].get(type) == simdjson::SUCCESS && detail::kind_named(type).has_value();
}

/// Reads one entity or fragment; `take(name, json, path)` takes each attribute. `nulls`: the NGSI-LD null removes.
/// `over_time`: takes the scope when it is given as instances; null: it may not be.
template <class TakeAttribute>
Result<Head> read_object(Json json, const Path& at, Context& context, bool nulls, TakeAttribute take,
                         std::vector<HistoryEdit::Addition>* over_time = nullptr) {
  if (json.type() != JsonType::OBJECT) {
    return refuse(at, "an entity or a fragment of one is a JSON object", ErrorCode::kInvalidRequest);
  }
  Head head;
  for (const auto member : json.get_object().value_unsafe()) {
    const Path here{&at, member.key};
    const auto is = detail::member_of(member.key);
    Result<void> done;
    if (is != Member::kOther && !is_attribute_all_the_same(is, member.value)) {
      done = read_head(head, is, member.key, member.value, here, context, nulls);
    } else if (member.key == "scope" && over_time != nullptr && is_scope_over_time(member.value)) {
      done = read_scope_over_time(member.value, here, *over_time);
    } else if (member.key == "scope") {
      done = read_scope_member(head, member.value, here, nulls);
    } else if (const auto name = context.resolve_attribute(member.key); !name) {
      done = refuse(here, name.error().detail, name.error().code);
    } else {
      done = take(*name, member.value, here);
    }
    if (!done) return std::unexpected(std::move(done).error());
  }
  return head;
}

}  // namespace

/// `root` and `items` are views into the tape of `parser`.
struct Parser::State {
  simdjson::dom::parser parser;
  Json root;
  std::vector<Json> items;
  bool array = false;

  /// The place of item `i` in error messages.
  Path path(std::size_t i) const noexcept { return array ? Path{nullptr, {}, i} : Path{}; }
};

Parser::Parser() : state_(std::make_unique<State>()) {}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

Result<void> Parser::load(std::string_view body) {
  state_->items.clear();
  state_->array = false;
  Json& root = state_->root;
  if (const auto error = state_->parser.parse(body.data(), body.size()).get(root)) return detail::not_json(error);
  state_->array = root.type() == JsonType::ARRAY;
  if (state_->array) {
    for (const Json item : root.get_array().value_unsafe()) state_->items.push_back(item);
  } else {
    state_->items.push_back(root);
  }
  return {};
}

bool Parser::is_array() const noexcept { return state_->array; }
std::size_t Parser::size() const noexcept { return state_->items.size(); }

Result<std::optional<std::string>> Parser::context(std::size_t i) const {
  const Json item = state_->items[i];
  Json context;
  if (item.type() != JsonType::OBJECT || item["@context"].get(context) != simdjson::SUCCESS) return std::nullopt;
  const auto at = state_->path(i);
  const Path here{&at, "@context"};
  std::string text;
  if (auto done = detail::append_minified(text, context, here, detail::JsonNulls::kAllow); !done) {
    return std::unexpected(std::move(done).error());
  }
  return text;
}

std::string_view Parser::raw_id(std::size_t i) const noexcept {
  const Json item = state_->items[i];
  if (item.type() != JsonType::OBJECT) return {};
  for (const char* key : {"id", "@id"}) {
    std::string_view id;
    if (item[key].get(id) == simdjson::SUCCESS) return id;
  }
  return {};
}

bool Parser::is_null(std::size_t i) const noexcept { return state_->items[i].type() == JsonType::NULL_VALUE; }

std::optional<std::string_view> Parser::text(std::size_t i) const noexcept {
  const Json item = state_->items[i];
  if (item.type() != JsonType::STRING) return std::nullopt;
  return detail::text_of(item);
}

Result<Entity> Parser::entity(std::size_t i, Context& context, const ParseOptions& options) const {
  const auto at = state_->path(i);
  Entity entity;
  auto head = read_object(state_->items[i], at, context, false, [&](NameId name, Json json, const Path& here) {
    return detail::parse_attribute(name, json, here, context, {options.form}, entity.attributes);
  });
  if (!head) return std::unexpected(std::move(head).error());
  if (!head->id_seen) return refuse(Path{&at, "id"}, "an entity has an id");
  if (!head->type_seen && options.type_required) return refuse(Path{&at, "type"}, "an entity has a type");
  if (auto unique = detail::check_unique(entity.attributes, at, context); !unique) {
    return std::unexpected(std::move(unique).error());
  }
  entity.id = std::move(head->id);
  entity.types = std::move(head->types);
  if (head->scopes) entity.scopes = std::move(*head->scopes);
  entity.expires_at = head->expires_at.value_or(kNoExpiry);
  return entity;
}

Result<EntityFragment> Parser::fragment(Context& context, const ParseOptions& options) const {
  if (state_->array || state_->items.empty()) return fail(ErrorCode::kInvalidRequest, "the body is one JSON object");
  const Path at;
  EntityFragment fragment;
  auto head = read_object(state_->items[0], at, context, options.nulls, [&](NameId name, Json json, const Path& here) {
    return detail::parse_attribute(name, json, here, context, {options.form}, fragment.attributes,
                                   options.nulls ? &fragment.removed : nullptr);
  });
  if (!head) return std::unexpected(std::move(head).error());
  if (auto unique = detail::check_unique(fragment.attributes, at, context); !unique) {
    return std::unexpected(std::move(unique).error());
  }
  fragment.id = std::move(head->id);
  fragment.types = std::move(head->types);
  fragment.scopes = std::move(head->scopes);
  fragment.expires_at = head->expires_at;
  return fragment;
}

Result<TemporalFragment> Parser::temporal(Context& context, bool whole) const {
  if (state_->array || state_->items.empty()) return fail(ErrorCode::kInvalidRequest, "the body is one JSON object");
  const Path at;
  TemporalFragment out;
  auto head = read_object(
      state_->items[0], at, context, false,
      [&](NameId name, Json json, const Path& here) {
        return detail::parse_temporal_attribute(name, json, here, context, out.instances);
      },
      &out.instances);
  if (!head) return std::unexpected(std::move(head).error());
  if (out.instances.size() > kMostInstances) {
    return refuse(at, fmt::format("a request has at most {} instances; send several", kMostInstances),
                  ErrorCode::kTooLarge);
  }
  if (whole && !head->id_seen) return refuse(Path{&at, "id"}, "an entity has an id");
  if (whole && !head->type_seen) return refuse(Path{&at, "type"}, "an entity has a type");
  out.id = std::move(head->id);
  out.types = std::move(head->types);
  out.scopes = std::move(head->scopes);
  out.expires_at = head->expires_at;
  return out;
}

Result<EntityPatch> Parser::entity_patch(std::size_t i, Context& context, const ParseOptions& options) const {
  const auto at = state_->path(i);
  EntityPatch patch;
  auto head = read_object(state_->items[i], at, context, true, [&](NameId name, Json json, const Path& here) {
    return detail::parse_attribute_patch(name, json, here, context, {options.form}, detail::Reading::kMerge,
                                         patch.attributes);
  });
  if (!head) return std::unexpected(std::move(head).error());
  if (auto unique = detail::check_unique(patch.attributes, at, context); !unique) {
    return std::unexpected(std::move(unique).error());
  }
  patch.id = std::move(head->id);
  patch.types = std::move(head->types);
  patch.scopes = std::move(head->scopes);
  patch.expires_at = head->expires_at;
  return patch;
}

Result<std::vector<Attribute>> Parser::attribute(NameId name, Context& context, const ParseOptions& options) const {
  std::vector<Attribute> instances;
  const detail::AttributePlace place{options.form, true};
  if (auto done = detail::parse_attribute(name, state_->root, Path{}, context, place, instances); !done) {
    return std::unexpected(std::move(done).error());
  }
  if (auto unique = detail::check_unique(instances, Path{}, context); !unique) {
    return std::unexpected(std::move(unique).error());
  }
  return instances;
}

Result<AttributePatch> Parser::attribute_patch(NameId name, Context& context, const ParseOptions& options) const {
  if (state_->array || state_->items.empty()) return fail(ErrorCode::kInvalidRequest, "the body is one JSON object");
  std::vector<AttributePatch> patches;
  const detail::AttributePlace place{options.form, true};
  if (auto done =
          detail::parse_attribute_patch(name, state_->root, Path{}, context, place, detail::Reading::kPartial, patches);
      !done) {
    return std::unexpected(std::move(done).error());
  }
  if (patches.size() != 1)
    return fail(ErrorCode::kBadRequestData, "a partial update changes one instance of an attribute");
  return std::move(patches.front());
}

}  // namespace horad::model
