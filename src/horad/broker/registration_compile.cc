// SPDX-License-Identifier: Apache-2.0
// From a definition to what operations look at: every rule about the content of a registration is here.
#include <algorithm>
#include <array>

#include "horad/base/text.h"
#include "horad/broker/members.h"
#include "horad/broker/registration.h"
#include "horad/model/context.h"
#include "horad/model/geometry.h"
#include "horad/model/id_pattern.h"

namespace horad::broker {
namespace {

using enum SourceOp;

struct NamedOp {
  std::string_view name;
  SourceOp op;
};

constexpr std::array kOps{
    NamedOp{"createEntity", kCreateEntity},
    NamedOp{"updateEntity", kUpdateEntity},
    NamedOp{"appendAttrs", kAppendAttrs},
    NamedOp{"updateAttrs", kUpdateAttrs},
    NamedOp{"deleteAttrs", kDeleteAttrs},
    NamedOp{"deleteEntity", kDeleteEntity},
    NamedOp{"mergeEntity", kMergeEntity},
    NamedOp{"replaceEntity", kReplaceEntity},
    NamedOp{"replaceAttrs", kReplaceAttrs},
    NamedOp{"purgeEntity", kPurgeEntity},
    NamedOp{"createBatch", kCreateBatch},
    NamedOp{"upsertBatch", kUpsertBatch},
    NamedOp{"updateBatch", kUpdateBatch},
    NamedOp{"deleteBatch", kDeleteBatch},
    NamedOp{"mergeBatch", kMergeBatch},
    NamedOp{"upsertTemporal", kUpsertTemporal},
    NamedOp{"appendAttrsTemporal", kAppendAttrsTemporal},
    NamedOp{"deleteAttrsTemporal", kDeleteAttrsTemporal},
    NamedOp{"updateAttrInstanceTemporal", kUpdateAttrInstanceTemporal},
    NamedOp{"updateAttrsTemporal", kUpdateAttrInstanceTemporal},
    NamedOp{"deleteAttrInstanceTemporal", kDeleteAttrInstanceTemporal},
    NamedOp{"deleteTemporal", kDeleteTemporal},
    NamedOp{"retrieveEntity", kRetrieveEntity},
    NamedOp{"queryEntity", kQueryEntity},
    NamedOp{"queryBatch", kQueryBatch},
    NamedOp{"retrieveTemporal", kRetrieveTemporal},
    NamedOp{"queryTemporal", kQueryTemporal},
    NamedOp{"retrieveEntityTypes", kRetrieveEntityTypes},
    NamedOp{"retrieveEntityTypeDetails", kRetrieveEntityTypeDetails},
    NamedOp{"retrieveEntityTypeInfo", kRetrieveEntityTypeInfo},
    NamedOp{"retrieveAttrTypes", kRetrieveAttrTypes},
    NamedOp{"retrieveAttrTypeDetails", kRetrieveAttrTypeDetails},
    NamedOp{"retrieveAttrTypeInfo", kRetrieveAttrTypeInfo},
    NamedOp{"createSubscription", kCreateSubscription},
    NamedOp{"updateSubscription", kUpdateSubscription},
    NamedOp{"retrieveSubscription", kRetrieveSubscription},
    NamedOp{"querySubscription", kQuerySubscription},
    NamedOp{"deleteSubscription", kDeleteSubscription},
    NamedOp{"queryEntityMap", kQueryEntityMap},
    NamedOp{"retrieveEntityMap", kQueryEntityMap},
    NamedOp{"updateEntityMap", kUpdateEntityMap},
    NamedOp{"deleteEntityMap", kDeleteEntityMap},
    NamedOp{"createSnapshot", kCreateSnapshot},
    NamedOp{"retrieveSnapshot", kRetrieveSnapshot},
    NamedOp{"updateSnapshot", kUpdateSnapshot},
    NamedOp{"deleteSnapshot", kDeleteSnapshot},
};

struct NamedGroup {
  std::string_view name;
  SourceOps ops;
};

constexpr SourceOps kDiscoveryOps =
    SourceOps::of({kRetrieveEntityTypes, kRetrieveEntityTypeDetails, kRetrieveEntityTypeInfo, kRetrieveAttrTypes,
                   kRetrieveAttrTypeDetails, kRetrieveAttrTypeInfo});
constexpr SourceOps kSubscriptionOps = SourceOps::of(
    {kCreateSubscription, kUpdateSubscription, kRetrieveSubscription, kQuerySubscription, kDeleteSubscription});

constexpr SourceOps with(SourceOps a, SourceOps b, SourceOps c = {}) {
  a.add(b);
  a.add(c);
  return a;
}

constexpr std::array kGroups{
    NamedGroup{"federationOps",
               with(SourceOps::of({kRetrieveEntity, kQueryEntity, kQueryBatch}), kDiscoveryOps, kSubscriptionOps)},
    NamedGroup{"updateOps", SourceOps::of({kUpdateEntity, kUpdateAttrs, kReplaceEntity, kReplaceAttrs})},
    NamedGroup{"retrieveOps", SourceOps::of({kRetrieveEntity, kQueryEntity})},
    NamedGroup{"redirectionOps", with(SourceOps::of({kCreateEntity, kUpdateEntity, kAppendAttrs, kUpdateAttrs,
                                                     kDeleteAttrs, kDeleteEntity, kMergeEntity, kReplaceEntity,
                                                     kReplaceAttrs, kPurgeEntity, kRetrieveEntity, kQueryEntity}),
                                      kDiscoveryOps)},
    NamedGroup{"associationOps", with(SourceOps::of({kRetrieveEntity, kQueryEntity, kQueryBatch}), kSubscriptionOps)},
};

constexpr SourceOps kAuxiliaryOps = SourceOps::of({kRetrieveEntity, kQueryEntity});

void sort_unique(std::vector<model::NameId>& names) {
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
}

auto append_to(std::vector<model::NameId>& out, model::Names& names) {
  return [&out, &names](std::string_view iri) -> Result<void> {
    const auto id = names.intern(iri);
    if (!id) return std::unexpected(id.error());
    out.push_back(*id);
    return {};
  };
}

Result<EntityInfo> compile_entity(const json::value& value, model::Names& names) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("information/entities", "Each entry of 'entities' is an object.");
  Members members{*object, "information/entities"};
  EntityInfo out;
  if (const auto* const type = members.find("type"); type != nullptr && type->is_array()) {
    members.texts("type", append_to(out.types, names));
  } else if (const auto one = members.text("type"); !one.empty()) {
    members.keep(append_to(out.types, names)(one));
  } else {
    members.refuse("type", "An entity of a registration needs a type.");
  }
  sort_unique(out.types);
  out.id = members.text("id");
  if (!out.id.empty()) members.keep(model::check_entity_id(out.id));
  out.pattern_text = members.text("idPattern");
  if (!members.state()) return std::unexpected(members.state().error());
  if (!out.id.empty()) out.pattern_text.clear();  // an id wins over a pattern
  if (out.pattern_text.empty()) return out;
  auto pattern = model::IdPattern::parse(out.pattern_text);
  if (!pattern) return fail(pattern.error().code, pattern.error().detail, "/information/entities/idPattern");
  out.pattern = std::move(*pattern);
  return out;
}

Result<Offer> compile_offer(const json::value& value, model::Names& names) {
  const auto* const object = value.if_object();
  if (object == nullptr) return wrong("information", "Each entry of 'information' is an object.");
  Members members{*object, "information"};
  Offer out;
  members.texts("propertyNames", append_to(out.attributes, names));
  members.texts("relationshipNames", append_to(out.attributes, names));
  sort_unique(out.attributes);
  if (!members.state()) return std::unexpected(members.state().error());
  const auto* const entities = members.find("entities");
  if (entities == nullptr) {
    if (out.attributes.empty()) return wrong("information", "An entry of 'information' names entities or attributes.");
    return out;
  }
  const auto* const list = entities->if_array();
  if (list == nullptr || list->empty() || list->size() > kMostListed) {
    return wrong("information/entities", "'entities' is a list of 1 to 1000 objects.");
  }
  for (const auto& one : *list) {
    auto entity = compile_entity(one, names);
    if (!entity) return std::unexpected(std::move(entity).error());
    out.entities.push_back(std::move(*entity));
  }
  return out;
}

Result<void> compile_information(const json::object& body, model::Names& names, Registration& out) {
  const auto* const value = member(body, "information");
  const auto* const list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr || list->empty() || list->size() > kMostListed) {
    return wrong("information", "A registration needs 'information': a list of 1 to 1000 objects.");
  }
  for (const auto& one : *list) {
    auto offer = compile_offer(one, names);
    if (!offer) return std::unexpected(std::move(offer).error());
    out.offers.push_back(std::move(*offer));
  }
  return {};
}

