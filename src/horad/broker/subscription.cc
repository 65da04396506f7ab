// SPDX-License-Identifier: Apache-2.0
// Definitions: names in and out, creation, patch, and the view. What a definition means is in subscription_compile.cc.
#include "horad/broker/subscription.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "horad/broker/members.h"
#include "horad/broker/name_map.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

using NameMap = std::move_only_function<Result<std::string>(std::string_view)>;

/// What a subscriber may write. Everything else is left out of what is stored: the members that are ours to write, and
/// those that a subscription does not have (5.2.12).
constexpr std::array<std::string_view, 23> kServed{"id",
                                                   "type",
                                                   "subscriptionName",
                                                   "description",
                                                   "entities",
                                                   "watchedAttributes",
                                                   "q",
                                                   "geoQ",
                                                   "csf",
                                                   "isActive",
                                                   "expiresAt",
                                                   "throttling",
                                                   "timeInterval",
                                                   "datasetId",
                                                   "localOnly",
                                                   "scopeQ",
                                                   "expandValues",
                                                   "jsonKeys",
                                                   "notificationTrigger",
                                                   "notification",
                                                   "lang",
                                                   "jsonldContext",
                                                   "splitEntities"};
constexpr std::array<std::string_view, 8> kNotificationReadOnly{
    "status", "timesSent", "timesFailed", "lastNotification", "lastSuccess", "lastFailure", "lastLost", "lastError"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& list, std::string_view name) noexcept {
  return std::ranges::find(list, name) != list.end();
}

/// A text of names: what stands between them, and words that are no names.
struct Grammar {
  std::string_view operators;
  std::array<std::string_view, 5> words;
};
constexpr Grammar kTypeSelection{",|;() ", {"*"}};
constexpr Grammar kProjection{",|{} ", {"id", "type", "scope", "@id", "@type"}};

std::string_view view(json::string_view text) noexcept { return {text.data(), text.size()}; }

/// Replaces each name, leaving the rest.
Result<std::string> map_selection(std::string_view text, NameMap& map, const Grammar& grammar) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find_first_of(grammar.operators, at), text.size());
    if (end == at) {
      out += text[at++];
      continue;
    }
    const auto name = text.substr(at, end - at);
    if (among(grammar.words, name)) {
      out += name;
    } else {
      auto mapped = map(name);
      if (!mapped) return mapped;
      out += *mapped;
    }
    at = end;
  }
  return out;
}

/// Without a grammar each text is one name.
Result<void> map_text_array(json::value* member, NameMap& map, const Grammar* grammar = nullptr) {
  if (member == nullptr || !member->is_array()) return {};  // what is not an array is found when it is compiled
  for (auto& item : member->get_array()) {
    if (!item.is_string()) continue;
    const auto text = text_of(item.get_string());
    auto mapped = grammar == nullptr ? map(text) : map_selection(text, map, *grammar);
    if (!mapped) return std::unexpected(std::move(mapped).error());
    item = json::string(*mapped);
  }
  return {};
}

Result<void> map_text(json::value* member, NameMap& map) {
  if (member == nullptr || !member->is_string()) return {};
  auto mapped = map(text_of(member->get_string()));
  if (!mapped) return std::unexpected(std::move(mapped).error());
  *member = json::string(*mapped);
  return {};
}

Result<void> map_selectors(json::value* entities, NameMap& map) {
  if (entities == nullptr || !entities->is_array()) return {};
  for (auto& item : entities->get_array()) {
    auto* const selector = item.if_object();
    if (selector == nullptr) continue;
    auto* const type = selector->if_contains("type");
    if (type == nullptr || !type->is_string()) continue;
    auto mapped = map_selection(text_of(type->get_string()), map, kTypeSelection);
    if (!mapped) return std::unexpected(std::move(mapped).error());
    *type = json::string(*mapped);
  }
  return {};
}

/// Puts every type and attribute name of the document through its map.
Result<void> map_names(json::object& body, NameMap type, NameMap attribute) {
  if (auto done = map_selectors(body.if_contains("entities"), type); !done) return done;
  for (const auto* const list : {"watchedAttributes", "expandValues", "jsonKeys"}) {
    if (auto done = map_text_array(body.if_contains(list), attribute); !done) return done;
  }
  if (auto* const geo = body.if_contains("geoQ"); geo != nullptr && geo->is_object()) {
    if (auto done = map_text(geo->get_object().if_contains("geoproperty"), attribute); !done) return done;
  }
  auto* const notification = body.if_contains("notification");
  if (notification == nullptr || !notification->is_object()) return {};
  auto& shown = notification->get_object();
  if (auto done = map_text_array(shown.if_contains("attributes"), attribute); !done) return done;
  for (const auto* const list : {"pick", "omit"}) {
    auto done = map_text_array(shown.if_contains(list), attribute, &kProjection);
    if (!done) return done;
  }
  return {};
}

