// SPDX-License-Identifier: Apache-2.0
// Entities as GeoJSON (RFC 7946; ETSI GS CIM 009 V1.9.1, 4.5.16 and 4.5.17).
#pragma once

#include <span>
#include <string>

#include "horad/model/represent.h"

namespace horad::model {

struct GeoJsonOptions {
  RepresentOptions entity;  // of the members of "properties"; normalized, concise or simplified
  /// Whose geometry is shown: `location` of the core context by default, see below. Of its default instance, or of the
  /// first that it has of entity.dataset_ids.
  NameId geometry_property;
};

/// The interned `location`, the default of geometry_property. Errors: kOverloaded when the table of names is full.
Result<NameId> location_name(Names& names);

/// Appends {"id", "type": "Feature", "geometry", "properties": {...}}; the geometry is null when the entity has none.
void append_feature(std::string& out, DocumentView document, const Context& context, const GeoJsonOptions& options,
                    const LinkedDocuments* inlined = nullptr);

/// Appends {"type": "FeatureCollection", "features": [...]}; "@context" stands once, at the collection.
/// Linked entities as in represent.h.
void append_feature_collection(std::string& out, std::span<const Document> documents, const Context& context,
                               const GeoJsonOptions& options, const LinkedDocuments* inlined = nullptr,
                               std::span<const Linked> linked = {});

}  // namespace horad::model
