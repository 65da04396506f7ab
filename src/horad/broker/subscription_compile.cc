// SPDX-License-Identifier: Apache-2.0
// From a definition to what the notifier works with: every rule about the content of a subscription is here.
#include <algorithm>
#include <array>

#include "horad/base/text.h"
#include "horad/broker/members.h"
#include "horad/broker/subscription.h"
#include "horad/model/context.h"
#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/links.h"
#include "horad/model/projection.h"
#include "horad/model/q.h"
#include "horad/model/scope_query.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

auto append_name(model::Context& context, std::vector<model::NameId>& out) {
  return [&context, &out](std::string_view name) -> Result<void> {
    const auto id = context.resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    out.push_back(*id);
    return {};
  };
}

Result<model::Query> compile_selector(const json::value& value, model::Context& context) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("entities", "Each entry of 'entities' is an object.");
  Members members{*object, "entities"};
  for (const auto& one : *object) {
    const std::string_view name{one.key().data(), one.key().size()};
    if (name != "id" && name != "idPattern" && name != "type")
      members.refuse(name, "An entity selector has id, idPattern and type.");
  }
  model::Query out;
  if (const auto type = members.text("type"); !type.empty()) {
    auto selection = model::TypeSelection::parse(type, context);
    if (!selection) return std::unexpected(std::move(selection).error());
    out.types = std::move(*selection);
  } else {
    members.refuse("type", "An entity selector needs a type ('*' for any).");
  }
  const auto* const id = members.find("id");
  const auto add_id = [&out](std::string_view text) -> Result<void> {
    out.ids.emplace_back(text);
    return model::check_entity_id(text);
  };
  if (id != nullptr && id->is_array()) {
    members.texts("id", add_id);
  } else if (const auto one = members.text("id"); !one.empty()) {
    members.keep(add_id(one));
  }
  if (const auto pattern = members.text("idPattern"); !pattern.empty() && out.ids.empty()) {
    auto compiled = model::IdPattern::parse(pattern);
    if (!compiled) return std::unexpected(std::move(compiled).error());
    out.id_pattern = std::move(*compiled);
  }
  std::ranges::sort(out.ids);
  const auto doubles = std::ranges::unique(out.ids);
  out.ids.erase(doubles.begin(), doubles.end());
  if (!members.state()) return std::unexpected(members.state().error());
  return out;
}

Result<void> compile_selectors(const json::object& body, model::Context& context, Subscription& out) {
  const auto* const entities = member(body, "entities");
  if (entities == nullptr) return {};
  const auto* const list = entities->if_array();
  if (list == nullptr || list->empty() || list->size() > kMostListed) {
    return wrong("entities", "'entities' is a list of 1 to 1000 entity selectors.");
  }
  for (const auto& item : *list) {
    auto selector = compile_selector(item, context);
    if (!selector) return std::unexpected(std::move(selector).error());
    out.selectors.push_back(std::move(*selector));
  }
  return {};
}

Result<void> compile_geo(const json::object& body, model::Context& context, Subscription& out) {
  const auto* const value = member(body, "geoQ");
  if (value == nullptr) return {};
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong("geoQ", "'geoQ' is an object.");
  Members members{*object, "geoQ"};
  const auto georel = members.text("georel");
  const auto geometry = members.text("geometry");
  const auto* const coordinates = members.find("coordinates");
  if (georel.empty() || geometry.empty() || coordinates == nullptr) {
    members.refuse("", "'geoQ' needs georel, geometry and coordinates.");
  }
  const auto property = members.text("geoproperty");
  if (!members.state()) return members.state();
  const auto name = context.resolve_attribute(property.empty() ? "location" : property);
  if (!name) return std::unexpected(name.error());
  const auto text = coordinates->is_string() ? std::string{text_of(coordinates->get_string())} : to_text(*coordinates);
  auto geo = model::GeoQuery::parse({.georel = georel, .geometry = geometry, .coordinates = text}, *name);
  if (!geo) return std::unexpected(std::move(geo).error());
  out.filter.geo = std::move(*geo);
  return {};
}

Result<void> add_trigger(std::string_view name, std::uint8_t& triggers) {
  static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 6> kNames{{
      {"entityCreated", kEntityCreated},
      {"entityUpdated", kAttributeCreated | kAttributeUpdated | kAttributeDeleted},
      {"entityDeleted", kEntityDeleted},
      {"attributeCreated", kAttributeCreated},
      {"attributeUpdated", kAttributeUpdated},
      {"attributeDeleted", kAttributeDeleted},
  }};
  const auto* const found = std::ranges::find(kNames, name, [](const auto& row) { return row.first; });
  if (found == kNames.end()) return wrong("notificationTrigger", "'" + std::string{name} + "' is not a trigger.");
  triggers = static_cast<std::uint8_t>(triggers | found->second);
  return {};
}

