// SPDX-License-Identifier: Apache-2.0
// /types and /attributes (ETSI GS CIM 009, 5.7.5 to 5.7.10)
#include <algorithm>

#include "horad/base/text.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/model/context.h"
#include "horad/model/represent.h"

namespace horad::edge::ngsi {
namespace {

/// A JSON array of what `write` appends for each item.
template <class Items, class Write>
std::string list_of(const Items& items, Write write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    write(out, item);
  }
  return out + "]";
}

std::string iri(const Exchange& x, model::NameId name) {
  std::string out;
  base::append_json_string(out, x.broker.names().text(name));
  return out;
}

std::string name_list(const Exchange& x, const std::vector<model::NameId>& names) {
  return list_of(names, [&](std::string& out, model::NameId name) { out += x.caller.context->quoted(name); });
}

std::string kind_list(const std::vector<model::AttributeKind>& kinds) {
  return list_of(kinds, [](std::string& out, model::AttributeKind kind) {
    out.append("\"").append(model::kind_name(kind)).append("\"");
  });
}

/// With what 5.7.10 says of one attribute beyond the entry of a list (5.7.9).
std::string attribute_json(const Exchange& x, const broker::AttributeInfo& info, bool alone) {
  std::string out = "{\"id\":" + iri(x, info.name) + ",\"type\":\"Attribute\",\"attributeName\":";
  out += x.caller.context->quoted(info.name);
  if (alone) {
    out += ",\"attributeCount\":" + std::to_string(info.entities);
    out += ",\"attributeTypes\":" + kind_list(info.kinds);
  }
  return out + ",\"typeNames\":" + name_list(x, info.types) + "}";
}

/// The id of a list is made of what is in it, so that the same list has the same id.
std::string list_id(std::string_view kind, const std::string& content) {
  return "\"urn:ngsi-ld:" + std::string{kind} + ":" + std::to_string(std::hash<std::string>{}(content)) + "\"";
}

Response json_answer(const Exchange& x, std::string body) { return answer(x, 200, with_context(x, std::move(body))); }

/// With the number of its items when the caller asks for the count.
Response list_answer(const Exchange& x, std::string body, std::size_t items, bool count) {
  auto response = json_answer(x, std::move(body));
  if (count) response.headers.emplace_back("NGSILD-Results-Count", std::to_string(items));
  return response;
}

/// Members of entities (id, type, ...) are names like others, but no attribute or type is ever called so.
Response unknown_name(std::string_view name, const Error& error, std::string_view what) {
  if (!model::is_valid_name(name)) return problem(error);
  return problem({ErrorCode::kNotFound, "No entity has " + std::string{what} + " of this name.", {}});
}

std::string type_json(const Exchange& x, const broker::TypeInfo& type) {
  std::vector<model::NameId> names;
  for (const auto& attribute : type.attributes) names.push_back(attribute.name);
  std::string out = "{\"id\":" + iri(x, type.name) + ",\"type\":\"EntityType\",\"typeName\":";
  out += x.caller.context->quoted(type.name);
  return out + ",\"attributeNames\":" + name_list(x, names) + "}";
}

}  // namespace

Reply list_types(Exchange& x) {
  const auto details = flag(x, "details");
  if (!details) co_return problem(details.error());
  const auto count = flag(x, "count");
  if (!count) co_return problem(count.error());
  const auto types = co_await x.broker.types(x.caller, *details);
  if (!types) co_return problem(types.error());
  const auto items = types->size();
  if (*details) {
    auto all = list_of(*types, [&](std::string& out, const broker::TypeInfo& one) { out += type_json(x, one); });
    co_return list_answer(x, std::move(all), items, *count);
  }
  const auto list = list_of(
      *types, [&](std::string& out, const broker::TypeInfo& one) { out += x.caller.context->quoted(one.name); });
  co_return list_answer(
      x, "{\"id\":" + list_id("EntityTypeList", list) + ",\"type\":\"EntityTypeList\",\"typeList\":" + list + "}",
      items, *count);
}

Reply show_type(Exchange& x) {
  const auto name = x.caller.context->resolve_type(x.request.captures.front());
  if (!name) co_return unknown_name(x.request.captures.front(), name.error(), "a type");
  const auto info = co_await x.broker.type_info(x.caller, *name);
  if (!info) co_return problem(info.error());
  std::string out = "{\"id\":" + iri(x, info->name) + ",\"type\":\"EntityTypeInfo\",\"typeName\":";
  out += x.caller.context->quoted(info->name);
  out += ",\"entityCount\":" + std::to_string(info->entities) + ",\"attributeDetails\":";
  out += list_of(info->attributes, [&](std::string& to, const broker::AttributeInfo& one) {
    to += "{\"id\":" + iri(x, one.name) + ",\"type\":\"Attribute\",\"attributeName\":";
    to += x.caller.context->quoted(one.name);
    to += ",\"attributeTypes\":" + kind_list(one.kinds) + "}";
  });
  co_return json_answer(x, out + "}");
}

Reply list_attributes(Exchange& x) {
  const auto details = flag(x, "details");
  if (!details) co_return problem(details.error());
  const auto count = flag(x, "count");
  if (!count) co_return problem(count.error());
  const auto all = co_await x.broker.attributes(x.caller, *details);
  if (!all) co_return problem(all.error());
  if (*details) {
    auto entries = list_of(
        *all, [&](std::string& out, const broker::AttributeInfo& one) { out += attribute_json(x, one, false); });
    co_return list_answer(x, std::move(entries), all->size(), *count);
  }
  const auto list = list_of(
      *all, [&](std::string& out, const broker::AttributeInfo& one) { out += x.caller.context->quoted(one.name); });
  co_return list_answer(
      x, "{\"id\":" + list_id("AttributeList", list) + ",\"type\":\"AttributeList\",\"attributeList\":" + list + "}",
      all->size(), *count);
}

Reply show_attribute(Exchange& x) {
  const auto name = x.caller.context->resolve_attribute(x.request.captures.front());
  if (!name) co_return unknown_name(x.request.captures.front(), name.error(), "an attribute");
  const auto info = co_await x.broker.attribute_info(x.caller, *name);
  if (!info) co_return problem(info.error());
  co_return json_answer(x, attribute_json(x, *info, true));
}

}  // namespace horad::edge::ngsi