Result<std::optional<Interval>> compile_interval(const json::object& body, std::string_view name) {
  const auto* const value = member(body, name);
  if (value == nullptr) return std::nullopt;
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong(name, "'" + std::string{name} + "' is an object with startAt and endAt.");
  Members members{*object, std::string{name}};
  const auto start = members.text("startAt");
  const auto end = members.text("endAt");
  if (!members.state()) return std::unexpected(members.state().error());
  const auto from = base::parse_time(start);
  if (!from) return wrong(name, "'startAt' is not a time in UTC.");
  Interval out{*from, std::nullopt};
  if (!end.empty()) {
    const auto to = base::parse_time(end);
    if (!to || *to < *from) return wrong(name, "'endAt' is not a time in UTC after 'startAt'.");
    out.end = *to;
  }
  return out;
}

Result<void> compile_endpoint(Members& members, Registration& out) {
  std::string uri{members.text("endpoint")};
  if (!members.state()) return members.state();
  const auto scheme = base::to_lower(uri.substr(0, uri.find("://")));
  const bool known = scheme == "http" || scheme == "https";
  const bool blank =
      std::ranges::any_of(uri, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
  if (!known || blank || uri.size() <= scheme.size() + 3 || uri.find_first_of("?#") != std::string::npos) {
    return wrong("endpoint", "A registration needs an 'endpoint': an http or https URL without a query.");
  }
  while (uri.ends_with('/')) uri.pop_back();
  constexpr std::string_view kApi = "/ngsi-ld/v1";
  if (uri.ends_with(kApi)) uri.resize(uri.size() - kApi.size());
  out.endpoint = std::move(uri);
  return {};
}

/// Headers that belong to the connection or to us, so that a registration cannot set them (4.3.6.6).
bool is_ours(std::string_view lower_case_name) noexcept {
  static constexpr std::array<std::string_view, 12> kOurs{
      "ngsild-tenant", "via",          "content-length", "host", "connection", "transfer-encoding",
      "link",          "content-type", "upgrade",        "te",   "trailer",    "expect"};
  return std::ranges::find(kOurs, lower_case_name) != kOurs.end();
}

bool is_media(std::string_view text) noexcept {
  return text == "application/json" || text == "application/ld+json" || text == "application/geo+json";
}

Result<void> take_info(std::string_view key, std::string_view value, Registration& out) {
  constexpr std::string_view kWhere = "contextSourceInfo";
  if (key == "jsonldContext") {
    if (value.find("://") == std::string_view::npos) return wrong(kWhere, "'jsonldContext' is the URL of a context.");
    out.jsonld_context = value;
    return {};
  }
  if (key == "accept" || key == "contentType") {
    if (!is_media(value)) return wrong(kWhere, "'" + std::string{key} + "' is a media type of JSON.");
    (key == "accept" ? out.accept : out.content_type) = value;
    return {};
  }
  if (!is_header_name(key) || !is_header_text(value)) {
    return wrong(kWhere, "Keys and values of 'contextSourceInfo' may stand in a header.");
  }
  if (!is_ours(base::to_lower(key))) out.headers.emplace_back(key, value);
  return {};
}

Result<void> compile_info(const json::object& body, Registration& out) {
  const auto* const value = member(body, "contextSourceInfo");
  if (value == nullptr) return {};
  const auto* const list = value->if_array();
  if (list == nullptr || list->size() > 50) return wrong("contextSourceInfo", "It is a list of at most 50 pairs.");
  for (const auto& item : *list) {
    const auto* const object = item.if_object();
    const auto* const key = object == nullptr ? nullptr : member(*object, "key");
    const auto* const text = object == nullptr ? nullptr : member(*object, "value");
    if (key == nullptr || text == nullptr || !key->is_string() || !text->is_string()) {
      return wrong("contextSourceInfo", "Each pair has a key and a value, both texts.");
    }
    if (auto done = take_info(text_of(key->get_string()), text_of(text->get_string()), out); !done) return done;
  }
  return {};
}

Result<void> compile_management(const json::object& body, Registration& out) {
  Members plain{body, ""};
  out.local_only = plain.flag("localOnly", false);
  if (!plain.state()) return plain.state();
  const auto* const value = member(body, "management");
  if (value == nullptr) return {};
  const auto* const object = value->if_object();
  if (object == nullptr) return wrong("management", "'management' is an object.");
  Members members{*object, "management"};
  out.local_only = members.flag("localOnly", out.local_only);
  out.timeout = std::min<Duration>(members.duration("timeout", std::chrono::milliseconds(1), out.timeout),
                                   std::chrono::minutes(1));
  out.cooldown = members.duration("cooldown", std::chrono::milliseconds(1), Duration::zero());
  if (const auto cache = members.text("cacheDuration"); !cache.empty() && !base::parse_duration(cache)) {
    members.refuse("cacheDuration", "'cacheDuration' is a duration such as PT5M.");
  }
  return members.state();
}

Result<void> compile_mode(Members& members, Registration& out) {
  const auto mode = members.text("mode");
  if (mode == "exclusive") {
    out.mode = Mode::kExclusive;
  } else if (mode == "redirect") {
    out.mode = Mode::kRedirect;
  } else if (mode == "auxiliary") {
    out.mode = Mode::kAuxiliary;
  } else if (!mode.empty() && mode != "inclusive") {
    members.refuse("mode", "'mode' is inclusive, exclusive, redirect or auxiliary.");
  }
  const bool given = members.find("operations") != nullptr;
  members.texts("operations", [&out](std::string_view name) -> Result<void> {
    const auto ops = SourceOps::named(name);
    if (!ops) return wrong("operations", "'" + std::string{name} + "' is no operation or group of them.");
    out.operations.add(*ops);
    return {};
  });
  if (!given) out.operations = out.mode == Mode::kAuxiliary ? kAuxiliaryOps : *SourceOps::named("federationOps");
  if (out.mode == Mode::kAuxiliary && !out.operations.within(kAuxiliaryOps)) {
    members.refuse("operations", "An auxiliary source can only be asked to retrieveEntity and queryEntity.");
  }
  return members.state();
}

/// An exclusive registration is about certain attributes of certain entities (4.3.6.3).
Result<void> check_exclusive(const Registration& registration) {
  if (registration.mode != Mode::kExclusive) return {};
  for (const auto& offer : registration.offers) {
    const bool by_id = !offer.entities.empty() &&
                       std::ranges::all_of(offer.entities, [](const EntityInfo& one) { return !one.id.empty(); });
    if (!by_id || offer.attributes.empty()) {
      return wrong("information", "An exclusive registration names ids of entities and the attributes of them.");
    }
  }
  return {};
}

/// The value of a property of the source, plain or as {"type": "Property", "value": ...}.
model::Attribute property_of(model::NameId name, const json::value& given) {
  model::Attribute out;
  out.name = name;
  const json::value* value = &given;
  if (const auto* const object = given.if_object()) {
    for (const auto* const wrapped : {"value", "object"}) {
      const auto* const inner = object->if_contains(wrapped);
      if (inner == nullptr || !object->contains("type")) continue;
      value = inner;
      if (std::string_view{wrapped} == "object") out.kind = model::AttributeKind::kRelationship;
    }
  }
  switch (value->kind()) {
    case json::kind::bool_:
      out.value = value->get_bool();
      break;
    case json::kind::int64:
      out.value = value->get_int64();
      break;
    case json::kind::uint64:
    case json::kind::double_:
      out.value = value->to_number<double>();
      break;
    case json::kind::string:
      out.value = std::string{text_of(value->get_string())};
      break;
    case json::kind::null:
    case json::kind::array:
    case json::kind::object:
      out.value = model::JsonText{to_text(*value)};
      break;
  }
  const auto* const shape = std::get_if<model::JsonText>(&out.value);
  if (shape != nullptr && value->is_object() && model::parse_geometry(shape->text)) {
    out.kind = model::AttributeKind::kGeoProperty;
  }
  return out;
}

/// All members as an entity, so that q, csf, geo and scope queries work on registrations as on entities.
Result<model::Document> properties_of(const json::object& body, model::Context& core, model::Names& names) {
  model::Entity entity;
  entity.id = text_of(body.at("id").as_string());
  const auto type = names.intern("https://uri.etsi.org/ngsi-ld/ContextSourceRegistration");
  if (!type) return std::unexpected(type.error());
  entity.types.push_back(*type);
  for (const auto& [key, value] : body) {
    const std::string_view name{key.data(), key.size()};
    if (name == "id" || name == "type" || name == "information" || name == "scope") continue;
    const auto id = core.resolve_attribute(name);
    if (!id && id.error().code == ErrorCode::kOverloaded) return std::unexpected(id.error());
    if (id) entity.attributes.push_back(property_of(*id, value));
  }
  if (const auto* const scope = member(body, "scope")) {
    if (scope->is_string()) entity.scopes.emplace_back(text_of(scope->get_string()));
    if (const auto* const list = scope->if_array()) {
      for (const auto& one : *list) {
        if (one.is_string()) entity.scopes.emplace_back(text_of(one.get_string()));
      }
    }
  }
  return model::Document{model::encode(entity)};
}

Result<void> check_shapes(const json::object& body) {
  for (const std::string_view name : {"location", "observationSpace", "operationSpace"}) {
    const auto* const value = member(body, name);
    if (value == nullptr) continue;
    const auto* const object = value->if_object();
    const auto* const wrapped = object == nullptr ? nullptr : object->if_contains("value");
    const auto shape = model::parse_geometry(to_text(wrapped == nullptr ? *value : *wrapped));
    if (!shape) return fail(shape.error().code, shape.error().detail, "/" + std::string{name});
  }
  const auto* const scope = member(body, "scope");
  if (scope == nullptr) return {};
  const auto text = [](const json::value& one) { return one.is_string() && !one.get_string().empty(); };
  const auto* const list = scope->if_array();
  const bool good = list == nullptr ? text(*scope) : !list->empty() && std::ranges::all_of(*list, text);
  if (!good) return wrong("scope", "'scope' is a text or a list of texts.");
  return {};
}

Result<void> compile_plain(const json::object& body, Registration& out) {
  Members members{body, ""};
  out.id = members.text("id");
  members.keep(model::check_entity_id(out.id));
  if (members.text("type") != "ContextSourceRegistration") {
    members.refuse("type", "The type of a registration is 'ContextSourceRegistration'.");
  }
  members.text("registrationName");
  members.text("description");
  out.tenant = members.text("tenant");
  out.alias = members.text("contextSourceAlias");
  if (!is_header_text(out.tenant)) members.refuse("tenant", "'tenant' may stand in a header.");
  if (const auto rate = members.text("refreshRate"); !rate.empty() && !base::parse_duration(rate)) {
    members.refuse("refreshRate", "'refreshRate' is a duration such as PT1H.");
  }
  if (const auto expires = members.text("expiresAt"); !expires.empty()) {
    const auto at = base::parse_time(expires);
    if (!at) members.refuse("expiresAt", "'expiresAt' is not a time in UTC such as 2030-01-01T00:00:00Z.");
    if (at) out.expires_at = *at;
  }
  if (auto done = compile_mode(members, out); !done) return done;
  return compile_endpoint(members, out);
}

}  // namespace

