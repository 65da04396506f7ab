// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/temporal_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

namespace json = broker::json;

struct Method {
  std::string_view name;
  store::Aggregate method;
};
constexpr std::array<Method, 8> kMethods{{{"totalCount", store::Aggregate::kTotalCount},
                                          {"distinctCount", store::Aggregate::kDistinctCount},
                                          {"sum", store::Aggregate::kSum},
                                          {"avg", store::Aggregate::kAvg},
                                          {"min", store::Aggregate::kMin},
                                          {"max", store::Aggregate::kMax},
                                          {"stddev", store::Aggregate::kStddev},
                                          {"sumsq", store::Aggregate::kSumSq}}};

std::unexpected<Error> wrong(std::string_view parameter, std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

Result<Timestamp> read_time(std::string_view parameter, const std::string& text) {
  auto at = base::parse_time_bound(text);
  if (!at) return wrong(parameter, "'" + std::string{parameter} + "': " + at.error().detail);
  return *at;
}

Result<store::TimeProperty> read_property(const std::optional<std::string>& text) {
  if (!text || *text == "observedAt") return store::TimeProperty::kObservedAt;
  if (*text == "createdAt") return store::TimeProperty::kCreatedAt;
  if (*text == "modifiedAt") return store::TimeProperty::kModifiedAt;
  if (*text == "deletedAt") return store::TimeProperty::kDeletedAt;
  return wrong("timeproperty", "'timeproperty' is observedAt, createdAt, modifiedAt or deletedAt.");
}

Result<void> read_window(const TemporalText& text, store::HistoryQuery& out) {
  if (!text.timerel) {
    if (text.time_at || text.end_time_at)
      return wrong("timerel", "A time goes with 'timerel': before, after or between.");
    return {};
  }
  if (!text.time_at) return wrong("timeAt", "'timerel' needs 'timeAt'.");
  const auto at = read_time("timeAt", *text.time_at);
  if (!at) return std::unexpected(at.error());
  if ((*text.timerel == "between") != text.end_time_at.has_value()) {
    return wrong("endTimeAt", "'endTimeAt' goes with 'timerel=between', and only with it.");
  }
  if (*text.timerel == "before") {
    out.to = *at;
  } else if (*text.timerel == "after") {
    out.from = *at;
  } else if (*text.timerel == "between") {
    const auto end = read_time("endTimeAt", *text.end_time_at);
    if (!end) return std::unexpected(end.error());
    if (*end <= *at) return wrong("endTimeAt", "'endTimeAt' must be after 'timeAt'.");
    out.from = *at;
    out.to = *end;
  } else {
    return wrong("timerel", "'timerel' is before, after or between.");
  }
  return {};
}

Result<void> read_last_n(const TemporalText& text, store::HistoryQuery& out) {
  if (!text.last_n) return {};
  const char* const end = text.last_n->data() + text.last_n->size();
  const auto read = std::from_chars(text.last_n->data(), end, out.last_n);
  if (read.ec != std::errc{} || read.ptr != end || out.last_n == 0)
    return wrong("lastN", "'lastN' is a whole number above 0.");
  return {};
}

Result<void> read_methods(std::string_view list, std::vector<store::Aggregate>& out) {
  while (!list.empty()) {
    const auto end = list.find(',');
    const auto name = base::trim(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    const auto* const found = std::ranges::find(kMethods, name, &Method::name);
    if (found == kMethods.end()) return wrong("aggrMethods", "'" + std::string{name} + "' is not an aggregate.");
    if (std::ranges::find(out, found->method) == out.end()) out.push_back(found->method);
  }
  return {};
}

Result<void> read_aggregation(const TemporalText& text, model::TemporalForm form, store::HistoryQuery& out) {
  if (form != model::TemporalForm::kAggregated) {
    if (!text.aggr_methods && !text.aggr_period) return {};
    return wrong("aggrMethods", "Aggregates go with options=aggregatedValues.");
  }
  if (!text.aggr_methods || text.aggr_methods->empty())
    return wrong("aggrMethods", "aggregatedValues needs 'aggrMethods'.");
  if (text.last_n) return wrong("lastN", "'lastN' does not go with aggregatedValues.");
  auto& aggregation = out.aggregation.emplace();
  if (auto done = read_methods(*text.aggr_methods, aggregation.methods); !done) return done;
  if (!text.aggr_period) return {};
  const auto period = base::parse_period(*text.aggr_period);
  if (!period) return wrong("aggrPeriodDuration", "'aggrPeriodDuration': " + period.error().detail);
  aggregation.period = *period;
  return {};
}

/// A text, a number, or a list of texts joined by commas.
Result<std::optional<std::string>> member_text(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(json::string_view{name.data(), name.size()});
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::string{broker::text_of(value->get_string())};
  if (value->is_number()) return broker::to_text(*value);
  const auto* const list = value->if_array();
  if (list == nullptr || list->empty()) return wrong(name, "'" + std::string{name} + "' is of the wrong type.");
  std::string out;
  for (const auto& item : *list) {
    if (!item.is_string()) return wrong(name, "'" + std::string{name} + "' is a list of texts.");
    (out += out.empty() ? "" : ",") += broker::text_of(item.get_string());
  }
  return out;
}

}  // namespace

TemporalText temporal_text_of(const Exchange& exchange) {
  const auto given = [&](std::string_view name) {
    const auto* const found = exchange.request.find(name);
    return found == nullptr ? std::nullopt : std::optional{found->value};
  };
  TemporalText out{.timerel = given("timerel"),
                   .time_at = given("timeAt"),
                   .end_time_at = given("endTimeAt"),
                   .timeproperty = given("timeproperty"),
                   .last_n = given("lastN"),
                   .aggr_methods = given("aggrMethods"),
                   .aggr_period = given("aggrPeriodDuration")};
  // Where `format` overrules an aggregatedValues of `options`, it overrules what belongs to it, too.
  const auto format = exchange.parameter("format");
  if (!format.empty() && format != "aggregatedValues" && has_option(exchange, "aggregatedValues")) {
    out.aggr_methods.reset();
    out.aggr_period.reset();
  }
  return out;
}

Result<TemporalText> temporal_text_of(const QueryBody& body) {
  TemporalText out;
  const std::pair<std::string_view, std::optional<std::string>*> members[] = {
      {"timerel", &out.timerel},           {"timeAt", &out.time_at}, {"endTimeAt", &out.end_time_at},
      {"timeproperty", &out.timeproperty}, {"lastN", &out.last_n},
  };
  for (const auto& [name, slot] : members) {
    auto text = member_text(body.temporal, name);
    if (!text) return std::unexpected(std::move(text).error());
    *slot = std::move(*text);
  }
  for (const auto* const place : {&body.temporal, &body.aggregation}) {  // 5.2.21, 5.2.44: either
    auto methods = member_text(*place, "aggrMethods");
    auto period = member_text(*place, "aggrPeriodDuration");
    if (!methods) return std::unexpected(std::move(methods).error());
    if (!period) return std::unexpected(std::move(period).error());
    if (*methods) out.aggr_methods = std::move(*methods);
    if (*period) out.aggr_period = std::move(*period);
  }
  return out;
}

namespace {

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const auto end = list.find(',');
    if (list.substr(0, end) == word) return true;
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return false;
}

/// Calls `each` with every name of a list with `,` or `|` between.
template <class Each>
Result<void> each_name(std::string_view parameter, std::string_view list, Each each) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find_first_of(",|", at), list.size());
    const auto name = base::trim(list.substr(at, end - at));
    at = end + 1;
    if (name.empty()) return wrong(parameter, "'" + std::string{parameter} + "' has an empty name.");
    if (name.find_first_of("{}") != std::string_view::npos)
      return wrong(parameter, "Linked entities cannot be picked from the past.");
    if (auto done = each(name); !done) return done;
  }
  return {};
}

