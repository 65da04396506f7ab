// SPDX-License-Identifier: Apache-2.0
#include "horad/store/query_run.h"

#include <algorithm>
#include <limits>

#include "horad/model/expiry.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::store {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kWorthAPosting = 5'000;  // candidates without it; below, scanning is as good
constexpr std::uint64_t kMostByValue = 2'000;    // candidates; finding more would be a long pause for writers
constexpr std::uint64_t kFewMatches = 20;        // one candidate of so many matched

bool has_type_at_most(const model::Query& query) {
  return query.ids.empty() && !query.id_pattern && !query.q && !query.geo && !query.scope && query.attributes.empty() &&
         query.any_of.empty() && !query.remains;
}

}  // namespace

QueryRun::QueryRun(const Table& table, Indexes& indexes, model::Query query, std::optional<Timestamp> expired)
    : table_(table), query_(std::move(query)), expired_(expired), total_(table.size()), end_(table.end()) {
  if (query_.order && query_.limit > 0) top_.emplace(query_.order, query_.offset + query_.limit);
  plan(indexes);
}

void QueryRun::plan_ids() {
  for (const auto& id : query_.ids) {
    if (const auto number = table_.find(id)) list_.push_back(*number);
  }
  std::ranges::sort(list_);
  const auto doubles = std::ranges::unique(list_);
  list_.erase(doubles.begin(), doubles.end());
  query_.ids.clear();  // what is in the list has one of them, and ids win over the pattern
  query_.id_pattern.reset();
  walk_ = Walk::kList;
}

/// One type, or none: the posting, or the table, knows the answer without looking at documents.
bool QueryRun::plan_pure_type(const Indexes& indexes) {
  if (expired_) return false;
  if (!has_type_at_most(query_)) return false;
  if (!query_.types || query_.types->any()) {
    pure_ = true;
    return true;
  }
  const auto& alternatives = query_.types->alternatives();
  if (alternatives.size() != 1 || alternatives[0].size() != 1) return false;
  pure_ = true;
  walk_ = Walk::kDone;
  if (const Roaring* posting = indexes.of_type(alternatives[0][0])) choose(Source{{posting}, posting->cardinality()});
  return true;
}

std::optional<QueryRun::Source> QueryRun::by_types(const Indexes& indexes) const {
  if (!query_.types || query_.types->any()) return std::nullopt;
  Source source;
  for (const auto& types : query_.types->alternatives()) {
    const Roaring* shortest = nullptr;
    for (const auto type : types) {
      const Roaring* const posting = indexes.of_type(type);
      if (!shortest || !posting || posting->cardinality() < shortest->cardinality()) shortest = posting;
      if (!posting) break;
    }
    if (!shortest) continue;
    source.postings.push_back(shortest);
    source.cost += shortest->cardinality();
  }
  return source;
}

/// Candidates that have at least one of the attributes; none when a posting is missing.
std::optional<QueryRun::Source> QueryRun::by_attributes(Indexes& indexes,
                                                        const std::vector<model::NameId>& names) const {
  Source source;
  bool complete = true;
  for (const auto name : names) {
    const Roaring* const posting = indexes.with_attribute(name);
    if (posting) {
      source.postings.push_back(posting);
      source.cost += posting->cardinality();
    } else {
      complete = false;
      if (std::min<std::uint64_t>(source_.cost, table_.size()) >= kWorthAPosting) indexes.want_attribute(name);
    }
  }
  if (!complete) return std::nullopt;
  return source;
}

void QueryRun::choose(std::optional<Source> source) {
  if (!source || source->cost >= source_.cost) return;
  source_ = std::move(*source);
  walk_ = Walk::kPostings;
}

void QueryRun::choose_list(std::optional<std::vector<Number>> list) {
  if (!list || list->size() >= source_.cost) return;
  source_.cost = list->size();
  list_ = std::move(*list);
  walk_ = Walk::kList;
}

void QueryRun::plan(Indexes& indexes) {
  source_.cost = kEverything;
  if (query_.limit == 0 && !query_.count) {
    walk_ = Walk::kDone;
    return;
  }
  if (!query_.ids.empty()) return plan_ids();
  if (plan_pure_type(indexes)) return;
  choose(by_types(indexes));
  if (!query_.attributes.empty()) choose(by_attributes(indexes, query_.attributes));
  if (query_.remains && query_.remains->only_picked && !query_.remains->scope) {
    choose(by_attributes(indexes, query_.remains->picked));
  }
  if (query_.q) {
    for (const auto name : query_.q->required_attributes()) {
      auto source = by_attributes(indexes, {name});
      if (source) filters_.push_back(source->postings[0]);
      choose(std::move(source));
    }
    for (const auto& fact : query_.q->facts()) {
      choose_list(indexes.with_value(fact, std::min<std::uint64_t>(source_.cost, kMostByValue)));
    }
  }
  if (!query_.geo) return;
  choose_list(indexes.near(*query_.geo, std::min<std::uint64_t>(source_.cost, table_.size() / 2 + 100)));
}

