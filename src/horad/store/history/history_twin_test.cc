// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/history_twin.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>
#include <tuple>

namespace horad::store::history {
namespace {

using namespace std::chrono_literals;

bool same_value(const model::Value& a, const model::Value& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<double>(&a))
    return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(std::get<double>(b));
  return a == b;
}

bool same_attribute(model::Attribute a, model::Attribute b) {
  const auto by_name = [](const auto& x, const auto& y) { return x.name < y.name; };
  if (!same_value(a.value, b.value) || a.sub_attributes.size() != b.sub_attributes.size()) return false;
  std::sort(a.sub_attributes.begin(), a.sub_attributes.end(), by_name);
  std::sort(b.sub_attributes.begin(), b.sub_attributes.end(), by_name);
  for (std::size_t i = 0; i < a.sub_attributes.size(); ++i) {
    if (!same_attribute(a.sub_attributes[i], b.sub_attributes[i])) return false;
  }
  a.value = b.value;
  a.sub_attributes = b.sub_attributes;
  return a == b;
}

bool close(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  if (!std::isfinite(a) || !std::isfinite(b)) return false;
  return std::fabs(a - b) <= 1e-9 * std::max({std::fabs(a), std::fabs(b), 1e-3});
}

std::string difference(const Bucket& a, const Bucket& b) {
  if (a.start != b.start) return "bucket start";
  if (a.end != b.end) return "bucket end";
  if (a.values.size() != b.values.size()) return "bucket values";
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    if (a.values[i].index() != b.values[i].index()) return "type of value " + std::to_string(i);
    const auto* x = std::get_if<double>(&a.values[i]);
    if (x != nullptr && close(*x, std::get<double>(b.values[i]))) continue;
    if (a.values[i] != b.values[i]) {
      return "value " + std::to_string(i) +
             (x ? ": " + std::to_string(*x) + " / " + std::to_string(std::get<double>(b.values[i])) : "");
    }
  }
  return {};
}

std::string difference(const Series& a, const Series& b) {
  if (a.name != b.name || a.dataset_id != b.dataset_id) return "series key";
  if (a.instances.size() != b.instances.size()) {
    return "number of instances " + std::to_string(a.instances.size()) + " / " + std::to_string(b.instances.size());
  }
  for (std::size_t i = 0; i < a.instances.size(); ++i) {
    if (!same_attribute(a.instances[i].attribute, b.instances[i].attribute)) return "instance " + std::to_string(i);
    if (a.instances[i].place != b.instances[i].place) return "place of instance " + std::to_string(i);
    if (a.instances[i].deleted_at != b.instances[i].deleted_at) return "deletion of instance " + std::to_string(i);
  }
  if (a.buckets.size() != b.buckets.size()) {
    return "number of buckets " + std::to_string(a.buckets.size()) + " / " + std::to_string(b.buckets.size());
  }
  for (std::size_t i = 0; i < a.buckets.size(); ++i) {
    if (auto found = difference(a.buckets[i], b.buckets[i]); !found.empty())
      return "bucket " + std::to_string(i) + ": " + found;
  }
  return {};
}

std::string difference(const EntityHistory& a, const EntityHistory& b) {
  if (a.id != b.id) return "id";
  if (a.types != b.types || a.scopes != b.scopes) return "types or scopes";
  if (a.created_at != b.created_at || a.modified_at != b.modified_at || a.deleted_at != b.deleted_at)
    return "times of the entity";
  if (a.series.size() != b.series.size())
    return "number of series " + std::to_string(a.series.size()) + " / " + std::to_string(b.series.size());
  for (std::size_t i = 0; i < a.series.size(); ++i) {
    if (auto found = difference(a.series[i], b.series[i]); !found.empty())
      return "series " + std::to_string(i) + ": " + found;
  }
  return {};
}

__extension__ using Wide = __float128;  // holds the sum of any two doubles of a city

struct Numbers {
  std::vector<Wide> all;
  Wide sum() const {
    Wide out = 0;
    for (const auto v : all) out += v;
    return out;
  }
  Wide squares() const {
    Wide out = 0;
    for (const auto v : all) out += v * v;
    return out;
  }
  double deviation() const {
    const Wide mean = sum() / static_cast<Wide>(all.size());
    Wide out = 0;
    for (const auto v : all) out += (v - mean) * (v - mean);
    return static_cast<double>(std::sqrt(static_cast<long double>(out / static_cast<Wide>(all.size()))));
  }
};

