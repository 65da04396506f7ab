// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "horad/store/history/answer.h"
#include "horad/store/history/history_store.h"
#include "horad/store/history/timeline.h"

namespace horad::store {
namespace history {

void sort_series(std::vector<Series>& series, const model::Names& names) {
  std::sort(series.begin(), series.end(), [&](const Series& a, const Series& b) {
    if (a.name != b.name) return names.text(a.name) < names.text(b.name);
    return a.dataset_id < b.dataset_id;
  });
}

std::unexpected<Error> too_many(std::string_view what, std::size_t most) {
  return fail(ErrorCode::kTooManyResults,
              "The answer has more than " + std::to_string(most) + " " + std::string{what} +
                  ". Ask for less time, fewer attributes or entities, lastN, or an aggregate.");
}

namespace {

EntityHistory answer_of(const HistorySnapshot::Entity& entity, std::vector<Series> series) {
  EntityHistory out;
  out.id = entity.id;
  out.types = entity.identity.types;
  out.scopes = entity.identity.scopes;
  out.version = entity.edits ? entity.edits->version : 0;
  out.created_at = entity.identity.created;
  out.modified_at = entity.identity.modified;
  out.deleted_at = entity.identity.deleted;
  out.series = std::move(series);
  return out;
}

Result<HistoryAnswer> aggregate(const HistorySnapshot& snapshot, const HistoryQuery& query, const Window& window) {
  Budget budget{query.most_instances, kMostDistinct};
  HistoryAnswer out;
  for (const auto& entity : snapshot.entities) {
    const auto timeline = Timeline::of(snapshot, entity, query, window);
    if (!timeline) return std::unexpected(timeline.error());
    auto series = find_buckets(*timeline, query, window, *snapshot.names, budget);
    if (!series) return std::unexpected(std::move(series).error());
    out.entities.push_back(answer_of(entity, std::move(*series)));
  }
  return out;
}

bool asks_for_scope(const HistoryQuery& query) {
  return query.attributes.empty() ||
         std::find(query.attributes.begin(), query.attributes.end(), model::kScopeName) != query.attributes.end();
}

/// A scope holds until it is replaced or removed: the one from before the window stands at its start (C.5.16).
Result<void> add_earlier_scope(const HistorySnapshot& snapshot, const HistorySnapshot::Entity& entity,
                               const HistoryQuery& query, EntityHistory& out) {
  if (!query.from || query.time_property == TimeProperty::kDeletedAt || !asks_for_scope(query)) return {};
  HistoryQuery earlier;
  earlier.attributes = {model::kScopeName};
  earlier.time_property = query.time_property;
  earlier.to = query.from;
  earlier.last_n = 1;
  earlier.now = query.now;
  const Window window(earlier);
  const auto timeline = Timeline::of(snapshot, entity, earlier, window);
  if (!timeline) return std::unexpected(timeline.error());
  InstanceSearch search(*timeline, earlier, window);
  Pager pager(earlier);
  if (auto done = search.run(query.most_instances, pager, 0); !done) return done;
  auto series = search.build(*snapshot.names);
  if (!series) return std::unexpected(std::move(series).error());
  if (series->empty() || series->front().instances.front().deleted_at) return {};
  auto found = std::find_if(out.series.begin(), out.series.end(),
                            [](const Series& one) { return one.name == model::kScopeName; });
  if (found == out.series.end()) {
    out.series.push_back(std::move(series->front()));
    sort_series(out.series, *snapshot.names);
    return {};
  }
  auto& instances = found->instances;
  instances.insert(query.last_n > 0 ? instances.end() : instances.begin(),
                   std::move(series->front().instances.front()));
  return {};
}

/// Draws the bound over everything found, builds what lies inside, and says where the answer ends.
Result<HistoryAnswer> build(const HistorySnapshot& snapshot, const HistoryQuery& query, Pager& pager,
                            std::vector<std::unique_ptr<InstanceSearch>>& searches) {
  if (pager.on()) {
    std::vector<std::int64_t> keys;
    for (const auto& search : searches) search->append_keys(pager, keys);
    pager.limit(std::move(keys));
  }
  HistoryAnswer out;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    searches[i]->prune(pager);
    auto series = searches[i]->build(*snapshot.names);
    if (!series) return std::unexpected(std::move(series).error());
    EntityHistory& entity = out.entities.emplace_back(answer_of(snapshot.entities[i], std::move(*series)));
    if (entity.series.empty() && query.attributes.empty()) continue;
    if (auto done = add_earlier_scope(snapshot, snapshot.entities[i], query, entity); !done)
      return std::unexpected(std::move(done).error());
  }
  cut_answer(out, query, pager.bound());
  return out;
}

}  // namespace
}  // namespace history

