// SPDX-License-Identifier: Apache-2.0
// What is to be shown of an entity, as it is asked for: attrs, pick, omit, datasetId, lang. The attribute projection
// language of pick and omit (ETSI GS CIM 009 V1.9.1, 4.21) is a tree of names:
//   name,locatedAt{id,name|isInCountry{description}}
// `,` and `|` separate; braces say what is shown of the entities behind a relationship.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/query.h"
#include "horad/model/represent.h"

namespace horad::model {

struct ProjectionTerm {
  std::string name;
  std::vector<ProjectionTerm> linked;  // what stands in braces; empty: no braces
};
using Projected = std::vector<ProjectionTerm>;

inline constexpr std::size_t kMostProjected = 1'000;  // names in one parameter

/// Empty text gives no terms.
///   errors   kBadRequestData naming `parameter`: empty members, braces that do not match, more than kMostProjected
///   names
///            or 32 levels
Result<Projected> parse_projection(std::string_view text, std::string_view parameter);

/// How many levels of linked entities the terms reach: 0 without braces.
std::size_t depth_of(const Projected& terms) noexcept;

/// Lists as they came; absent ones are none.
struct Projection {
  std::optional<std::vector<std::string>> attrs;        // names
  std::optional<std::vector<std::string>> pick, omit;   // each item in the projection language
  std::optional<std::vector<std::string>> dataset_ids;  // "@none": the default instance
  std::optional<std::string> lang;
  std::size_t levels = 0;  // of linked entities that are shown, too (join, joinLevel)
};

/// Puts the projection into `out`. What that says already (form, sysAttrs, ...) holds for linked entities, too, whose
/// forms are made here.
///   errors   kBadRequestData for projections that contradict each other, name nothing, or speak of linked entities
///            beyond `levels`, for malformed lang and datasetId; what `names` answers. The pointer is the parameter
Result<void> read_projection(const Projection& projection, NameResolver& names, RepresentOptions& out);

}  // namespace horad::model
