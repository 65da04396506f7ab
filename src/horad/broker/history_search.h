// SPDX-License-Identifier: Apache-2.0
// Private to the broker: asking the store about the past, and finding which entities a temporal query means here.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "horad/broker/broker.h"
#include "horad/broker/history_match.h"

namespace horad::broker {

inline constexpr std::size_t kMostLookedAt = 2'000'000;  // instances that one operation may have to look at

Task<Result<store::HistoryAnswer>> ask_history(store::Store& store, store::Tenant whose, store::HistoryQuery query);

/// The histories of what was found, cut by time as `query` says; its own ids do not matter.
Task<Result<store::HistoryAnswer>> histories_of(store::Store& store, store::Tenant whose,
                                                std::vector<HistoryMatch> matches, const store::HistoryQuery& query);

/// A question that finds the entities and none of their instances.
store::HistoryQuery existence_of(std::vector<std::string> ids);

std::unexpected<Error> no_such_past();

/// Finds which entities match, in order, and keeps those of the page.
class PageOfMatches {
 public:
  /// `store` and `query` must outlive it.
  PageOfMatches(store::Store& store, store::Tenant whose, const TemporalQuery& query)
      : store_(store), whose_(std::move(whose)), query_(query), conditions_(query) {}

  std::vector<HistoryMatch>& page() noexcept { return page_; }
  /// How many match: all when they are counted, else up to one behind the page.
  std::size_t matched() const noexcept { return matched_; }

  /// errors   kTooComplexQuery when more than `most_ordered` would have to be put in order; kTooManyResults
  Task<Result<void>> run(std::size_t most_ordered);

 private:
  static constexpr std::size_t kAtOnce = 500;
  bool full() const noexcept {
    return !query_.entities.count && matched_ > query_.entities.offset + query_.entities.limit;
  }
  Task<Result<std::vector<HistoryMatch>>> judge(std::vector<std::string> ids);
  Task<Result<void>> look_at(std::vector<std::string> ids);
  void take(const std::string& id, const std::vector<store::TimeSpan>& within);

  store::Store& store_;
  store::Tenant whose_;
  const TemporalQuery& query_;
  HistoryConditions conditions_;
  std::vector<HistoryMatch> page_;
  std::size_t matched_ = 0;
};

}  // namespace horad::broker
