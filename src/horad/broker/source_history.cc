// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/source_history.h"

#include <algorithm>
#include <tuple>

#include "horad/broker/history_match.h"
#include "horad/broker/json.h"
#include "horad/broker/source_answer.h"
#include "horad/model/context.h"
#include "horad/model/parse.h"

namespace horad::broker {
namespace {

using store::EntityHistory;
using store::Instance;
using store::Series;

std::optional<Timestamp> time_in(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(json::string_view{name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto at = base::parse_time(text_of(value->get_string()));
  return at ? std::optional{*at} : std::nullopt;
}

/// What the parser leaves to the store; here it is the source's to say.
struct Said {
  std::optional<Timestamp> created, modified, deleted;
  std::string id;
};

Said said_of(const json::value& value) {
  Said out;
  const auto* const instance = value.if_object();
  if (instance == nullptr) return out;
  out.created = time_in(*instance, "createdAt");
  out.modified = time_in(*instance, "modifiedAt");
  out.deleted = time_in(*instance, "deletedAt");
  const auto* const id = instance->if_contains("instanceId");
  if (id == nullptr || !id->is_string()) return out;
  if (model::check_entity_id(text_of(id->get_string()))) out.id = text_of(id->get_string());
  return out;
}

using SaidByName = std::map<model::NameId, std::vector<Said>>;

/// In the order in which the parser comes by them. A name without instances is there, too.
SaidByName said_in(const json::object& item, model::Context& context) {
  SaidByName out;
  for (const auto& [key, value] : item) {
    if (!value.is_object() && !value.is_array()) continue;
    const std::string_view text{key.data(), key.size()};
    if (text == "@context" || text == "type" || text == "@type") continue;
    const auto name = text == "scope" ? Result<model::NameId>{model::kScopeName} : context.resolve_attribute(text);
    if (!name) continue;
    auto& list = out[*name];
    if (!value.is_array()) {
      list.push_back(said_of(value));
      continue;
    }
    for (const auto& one : value.get_array()) list.push_back(said_of(one));
  }
  return out;
}

Series& series_of(EntityHistory& history, model::NameId name, const std::string& dataset_id) {
  const auto found = std::ranges::find_if(
      history.series, [&](const Series& one) { return one.name == name && one.dataset_id == dataset_id; });
  if (found != history.series.end()) return *found;
  history.series.push_back({name, dataset_id, {}, {}});
  return history.series.back();
}

Instance instance_of(model::HistoryEdit::Addition addition, const Said& said) {
  Instance out;
  out.attribute = std::move(addition.attribute);
  auto& attribute = out.attribute;
  const auto known = attribute.observed_at ? attribute.observed_at : said.deleted;
  attribute.modified_at = said.modified ? *said.modified : known.value_or(Timestamp{});
  attribute.created_at = said.created.value_or(attribute.modified_at);
  if (addition.deletion) out.deleted_at = said.deleted.value_or(attribute.observed_at.value_or(attribute.modified_at));
  out.instance_id = said.id;
  out.place.at = attribute.created_at;
  return out;
}

Result<EntityHistory> read_one(json::object item, model::Context& context, model::Parser& parser) {
  EntityHistory out;
  out.created_at = time_in(item, "createdAt");
  out.modified_at = time_in(item, "modifiedAt");
  out.deleted_at = time_in(item, "deletedAt");
  item.erase("deletedAt");
  item.erase("@context");
  if (auto loaded = parser.load(to_text(json::value(item))); !loaded) return std::unexpected(loaded.error());
  auto fragment = parser.temporal(context, true);
  if (!fragment) return std::unexpected(std::move(fragment).error());
  out.id = std::move(fragment->id);
  out.types = std::move(fragment->types);
  if (fragment->scopes) out.scopes = std::move(*fragment->scopes);
  const auto said = said_in(item, context);
  for (const auto& [name, list] : said) {
    if (list.empty() && name != model::kScopeName) series_of(out, name, {});
  }
  std::map<model::NameId, std::size_t> seen;
  for (auto& one : fragment->instances) {
    const auto name = one.attribute.name;
    const auto found = said.find(name);
    const auto at = seen[name]++;
    const bool known = found != said.end() && at < found->second.size();
    auto instance = instance_of(std::move(one), known ? found->second[at] : Said{});
    auto& series = series_of(out, name, instance.attribute.dataset_id);
    series.instances.push_back(std::move(instance));
  }
  return out;
}

void add_missing(std::vector<model::NameId>& into, const std::vector<model::NameId>& from) {
  for (const auto one : from) {
    if (std::ranges::find(into, one) == into.end()) into.push_back(one);
  }
}

void merge(Series& into, Series from) {
  const auto known = into.instances.size();  // two instances of one answer never meet
  std::map<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < known; ++i) {
    if (!into.instances[i].instance_id.empty()) by_id.emplace(into.instances[i].instance_id, i);
  }
  std::vector<Instance> more;
  for (auto& one : from.instances) {
    const auto same = one.instance_id.empty() ? by_id.end() : by_id.find(one.instance_id);
    if (same == by_id.end()) {
      more.push_back(std::move(one));
    } else if (auto& there = into.instances[same->second]; one.attribute.modified_at > there.attribute.modified_at) {
      there.attribute = std::move(one.attribute);
      there.deleted_at = one.deleted_at;
    }
  }
  into.instances.insert(into.instances.end(), std::make_move_iterator(more.begin()),
                        std::make_move_iterator(more.end()));
}

void merge(EntityHistory& into, EntityHistory from) {
  add_missing(into.types, from.types);
  for (auto& scope : from.scopes) {
    if (std::ranges::find(into.scopes, scope) == into.scopes.end()) into.scopes.push_back(std::move(scope));
  }
  if (from.created_at) into.created_at = std::min(into.created_at.value_or(*from.created_at), *from.created_at);
  if (from.modified_at) into.modified_at = std::max(into.modified_at.value_or(*from.modified_at), *from.modified_at);
  into.deleted_at = into.deleted_at && from.deleted_at ? std::max(into.deleted_at, from.deleted_at) : std::nullopt;
  for (auto& series : from.series) merge(series_of(into, series.name, series.dataset_id), std::move(series));
}

/// Instances in the order of an answer, lastN of them.
void put_in_order(std::vector<Instance>& instances, const store::HistoryQuery& query) {
  const auto key = [&query](const Instance& one) {
    return std::tuple{time_of(one, query.time_property).value_or(one.attribute.modified_at), one.attribute.modified_at,
                      std::string_view{one.instance_id}};
  };
  if (query.last_n == 0) {
    std::ranges::sort(instances, {}, key);
    return;
  }
  std::ranges::sort(instances, std::greater{}, key);
  if (instances.size() > query.last_n)
    instances.erase(instances.begin() + static_cast<std::ptrdiff_t>(query.last_n), instances.end());
}

}  // namespace

SourceHistories read_source_histories(std::string_view body, const std::shared_ptr<model::Context>& words,
                                      Contexts& contexts, const std::string& tenant, std::size_t most) {
  SourceHistories out;
  auto parsed = parse_json(body, kMostAnswerBytes);
  if (!parsed) {
    out.trouble = "the answer is not JSON";
    return out;
  }
  json::array items;
  if (parsed->is_array()) {
    items = std::move(parsed->get_array());
  } else {
    items.push_back(std::move(*parsed));
  }
  if (items.size() > most) {
    out.trouble = "the answer has more entities than were asked for";
    items.resize(most);
  }
  model::Parser parser;
  for (auto& item : items) {
    if (!item.is_object()) {
      out.trouble = "the answer has something that is no entity";
      continue;
    }
    const auto context = words_of(item.get_object(), words, contexts, tenant);
    auto history = read_one(std::move(item.get_object()), *context, parser);
    if (history) {
      out.entities.push_back(std::move(*history));
    } else {
      out.trouble = "the answer is not valid: " + history.error().detail;
    }
  }
  return out;
}

std::optional<store::HistoryCut> cut_of(const base::Headers& headers) {
  constexpr std::string_view kUnit = "date-time ";
  const auto found = std::ranges::find(headers, "content-range", [](const auto& one) { return one.first; });
  if (found == headers.end() || !found->second.starts_with(kUnit)) return std::nullopt;
  std::string_view range = found->second;
  range.remove_prefix(kUnit.size());
  range = range.substr(0, range.find('/'));
  const auto middle = range.find("Z-");  // times are in UTC, and have dashes of their own
  if (middle == std::string_view::npos) return std::nullopt;
  const auto first = base::parse_time(range.substr(0, middle + 1));
  const auto last = base::parse_time(range.substr(middle + 2));
  if (!first || !last) return std::nullopt;
  return store::HistoryCut{*first, *last};
}

void keep_window(EntityHistory& history, const store::HistoryQuery& query) {
  std::erase_if(history.series, [&](Series& series) {
    if (series.name == model::kScopeName) return false;
    if (!query.dataset_ids.empty() &&
        std::ranges::find(query.dataset_ids, series.dataset_id) == query.dataset_ids.end()) {
      return true;
    }
    if (series.instances.empty() || (!query.from && !query.to)) return false;
    std::erase_if(series.instances, [&](const Instance& one) {
      const auto at = time_of(one, query.time_property);
      return !at || (query.from && *at < *query.from) || (query.to && *at >= *query.to);
    });
    return series.instances.empty();
  });
}

void keep_attributes(EntityHistory& history, const Share& share, const store::HistoryQuery& query) {
  std::erase_if(history.series, [&](const Series& one) {
    const bool asked =
        query.attributes.empty() || std::ranges::find(query.attributes, one.name) != query.attributes.end();
    if (one.name == model::kScopeName) return !asked;
    return !asked || (!share.attributes.empty() && !std::ranges::binary_search(share.attributes, one.name));
  });
}

bool sift(HistoryPiece& piece, std::span<const std::shared_ptr<const Registration>> sources) {
  auto& history = piece.history;
  const Sieve sieve{piece.source.get(), history.id, history.types, sources};
  if (sieve.takes_all()) return false;
  const bool had = !history.series.empty();
  std::erase_if(history.series, [&](const Series& one) { return sieve.takes(one.name); });
  return !had || !history.series.empty() || piece.source == nullptr;
}

void HistoryMerger::add(HistoryPiece piece) {
  auto& history = piece.history;
  for (const auto& series : history.series) instances_ += series.instances.size();
  const auto known = merged_.find(history.id);
  if (known != merged_.end()) return merge(known->second, std::move(history));
  ids_.push_back(history.id);
  merged_.emplace(ids_.back(), std::move(history));
}

std::vector<EntityHistory> HistoryMerger::take(std::span<const std::string> ids, const store::HistoryQuery& query,
                                               const model::Names& names) && {
  std::vector<EntityHistory> out;
  for (const auto& id : ids) {
    const auto found = merged_.find(id);
    if (found == merged_.end()) continue;
    auto& history = found->second;
    for (auto& series : history.series) put_in_order(series.instances, query);
    std::ranges::sort(history.series, {}, [&](const Series& one) {
      return std::pair{names.text(one.name), std::string_view{one.dataset_id}};
    });
    out.push_back(std::move(history));
    merged_.erase(found);
  }
  return out;
}

}  // namespace horad::broker
