// SPDX-License-Identifier: Apache-2.0
// The values of each attribute kind, checked. Internal to parse*.cc.
#pragma once

#include "horad/model/context.h"
#include "horad/model/entity.h"
#include "horad/model/parse_json.h"

namespace horad::model::detail {

/// True for an object with the name of a GeoJSON geometry as "type", and "coordinates".
bool looks_like_geometry(Json json) noexcept;

Result<Value> parse_property_value(Json json, const Path& at);
Result<Value> parse_geometry(Json json, const Path& at);  // or a text that holds one
Result<Value> parse_object(Json json, const Path& at);
Result<Value> parse_language_map(Json json, const Path& at);
Result<Value> parse_vocab(Json json, const Path& at, const Context& context);
Result<Value> parse_json_value(Json json, const Path& at);
Result<Value> parse_value_list(Json json, const Path& at);
Result<Value> parse_object_list(Json json, const Path& at);

/// The value of an attribute of this kind.
Result<Value> parse_value(AttributeKind kind, Json json, const Path& at, const Context& context);

/// A URI as it may stand in id, object and datasetId.
Result<std::string> parse_uri(Json json, const Path& at, std::string_view what);

inline bool is_ngsi_ld_null(Json json) noexcept {
  return json.type() == JsonType::STRING && text_of(json) == kNgsiLdNull;
}

}  // namespace horad::model::detail
