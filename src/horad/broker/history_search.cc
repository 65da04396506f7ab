// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/history_search.h"

#include <algorithm>
#include <set>

#include "horad/broker/bridge.h"
#include "horad/model/id_pattern.h"

namespace horad::broker {

Task<Result<store::HistoryAnswer>> ask_history(store::Store& store, store::Tenant whose, store::HistoryQuery query) {
  return ask<Result<store::HistoryAnswer>>(
      [&store, whose = std::move(whose), query = std::move(query)](auto done) mutable {
        store.history(std::move(whose), std::move(query), std::move(done));
      });
}

Task<Result<store::HistoryAnswer>> histories_of(store::Store& store, store::Tenant whose,
                                                std::vector<HistoryMatch> matches, const store::HistoryQuery& query) {
  std::vector<store::HistoryAnswer> parts;
  for (auto& [ids, within] : groups_of(matches)) {
    store::HistoryQuery part = query;
    part.ids = std::move(ids);
    part.within = std::move(within);
    auto found = co_await ask_history(store, whose, std::move(part));
    if (!found) co_return std::unexpected(std::move(found).error());
    parts.push_back(std::move(*found));
  }
  co_return store::join_answers(std::move(parts), query);
}

store::HistoryQuery existence_of(std::vector<std::string> ids) {
  store::HistoryQuery query;
  query.ids = std::move(ids);
  query.place = model::InstancePlace{Timestamp::min(), 0};
  return query;
}

std::unexpected<Error> no_such_past() {
  return fail(ErrorCode::kNotFound, "There is no entity with this id and a past.");
}

namespace {

/// Walks over the ids of all entities that may be meant: those that are there, then those that are gone.
class Candidates {
 public:
  Candidates(store::Store& store, store::Tenant whose, const model::Query& query)
      : store_(store), whose_(std::move(whose)), query_(query) {
    present_.id_pattern = query.id_pattern;
    present_.types = query.types;
    present_.limit = kStep;
  }

  /// The next of them, never one twice; empty when there are no more.
  Task<Result<std::vector<std::string>>> next() {
    std::vector<std::string> out;
    while (out.empty() && stage_ != Stage::kDone) {
      auto step = co_await step_on();
      if (!step) co_return std::unexpected(std::move(step).error());
      for (auto& id : *step) {
        if (seen_.insert(id).second) out.push_back(std::move(id));
      }
    }
    co_return out;
  }

 private:
  enum class Stage : std::uint8_t { kPresent, kGone, kDone };
  static constexpr std::size_t kStep = 500;

  Task<Result<std::vector<std::string>>> step_on() {
    if (!query_.ids.empty()) {
      stage_ = Stage::kDone;
      co_return query_.ids;
    }
    if (stage_ == Stage::kPresent) co_return co_await present();
    auto gone = co_await ask<Result<std::vector<std::string>>>(
        [&](auto done) { store_.gone(whose_, after_, kStep, std::move(done)); });
    if (!gone) co_return gone;
    if (gone->size() < kStep) stage_ = Stage::kDone;
    if (!gone->empty()) after_ = gone->back();
    if (query_.id_pattern) std::erase_if(*gone, [&](const auto& id) { return !query_.id_pattern->matches(id); });
    co_return gone;
  }

  Task<Result<std::vector<std::string>>> present() {
    auto page = co_await ask<Result<store::Page>>([&](auto done) { store_.query(whose_, present_, std::move(done)); });
    if (!page) co_return std::unexpected(std::move(page).error());
    if (page->documents.size() < kStep) stage_ = Stage::kGone;
    present_.offset += kStep;
    std::vector<std::string> out;
    for (const auto& document : page->documents) out.emplace_back(document.view().id());
    co_return out;
  }

  store::Store& store_;
  store::Tenant whose_;
  const model::Query& query_;
  model::Query present_;
  Stage stage_ = Stage::kPresent;
  std::string after_;
  std::set<std::string> seen_;
};

}  // namespace

Task<Result<void>> PageOfMatches::run(std::size_t most_ordered) {
  Candidates candidates(store_, whose_, query_.entities);
  std::vector<std::string> all;  // when they must be put in order first
  for (;;) {
    auto ids = co_await candidates.next();
    if (!ids) co_return std::unexpected(std::move(ids).error());
    if (query_.order == TemporalQuery::Order::kAny) {
      if (ids->empty() || full()) co_return Result<void>{};
      if (auto done = co_await look_at(std::move(*ids)); !done) co_return done;
      continue;
    }
    if (ids->empty()) break;
    all.insert(all.end(), std::make_move_iterator(ids->begin()), std::make_move_iterator(ids->end()));
    if (all.size() > most_ordered) {
      co_return fail(ErrorCode::kTooComplexQuery,
                     "More entities than can be put in order match; narrow the query or leave orderBy out.", "orderBy");
    }
  }
  std::ranges::sort(all);
  if (query_.order == TemporalQuery::Order::kDescending) std::ranges::reverse(all);
  for (std::size_t at = 0; at < all.size() && !full(); at += kAtOnce) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto to = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kAtOnce));
    if (auto done = co_await look_at({from, to}); !done) co_return done;
  }
  co_return Result<void>{};
}

/// Those of `ids` that q, geo and scopeQ leave, and when.
Task<Result<std::vector<HistoryMatch>>> PageOfMatches::judge(std::vector<std::string> ids) {
  std::vector<HistoryMatch> out;
  if (!conditions_.on_facts()) {
    for (auto& id : ids) out.push_back({std::move(id), {}});
    co_return out;
  }
  const auto facts = co_await ask_history(store_, whose_, conditions_.facts_of(std::move(ids), kMostLookedAt));
  if (!facts) co_return std::unexpected(facts.error());
  for (const auto& one : facts->entities) {
    if (auto match = conditions_.judge(one)) out.push_back(std::move(*match));
  }
  co_return out;
}

Task<Result<void>> PageOfMatches::look_at(std::vector<std::string> ids) {
  auto judged = co_await judge(std::move(ids));
  if (!judged) co_return std::unexpected(std::move(judged).error());
  for (auto& [some, within] : groups_of(*judged)) {
    const auto probed = co_await ask_history(store_, whose_, conditions_.probe_of(std::move(some), within));
    if (!probed) co_return std::unexpected(probed.error());
    for (const auto& one : probed->entities) {
      if (conditions_.is_meant(one)) take(one.id, within);
      if (full()) co_return Result<void>{};
    }
  }
  co_return Result<void>{};
}

void PageOfMatches::take(const std::string& id, const std::vector<store::TimeSpan>& within) {
  ++matched_;
  if (matched_ > query_.entities.offset && page_.size() < query_.entities.limit) page_.push_back({id, within});
}

}  // namespace horad::broker
