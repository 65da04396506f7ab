// SPDX-License-Identifier: Apache-2.0
// The attribute projection language of pick and omit (ETSI GS CIM 009 V1.9.1, 4.21), as a tree of names:
//   name,locatedAt{id,name|isInCountry{description}}
// `,` and `|` separate; braces say what is shown of the entities behind a relationship.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"

namespace horad::edge::ngsi {

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

}  // namespace horad::edge::ngsi
