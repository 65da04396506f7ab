// SPDX-License-Identifier: Apache-2.0
// Registrations as documents: names in and out, creation, patch, and the view. What they mean is in
// registration_compile.cc.
#include "horad/broker/registration.h"

#include <algorithm>
#include <array>
#include <functional>

#include "horad/broker/members.h"
#include "horad/broker/name_map.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

using NameMap = std::function<Result<std::string>(std::string_view)>;

/// What is ours to say of a registration.
constexpr std::array<std::string_view, 8> kReadOnly{"@context",    "status",      "timesSent", "timesFailed",
                                                    "lastSuccess", "lastFailure", "createdAt", "modifiedAt"};
constexpr std::array<std::string_view, 25> kKnown{"id",
                                                  "type",
                                                  "registrationName",
                                                  "description",
                                                  "information",
                                                  "tenant",
                                                  "observationInterval",
                                                  "managementInterval",
                                                  "location",
                                                  "observationSpace",
                                                  "operationSpace",
                                                  "expiresAt",
                                                  "endpoint",
                                                  "contextSourceInfo",
                                                  "scope",
                                                  "mode",
                                                  "operations",
                                                  "refreshRate",
                                                  "management",
                                                  "localOnly",
                                                  "contextSourceAlias",
                                                  "contextSourceUptime",
                                                  "contextSourceTimeAt",
                                                  "contextSourceExtras",
                                                  "datasetId"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view name) noexcept {
  return std::ranges::find(list, name) != list.end();
}

json::string_view key(std::string_view name) noexcept { return {name.data(), name.size()}; }

Result<void> map_text(json::value& value, const NameMap& map) {
  if (!value.is_string()) return {};  // what is no text is found when it is compiled
  auto mapped = map(text_of(value.get_string()));
  if (!mapped) return std::unexpected(std::move(mapped).error());
  value = json::string(*mapped);
  return {};
}

/// One text or a list of them.
Result<void> map_texts(json::value* value, const NameMap& map) {
  if (value == nullptr) return {};
  if (!value->is_array()) return map_text(*value, map);
  for (auto& item : value->get_array()) {
    if (auto done = map_text(item, map); !done) return done;
  }
  return {};
}

Result<void> map_offer(json::object& offer, const NameMap& type, const NameMap& attribute) {
  for (const auto* const name : {"propertyNames", "relationshipNames"}) {
    auto* const list = offer.if_contains(name);
    if (list != nullptr && !list->is_array()) continue;
    if (auto done = map_texts(list, attribute); !done) return done;
  }
  auto* const entities = offer.if_contains("entities");
  if (entities == nullptr || !entities->is_array()) return {};
  for (auto& entity : entities->get_array()) {
    if (!entity.is_object()) continue;
    rename_aliases(entity.get_object());
    if (auto done = map_texts(entity.get_object().if_contains("type"), type); !done) return done;
  }
  return {};
}

/// Puts the name of every type, attribute and property of the source through its map.
Result<void> map_names(json::object& body, const NameMap& type, const NameMap& attribute) {
  if (auto* const information = body.if_contains("information"); information != nullptr && information->is_array()) {
    for (auto& offer : information->get_array()) {
      if (!offer.is_object()) continue;
      if (auto done = map_offer(offer.get_object(), type, attribute); !done) return done;
    }
  }
  json::object out;
  for (auto& [name, value] : body) {
    const std::string_view text{name.data(), name.size()};
    if (among(kKnown, text)) {
      out.insert_or_assign(name, std::move(value));
      continue;
    }
    const auto mapped = attribute(text);
    if (!mapped) return std::unexpected(mapped.error());
    out.insert_or_assign(key(*mapped), std::move(value));
  }
  body = std::move(out);
  return {};
}

Result<json::object> read(std::string_view body) {
  auto parsed = parse_json_object(body);
  if (!parsed) return parsed;
  for (const auto name : kReadOnly) parsed->erase(key(name));
  rename_aliases(*parsed);
  return parsed;
}