namespace {

Timestamp time_asked(const Instance& one, TimeProperty property) {
  switch (property) {
    case TimeProperty::kObservedAt:
      return one.attribute.observed_at.value_or(one.attribute.modified_at);
    case TimeProperty::kCreatedAt:
      return one.place.at;
    case TimeProperty::kModifiedAt:
      return one.attribute.modified_at;
    case TimeProperty::kDeletedAt:
      return one.deleted_at.value_or(one.attribute.modified_at);
  }
  return one.attribute.modified_at;
}

}  // namespace

namespace history {

void cut_answer(HistoryAnswer& answer, const HistoryQuery& query, std::optional<std::int64_t> bound) {
  history::Pager pager(query);
  if (!pager.on()) return;
  pager.limit_to(bound);
  std::vector<std::int64_t> keys;
  const auto each = [&](auto visit) {
    for (EntityHistory& entity : answer.entities) {
      for (Series& series : entity.series) {
        if (series.name == model::kScopeName) continue;  // few, and what they say holds on
        visit(series);
      }
    }
  };
  const auto key_of = [&](const Instance& one) {
    return pager.key(time_asked(one, query.time_property).time_since_epoch().count());
  };
  each([&](Series& series) {
    for (const Instance& one : series.instances) keys.push_back(key_of(one));
  });
  pager.limit(keys);
  if (!pager.bound()) return;
  each([&](Series& series) {
    std::erase_if(series.instances, [&](const Instance& one) { return pager.beyond(key_of(one)); });
  });
  std::erase_if(keys, [&](std::int64_t key) { return pager.beyond(key); });
  if (keys.empty()) return;
  const auto time_of = [&](std::int64_t key) { return Timestamp{Duration{pager.key(key)}}; };
  const auto [first, last] = std::minmax_element(keys.begin(), keys.end());
  answer.cut = HistoryCut{time_of(*first), time_of(*last)};
}

}  // namespace history

HistoryAnswer join_answers(std::vector<HistoryAnswer> parts, const HistoryQuery& query) {
  HistoryAnswer all;
  std::optional<std::int64_t> bound;  // the nearest end of a part that is cut
  const history::Pager pager(query);
  for (HistoryAnswer& part : parts) {
    if (part.cut) {
      const std::int64_t key = pager.key(part.cut->last.time_since_epoch().count());
      bound = std::min(bound.value_or(key), key);
    }
    std::move(part.entities.begin(), part.entities.end(), std::back_inserter(all.entities));
  }
  history::cut_answer(all, query, bound);
  return all;
}

Result<HistoryAnswer> evaluate(const HistorySnapshot& snapshot, const HistoryQuery& query) {
  const history::Window window(query);
  if (query.aggregation) return history::aggregate(snapshot, query, window);
  history::Pager pager(query);
  std::vector<std::unique_ptr<const history::Timeline>> timelines;
  std::vector<std::unique_ptr<history::InstanceSearch>> searches;
  std::size_t found = 0;
  for (const auto& entity : snapshot.entities) {
    auto timeline = history::Timeline::of(snapshot, entity, query, window);
    if (!timeline) return std::unexpected(std::move(timeline).error());
    timelines.push_back(std::make_unique<const history::Timeline>(std::move(*timeline)));
    searches.push_back(std::make_unique<history::InstanceSearch>(*timelines.back(), query, window));
    const std::size_t left = query.most_instances - std::min(query.most_instances, found);
    if (auto done = searches.back()->run(left, pager, found); !done) return std::unexpected(std::move(done).error());
    found += searches.back()->found();
  }
  auto out = history::build(snapshot, query, pager, searches);
  if (!out) return out;
  std::size_t instances = 0;
  for (const auto& entity : out->entities) {
    for (const auto& series : entity.series) instances += series.instances.size();
  }
  if (instances > query.most_instances) return history::too_many("instances", query.most_instances);
  return out;
}

}  // namespace horad::store