void QueryRun::ask_for_values(Indexes& indexes) const {
  if (!query_.q || visited_ < kWorthAPosting || matched_ > std::min(visited_ / kFewMatches, kMostByValue)) return;
  for (const auto& fact : query_.q->facts()) indexes.want_values(fact.attribute);
}

void QueryRun::before_change(Number number, const model::Document& before) {
  if (number < end_ && number >= next_) aside_.try_emplace(number, before);
}

void QueryRun::visit(Number number) {
  const model::Document* document = nullptr;
  if (!aside_.empty()) {
    const auto kept = aside_.find(number);
    if (kept != aside_.end()) document = &kept->second;
  }
  if (!document) {
    if (!table_.alive(number)) return;
    document = &table_.document(number);
  }
  model::Document left;
  if (expired_ && model::is_due(document->view(), *expired_)) {
    left = model::left_of(*document, *expired_);
    if (!left) return;
    document = &left;
  }
  ++visited_;
  if (!pure_ && !model::matches(query_, document->view())) return;
  ++matched_;
  if (top_) return top_->offer(number, *document);
  if (matched_ > query_.offset && documents_.size() < query_.limit) documents_.push_back(*document);
}

bool QueryRun::step_list(std::size_t& budget) {
  for (; next_in_list_ < list_.size() && !full(); ++next_in_list_) {
    if (budget == 0) return false;
    --budget;
    next_ = list_[next_in_list_];
    const bool may_match =
        std::ranges::all_of(filters_, [this](const Roaring* filter) { return filter->contains(next_); });
    if (may_match) visit(next_);
    ++next_;
  }
  return true;
}

bool QueryRun::step_all(std::size_t& budget) {
  for (; next_ < end_ && !full(); ++next_) {
    if (budget == 0) return false;
    --budget;
    visit(next_);
    if (pure_ && !top_ && query_.count && documents_.size() == query_.limit) break;
  }
  if (pure_ && query_.count) matched_ = total_;
  return true;
}

bool QueryRun::step_postings(std::size_t& budget) {
  struct At {
    RoaringSetBitForwardIterator here;
    RoaringSetBitForwardIterator end;
  };
  std::vector<At> cursors;
  cursors.reserve(source_.postings.size());
  for (const Roaring* posting : source_.postings) {
    cursors.push_back({posting->begin(), posting->end()});
    if (next_ > 0) cursors.back().here.equalorlarger(next_);
  }
  while (!full()) {
    Number candidate = end_;
    for (const auto& cursor : cursors) {
      if (cursor.here != cursor.end) candidate = std::min(candidate, *cursor.here);
    }
    if (candidate >= end_) break;
    if (budget == 0) return false;
    --budget;
    for (auto& cursor : cursors) {
      if (cursor.here != cursor.end && *cursor.here == candidate) ++cursor.here;
    }
    next_ = candidate;
    if (pure_ && !top_ && documents_.size() == query_.limit) break;  // only the count is left, and the posting knows it
    const bool may_match =
        std::ranges::all_of(filters_, [candidate](const Roaring* filter) { return filter->contains(candidate); });
    if (may_match) visit(candidate);
    next_ = candidate + 1;
  }
  if (pure_ && query_.count) matched_ = source_.cost;
  return true;
}

/// Other turns may change the postings: copies what is still to be walked.
void QueryRun::freeze() {
  filters_.clear();
  if (walk_ != Walk::kPostings || source_.postings.empty()) return;
  if (source_.postings.size() == 1 && source_.postings[0] == &frozen_) return;
  Roaring united = *source_.postings[0];
  for (std::size_t i = 1; i < source_.postings.size(); ++i) united |= *source_.postings[i];
  frozen_ = std::move(united);
  source_.postings.assign(1, &frozen_);
}

bool QueryRun::step(std::size_t& budget) {
  bool done = true;
  switch (walk_) {
    case Walk::kList:
      done = step_list(budget);
      break;
    case Walk::kPostings:
      done = step_postings(budget);
      break;
    case Walk::kAll:
      done = step_all(budget);
      break;
    case Walk::kDone:
      break;
  }
  if (!done) freeze();
  return done;
}

}  // namespace horad::store
