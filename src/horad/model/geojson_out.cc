// SPDX-License-Identifier: Apache-2.0
#include "horad/model/geojson_out.h"

#include "horad/base/text.h"
#include "horad/model/represent_instance.h"

namespace horad::model {
namespace {

std::optional<AttributeView> shown_instance(DocumentView document, const GeoJsonOptions& options) {
  if (options.entity.dataset_ids.empty()) return document.find(options.geometry_property);
  for (const auto& id : options.entity.dataset_ids) {
    if (const auto found = document.find(options.geometry_property, id)) return found;
  }
  return std::nullopt;
}

void append_geometry(std::string& out, DocumentView document, const GeoJsonOptions& options) {
  const auto attribute = shown_instance(document, options);
  const bool geometry = attribute && attribute->kind() == AttributeKind::kGeoProperty;
  if (!geometry) {
    out += "null";
  } else if (attribute->value().type() == ValueType::kString) {
    out += attribute->value().as_text();  // a geometry that was given as a text of JSON
  } else {
    attribute->value().append_json(out);
  }
}

}  // namespace

Result<NameId> location_name(Names& names) { return names.intern("https://uri.etsi.org/ngsi-ld/location"); }

void append_feature(std::string& out, DocumentView document, const Context& context, const GeoJsonOptions& options,
                    const LinkedDocuments* inlined) {
  detail::Members members(out);
  base::append_json_string(members.name("\"id\""), document.id());
  members.name("\"type\"") += "\"Feature\"";
  append_geometry(members.name("\"geometry\""), document, options);
  auto properties = options.entity;
  properties.id = false;
  properties.with_context = false;
  append_entity(members.name("\"properties\""), document, context, properties, inlined);
  if (options.entity.with_context) members.name("\"@context\"") += context.json();
}

void append_feature_collection(std::string& out, std::span<const Document> documents, const Context& context,
                               const GeoJsonOptions& options, const LinkedDocuments* inlined,
                               std::span<const Linked> linked) {
  auto feature = options;
  feature.entity.with_context = false;
  detail::Members members(out);
  members.name("\"type\"") += "\"FeatureCollection\"";
  members.name("\"features\"") += '[';
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i > 0) out += ',';
    append_feature(out, documents[i].view(), context, feature, inlined);
  }
  for (const auto& [document, form] : linked) {
    feature.entity = *form;
    feature.entity.with_context = false;
    out += ',';
    append_feature(out, document.view(), context, feature);
  }
  out += ']';
  if (options.entity.with_context) members.name("\"@context\"") += context.json();
}

}  // namespace horad::model
