// SPDX-License-Identifier: Apache-2.0
// Which entities a temporal query means (5.7.4.4), judged on what stands in their past: pure, without a store.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "horad/broker/types.h"

namespace horad::broker {

struct HistoryMatch {
  std::string id;
  std::vector<store::TimeSpan> within;  // when its scope was as asked; empty: at all times
};

/// The conditions of one temporal query. `query` must outlive it.
class HistoryConditions {
 public:
  explicit HistoryConditions(const TemporalQuery& query);

  /// Values or scopes are to be judged: ask facts_of() first.
  bool on_facts() const noexcept;
  /// What q, geo and scopeQ look at, all instances in the window.
  store::HistoryQuery facts_of(std::vector<std::string> ids, std::size_t most) const;
  /// Whether there is anything in the window, and in `within`, at all: an instance or two of each attribute.
  store::HistoryQuery probe_of(std::vector<std::string> ids, std::vector<store::TimeSpan> within) const;

  /// Judges the answer to facts_of(); none: no match.
  std::optional<HistoryMatch> judge(const store::EntityHistory& facts) const;
  /// Judges the answer to probe_of().
  bool is_meant(const store::EntityHistory& probe) const;
  /// Judges all that a place has in the window, whose own attributes the query may not be about. What lies outside of
  /// the spans in which its scope was as asked is taken out.
  ///   filters   q, geo and scope are judged, too
  bool judge_whole(store::EntityHistory& history, bool filters) const;

 private:
  const TemporalQuery& query_;
  std::vector<model::NameId> names_;  // that q, geo and scopeQ look at
};

/// When an instance was, by that property; none: it has no such time.
std::optional<Timestamp> time_of(const store::Instance& instance, store::TimeProperty property);

/// Has instances of any attribute, or some that lie behind the cut of the answer.
bool has_attributes(const store::EntityHistory& history) noexcept;

/// Ids that are asked alike, in the order of the matches.
std::vector<std::pair<std::vector<std::string>, std::vector<store::TimeSpan>>> groups_of(
    std::vector<HistoryMatch>& matches);

}  // namespace horad::broker
