// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/model/query.h"

namespace horad::broker {

/// What a source did wrong, for the header NGSILD-Warning.
struct Warning {
  int code = 199;     // 111: an answer that cannot be used; 199: none, not asked, or a loop; 299: it answered an error
  std::string agent;  // who says so: the alias of the source, else the id of its registration
  std::string text;
};
/// As it stands in the header: `199 urn:r:1 "no answer in time"`.
std::string warning_header(const Warning& warning);
/// The same back; none for what is written otherwise.
std::optional<Warning> read_warning(std::string_view header);

/// The request that is passed on, as far as its content does not say it. Lives as long as the exchange; the operations
/// add to its warnings.
struct Forwarding {
  std::vector<std::pair<std::string, std::string>> headers;  // of the request, names in lower case
  std::shared_ptr<const model::QFilter> csf;                 // null: any source
  bool split_entities = false;                               // filters are judged after merging
  std::string leave_out;                                     // a registration that is not asked; empty: none
  std::vector<Warning> warnings;                             // out
  bool looped = false;                                       // out: refused, because it had come back to where it was

  std::string_view header(std::string_view lower_case_name) const noexcept;
};

inline constexpr std::size_t kMostWarnings = 32;  // of one answer
/// Adds a warning, unless there is one of this code about this source, or too many.
void warn(Forwarding& forwarding, Warning warning);

}  // namespace horad::broker