/// Fills in what the URI says: scheme, host and port, without user and password.
Result<void> read_uri(std::string_view uri, Endpoint& out) {
  constexpr std::string_view kAt = "notification/endpoint/uri";
  const auto scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos) return wrong(kAt, "The endpoint is not an absolute URI.");
  const auto scheme = base::to_lower(uri.substr(0, scheme_end));
  out.mqtt = scheme == "mqtt" || scheme == "mqtts";
  if (!out.mqtt && scheme != "http" && scheme != "https") {
    return wrong(kAt, "Endpoints of the scheme '" + scheme + "' are not supported; http, https, mqtt and mqtts are.");
  }
  const auto rest = uri.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  const auto user = authority.rfind('@');
  const auto host = user == std::string_view::npos ? authority : authority.substr(user + 1);
  const bool blank =
      std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (host.empty() || blank) return wrong(kAt, "The endpoint is not a valid URL.");
  const auto topic = rest.substr(authority.size());
  if (out.mqtt && (topic.size() < 2 || topic.find_first_of("+#") != std::string_view::npos)) {
    return wrong(kAt, "An MQTT endpoint names a topic without wildcards: mqtt://HOST/TOPIC.");
  }
  out.origin = scheme + "://" + base::to_lower(host);
  return {};
}

/// receiverInfo and notifierInfo: key-value pairs (5.2.22).
Result<Headers> read_pairs(const Members& endpoint, std::string_view name) {
  Headers out;
  const auto* const info = endpoint.find(name);
  if (info == nullptr) return out;
  const auto* const list = info->if_array();
  if (list == nullptr || list->size() > 50) {
    return wrong(endpoint.at(name), "'" + std::string{name} + "' is a list of at most 50.");
  }
  for (const auto& item : *list) {
    const auto* const object = item.if_object();
    const auto* const key = object == nullptr ? nullptr : member(*object, "key");
    const auto* const value = object == nullptr ? nullptr : member(*object, "value");
    const bool texts = key != nullptr && value != nullptr && key->is_string() && value->is_string();
    if (!texts || !is_header_name(text_of(key->get_string())) || !is_header_text(text_of(value->get_string()))) {
      return wrong(endpoint.at(name), "Each entry of '" + std::string{name} +
                                          "' has a key and a value, both texts that may stand in a header.");
    }
    out.emplace_back(text_of(key->get_string()), text_of(value->get_string()));
  }
  return out;
}

Result<void> compile_receiver_info(const Members& endpoint, const Headers& of_request, Endpoint& out) {
  auto pairs = read_pairs(endpoint, "receiverInfo");
  if (!pairs) return std::unexpected(std::move(pairs).error());
  for (auto& [key, value] : *pairs) {
    if (value == kFromRequest) {
      const auto found = std::ranges::find(of_request, key, [](const auto& pair) { return pair.first; });
      if (found == of_request.end()) continue;  // the request had no such header
      value = found->second;
    }
    out.headers.emplace_back(std::move(key), std::move(value));
  }
  return {};
}

Result<void> compile_notifier_info(const Members& endpoint, Endpoint& out) {
  const auto pairs = read_pairs(endpoint, "notifierInfo");
  if (!pairs) return std::unexpected(pairs.error());
  std::string_view version = "mqtt5.0";
  std::string_view qos = "0";
  for (const auto& [key, value] : *pairs) {
    const auto name = base::to_lower(key);
    if (name == "mqtt-version") version = value;
    if (name == "mqtt-qos") qos = value;
    if (name == "prefer" && value.find("body=json") != std::string::npos) out.context_in_link = true;
  }
  if (version != "mqtt3.1.1" && version != "mqtt5.0") {
    return wrong(endpoint.at("notifierInfo"), "'MQTT-Version' is mqtt3.1.1 or mqtt5.0.");
  }
  if (qos != "0" && qos != "1" && qos != "2") return wrong(endpoint.at("notifierInfo"), "'MQTT-QoS' is 0, 1 or 2.");
  if (out.mqtt) out.transport = {{"MQTT-Version", std::string{version}}, {"MQTT-QoS", std::string{qos}}};
  return {};
}

