// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/model/q_pattern.h"

namespace horad::model {

/// The `idPattern` of a query: a regular expression looked for anywhere in the entity id, so `Lamp` finds
/// "urn:ngsi-ld:Lamp:17" and
/// `^urn:ngsi-ld:Lamp:` is a prefix. Syntax, bounds and threads: see TextPattern.
class IdPattern {
 public:
  ///   errors  kBadRequestData (empty or unreadable), kTooComplexQuery; the pointer is "idPattern"
  static Result<std::shared_ptr<const IdPattern>> parse(std::string_view pattern);
  bool matches(std::string_view id) const;
  /// Every id that matches begins with this text; often empty.
  const std::string& required_prefix() const noexcept { return prefix_; }

 private:
  IdPattern(q::TextPattern pattern, std::string prefix) : pattern_(std::move(pattern)), prefix_(std::move(prefix)) {}
  q::TextPattern pattern_;
  std::string prefix_;
};

}  // namespace horad::model
