// SPDX-License-Identifier: Apache-2.0
// What sources answer about the past, read with suspicion and put together (ETSI GS CIM 009, 4.3.6, 4.5.6 and 5.7.4).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/contexts.h"
#include "horad/broker/forward.h"
#include "horad/model/names.h"
#include "horad/store/history.h"

namespace horad::broker {

struct SourceHistories {
  std::vector<store::EntityHistory> entities;
  std::string trouble;  // why something of the answer was left out; empty: all came in
};

/// Reads the past of one entity, or an array of at most `most` of them, in normalized or concise form, with the times
/// and ids of instances as the source says them. An attribute without instances has some behind the end of the answer.
/// `words` is the context for those that bring none. `tenant`: whose contexts an answer can name.
SourceHistories read_source_histories(std::string_view body, const std::shared_ptr<model::Context>& words,
                                      Contexts& contexts, const std::string& tenant, std::size_t most);

/// Where the answer ends in time, as Content-Range says it (6.3.10); none: it is whole.
std::optional<store::HistoryCut> cut_of(const base::Headers& headers);

/// Leaves the data sets and the instances in the window that were asked for; the scope holds on, so it stays.
void keep_window(store::EntityHistory& history, const store::HistoryQuery& query);
/// Leaves attributes that are of the share, and asked for. The scope stays when it is.
void keep_attributes(store::EntityHistory& history, const Share& share, const store::HistoryQuery& query);

/// Part of a past from one place.
struct HistoryPiece {
  std::shared_ptr<const Registration> source;  // null: from here
  store::EntityHistory history;
};

/// As sift() of an entity: takes what only another source may speak of. False when nothing is left of it.
bool sift(HistoryPiece& piece, std::span<const std::shared_ptr<const Registration>> sources);

/// Puts histories together by entity, attribute and data set. Of two instances with the same id the one modified later
/// counts, else the one added first. An entity is gone when it is gone everywhere.
class HistoryMerger {
 public:
  void add(HistoryPiece piece);
  /// In the order in which their first pieces came.
  const std::vector<std::string>& ids() const noexcept { return ids_; }
  std::size_t instances() const noexcept { return instances_; }  // of all pieces
  bool has(const std::string& id) const { return merged_.contains(id); }
  /// The histories of `ids` in that order, instances ordered and counted (lastN) as `query` says; unknown ids are left
  /// out.
  std::vector<store::EntityHistory> take(std::span<const std::string> ids, const store::HistoryQuery& query,
                                         const model::Names& names) &&;

 private:
  std::vector<std::string> ids_;
  std::map<std::string, store::EntityHistory> merged_;
  std::size_t instances_ = 0;
};

}  // namespace horad::broker
