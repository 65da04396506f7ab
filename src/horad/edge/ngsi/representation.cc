// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/representation.h"

#include <algorithm>

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kOptions = "normalized concise keyValues simplified sysAttrs count";

Result<model::Form> read_form(const Exchange& exchange) {
  const bool simplified = has_option(exchange, "keyValues") || has_option(exchange, "simplified");
  const bool concise = has_option(exchange, "concise");
  const bool normalized = has_option(exchange, "normalized");
  if (simplified + concise + normalized > 1) {
    return fail(ErrorCode::kInvalidRequest, "The answer can have one format only: normalized, concise or keyValues.",
                "options");
  }
  return simplified ? model::Form::kSimplified : concise ? model::Form::kConcise : model::Form::kNormalized;
}

/// One name of pick or omit: the members every entity has, or an attribute.
Result<void> read_member(Exchange& exchange, std::string_view name, bool value, model::RepresentOptions& entity,
                         std::vector<model::NameId>& names) {
  if (name == "id" || name == "@id") {
    entity.id = value;
  } else if (name == "type" || name == "@type") {
    entity.type = value;
  } else if (name == "scope") {
    entity.scope = value;
  } else {
    const auto id = exchange.caller.context->resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    names.push_back(*id);
  }
  return {};
}

Result<void> read_members(Exchange& exchange, std::string_view parameter, std::string_view list, bool value,
                          model::RepresentOptions& entity, std::vector<model::NameId>& names) {
  while (!list.empty()) {
    const auto end = list.find_first_of(",|");
    const auto name = base::trim(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    if (name.empty()) {
      return fail(ErrorCode::kBadRequestData, "'" + std::string{parameter} + "' has an empty name.",
                  std::string{parameter});
    }
    if (name.find('{') != std::string_view::npos) {
      return fail(ErrorCode::kNotSupported, "Projection of linked entities is not supported.", std::string{parameter});
    }
    if (auto done = read_member(exchange, name, value, entity, names); !done) return done;
  }
  return {};
}

Result<void> read_projection(Exchange& exchange, const Projection& projection, model::RepresentOptions& entity) {
  if (!projection.pick.empty() && !projection.attrs.empty()) {
    return fail(ErrorCode::kBadRequestData, "Give 'attrs' or 'pick', not both.", "pick");
  }
  if (!projection.attrs.empty()) {
    auto names = read_names(exchange, projection.attrs);
    if (!names) return std::unexpected(std::move(names).error());
    entity.only_listed = true;
    entity.listed = std::move(*names);
  }
  if (!projection.pick.empty()) {
    entity.only_listed = true;
    entity.id = entity.type = entity.scope = false;
    if (auto done = read_members(exchange, "pick", projection.pick, true, entity, entity.listed); !done) return done;
  }
  return read_members(exchange, "omit", projection.omit, false, entity, entity.omitted);
}

Result<void> read_geometry(Exchange& exchange, Representation& out) {
  const auto* const asked = exchange.request.find("geometryProperty");
  out.geo = exchange.media == Media::kGeoJson;
  if (!out.geo) {
    if (asked == nullptr) return {};
    return fail(ErrorCode::kInvalidRequest, "'geometryProperty' goes with application/geo+json only.",
                "geometryProperty");
  }
  const auto name = asked == nullptr ? model::location_name(exchange.broker.names())
                                     : exchange.caller.context->resolve_attribute(asked->value);
  if (!name) return std::unexpected(name.error());
  out.options.geometry_property = *name;
  return {};
}

}  // namespace

Result<std::vector<model::NameId>> read_names(Exchange& exchange, std::string_view list) {
  std::vector<model::NameId> out;
  while (!list.empty()) {
    const auto end = list.find(',');
    const auto id = exchange.caller.context->resolve_attribute(base::trim(list.substr(0, end)));
    if (!id) return std::unexpected(id.error());
    out.push_back(*id);
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return out;
}

Projection projection_of(const Exchange& exchange) {
  return {.attrs = exchange.parameter("attrs"), .pick = exchange.parameter("pick"), .omit = exchange.parameter("omit")};
}

Result<Representation> read_representation(Exchange& exchange, const Projection& projection) {
  Representation out;
  if (auto good = check_options(exchange, kOptions); !good) return std::unexpected(std::move(good).error());
  const auto form = read_form(exchange);
  if (!form) return std::unexpected(form.error());
  auto& entity = out.options.entity;
  entity.form = *form;
  entity.sys_attrs = has_option(exchange, "sysAttrs");
  entity.with_context = exchange.media != Media::kJson;
  if (auto done = read_projection(exchange, projection, entity); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_geometry(exchange, out); !done) return std::unexpected(std::move(done).error());
  return out;
}

std::string show_one(const Representation& how, model::DocumentView document, const model::Context& context) {
  std::string out;
  out.reserve(document.bytes().size() * 3);
  if (how.geo) {
    model::append_feature(out, document, context, how.options);
  } else {
    model::append_entity(out, document, context, how.options.entity);
  }
  return out;
}

std::string show_all(const Representation& how, std::span<const model::Document> documents,
                     const model::Context& context) {
  std::string out;
  std::size_t bytes = 64;
  for (const auto& document : documents) bytes += document.view().bytes().size() * 3;
  out.reserve(bytes);
  if (how.geo) {
    model::append_feature_collection(out, documents, context, how.options);
  } else {
    model::append_entities(out, documents, context, how.options.entity);
  }
  return out;
}

}  // namespace horad::edge::ngsi
