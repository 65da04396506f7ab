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

}  // namespace history

Result<std::vector<EntityHistory>> evaluate(const HistorySnapshot& snapshot, const HistoryQuery& query) {
  const history::Window window(query);
  history::Budget budget{query.most_instances, history::kMostDistinct};
  std::vector<EntityHistory> out;
  for (const auto& entity : snapshot.entities) {
    const auto timeline = history::Timeline::of(snapshot, entity, window);
    if (!timeline) return std::unexpected(timeline.error());
    auto series = query.aggregation
                      ? history::find_buckets(*timeline, query, window, *snapshot.names, budget)
                      : history::find_instances(*timeline, query, window, entity.id, *snapshot.names, budget);
    if (!series) return std::unexpected(std::move(series).error());
    EntityHistory& answer = out.emplace_back();
    answer.id = entity.id;
    answer.types = entity.identity.types;
    answer.scopes = entity.identity.scopes;
    answer.created_at = entity.identity.created;
    answer.modified_at = entity.identity.modified;
    answer.deleted_at = entity.identity.deleted;
    answer.series = std::move(*series);
  }
  return out;
}

}  // namespace horad::store
