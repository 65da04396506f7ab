// SPDX-License-Identifier: Apache-2.0
// How entities are to be shown: by the parameters attrs, pick, omit, lang, datasetId, options, format and
// geometryProperty, and by the header Prefer.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/edge/ngsi/linked.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/model/document.h"
#include "horad/model/geojson_out.h"
#include "horad/model/query.h"

namespace horad::edge::ngsi {

struct Representation {
  model::GeoJsonOptions options;  // .entity alone unless geo
  bool geo = false;
  std::string applied;  // the preferences that are followed, for Preference-Applied; empty: none
  Join join = {};
};

/// Names of attributes, `,` between; empty for an empty list.
Result<std::vector<model::NameId>> read_names(Exchange& exchange, std::string_view list);

/// What is to be shown of an entity, from the parameters, or for queries in a body from there. Absent ones are none.
struct Projection {
  std::optional<std::string> attrs, pick, omit, lang, dataset_id;
  Join join = {};
};

/// Follows the Prefer header, too: `ngsi-ld=1.x` (4.3.6.8), and with GeoJSON `body=json`.
///   errors   kInvalidRequest for unknown options; kBadRequestData for projections that contradict each other, name
///            nothing, or speak of linked entities that join and joinLevel do not reach, for malformed lang and
///            datasetId, for geometryProperty without GeoJSON
Result<Representation> read_representation(Exchange& exchange, const Projection& projection);
/// Without join, which not every operation has: see join_of().
Projection projection_of(const Exchange& exchange);

/// Entities of which pick and omit leave nothing do not match the query.
void add_remains(const Representation& how, model::Query& query);

std::string show_one(const Representation& how, model::DocumentView document, const model::Context& context,
                     const model::LinkedDocuments* inlined = nullptr);
std::string show_all(const Representation& how, std::span<const model::Document> documents,
                     const model::Context& context, const model::LinkedDocuments* inlined = nullptr,
                     std::span<const model::Linked> linked = {});

/// The answer around what was shown: 203 when a preference for an older version changed one of the `documents`.
Response answer_shown(const Exchange& exchange, const Representation& how, std::span<const model::Document> documents,
                      std::string body);

}  // namespace horad::edge::ngsi
