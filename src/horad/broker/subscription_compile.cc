// SPDX-License-Identifier: Apache-2.0
// From a definition to what the notifier works with: every rule about the content of a subscription is here.
#include <algorithm>
#include <array>
#include <cctype>

#include "horad/base/text.h"
#include "horad/broker/members.h"
#include "horad/broker/subscription.h"
#include "horad/model/context.h"
#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

std::unexpected<Error> not_served(std::string_view at, std::string what) {
  return fail(ErrorCode::kNotSupported, std::move(what), "/" + std::string{at});
}

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

/// Scheme, host and port of an http or https URL.
Result<std::string> origin_of(std::string_view uri) {
  const auto scheme_end = uri.find("://");
  if (scheme_end == std::string_view::npos)
    return wrong("notification/endpoint/uri", "The endpoint is not an absolute URI.");
  const auto scheme = base::to_lower(uri.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return not_served("notification/endpoint/uri",
                      "Endpoints of the scheme '" + scheme + "' are not supported; http and https are.");
  }
  const auto rest = uri.substr(scheme_end + 3);
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  const bool blank =
      std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (host.empty() || blank) return wrong("notification/endpoint/uri", "The endpoint is not a valid URL.");
  return scheme + "://" + base::to_lower(host);
}

bool is_header_text(std::string_view text) noexcept {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}

bool is_header_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

Result<void> compile_receiver_info(Members& endpoint, Endpoint& out) {
  const auto* const info = endpoint.find("receiverInfo");
  if (info == nullptr) return {};
  const auto* const list = info->if_array();
  if (list == nullptr || list->size() > 50)
    return wrong(endpoint.at("receiverInfo"), "'receiverInfo' is a list of at most 50.");
  for (const auto& item : *list) {
    const auto* const object = item.if_object();
    const auto* const key = object == nullptr ? nullptr : member(*object, "key");
    const auto* const value = object == nullptr ? nullptr : member(*object, "value");
    const bool texts = key != nullptr && value != nullptr && key->is_string() && value->is_string();
    if (!texts || !is_header_name(text_of(key->get_string())) || !is_header_text(text_of(value->get_string()))) {
      return wrong(endpoint.at("receiverInfo"),
                   "Each entry of 'receiverInfo' has a key and a value that may stand in a header.");
    }
    if (text_of(value->get_string()) == "urn:ngsi-ld:request") {
      return not_served(endpoint.at("receiverInfo"), "Copying headers of the triggering request is not supported.");
    }
    out.headers.emplace_back(text_of(key->get_string()), text_of(value->get_string()));
  }
  return {};
}

Result<void> compile_endpoint(const json::object& notification, Endpoint& out) {
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
  auto origin = origin_of(out.uri);
  if (!origin) return std::unexpected(std::move(origin).error());
  out.origin = std::move(*origin);
  return compile_receiver_info(members, out);
}

Result<void> compile_notification(const json::object& body, model::Context& context, Subscription& out) {
  const auto* const value = member(body, "notification");
  const auto* const object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return wrong("notification", "A subscription needs a notification with an endpoint.");
  Members members{*object, "notification"};
  for (const std::string_view name : {"showChanges", "join", "joinLevel", "pick", "omit"}) {
    const auto* const asked = members.find(name);
    if (asked == nullptr || *asked == json::value(false)) continue;
    return not_served(members.at(name), "'" + std::string{name} + "' of a notification is not supported.");
  }
  members.texts("attributes", append_name(context, out.attributes));
  out.sys_attrs = members.flag("sysAttrs", false);
  const auto format = members.text("format");
  if (format == "concise") {
    out.form = model::Form::kConcise;
  } else if (format == "keyValues" || format == "simplified") {
    out.form = model::Form::kSimplified;
  } else if (!format.empty() && format != "normalized") {
    members.refuse("format", "'format' is normalized, concise, keyValues or simplified.");
  }
  if (!members.state()) return members.state();
  return compile_endpoint(*object, out.endpoint);
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
  if (const auto url = members.text("jsonldContext"); !url.empty() && !model::is_core_context(url)) {
    members.keep(fail(ErrorCode::kContextNotAvailable, "The context " + std::string{url} + " is not available.",
                      "/jsonldContext"));
  }
  members.texts("watchedAttributes", append_name(context, out.watched));
  std::ranges::sort(out.watched);
  out.active = members.flag("isActive", true);
  out.throttling = members.duration("throttling", std::chrono::seconds(1), Duration::zero());
  if (const auto expires = members.text("expiresAt"); !expires.empty()) {
    const auto at = base::parse_time(expires);
    if (!at) members.refuse("expiresAt", "'expiresAt' is not a time in UTC such as 2030-01-01T00:00:00Z.");
    if (at) out.expires_at = *at;
  }
  if (members.find("notificationTrigger") != nullptr) {
    out.triggers = 0;
    members.texts("notificationTrigger", [&out](std::string_view name) { return add_trigger(name, out.triggers); });
  }
  if (const auto q = members.text("q"); !q.empty() && members.state()) {
    auto filter = model::QFilter::parse(q, context);
    if (!filter) return std::unexpected(std::move(filter).error());
    out.filter.q = std::move(*filter);
  }
  return members.state();
}

}  // namespace

Result<Subscription> compile_subscription(const Definition& definition, std::shared_ptr<model::Context> context) {
  Subscription out;
  const auto& body = definition.body;
  if (auto done = compile_plain(body, *context, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_selectors(body, *context, out); !done) return std::unexpected(std::move(done).error());
  if (out.selectors.empty() && out.watched.empty()) {
    return wrong("entities", "A subscription needs 'entities' or 'watchedAttributes'.");
  }
  if (auto done = compile_geo(body, *context, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = compile_notification(body, *context, out); !done) return std::unexpected(std::move(done).error());
  out.context = std::move(context);
  return out;
}

}  // namespace horad::broker
