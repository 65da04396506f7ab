// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "horad/model/query.h"
#include "horad/store/indexes.h"
#include "horad/store/table.h"
#include "horad/store/top_documents.h"

namespace horad::store {

/// One query over the entities of one tenant in one shard, answered in slices between which writes go on. It sees the
/// entities as they were when it began: what changes ahead of it is kept aside (before_change) until it gets there. One
/// thread.
///
/// Plan: given ids are looked up; else the shortest source of candidates is walked (postings of the types, of an
/// attribute that must be there, values in order, cells of the place), else everything; each candidate is asked with
/// model::matches(). It stops when the page is full, unless the count or an order is asked for. A query for one type
/// alone is answered from its posting, count included. With an order, all matches are looked at and the first offset +
/// limit of them kept.
class QueryRun {
 public:
  /// `table` and `indexes` must outlive the run. Asks `indexes` for attribute postings that would have helped.
  ///   expired   a time, when things that expired by then may still stand in the table: they are seen through
  QueryRun(const Table& table, Indexes& indexes, model::Query query, std::optional<Timestamp> expired = std::nullopt);

  /// Looks at up to `budget` candidates and takes them off it. True when the answer is ready; else call before_change()
  /// for each change until the next step. Cost of the first step of an unfinished run: also a copy of the postings it
  /// walks.
  bool step(std::size_t& budget);
  /// After the last step: tells `indexes` which values in order would have spared it much.
  void ask_for_values(Indexes& indexes) const;
  /// Entity `number`, as in `before`, is about to be changed or deleted.
  void before_change(Number number, const model::Document& before);

  std::vector<model::Document>& documents() noexcept { return documents_; }  // without an order
  /// With an order: the first offset + limit matches, for merging with those of other shards.
  std::vector<Ordered> take_ordered() { return top_ ? top_->take() : std::vector<Ordered>{}; }
  /// How many matches were met: all of them when counting, else up to offset + limit.
  std::uint64_t matched() const noexcept { return matched_; }

 private:
  struct Source {
    std::vector<const Roaring*> postings;  // united
    std::uint64_t cost = 0;
  };
  void plan(Indexes& indexes);
  void plan_ids();
  bool plan_pure_type(const Indexes& indexes);
  std::optional<Source> by_types(const Indexes& indexes) const;
  std::optional<Source> by_attributes(Indexes& indexes, const std::vector<model::NameId>& names) const;
  void choose(std::optional<Source> source);
  void choose_list(std::optional<std::vector<Number>> list);
  bool step_list(std::size_t& budget);
  bool step_postings(std::size_t& budget);
  bool step_all(std::size_t& budget);
  void freeze();
  void visit(Number number);
  bool full() const noexcept { return !query_.count && !top_ && matched_ >= query_.offset + query_.limit; }

  enum class Walk : std::uint8_t { kList, kPostings, kAll, kDone };
  const Table& table_;
  model::Query query_;
  const std::optional<Timestamp> expired_;
  Walk walk_ = Walk::kAll;
  bool pure_ = false;  // the candidates are the matches
  Source source_;
  std::vector<const Roaring*> filters_;  // candidates outside of them cannot match; first slice only
  std::vector<Number> list_;
  std::size_t next_in_list_ = 0;
  Number next_ = 0;            // candidates below were visited
  const std::uint64_t total_;  // entities when the query began
  const Number end_;           // entities from here on are younger than the query
  Roaring frozen_;
  absl::flat_hash_map<Number, model::Document> aside_;
  std::vector<model::Document> documents_;
  std::optional<TopDocuments> top_;  // with an order
  std::uint64_t matched_ = 0;
  std::uint64_t visited_ = 0;
};

}  // namespace horad::store