Result<void> check_expiry(const json::object& body, Timestamp now) {
  const auto* const given = body.if_contains("expiresAt");
  if (given == nullptr || !given->is_string()) return {};
  const auto at = base::parse_time(text_of(given->get_string()));
  if (!at) return fail(ErrorCode::kBadRequestData, at.error().detail, "/expiresAt");
  if (*at <= now) return wrong("expiresAt", "expiresAt lies in the past.");
  return {};
}

Result<Definition> checked(Definition definition, model::Context& context, model::Names& names) {
  if (auto compiled = compile_registration(definition, context, names); !compiled) {
    return std::unexpected(std::move(compiled).error());
  }
  return definition;
}

void add_time(json::object& out, std::string_view name, std::int64_t nanoseconds) {
  if (nanoseconds == 0) return;
  out[key(name)] = json::string(base::format_time(Timestamp{Duration{nanoseconds}}));
}

void add_health(json::object& out, const SourceHealth& health) {
  const auto asked = health.asked.load(std::memory_order_relaxed);
  if (asked == 0) return;  // nothing is known of the source yet
  const auto success = health.last_success.load(std::memory_order_relaxed);
  const auto failure = health.last_failure.load(std::memory_order_relaxed);
  out["status"] = failure > success ? "failed" : "ok";
  out["timesSent"] = asked;
  out["timesFailed"] = health.failed.load(std::memory_order_relaxed);
  add_time(out, "lastSuccess", success);
  add_time(out, "lastFailure", failure);
}

}  // namespace

Result<Definition> define_registration(std::string_view body, std::string_view fallback_id, model::Context& context,
                                       model::Names& names, Timestamp now) {
  auto parsed = read(body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  for (const auto& member : *parsed) {
    if (member.value().is_null()) {
      const std::string name{member.key().data(), member.key().size()};
      return wrong(name, "'" + name + "' is null: leave out what there is not.");
    }
  }
  if (auto done = check_expiry(*parsed, now); !done) return std::unexpected(std::move(done).error());
  if (auto done = expand_names(*parsed, context, names, &map_names); !done) return std::unexpected(std::move(done).error());
  if (!parsed->contains("id")) (*parsed)["id"] = json::string(fallback_id);
  return checked({std::move(*parsed), std::string{context.json()}}, context, names);
}

Result<Definition> patch_registration(const Definition& before, std::string_view body, model::Context& context,
                                      model::Names& names, Timestamp now) {
  auto patch = read(body);
  if (!patch) return std::unexpected(std::move(patch).error());
  if (const auto* const id = patch->if_contains("id"); id != nullptr && *id != before.body.at("id")) {
    return wrong("id", "The id of a registration cannot be changed.");
  }
  if (patch->empty()) return fail(ErrorCode::kBadRequestData, "The patch changes nothing: it has no members.");
  if (auto done = check_expiry(*patch, now); !done) return std::unexpected(std::move(done).error());
  if (auto done = expand_names(*patch, context, names, &map_names); !done) return std::unexpected(std::move(done).error());
  Definition out = before;
  for (auto& member : *patch) {
    if (is_null(member.value())) {
      out.body.erase(member.key());
    } else {
      out.body.insert_or_assign(member.key(), std::move(member.value()));
    }
  }
  return checked(std::move(out), context, names);
}

json::object show_registration(const Registration& registration, const model::Context& context, bool sys_attrs) {
  json::object out = registration.definition.body;
  const auto compact = [&](std::string_view iri) -> Result<std::string> { return context.compact(iri); };
  (void)map_names(out, compact, compact);  // compaction cannot fail: a name without a term stays as it is
  if (registration.health) add_health(out, *registration.health);
  if (sys_attrs) out["modifiedAt"] = json::string(base::format_time(registration.version));
  return out;
}

}  // namespace horad::broker