/// Takes the members that every entity has; false for the name of an attribute.
bool take_core_member(std::string_view name, bool shown, TemporalMembers& out) {
  if (name == "id" || name == "@id") {
    out.id = shown;
  } else if (name == "type" || name == "@type") {
    out.type = shown;
  } else if (name == "scope") {
    out.scope = shown;
  } else {
    return false;
  }
  return true;
}

Result<void> take_names(Exchange& exchange, std::string_view parameter, std::string_view list, bool shown,
                        TemporalMembers& out, std::vector<model::NameId>& names) {
  return each_name(parameter, list, [&](std::string_view name) -> Result<void> {
    if (take_core_member(name, shown, out)) return {};
    const auto id = exchange.caller.context->resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    names.push_back(*id);
    return {};
  });
}

}  // namespace

Result<TemporalForm> temporal_form_of(const Exchange& exchange) {
  constexpr std::string_view kOptions = "normalized concise temporalValues aggregatedValues sysAttrs count";
  if (auto good = check_options(exchange, kOptions); !good) return std::unexpected(std::move(good).error());
  const auto format = exchange.parameter("format");
  const auto forms = format.empty() ? exchange.parameter("options") : format;
  const bool values = has_word(forms, "temporalValues");
  const bool aggregated = has_word(forms, "aggregatedValues");
  const bool concise = has_word(forms, "concise");
  if (values + aggregated + concise > 1) {
    return fail(ErrorCode::kInvalidRequest, "temporalValues, aggregatedValues and concise exclude each other.",
                "options");
  }
  const auto form = values       ? model::TemporalForm::kValues
                    : aggregated ? model::TemporalForm::kAggregated
                    : concise    ? model::TemporalForm::kConcise
                                 : model::TemporalForm::kNormalized;
  return TemporalForm{form, has_option(exchange, "sysAttrs")};
}

