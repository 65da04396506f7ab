// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/history_match.h"

#include <algorithm>

#include "horad/model/geo_query.h"
#include "horad/model/history_edit.h"
#include "horad/model/q.h"
#include "horad/model/scope_query.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

/// The window of the query, without what only concerns the answer.
store::HistoryQuery in_window(const store::HistoryQuery& query, std::vector<std::string> ids) {
  store::HistoryQuery out;
  out.ids = std::move(ids);
  out.dataset_ids = query.dataset_ids;
  out.time_property = query.time_property;
  out.from = query.from;
  out.to = query.to;
  return out;
}

/// All instances as if the entity had them at once: then a condition is met when one instance meets it.
std::string all_at_once(const store::EntityHistory& history) {
  model::Entity entity;
  entity.id = history.id;
  entity.types = history.types;
  entity.created_at = history.created_at.value_or(Timestamp{});
  entity.modified_at = history.modified_at.value_or(Timestamp{});
  for (const auto& series : history.series) {
    if (series.name == model::kScopeName) continue;
    for (const auto& one : series.instances) {
      if (!one.deleted_at) entity.attributes.push_back(one.attribute);
    }
  }
  return model::encode(entity);
}

bool is_meant_entity(const model::Query& query, const store::EntityHistory& history) {
  if (!query.types && query.any_of.empty()) return true;
  model::Entity types_only;
  types_only.id = history.id;
  types_only.types = history.types;
  const auto document = model::encode(types_only);
  const model::DocumentView view{document};
  if (query.types && !query.types->matches(view)) return false;
  return query.any_of.empty() ||
         std::ranges::any_of(query.any_of, [&](const auto& selector) { return model::matches(selector, view); });
}

bool matches(const model::ScopeQuery& scope, const store::Instance& instance) {
  if (instance.deleted_at) return false;
  const auto texts = model::scopes_of(instance.attribute.value);
  const std::vector<std::string_view> scopes(texts.begin(), texts.end());
  return scope.matches(scopes);
}

/// When the scope is as asked: each holds until the next one (C.5.16). `instances` ascend.
std::vector<store::TimeSpan> spans_of(const model::ScopeQuery& scope, const std::vector<store::Instance>& instances,
                                      store::TimeProperty property) {
  std::vector<store::TimeSpan> out;
  bool open = false;
  for (const auto& instance : instances) {
    const auto at = time_of(instance, property);
    if (!at) continue;
    const bool good = matches(scope, instance);
    if (good == open) continue;
    if (good) {
      out.push_back({*at, std::nullopt});
    } else if (out.back().from == at) {
      out.pop_back();  // two at one time: the later counts
    } else {
      out.back().to = at;
    }
    open = good;
  }
  return out;
}

/// True when the one span has all of the window.
bool covers(const std::vector<store::TimeSpan>& spans, const store::HistoryQuery& window) {
  return spans.size() == 1 && window.from && spans.front().from <= window.from && !spans.front().to;
}

}  // namespace

std::optional<Timestamp> time_of(const store::Instance& instance, store::TimeProperty property) {
  switch (property) {
    case store::TimeProperty::kObservedAt:
      return instance.attribute.observed_at ? instance.attribute.observed_at : instance.deleted_at;
    case store::TimeProperty::kCreatedAt:
      return instance.attribute.created_at;
    case store::TimeProperty::kModifiedAt:
      return instance.attribute.modified_at;
    case store::TimeProperty::kDeletedAt:
      return instance.deleted_at;
  }
  return std::nullopt;
}

HistoryConditions::HistoryConditions(const TemporalQuery& query) : query_(query) {
  if (query.entities.q) query.entities.q->append_attributes(names_);
  if (query.entities.geo) names_.push_back(query.entities.geo->property());
  if (query.entities.scope) names_.push_back(model::kScopeName);
  // A filter that looks at no attribute looks at the entity itself; one question without names would ask for all.
  if (names_.empty()) names_.push_back(model::kScopeName);
}

bool HistoryConditions::on_facts() const noexcept {
  return query_.entities.q || query_.entities.geo || query_.entities.scope;
}

store::HistoryQuery HistoryConditions::facts_of(std::vector<std::string> ids, std::size_t most) const {
  auto out = in_window(query_.history, std::move(ids));
  out.attributes = names_;
  out.most_instances = most;
  return out;
}

store::HistoryQuery HistoryConditions::probe_of(std::vector<std::string> ids,
                                                std::vector<store::TimeSpan> within) const {
  auto out = in_window(query_.history, std::move(ids));
  out.within = std::move(within);
  out.attributes = query_.one_of;
  out.last_n = 1;
  out.page_instances = 1;
  return out;
}

std::optional<HistoryMatch> HistoryConditions::judge(const store::EntityHistory& facts) const {
  if (query_.entities.q || query_.entities.geo) {
    const std::string document = all_at_once(facts);
    const model::DocumentView view{document};
    if (query_.entities.q && !query_.entities.q->matches(view)) return std::nullopt;
    if (query_.entities.geo && !query_.entities.geo->matches(view)) return std::nullopt;
  }
  HistoryMatch out{facts.id, {}};
  if (!query_.entities.scope) return out;
  const auto scope = std::ranges::find(facts.series, model::kScopeName, &store::Series::name);
  if (scope == facts.series.end()) return std::nullopt;
  out.within = spans_of(*query_.entities.scope, scope->instances, query_.history.time_property);
  if (out.within.empty()) return std::nullopt;
  if (covers(out.within, query_.history)) out.within.clear();
  return out;
}

bool HistoryConditions::is_meant(const store::EntityHistory& probe) const {
  return has_attributes(probe) && is_meant_entity(query_.entities, probe);
}

bool HistoryConditions::judge_whole(store::EntityHistory& history, bool filters) const {
  const auto asked = [this](const store::Series& one) {
    if (one.name == model::kScopeName) return false;
    return query_.one_of.empty() || std::ranges::find(query_.one_of, one.name) != query_.one_of.end();
  };
  if (filters && on_facts()) {
    const auto match = judge(history);
    if (!match) return false;
    if (!match->within.empty()) {
      std::erase_if(history.series, [&](store::Series& series) {
        std::erase_if(series.instances, [&](const store::Instance& one) {
          const auto at = time_of(one, query_.history.time_property);
          return !at || std::ranges::none_of(match->within, [&](const auto& span) { return span.holds(*at); });
        });
        return series.instances.empty();
      });
    }
  }
  return std::ranges::any_of(history.series, asked) && is_meant_entity(query_.entities, history);
}

bool has_attributes(const store::EntityHistory& history) noexcept {
  return std::ranges::any_of(history.series, [](const auto& one) { return one.name != model::kScopeName; });
}

std::vector<std::pair<std::vector<std::string>, std::vector<store::TimeSpan>>> groups_of(
    std::vector<HistoryMatch>& matches) {
  std::vector<std::pair<std::vector<std::string>, std::vector<store::TimeSpan>>> out;
  for (HistoryMatch& match : matches) {
    const bool alike = match.within.empty() && !out.empty() && out.back().second.empty();
    if (!alike) out.emplace_back(std::vector<std::string>{}, std::move(match.within));
    out.back().first.push_back(std::move(match.id));
  }
  return out;
}

}  // namespace horad::broker