using BucketValue = decltype(Bucket::values)::value_type;

std::string distinct_key(const model::Value& v) {
  if (const auto* i = std::get_if<std::int64_t>(&v)) return "n" + std::to_string(*i);
  if (const auto* d = std::get_if<double>(&v)) {
    if (*d == std::trunc(*d) && std::fabs(*d) < 9e18) return "n" + std::to_string(static_cast<std::int64_t>(*d));
    return "d" + std::to_string(std::bit_cast<std::uint64_t>(*d));
  }
  if (const auto* s = std::get_if<std::string>(&v)) return "s" + *s;
  if (const auto* j = std::get_if<model::JsonText>(&v)) return "j" + j->text;
  return std::get<bool>(v) ? "true" : "false";
}

BucketValue aggregate(Aggregate method, const std::vector<model::Value>& values) {
  Numbers numbers;
  std::vector<std::string> texts;
  Numbers bools;
  std::set<std::string> different;
  for (const auto& v : values) {
    if (const auto* i = std::get_if<std::int64_t>(&v)) numbers.all.push_back(static_cast<Wide>(*i));
    if (const auto* d = std::get_if<double>(&v)) numbers.all.push_back(*d);
    if (const auto* b = std::get_if<bool>(&v)) bools.all.push_back(*b ? 1 : 0);
    if (const auto* s = std::get_if<std::string>(&v)) texts.push_back(*s);
    different.insert(distinct_key(v));
  }
  const bool by_text = numbers.all.empty() && bools.all.empty() && !texts.empty();
  if (numbers.all.empty()) numbers = bools;
  const auto extreme = [&](bool least) -> BucketValue {
    const auto pick = [&](const auto& list) {
      return least ? *std::min_element(list.begin(), list.end()) : *std::max_element(list.begin(), list.end());
    };
    if (by_text) return BucketValue{pick(texts)};
    return numbers.all.empty() ? BucketValue{} : BucketValue{static_cast<double>(pick(numbers.all))};
  };
  if (method == Aggregate::kTotalCount) return std::uint64_t{values.size()};
  if (method == Aggregate::kDistinctCount) return std::uint64_t{different.size()};
  if (method == Aggregate::kMin) return extreme(true);
  if (method == Aggregate::kMax) return extreme(false);
  if (numbers.all.empty()) return {};
  const auto squares = static_cast<double>(numbers.squares());
  if (!std::isfinite(squares) && (method == Aggregate::kSumSq || method == Aggregate::kStddev)) return {};
  if (method == Aggregate::kSum) return static_cast<double>(numbers.sum());
  if (method == Aggregate::kAvg) return static_cast<double>(numbers.sum() / static_cast<Wide>(numbers.all.size()));
  if (method == Aggregate::kSumSq) return squares;
  return numbers.deviation();
}

}  // namespace

std::string difference(const std::vector<EntityHistory>& a, const std::vector<EntityHistory>& b) {
  if (a.size() != b.size()) return "number of entities";
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (auto found = difference(a[i], b[i]); !found.empty()) return a[i].id + ": " + found;
  }
  return {};
}

namespace {

model::Attribute deletion(model::NameId name, const std::string& dataset_id, model::AttributeKind kind, Timestamp at) {
  model::Attribute gone;
  gone.name = name;
  gone.kind = kind;
  gone.dataset_id = dataset_id;
  gone.value = std::string{};
  gone.created_at = gone.modified_at = at;
  return gone;
}

void stamp(model::Attribute& a, Timestamp created, Timestamp modified) {
  a.created_at = created;
  a.modified_at = modified;
  for (auto& sub : a.sub_attributes) stamp(sub, created, modified);
}

/// What was observed at one time shares a row: the rows of these attributes, by observedAt.
std::map<std::optional<Timestamp>, std::uint32_t> rows_of(const std::vector<const model::Attribute*>& attributes,
                                                          std::uint32_t first) {
  std::map<std::optional<Timestamp>, std::uint32_t> out;
  for (const auto* a : attributes) out.emplace(a->observed_at, 0);
  for (auto& [observed, row] : out) row = first++;
  return out;
}

}  // namespace