TemporalProjection temporal_projection_of(const Exchange& exchange) {
  const auto given = [&](std::string_view name) {
    const auto* const found = exchange.request.find(name);
    return found == nullptr ? std::nullopt : std::optional{found->value};
  };
  return {given("attrs"), given("pick"), given("omit"), given("datasetId")};
}

TemporalProjection temporal_projection_of(const QueryBody& body) {
  return {body.text.attrs, body.pick, body.omit, body.dataset_id};
}

Result<TemporalMembers> temporal_members_of(Exchange& exchange, const TemporalProjection& projection) {
  TemporalMembers out;
  if (projection.attrs && (projection.pick || projection.omit))
    return wrong("attrs", "'attrs' does not go with 'pick' or 'omit'.");
  if (projection.attrs) {
    auto names = take_names(exchange, "attrs", *projection.attrs, true, out, out.shown);
    if (!names) return std::unexpected(std::move(names).error());
    out.all_attributes = false;
    out.one_of = out.shown;
  }
  if (projection.pick) {
    out.id = out.type = out.scope = out.all_attributes = false;
    auto names = take_names(exchange, "pick", *projection.pick, true, out, out.shown);
    if (!names) return std::unexpected(std::move(names).error());
    if (!out.id && !out.type && !out.scope) out.one_of = out.shown;
  }
  if (projection.omit) {
    TemporalMembers dropped;
    auto names = take_names(exchange, "omit", *projection.omit, false, dropped, out.omitted);
    if (!names) return std::unexpected(std::move(names).error());
    const auto twice = [&](model::NameId name) { return std::ranges::find(out.shown, name) != out.shown.end(); };
    const bool core_twice =
        projection.pick && ((out.id && !dropped.id) || (out.type && !dropped.type) || (out.scope && !dropped.scope));
    if (core_twice || std::ranges::any_of(out.omitted, twice))
      return wrong("omit", "A member cannot be both picked and omitted.");
    out.id = out.id && dropped.id;
    out.type = out.type && dropped.type;
    out.scope = out.scope && dropped.scope;
  }
  return out;
}

Result<void> narrow(store::HistoryQuery& query, const TemporalProjection& projection, const TemporalMembers& members) {
  if (!members.all_attributes) {
    query.attributes = members.shown;
    if (members.scope || members.shown.empty()) query.attributes.push_back(model::kScopeName);
  }
  if (!projection.dataset_id) return {};
  return each_name("datasetId", *projection.dataset_id, [&](std::string_view id) -> Result<void> {
    if (id != "@none") {
      if (auto good = model::check_entity_id(id); !good) return wrong("datasetId", good.error().detail);
    }
    query.dataset_ids.emplace_back(id == "@none" ? std::string_view{} : id);
    return {};
  });
}

Result<broker::TemporalQuery::Order> take_temporal_order(model::QueryText& text) {
  using Order = broker::TemporalQuery::Order;
  const auto order_by = std::exchange(text.order_by, std::nullopt);
  if (!order_by) return Order::kAny;
  if (*order_by == "id" || *order_by == "id;asc") return Order::kAscending;
  if (*order_by == "id;desc") return Order::kDescending;
  return wrong("orderBy", "Entities of the past can be ordered by 'id' alone: id, id;asc or id;desc.");
}

Result<store::HistoryQuery> history_query_of(const TemporalText& text, model::TemporalForm form) {
  store::HistoryQuery out;
  const auto property = read_property(text.timeproperty);
  if (!property) return std::unexpected(property.error());
  out.time_property = *property;
  if (auto done = read_window(text, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_last_n(text, out); !done) return std::unexpected(std::move(done).error());
  if (auto done = read_aggregation(text, form, out); !done) return std::unexpected(std::move(done).error());
  return out;
}

Result<broker::TemporalQuery> temporal_query_of(Exchange& exchange, TemporalQuestion question, model::TemporalForm form,
                                                const TemporalMembers& members) {
  const auto order = take_temporal_order(question.text);
  if (!order) return std::unexpected(order.error());
  auto entities = model::parse_query(question.text, *exchange.caller.context);
  if (!entities) return std::unexpected(std::move(entities).error());
  auto history = history_query_of(question.temporal, form);
  if (!history) return std::unexpected(std::move(history).error());
  if (!question.temporal.timerel) {
    return fail(ErrorCode::kBadRequestData, "A temporal query needs 'timerel' and 'timeAt'.", "timerel");
  }
  if (entities->scope && history->time_property == store::TimeProperty::kDeletedAt) {
    return fail(ErrorCode::kNotSupported, "'scopeQ' does not go with timeproperty=deletedAt.", "scopeQ");
  }
  if (auto done = narrow(*history, question.projection, members); !done)
    return std::unexpected(std::move(done).error());
  return broker::TemporalQuery{std::move(*entities), members.one_of, std::move(*history), *order};
}

std::string_view aggregate_name(store::Aggregate method) noexcept {
  const auto* const found = std::ranges::find(kMethods, method, &Method::method);
  return found == kMethods.end() ? std::string_view{} : found->name;
}

}  // namespace horad::edge::ngsi