Result<void> compile_endpoint(const json::object& notification, const Headers& of_request, Endpoint& out) {
  const auto* const value = member(notification, "endpoint");
  const auto* const object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return wrong("notification/endpoint", "A notification needs an endpoint.");
  Members members{*object, "notification/endpoint"};
  out.uri = members.text("uri");
  if (members.state() && out.uri.empty()) members.refuse("uri", "An endpoint needs a uri.");
  if (const auto accept = members.text("accept"); accept == "application/ld+json") {
    out.accept = BodyType::kLdJson;
  } else if (accept == "application/geo+json") {
    out.accept = BodyType::kGeoJson;
  } else if (!accept.empty() && accept != "application/json") {
    members.refuse("accept", "'accept' is application/json, application/ld+json or application/geo+json.");
  }
  out.timeout = std::min<Duration>(members.duration("timeout", std::chrono::milliseconds(1), out.timeout),
                                   std::chrono::minutes(1));
  out.cooldown = members.duration("cooldown", std::chrono::milliseconds(1), Duration::zero());
  if (!members.state()) return members.state();
  if (auto done = read_uri(out.uri, out); !done) return done;
  if (auto done = compile_notifier_info(members, out); !done) return done;
  return compile_receiver_info(members, of_request, out);
}

/// A list of texts, whose content is checked by whoever reads it.
std::optional<std::vector<std::string>> list_of(Members& members, std::string_view name) {
  if (members.find(name) == nullptr) return std::nullopt;
  std::vector<std::string> out;
  members.texts(name, [&out](std::string_view text) -> Result<void> {
    out.emplace_back(text);
    return {};
  });
  return out;
}

/// An error of a parameter that stands here as a member of `path`.
std::unexpected<Error> as_member(Error error, std::string_view path) {
  if (error.pointer.empty()) return std::unexpected(std::move(error));
  const std::string_view name = error.pointer == "attrs" ? std::string_view{"attributes"} : error.pointer;
  error.pointer = std::string{path} + "/" + std::string{name};
  return std::unexpected(std::move(error));
}

/// The form of notifications, of linked entities as well.
void compile_form(Members& notification, Subscription& out) {
  out.shown.sys_attrs = notification.flag("sysAttrs", false);
  out.shown.with_context = out.endpoint.accept == BodyType::kLdJson;
  out.show_changes = notification.flag("showChanges", false);
  const auto format = notification.text("format");
  if (format == "concise") {
    out.shown.form = model::Form::kConcise;
  } else if (format == "keyValues" || format == "simplified") {
    out.shown.form = model::Form::kSimplified;
    if (out.show_changes) notification.refuse("showChanges", "'showChanges' does not go with the simplified format.");
  } else if (!format.empty() && format != "normalized") {
    notification.refuse("format", "'format' is normalized, concise, keyValues or simplified.");
  }
}

/// Which members and instances notifications show, of linked entities as well. datasetId and lang stand beside
/// `notification`.
Result<void> compile_projection(Members& notification, const json::object& body, model::Context& context,
                                Subscription& out) {
  Members members{body, ""};
  model::Projection shown{.attrs = list_of(notification, "attributes"),
                          .pick = list_of(notification, "pick"),
                          .omit = list_of(notification, "omit"),
                          .dataset_ids = list_of(members, "datasetId"),
                          .lang = {},
                          .levels = out.join.levels};
  if (const auto lang = members.text("lang"); !lang.empty()) shown.lang = lang;
  if (!members.state()) return members.state();
  if (!notification.state()) return notification.state();
  auto done = model::read_projection(shown, context, out.shown);
  if (done) return done;
  const bool beside = done.error().pointer == "datasetId" || done.error().pointer == "lang";
  return as_member(std::move(done).error(), beside ? "" : "/notification");
}

Result<void> compile_notification(const Definition& definition, model::Context& context, Subscription& out) {
  const auto* const value = member(definition.body, "notification");
  const auto* const object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return wrong("notification", "A subscription needs a notification with an endpoint.");
  if (auto done = compile_endpoint(*object, definition.request_headers, out.endpoint); !done) return done;
  auto join = join_of(*object);
  if (!join) return as_member(std::move(join).error(), "/notification");
  out.join = std::move(*join);
  Members members{*object, "notification"};
  compile_form(members, out);
  return compile_projection(members, definition.body, context, out);
}

/// When it is told of: triggers, times, whether at all.
Result<void> compile_times(const json::object& body, Subscription& out) {
  Members members{body, ""};
  out.active = members.flag("isActive", true);
  out.throttling = members.duration("throttling", std::chrono::seconds(1), Duration::zero());
  out.interval = members.duration("timeInterval", std::chrono::seconds(1), Duration::zero());
  for (const std::string_view name : {"throttling", "watchedAttributes"}) {
    if (out.interval == Duration::zero() || members.find(name) == nullptr) continue;
    members.refuse("timeInterval", "'timeInterval' does not go with '" + std::string{name} + "'.");
  }
  if (const auto expires = members.text("expiresAt"); !expires.empty()) {
    const auto at = base::parse_time(expires);
    if (!at) members.refuse("expiresAt", "'expiresAt' is not a time in UTC such as 2030-01-01T00:00:00Z.");
    if (at) out.expires_at = *at;
  }
  if (members.find("notificationTrigger") != nullptr) {
    out.triggers = 0;
    members.texts("notificationTrigger", [&out](std::string_view name) { return add_trigger(name, out.triggers); });
  }
  return members.state();
}

