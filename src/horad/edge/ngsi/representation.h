// SPDX-License-Identifier: Apache-2.0
// How entities are to be shown, by the parameters attrs, pick, omit, options, format and geometryProperty.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "horad/edge/ngsi/operation.h"
#include "horad/model/document.h"
#include "horad/model/geojson_out.h"

namespace horad::edge::ngsi {

struct Representation {
  model::GeoJsonOptions options;  // .entity alone unless geo
  bool geo = false;
};

/// Names of attributes, `,` (or for pick and omit also `|`) between.
Result<std::vector<model::NameId>> read_names(Exchange& exchange, std::string_view list);

/// `attrs`, `pick` and `omit` come from the parameters, or for queries in a body from there.
struct Projection {
  std::string_view attrs;
  std::string_view pick;
  std::string_view omit;
};

/// errors  kInvalidRequest for unknown options; kBadRequestData for projections that contradict each other or name
/// nothing
Result<Representation> read_representation(Exchange& exchange, const Projection& projection);
Projection projection_of(const Exchange& exchange);

std::string show_one(const Representation& how, model::DocumentView document, const model::Context& context);
std::string show_all(const Representation& how, std::span<const model::Document> documents,
                     const model::Context& context);

}  // namespace horad::edge::ngsi
