// SPDX-License-Identifier: Apache-2.0
// The terms of the core @context (ETSI GS CIM 009 V1.9.1, annex B, and those of earlier versions), for context.cc and
// parse.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace horad::model::detail {

inline constexpr std::string_view kNgsiLd = "https://uri.etsi.org/ngsi-ld/";
inline constexpr std::string_view kGeoJson = "https://purl.org/geojson/vocab#";

/// The IRI of a core term; none when `term` is not one. `id` and `type` answer the keywords `@id` and `@type`.
std::optional<std::string> core_iri(std::string_view term);
/// The core term of an IRI; empty when there is none.
std::string_view core_term(std::string_view iri);

}  // namespace horad::model::detail