/// The context of notifications: whether it can be had is found out by whoever has contexts.
void check_jsonld_context(Members& members) {
  const auto url = members.text("jsonldContext");
  if (url.empty()) return;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    members.refuse("jsonldContext", "'jsonldContext' is the URL of a JSON-LD context.");
  }
}

Result<void> compile_plain(const json::object& body, model::Context& context, Subscription& out) {
  Members members{body, ""};
  const auto id = members.text("id");
  members.keep(model::check_entity_id(id));
  if (id.starts_with("urn:horad:system:"))
    members.refuse("id", "Ids that begin with urn:horad:system: are kept for Horad itself.");
  out.id = id;
  if (members.text("type") != "Subscription") members.refuse("type", "The type of a subscription is 'Subscription'.");
  members.text("subscriptionName");
  members.text("description");
  check_jsonld_context(members);
  out.local_only = members.flag("localOnly", false);
  out.split = members.flag("splitEntities", false);
  members.texts("watchedAttributes", append_name(context, out.watched));
  std::ranges::sort(out.watched);
  return members.state();
}

/// Texts in quotes may be percent-encoded, as they are in the URL of a query: subscribers write them alike. So may the
/// quotes themselves; then all of it is.
std::string with_decoded_texts(std::string_view q) {
  if (q.find('"') == std::string_view::npos && q.find("%22") != std::string_view::npos) {
    if (auto decoded = base::percent_decode(q)) return std::move(*decoded);
  }
  std::string out;
  for (bool quoted = false; !q.empty();) {
    const auto end = std::min(q.find('"'), q.size());
    const auto part = q.substr(0, end);
    const auto decoded = base::percent_decode(part);
    out += quoted && decoded ? *decoded : std::string{part};
    if (end == q.size()) break;
    out += '"';
    if (!quoted || !part.ends_with('\\')) quoted = !quoted;  // an escaped quote stands in the text
    q.remove_prefix(end + 1);
  }
  return out;
}

/// `context`: the one under which q stands, whose terms its values may be.
Result<void> compile_filters(const json::object& body, model::Context& context, Subscription& out) {
  Members members{body, ""};
  model::QReading reading;
  reading.levels = model::kMostJoinLevels;  // whatever notifications show
  std::vector<model::NameId> json_keys;     // checked, without effect: see docs/conformance.md
  members.texts("expandValues", append_name(context, reading.expand_values));
  members.texts("jsonKeys", append_name(context, json_keys));
  if (const auto csf = members.text("csf"); !csf.empty()) {
    auto filter = model::QFilter::parse(csf, context);
    if (!filter) return fail(filter.error().code, "'csf' is not a query: " + filter.error().detail, "/csf");
    out.csf = std::move(*filter);
  }
  if (const auto q = members.text("q"); !q.empty() && members.state()) {
    auto filter = model::QFilter::parse(with_decoded_texts(q), context, reading);
    if (!filter) return std::unexpected(std::move(filter).error());
    out.filter.q = std::move(*filter);
  }
  if (const auto scopes = members.text("scopeQ"); !scopes.empty() && members.state()) {
    auto filter = model::ScopeQuery::parse(scopes);
    if (!filter) return fail(filter.error().code, filter.error().detail, "/scopeQ");
    out.filter.scope = std::move(*filter);
  }
  return members.state();
}

}  // namespace

Result<Subscription> compile_subscription(const Definition& definition, const DefinitionContexts& contexts) {
  Subscription out;
  const auto& body = definition.body;
  auto& words = *contexts.words;
  if (auto done = compile_plain(body, words, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_times(body, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_filters(body, *contexts.q, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_selectors(body, words, out); !done) return std::unexpected(std::move(done).error());
  if (out.selectors.empty() && out.watched.empty()) {
    return wrong("entities", "A subscription needs 'entities' or 'watchedAttributes'.");
  }
  if (auto done = compile_geo(body, words, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_notification(definition, words, out); !done) return std::unexpected(std::move(done).error());
  out.context = contexts.words;
  const auto via = std::ranges::find(definition.request_headers, kVia, [](const auto& pair) { return pair.first; });
  if (via != definition.request_headers.end()) out.via = via->second;
  return out;
}

}  // namespace horad::broker