void HistoryTwin::append(const std::string& tenant, const std::string& id, const model::Change& change, Timestamp at) {
  Entity& e = tenants_[tenant][id];
  e.modified = at;
  e.erased = false;
  const bool had_scopes = !e.scopes.empty();
  if (change.kind == model::ChangeKind::kCreated) {
    e.created = at;
    e.deleted.reset();
    e.scopes.clear();
  }
  if (change.kind == model::ChangeKind::kDeleted) {
    e.deleted = at;
    e.scopes.clear();
  }
  if (change.types) e.types = *change.types;
  if (change.scopes) e.scopes = *change.scopes;
  std::uint32_t rows = 0;
  const auto add = [&](const model::Attribute& a, bool deleted, std::uint32_t row) {
    e.entries.push_back({a, deleted, at, e.entries.size(), {at, row}});
  };
  for (const auto& key : change.removed) add(deletion(key.name, key.dataset_id, key.kind, at), true, rows);
  rows += change.removed.empty() ? 0 : 1;
  if (change.scopes && !e.scopes.empty()) {
    model::Attribute scope = deletion(model::kScopeName, "", model::AttributeKind::kProperty, at);
    scope.value = e.scopes.front();  // the tests have one at a time
    scope.observed_at = at;
    add(scope, false, rows++);
  } else if (had_scopes && e.scopes.empty()) {
    add(deletion(model::kScopeName, "", model::AttributeKind::kProperty, at), true, rows++);
  }
  std::vector<const model::Attribute*> set;
  for (const auto& a : change.set) set.push_back(&a);
  const auto row_of = rows_of(set, rows);
  rows += static_cast<std::uint32_t>(row_of.size());
  for (model::Attribute a : change.set) {
    stamp(a, at, at);
    add(a, false, row_of.at(a.observed_at));
  }
  if (change.history) edit(e, *change.history, at, rows);
}

void HistoryTwin::edit(Entity& e, const model::HistoryEdit& edit, Timestamp at, std::uint32_t rows) {
  if (edit.erase_all) {
    e.entries.clear();
    e.erased = edit.added.empty();
  }
  const auto erase = [&](auto matches) { std::erase_if(e.entries, matches); };
  for (const auto& series : edit.erased_series) {
    erase([&](const Entry& one) {
      return one.attribute.name == series.name &&
             (!series.dataset_id || one.attribute.dataset_id == *series.dataset_id);
    });
  }
  const auto is = [](const Entry& one, model::NameId name, const std::string& dataset_id,
                     const model::InstancePlace& place) {
    return one.attribute.name == name && one.attribute.dataset_id == dataset_id && one.place == place;
  };
  for (const auto& gone : edit.erased)
    erase([&](const Entry& one) { return is(one, gone.name, gone.dataset_id, gone.place); });
  std::vector<const model::Attribute*> values;
  for (const auto& addition : edit.added) {
    if (!addition.deletion) values.push_back(&addition.attribute);
  }
  std::uint32_t deletions = 0;
  const auto row_of = rows_of(values, rows + static_cast<std::uint32_t>(edit.added.size() - values.size()));
  for (const auto& addition : edit.added) {
    const model::Attribute& a = addition.attribute;
    const std::uint32_t row = addition.deletion ? rows + deletions++ : row_of.at(a.observed_at);
    Entry fresh{a, addition.deletion, at, 1'000'000 + row, {at, row}};  // after what the present said
    if (addition.deletion) {
      fresh.attribute = deletion(a.name, a.dataset_id, a.kind, at);
      fresh.attribute.observed_at = a.observed_at;
    }
    if (addition.instead_of) {
      erase([&](const Entry& one) { return is(one, a.name, a.dataset_id, *addition.instead_of); });
      fresh.place = *addition.instead_of;
    }
    stamp(fresh.attribute, fresh.place.at, at);
    if (addition.deletion) fresh.attribute.sub_attributes.clear();
    e.entries.push_back(std::move(fresh));
  }
}

