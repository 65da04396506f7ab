// SPDX-License-Identifier: Apache-2.0
// The scope query language (ETSI GS CIM 009 V1.9.1, 4.19): which scopes an entity must have.
//
//   /Minsk/Parks          this scope and no other; the leading slash may be left out, as in scopes
//   /Minsk/+/North        `+` is any one level
//   /Minsk/#              `#`, last, is this scope and everything below it; `/#` is any scope
//   A;B   A,B   A|B       both; one of them. `;` binds stronger; parentheses group
//
// Each condition is met by any one of the entity's scopes: `/A;/B` wants both. An entity without scopes meets none.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/document.h"

namespace horad::model {

class ScopeQuery {
 public:
  static constexpr std::size_t kMostBytes = 16'384;
  static constexpr std::size_t kMostDepth = 32;  // of parentheses
  static constexpr std::size_t kMostTerms = 256;

  ///   errors  kBadRequestData with the position; kTooComplexQuery beyond the bounds above; the pointer is "scopeQ"
  static Result<std::shared_ptr<const ScopeQuery>> parse(std::string_view text);
  ScopeQuery(const ScopeQuery&) = delete;
  ScopeQuery& operator=(const ScopeQuery&) = delete;
  ~ScopeQuery();

  bool matches(DocumentView document) const;
  /// Scopes as an entity keeps them: with the leading slash. Cost: each condition against each scope, no allocation.
  bool matches(std::span<const std::string_view> scopes) const;

 private:
  struct Node;
  explicit ScopeQuery(std::unique_ptr<const Node> root);
  std::unique_ptr<const Node> root_;
};

}  // namespace horad::model
