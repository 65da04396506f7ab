// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/temporal_text.h"

#include <algorithm>
#include <array>
#include <charconv>

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
  auto at = base::parse_time(text);
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
  const auto period = base::parse_duration(*text.aggr_period);
  if (!period) return wrong("aggrPeriodDuration", period.error().detail);
  if (*period < Duration::zero()) return wrong("aggrPeriodDuration", "'aggrPeriodDuration' is not negative.");
  if (*period > Duration::zero()) aggregation.period = *period;
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
  return {.timerel = given("timerel"),
          .time_at = given("timeAt"),
          .end_time_at = given("endTimeAt"),
          .timeproperty = given("timeproperty"),
          .last_n = given("lastN"),
          .aggr_methods = given("aggrMethods"),
          .aggr_period = given("aggrPeriodDuration")};
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
  auto methods = member_text(body.aggregation, "aggrMethods");
  auto period = member_text(body.aggregation, "aggrPeriodDuration");
  if (!methods) return std::unexpected(std::move(methods).error());
  if (!period) return std::unexpected(std::move(period).error());
  out.aggr_methods = std::move(*methods);
  out.aggr_period = std::move(*period);
  return out;
}

Result<TemporalForm> temporal_form_of(const Exchange& exchange) {
  constexpr std::string_view kOptions = "normalized temporalValues aggregatedValues sysAttrs count";
  if (auto good = check_options(exchange, kOptions); !good) return std::unexpected(std::move(good).error());
  const bool values = has_option(exchange, "temporalValues");
  const bool aggregated = has_option(exchange, "aggregatedValues");
  if (values && aggregated) {
    return fail(ErrorCode::kInvalidRequest, "temporalValues and aggregatedValues exclude each other.", "options");
  }
  const auto form = values       ? model::TemporalForm::kValues
                    : aggregated ? model::TemporalForm::kAggregated
                                 : model::TemporalForm::kNormalized;
  return TemporalForm{form, has_option(exchange, "sysAttrs")};
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

std::string_view aggregate_name(store::Aggregate method) noexcept {
  const auto* const found = std::ranges::find(kMethods, method, &Method::method);
  return found == kMethods.end() ? std::string_view{} : found->name;
}

}  // namespace horad::edge::ngsi