/// Drops what a subscriber cannot write.
void sift(json::object& body) {
  rename_aliases(body);
  for (auto at = body.begin(); at != body.end();) {
    if (among(kServed, view(at->key()))) {
      ++at;
    } else {
      at = body.erase(at);
    }
  }
  if (auto* const notification = body.if_contains("notification");
      notification != nullptr && notification->is_object()) {
    for (const auto name : kNotificationReadOnly) {
      notification->get_object().erase(json::string_view{name.data(), name.size()});
    }
  }
}

/// In a patch a null takes a member away, at any depth.
void drop_nulls(json::value& value) {
  auto* const object = value.if_object();
  if (object == nullptr) return;
  for (auto at = object->begin(); at != object->end();) {
    if (is_null(at->value())) {
      at = object->erase(at);
    } else {
      drop_nulls(at->value());
      ++at;
    }
  }
}

/// Takes the headers that receiverInfo asks for out of the request.
Headers headers_asked(const json::object& body, const HeaderSource& source) {
  Headers out;
  const auto* const notification = body.if_contains("notification");
  const auto* const object = notification == nullptr ? nullptr : notification->if_object();
  const auto* const endpoint = object == nullptr ? nullptr : object->if_contains("endpoint");
  const auto* const parts = endpoint == nullptr ? nullptr : endpoint->if_object();
  const auto* const info = parts == nullptr ? nullptr : parts->if_contains("receiverInfo");
  if (!source || info == nullptr || !info->is_array()) return out;
  for (const auto& item : info->get_array()) {
    const auto* const pair = item.if_object();
    const auto* const key = pair == nullptr ? nullptr : pair->if_contains("key");
    const auto* const value = pair == nullptr ? nullptr : pair->if_contains("value");
    if (key == nullptr || value == nullptr || !key->is_string() || !value->is_string()) continue;
    if (text_of(value->get_string()) != kFromRequest) continue;
    if (auto found = source(text_of(key->get_string()))) {
      out.emplace_back(text_of(key->get_string()), std::move(*found));
    }
  }
  return out;
}

Result<void> check_expiry(const json::object& body, Timestamp now) {
  const auto* const member = body.if_contains("expiresAt");
  if (member == nullptr || !member->is_string() || is_null(*member)) return {};  // in a patch a null takes it away
  const auto at = base::parse_time(text_of(member->get_string()));
  if (!at) return std::unexpected(at.error());
  if (*at <= now) return fail(ErrorCode::kBadRequestData, "expiresAt lies in the past.", "/expiresAt");
  return {};
}

/// Compiles once to see that the whole is sound; the result is thrown away.
Result<Definition> checked(Definition definition, model::Context& context) {
  // The context is a loan for this call: a pointer that does not own it.
  const std::shared_ptr<model::Context> loan{std::shared_ptr<void>{}, &context};
  if (auto compiled = compile_subscription(definition, {.words = loan, .q = loan}); !compiled) {
    return std::unexpected(std::move(compiled).error());
  }
  return definition;
}

/// Whose words the definition speaks after a patch. `q` stands under the context it came with; the words of
/// notifications change when the patch brings a context of its own.
void take_context(Definition& out, const json::object& patch, const model::Context& context) {
  const std::string before = out.q_context.empty() ? out.context : out.q_context;
  if (!context.is_core_only()) out.context = context.json();
  const std::string q = patch.contains("q") ? std::string{context.json()} : before;
  out.q_context = q == out.context ? std::string{} : q;
}

std::string_view status_of(const json::object& body, Timestamp now) {
  if (const auto* const member = body.if_contains("expiresAt"); member != nullptr && member->is_string()) {
    const auto at = base::parse_time(text_of(member->get_string()));
    if (at && *at <= now) return "expired";
  }
  const auto* const active = body.if_contains("isActive");
  return active != nullptr && active->is_bool() && !active->get_bool() ? "paused" : "active";
}

void add_time(json::object& out, std::string_view name, const std::optional<Timestamp>& at) {
  if (at) out[json::string_view{name.data(), name.size()}] = json::string(base::format_time(*at));
}

std::optional<Timestamp> time_in(const json::object& object, json::string_view name) {
  const auto* const member = object.if_contains(name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  const auto at = base::parse_time(text_of(member->get_string()));
  return at ? std::optional{*at} : std::nullopt;
}

std::uint64_t count_in(const json::object& object, json::string_view name) {
  const auto* const member = object.if_contains(name);
  if (member == nullptr) return 0;
  json::error_code trouble;
  const auto count = member->to_number<std::uint64_t>(trouble);
  return trouble ? 0 : count;
}

}  // namespace