/// The scope that holds when the window begins.
void HistoryTwin::add_earlier_scope(const Entity& e, const HistoryQuery& query, const model::Names& names,
                                    EntityHistory& answer) {
  const auto& asked = query.attributes;
  const bool wanted = asked.empty() || std::find(asked.begin(), asked.end(), model::kScopeName) != asked.end();
  if (!query.from || query.aggregation || query.time_property == TimeProperty::kDeletedAt || !wanted ||
      (answer.series.empty() && asked.empty()))
    return;
  const Entry* newest = nullptr;
  const auto time = [&](const Entry& one) {
    if (query.time_property == TimeProperty::kObservedAt) return one.attribute.observed_at;
    return std::optional{query.time_property == TimeProperty::kCreatedAt ? one.place.at : one.at};
  };
  for (const Entry& one : e.entries) {
    if (one.attribute.name != model::kScopeName || !time(one) || *time(one) >= *query.from) continue;
    if (newest == nullptr ||
        std::tuple{*time(one), one.at, one.order} > std::tuple{*time(*newest), newest->at, newest->order})
      newest = &one;
  }
  if (newest == nullptr || newest->deleted) return;
  const Instance instance{newest->attribute, std::nullopt, {}, newest->place};
  const auto found = std::find_if(answer.series.begin(), answer.series.end(),
                                  [](const Series& one) { return one.name == model::kScopeName; });
  if (found != answer.series.end()) {
    found->instances.insert(query.last_n > 0 ? found->instances.end() : found->instances.begin(), instance);
    return;
  }
  answer.series.push_back({model::kScopeName, {}, {instance}, {}});
  std::sort(answer.series.begin(), answer.series.end(), [&](const Series& a, const Series& b) {
    return std::tuple{names.text(a.name), a.dataset_id} < std::tuple{names.text(b.name), b.dataset_id};
  });
}

Result<std::vector<EntityHistory>> HistoryTwin::evaluate(const std::string& tenant, const HistoryQuery& query,
                                                         const model::Names& names) const {
  std::vector<EntityHistory> out;
  std::size_t results = 0;
  for (const auto& id : query.ids) {
    const auto of = tenants_.find(tenant);
    if (of == tenants_.end() || !of->second.contains(id)) continue;
    const Entity& e = of->second.at(id);
    if (e.erased) continue;
    const bool bounded = query.from || query.to;
    const auto time = [&](const Entry& entry) -> std::optional<Timestamp> {
      if (query.time_property == TimeProperty::kObservedAt) {
        if (entry.attribute.observed_at) return entry.attribute.observed_at;
        return bounded ? std::nullopt : std::optional{entry.at};
      }
      if (query.time_property == TimeProperty::kDeletedAt) {
        if (!entry.deleted) return std::nullopt;
        return entry.attribute.observed_at.value_or(entry.at);
      }
      return query.time_property == TimeProperty::kCreatedAt ? entry.place.at : entry.at;
    };
    struct Hit {
      Timestamp t;
      const Entry* entry;
    };
    std::map<std::pair<std::string, std::string>, std::vector<Hit>> groups;
    std::optional<Timestamp> first;
    for (const auto& entry : e.entries) {
      const auto& asked = query.attributes;
      if (!asked.empty() && std::find(asked.begin(), asked.end(), entry.attribute.name) == asked.end()) continue;
      const auto t = time(entry);
      if (!t || (query.from && *t < *query.from) || (query.to && *t >= *query.to)) continue;
      if (query.aggregation && (entry.deleted || entry.attribute.name == model::kScopeName)) continue;
      groups[{std::string{names.text(entry.attribute.name)}, entry.attribute.dataset_id}].push_back({*t, &entry});
      if (!first || *t < *first) first = *t;
    }
    EntityHistory answer{id, e.types, e.scopes, 0, e.created, e.modified, e.deleted, {}};
    for (auto& [key, hits] : groups) {
      std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
        return std::tie(a.t, a.entry->at, a.entry->order) < std::tie(b.t, b.entry->at, b.entry->order);
      });
      Series series{hits[0].entry->attribute.name, key.second, {}, {}};
      if (!query.aggregation) {
        if (query.last_n > 0) {
          std::reverse(hits.begin(), hits.end());
          if (hits.size() > query.last_n) hits.resize(query.last_n);
        }
        for (const Hit& hit : hits) {
          series.instances.push_back({hit.entry->attribute,
                                      hit.entry->deleted
                                          ? std::optional{hit.entry->attribute.observed_at.value_or(hit.entry->at)}
                                          : std::nullopt,
                                      {},
                                      hit.entry->place});
        }
        results += hits.size();
      } else {
        const auto period =
            query.aggregation->period.empty() ? std::nullopt : std::optional{query.aggregation->period.fixed};
        std::map<std::int64_t, std::vector<model::Value>> buckets;
        const Timestamp start = query.from ? *query.from : period ? *first : hits.front().t;
        for (const Hit& hit : hits)
          buckets[period ? (hit.t - start) / *period : 0].push_back(hit.entry->attribute.value);
        for (const auto& [k, values] : buckets) {
          Bucket bucket;
          bucket.start = period ? start + k * *period : start;
          bucket.end = period ? bucket.start + *period : query.to ? *query.to : hits.back().t;
          for (const auto method : query.aggregation->methods) bucket.values.push_back(aggregate(method, values));
          series.buckets.push_back(bucket);
        }
        results += buckets.size();
      }
      answer.series.push_back(std::move(series));
    }
    add_earlier_scope(e, query, names, answer);
    out.push_back(std::move(answer));
  }
  if (results > query.most_instances) return fail(ErrorCode::kTooManyResults, "too many");
  return out;
}

