// SPDX-License-Identifier: Apache-2.0
// The type selection language (ETSI GS CIM 009 V1.9.1, 4.17): which types an entity must have.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "horad/model/query.h"

namespace horad::model {

/// `A,B` or `A|B`: A or B. `A;B`: both. `;` binds stronger; parentheses group: `(Home|Office);Building`. `*`: any type.
/// Kept as a list of alternatives, each a set of types of which all are needed, so that a store can intersect and unite
/// postings.
class TypeSelection {
 public:
  static constexpr std::size_t kMostBytes = 16'384;
  static constexpr std::size_t kMostDepth = 32;
  static constexpr std::size_t kMostNames = 2048;  // over all alternatives

  /// Names are expanded by `names`.
  ///   errors  kBadRequestData with the position; kTooComplexQuery beyond the bounds above; what `names` answers;
  ///   pointer "type"
  static Result<std::shared_ptr<const TypeSelection>> parse(std::string_view text, NameResolver& names);
  /// What any of these selects; none of them is null, and there is at least one.
  static std::shared_ptr<const TypeSelection> any_of(std::span<const std::shared_ptr<const TypeSelection>> all);
  /// One type and nothing else.
  static std::shared_ptr<const TypeSelection> of(NameId type);

  /// Cost: one scan of the document's types per name; nothing is allocated.
  bool matches(DocumentView document) const noexcept;
  bool any() const noexcept { return any_; }  // `*`
  /// At least one; none of them is empty, names ascend, no alternative stands twice. Empty for `*`.
  const std::vector<std::vector<NameId>>& alternatives() const noexcept { return alternatives_; }

 private:
  TypeSelection() = default;
  std::vector<std::vector<NameId>> alternatives_;
  bool any_ = false;
};

}  // namespace horad::model
