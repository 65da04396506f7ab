// SPDX-License-Identifier: Apache-2.0
// The two kinds of answers: instances as they were written, and aggregates of them.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "horad/store/history/timeline.h"

namespace horad::store::history {

inline constexpr std::size_t kMostDistinct = 5'000'000;

/// What is left of the bounds of a question; shared by its entities.
struct Budget {
  std::size_t results;   // instances or buckets
  std::size_t distinct;  // values remembered for distinctCount
};

Result<std::vector<Series>> find_instances(const Timeline& timeline, const HistoryQuery& query, const Window& window,
                                           std::string_view entity_id, const model::Names& names, Budget& budget);
Result<std::vector<Series>> find_buckets(const Timeline& timeline, const HistoryQuery& query, const Window& window,
                                         const model::Names& names, Budget& budget);

/// By the text of the name, then datasetId.
void sort_series(std::vector<Series>& series, const model::Names& names);
std::unexpected<Error> too_many(std::string_view what, std::size_t most);

}  // namespace horad::store::history