std::optional<SourceOps> SourceOps::named(std::string_view name) noexcept {
  if (const auto* const one = std::ranges::find(kOps, name, &NamedOp::name); one != kOps.end()) {
    return SourceOps::of({one->op});
  }
  if (const auto* const group = std::ranges::find(kGroups, name, &NamedGroup::name); group != kGroups.end()) {
    return group->ops;
  }
  return std::nullopt;
}

Result<Registration> compile_registration(const Definition& definition, model::Context& core, model::Names& names) {
  Registration out;
  const auto& body = definition.body;
  for (auto done : {compile_plain(body, out), compile_information(body, names, out), compile_info(body, out),
                    compile_management(body, out), check_shapes(body)}) {
    if (!done) return std::unexpected(std::move(done).error());
  }
  if (auto good = check_exclusive(out); !good) return std::unexpected(std::move(good).error());
  auto observation = compile_interval(body, "observationInterval");
  if (!observation) return std::unexpected(std::move(observation).error());
  out.observation = *observation;
  auto management = compile_interval(body, "managementInterval");
  if (!management) return std::unexpected(std::move(management).error());
  out.management = *management;
  auto properties = properties_of(body, core, names);
  if (!properties) return std::unexpected(std::move(properties).error());
  out.properties = std::move(*properties);
  out.definition = definition;
  return out;
}

}  // namespace horad::broker