Weather::Weather(std::uint64_t seed, model::Names& names) : random_(seed), now_(Timestamp{1'795'219'200s}) {
  for (int i = 0; i < 5; ++i) attributes_.push_back(*names.intern("https://example.org/attribute" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) types_.push_back(*names.intern("https://example.org/Type" + std::to_string(i)));
  for (int i = 0; i < 3; ++i) subs_.push_back(*names.intern("https://example.org/sub" + std::to_string(i)));
}

std::string Weather::tenant() { return below(4) == 0 ? "other" : "main"; }

model::Value Weather::value(std::size_t kind) {
  walk_ += static_cast<std::int64_t>(below(17)) - 8;
  switch (kind) {
    case 0:
      return static_cast<double>(walk_) / 100.0;
    case 1:
      return static_cast<std::int64_t>(walk_);
    case 2:
      return below(2) == 0;
    case 3:
      return "text" + std::to_string(below(5));
    case 4:
      return model::JsonText{R"({"type":"Point","coordinates":[)" + std::to_string(walk_) + ".5,53." +
                             std::to_string(1 + below(900)) + "]}"};
    case 5:
      return model::JsonText{R"({"a":[)" + std::to_string(below(1000)) + R"(,null]})"};
    case 6: {
      const double odd[] = {-0.0, 0.0, 1e300, -1e-300, 0.1 + 0.2, 123456.78901234567, 1e15, 5e-324, 21.0};
      return odd[below(std::size(odd))];
    }
    case 7: {
      const std::int64_t odd[] = {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min(), 0,
                                  -1, 1ll << 53};
      return odd[below(std::size(odd))];
    }
    default:
      return below(3) == 0 ? model::Value{walk_ / 100} : model::Value{static_cast<double>(walk_) / 100.0};
  }
}

model::Attribute Weather::attribute(std::size_t which, std::size_t depth) {
  model::Attribute a;
  a.name = depth == 0 ? attributes_[which] : subs_[below(subs_.size())];
  a.value = value(below(5) != 0 ? (which == 0 ? 0 : which == 1 ? 8 : which) : below(9));
  a.kind = which == 4   ? model::AttributeKind::kGeoProperty
           : which == 3 ? model::AttributeKind::kRelationship
                        : model::AttributeKind::kProperty;
  if (below(3) != 0) a.unit_code = below(9) == 0 ? "FAH" : "CEL";
  if (a.kind == model::AttributeKind::kRelationship && below(2) == 0) a.object_type = types_[0];
  if (depth == 0 && below(6) == 0) a.dataset_id = "urn:dataset:" + std::to_string(below(2));
  if (depth > 0 && below(2) == 0) a.observed_at = now_ - std::chrono::seconds(below(100));
  if (depth < 2 && below(3) == 0) a.sub_attributes.push_back(attribute(below(3), depth + 1));
  return a;
}

Weather::Step Weather::next() {
  Step out;
  out.tenant = tenant();
  out.id = "urn:ngsi-ld:Station:" + std::to_string(below(3));
  now_ += below(20) == 0 ? std::chrono::microseconds(1'000'000 * below(4000))
                         : std::chrono::microseconds(10'000'000 + below(20'000));
  out.at = now_;
  const auto kind = below(60);
  out.change.kind = kind == 0   ? model::ChangeKind::kDeleted
                    : kind == 1 ? model::ChangeKind::kCreated
                                : model::ChangeKind::kUpdated;
  if (out.change.kind == model::ChangeKind::kDeleted) return out;
  if (out.change.kind == model::ChangeKind::kCreated || below(30) == 0)
    out.change.types = std::vector{types_[below(types_.size())]};
  if (below(30) == 0) out.change.scopes = std::vector<std::string>{"/a/" + std::to_string(below(3))};
  if (below(25) == 0) out.change.removed.push_back({attributes_[below(attributes_.size())], ""});
  const auto style = below(10);  // 0: every attribute its own time; 1, 2: unobserved; 3: late; else one message on time
  const auto message_time =
      now_ - std::chrono::milliseconds(below(100)) - (style == 3 ? std::chrono::seconds(below(5000)) : 0s);
  std::set<std::pair<std::uint32_t, std::string>> used;
  for (std::size_t i = 0; i < attributes_.size(); ++i) {
    if (below(4) == 0) continue;
    model::Attribute a = attribute(i, 0);
    if (!used.insert({a.name.get(), a.dataset_id}).second) continue;
    if (style > 2 || style == 0) a.observed_at = style == 0 ? now_ - std::chrono::seconds(below(50)) : message_time;
    out.change.set.push_back(std::move(a));
  }
  return out;
}

model::Change Weather::edit(const EntityHistory& of) {
  auto edit = std::make_shared<model::HistoryEdit>();
  const Series* const series = of.series.empty() ? nullptr : &of.series[below(of.series.size())];
  const auto some = [&] { return series->instances[below(series->instances.size())]; };
  if (below(12) == 0) edit->erase_all = true;
  if (series != nullptr && below(10) == 0)
    edit->erased_series.push_back({series->name, below(2) == 0 ? std::optional{series->dataset_id} : std::nullopt});
  if (series != nullptr && below(2) == 0) edit->erased.push_back({series->name, series->dataset_id, some().place});
  if (series != nullptr && series->name != model::kScopeName && below(2) == 0) {
    const Instance old = some();
    model::Attribute changed = old.attribute;
    changed.value = value(0);
    changed.created_at = changed.modified_at = {};
    edit->added.push_back({std::move(changed), below(8) == 0, old.place});
  }
  std::set<std::tuple<std::uint32_t, std::string, std::optional<Timestamp>>> used;
  for (const auto& one : edit->added)
    used.insert({one.attribute.name.get(), one.attribute.dataset_id, one.attribute.observed_at});
  for (std::uint64_t n = below(6); n > 0; --n) {
    model::Attribute a = attribute(below(attributes_.size()), 0);
    if (below(6) != 0) a.observed_at = now_ - std::chrono::seconds(below(100'000));
    if (!used.insert({a.name.get(), a.dataset_id, a.observed_at}).second) continue;
    edit->added.push_back({std::move(a), below(8) == 0, std::nullopt});
  }
  model::Change out;
  out.kind = model::ChangeKind::kHistory;
  out.history = std::move(edit);
  return out;
}

HistoryQuery Weather::question() {
  HistoryQuery q;
  for (int i = 0; i < 4; ++i) {
    if (below(3) != 0) q.ids.push_back("urn:ngsi-ld:Station:" + std::to_string(i));
  }
  if (below(3) == 0) q.attributes = {attributes_[below(attributes_.size())], attributes_[0]};
  q.time_property = static_cast<TimeProperty>(below(4));
  const auto any_time = [&] { return now_ - std::chrono::milliseconds(below(100'000'000)); };
  if (below(3) != 0) q.from = any_time();
  if (below(3) != 0)
    q.to = q.from && below(4) != 0 ? *q.from + std::chrono::milliseconds(below(20'000'000)) : any_time();
  if (below(3) == 0) q.last_n = 1 + below(20);
  if (below(10) == 0) q.most_instances = below(200);
  if (below(2) == 0) {
    q.last_n = 0;
    q.aggregation.emplace();
    for (int m = 0; m < 8; ++m) {
      if (below(2) == 0) q.aggregation->methods.push_back(static_cast<Aggregate>(m));
    }
    if (below(4) != 0) q.aggregation->period.fixed = std::chrono::seconds(1 + below(below(3) == 0 ? 20'000 : 600));
  }
  return q;
}

}  // namespace horad::store::history