Result<Definition> define_subscription(std::string_view body, std::string_view fallback_id, model::Context& context,
                                       model::Names& names, Timestamp now, const HeaderSource& headers) {
  auto parsed = parse_json_object(body);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  Definition out{
      .body = std::move(*parsed), .context = std::string{context.json()}, .q_context = {}, .request_headers = {}};
  sift(out.body);
  if (!out.body.contains("id")) out.body["id"] = json::string(fallback_id);
  if (auto done = check_expiry(out.body, now); !done) return std::unexpected(std::move(done).error());
  if (auto done = expand_names(out.body, context, names, &map_names); !done) return std::unexpected(std::move(done).error());
  out.request_headers = headers_asked(out.body, headers);
  if (auto via = headers ? headers(kVia) : std::nullopt) out.request_headers.emplace_back(kVia, std::move(*via));
  return checked(std::move(out), context);
}

Result<Definition> patch_subscription(const Definition& before, std::string_view body, model::Context& context,
                                      model::Names& names, Timestamp now, const HeaderSource& headers) {
  auto patch = parse_json_object(body);
  if (!patch) return std::unexpected(std::move(patch).error());
  sift(*patch);
  if (auto* const id = patch->if_contains("id"); id != nullptr && *id != before.body.at("id")) {
    return fail(ErrorCode::kBadRequestData, "The id of a subscription cannot be changed.", "/id");
  }
  if (patch->empty()) return fail(ErrorCode::kBadRequestData, "The patch changes nothing: it has no members.");
  if (auto done = check_expiry(*patch, now); !done) return std::unexpected(std::move(done).error());
  if (auto done = expand_names(*patch, context, names, &map_names); !done) return std::unexpected(std::move(done).error());
  Definition out = before;
  for (auto& member : *patch) {
    if (is_null(member.value())) {
      out.body.erase(member.key());
    } else {
      drop_nulls(member.value());
      out.body.insert_or_assign(member.key(), std::move(member.value()));
    }
  }
  take_context(out, *patch, context);
  if (patch->contains("notification")) {
    out.request_headers = headers_asked(out.body, headers);
    std::ranges::copy_if(before.request_headers, std::back_inserter(out.request_headers),
                         [](const auto& pair) { return pair.first == kVia; });
  }
  return checked(std::move(out), context);
}

json::object show_subscription(const Definition& definition, const DeliveryState& state, const model::Context& context,
                               model::Names& names, Timestamp now) {
  json::object out = definition.body;
  const auto compact = [&](std::string_view iri) -> Result<std::string> {
    const auto id = names.find(iri);
    return id ? std::string{context.compact(*id)} : std::string{iri};
  };
  // Compaction cannot fail: a name without a term stays as it is.
  (void)map_names(out, compact, compact);
  out["status"] = json::string(status_of(out, now));
  auto* const notification = out.if_contains("notification");
  if (notification == nullptr || !notification->is_object()) return out;
  auto& shown = notification->get_object();
  if (state.times_sent > 0 || state.times_failed > 0) {
    shown["status"] = json::string(state.last_error.empty() ? "ok" : "failed");
    shown["timesSent"] = state.times_sent;
    if (state.times_failed > 0) shown["timesFailed"] = state.times_failed;
  }
  add_time(shown, "lastNotification", state.last_notification);
  add_time(shown, "lastSuccess", state.last_success);
  add_time(shown, "lastFailure", state.last_failure);
  add_time(shown, "lastLost", state.last_lost);
  if (!state.last_error.empty()) shown["lastError"] = json::string(state.last_error);
  return out;
}

json::object to_json(const DeliveryState& state) {
  json::object out;
  json::array cursor;
  for (const auto position : state.cursor) cursor.emplace_back(position);
  out["cursor"] = std::move(cursor);
  out["behind"] = state.behind;
  out["timesSent"] = state.times_sent;
  out["timesFailed"] = state.times_failed;
  add_time(out, "lastNotification", state.last_notification);
  add_time(out, "lastSuccess", state.last_success);
  add_time(out, "lastFailure", state.last_failure);
  add_time(out, "lastLost", state.last_lost);
  out["lastError"] = json::string(state.last_error);
  return out;
}

DeliveryState delivery_from_json(const json::value& value) {
  DeliveryState state;
  const auto* const object = value.if_object();
  if (object == nullptr) return state;
  if (const auto* const cursor = object->if_contains("cursor"); cursor != nullptr && cursor->is_array()) {
    for (const auto& position : cursor->get_array()) {
      json::error_code trouble;
      state.cursor.push_back(position.to_number<std::uint64_t>(trouble));
    }
  }
  const auto* const behind = object->if_contains("behind");
  state.behind = behind != nullptr && behind->is_bool() && behind->get_bool();
  state.times_sent = count_in(*object, "timesSent");
  state.times_failed = count_in(*object, "timesFailed");
  state.last_notification = time_in(*object, "lastNotification");
  state.last_success = time_in(*object, "lastSuccess");
  state.last_failure = time_in(*object, "lastFailure");
  state.last_lost = time_in(*object, "lastLost");
  const auto* const error = object->if_contains("lastError");
  if (error != nullptr && error->is_string()) state.last_error = text_of(error->get_string());
  return state;
}

}  // namespace horad::broker
