// SPDX-License-Identifier: Apache-2.0
// The natural languages a caller wants to read (ETSI GS CIM 009 V1.9.1, 4.15): one text is chosen from each
// languageMap.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"

namespace horad::model {

/// A list of language ranges with weights, as in Accept-Language (RFC 3282): `be,en;q=0.5,*;q=0.1`. The heaviest range
/// that finds a tag decides, among equals the first; case does not count.
///   * A range finds the tag that equals it, else the first tag that continues it (`en` finds `en-US`), else what its
///     own beginning finds (`nl-BE` finds `nl`: the lookup of RFC 4647, 3.4).
///   * `*` finds the first tag of the map.
///   * When nothing is found: the text tagged `@none`, else the first one. A weight of 0 keeps a language from being
///     chosen while there is another.
class LanguageFilter {
 public:
  static constexpr std::size_t kMostBytes = 2048;
  static constexpr std::size_t kMostRanges = 64;

  ///   errors  kBadRequestData for malformed ranges or weights, kTooComplexQuery beyond the bounds; pointer "lang"
  static Result<std::shared_ptr<const LanguageFilter>> parse(std::string_view text);

  struct Choice {
    std::string_view tag;    // a JSON string, quotes included
    std::string_view value;  // JSON: a text or an array of texts
  };
  /// From the JSON text of a languageMap, whose bytes the answer points into. None only when the map is empty.
  /// Cost: one scan of the map per range and subtag; nothing is allocated.
  std::optional<Choice> choose(std::string_view language_map) const noexcept;

 private:
  struct Range {
    std::string tag;    // lower-case
    int weight = 1000;  // thousandths
  };
  bool unwanted(std::string_view tag) const noexcept;
  std::optional<Choice> find(std::string_view map, std::string_view range) const noexcept;
  std::optional<Choice> any(std::string_view map) const noexcept;
  std::vector<Range> ranges_;  // heaviest first
  std::vector<std::string> unwanted_;
};

}  // namespace horad::model
