// SPDX-License-Identifier: Apache-2.0
#include "horad/model/temporal.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "horad/base/text.h"
#include "horad/base/time.h"
#include "horad/model/represent_instance.h"

namespace horad::model {
namespace {

using detail::Members;

constexpr std::array<std::string_view, 8> kPlurals = {"\"values\"", "\"objects\"", "\"values\"",     "\"languageMaps\"",
                                                      "\"vocabs\"", "\"jsons\"",   "\"valueLists\"", "\"objectLists\""};

/// What stands for the value of an attribute that was deleted.
void append_null(std::string& out, const Attribute& attribute) {
  if (attribute.name == kScopeName) {
    out += "[]";
  } else {
    out += attribute.kind == AttributeKind::kLanguageProperty ? R"({"@none":"urn:ngsi-ld:null"})"
                                                              : R"("urn:ngsi-ld:null")";
  }
}

void append_quoted_time(std::string& out, Timestamp at) {
  out += '"';
  base::append_time(out, at);
  out += '"';
}

Timestamp time_of(const TemporalInstance& instance, TemporalTime wanted) {
  const auto& a = *instance.attribute;
  switch (wanted) {
    case TemporalTime::kObservedAt:
      return a.observed_at.value_or(a.modified_at);
    case TemporalTime::kCreatedAt:
      return a.created_at;
    case TemporalTime::kModifiedAt:
      return a.modified_at;
    case TemporalTime::kDeletedAt:
      return instance.deleted_at.value_or(a.modified_at);
  }
  return a.modified_at;
}

void append_normalized(std::string& out, const TemporalInstance& instance, const Context& context,
                       const RepresentOptions& options) {
  const detail::AttributeRef a(*instance.attribute);
  Members members(out);
  if (options.form != Form::kConcise) detail::append_quoted(members.name("\"type\""), kind_name(a.kind()));
  auto& value = members.name(detail::quoted_value_member(a.kind()));
  if (instance.deleted_at) {
    append_null(value, *instance.attribute);
  } else {
    append_value(value, a.kind(), a.value(), context, Form::kNormalized);
  }
  detail::append_metadata(members, a, context, options);
  if (!instance.instance_id.empty()) base::append_json_string(members.name("\"instanceId\""), instance.instance_id);
  if (instance.deleted_at) members.time("\"deletedAt\"", *instance.deleted_at);
}

/// The type and dataset id with which the simplified and the aggregated form of a series begin.
void open_series(Members& members, AttributeKind kind, std::string_view dataset_id) {
  detail::append_quoted(members.name("\"type\""), kind_name(kind));
  if (!dataset_id.empty()) base::append_json_string(members.name("\"datasetId\""), dataset_id);
}

/// A value of a kind that would not be known by itself stands under its member (4.5.9).
void append_simplified(std::string& out, const TemporalInstance& instance, const Context& context) {
  const auto kind = instance.attribute->kind;
  const bool wrapped = kind == AttributeKind::kLanguageProperty || kind == AttributeKind::kVocabProperty ||
                       kind == AttributeKind::kJsonProperty;
  if (wrapped) {
    out += '{';
    out += detail::quoted_value_member(kind);
    out += ':';
  }
  if (instance.deleted_at) {
    append_null(out, *instance.attribute);
  } else {
    append_value(out, kind, instance.attribute->value, context, Form::kSimplified);
  }
  if (wrapped) out += '}';
}

/// Instances [from, to) of a series, all of one kind.
void append_values(std::string& out, const TemporalSeries& series, std::size_t from, std::size_t to,
                   const Context& context, TemporalTime time) {
  const auto kind = series.instances[from].attribute->kind;
  Members members(out);
  open_series(members, kind, series.dataset_id);
  members.name(kPlurals[static_cast<std::size_t>(kind)]) += '[';
  for (auto i = from; i < to; ++i) {
    const auto& instance = series.instances[i];
    out += i == from ? "[" : ",[";
    append_simplified(out, instance, context);
    out += ',';
    append_quoted_time(out, time_of(instance, time));
    out += ']';
  }
  out += ']';
}

bool append_aggregate(std::string& out, const AggregateValue& value) {
  if (const auto* number = std::get_if<double>(&value)) {
    if (!std::isfinite(*number)) return false;
    base::append_json_number(out, *number);
  } else if (const auto* count = std::get_if<std::uint64_t>(&value)) {
    out += fmt::format_int(*count).c_str();
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    base::append_json_string(out, *text);
  } else {
    return false;
  }
  return true;
}

void append_aggregates(std::string& out, const TemporalSeries& series, std::span<const std::string_view> methods) {
  Members members(out);
  open_series(members, series.kind, series.dataset_id);
  for (std::size_t m = 0; m < methods.size(); ++m) {
    std::string quoted;
    detail::append_quoted(quoted, methods[m]);
    members.name(quoted) += '[';
    const char* comma = "";
    for (const auto& bucket : series.buckets) {
      std::string value;
      if (m >= bucket.values.size() || !append_aggregate(value, bucket.values[m])) continue;
      out += std::exchange(comma, ",");
      out += '[';
      out += value;
      out += ',';
      append_quoted_time(out, bucket.start);
      out += ',';
      append_quoted_time(out, bucket.end);
      out += ']';
    }
    out += ']';
  }
}

/// What one name shows, as pieces of JSON text: more than one piece makes an array.
std::vector<std::string> pieces_of(const TemporalSeries& series, const Context& context,
                                   const TemporalOptions& options) {
  std::vector<std::string> pieces;
  if (options.form == TemporalForm::kAggregated) {
    if (!series.buckets.empty()) append_aggregates(pieces.emplace_back(), series, options.methods);
    return pieces;
  }
  if (series.instances.empty()) {
    Members members(pieces.emplace_back());
    open_series(members, series.kind, series.dataset_id);
    members.name(kPlurals[static_cast<std::size_t>(series.kind)]) += "[]";
  }
  for (std::size_t from = 0; from < series.instances.size();) {
    auto to = from + 1;
    const auto kind = series.instances[from].attribute->kind;
    while (to < series.instances.size() && series.instances[to].attribute->kind == kind) ++to;
    append_values(pieces.emplace_back(), series, from, to, context, options.time);
    from = to;
  }
  return pieces;
}

using Group = std::vector<const TemporalSeries*>;

std::string_view name_of(const TemporalSeries& series, const Context& context) {
  return series.name == kScopeName ? std::string_view{"\"scope\""} : context.quoted(series.name);
}

void append_normalized_group(Members& members, std::string& out, const Group& group, const Context& context,
                             const TemporalOptions& options) {
  RepresentOptions instance_options;
  instance_options.sys_attrs = options.sys_attrs;
  if (options.form == TemporalForm::kConcise) instance_options.form = Form::kConcise;
  members.name(name_of(*group.front(), context)) += '[';
  const char* comma = "";
  for (const auto* series : group) {
    for (const auto& instance : series->instances) {
      out += std::exchange(comma, ",");
      append_normalized(out, instance, context, instance_options);
    }
  }
  out += ']';
}

void append_group(Members& members, std::string& out, const Group& group, const Context& context,
                  const TemporalOptions& options) {
  if (options.form <= TemporalForm::kNormalized) return append_normalized_group(members, out, group, context, options);
  std::vector<std::string> pieces;
  for (const auto* series : group) {
    for (auto& piece : pieces_of(*series, context, options)) pieces.push_back(std::move(piece));
  }
  if (pieces.empty()) return;
  members.name(name_of(*group.front(), context));
  if (pieces.size() == 1) {
    out += pieces[0];
    return;
  }
  const char* open = "[";
  for (const auto& piece : pieces) {
    out += std::exchange(open, ",");
    out += piece;
  }
  out += ']';
}

void append_head(Members& members, const TemporalEntity& entity, const Context& context,
                 const TemporalOptions& options) {
  if (options.id) base::append_json_string(members.name("\"id\""), entity.id);
  if (options.type) detail::append_types(members.name("\"type\""), entity.types, context);
  if (options.sys_attrs && entity.created_at) members.time("\"createdAt\"", *entity.created_at);
  if (options.sys_attrs && entity.modified_at) members.time("\"modifiedAt\"", *entity.modified_at);
  if (entity.deleted_at) members.time("\"deletedAt\"", *entity.deleted_at);
}

}  // namespace

void append_temporal(std::string& out, const TemporalEntity& entity, const Context& context,
                     const TemporalOptions& options) {
  Members members(out);
  append_head(members, entity, context, options);
  std::unordered_map<NameId, std::size_t> places;
  std::vector<Group> groups;
  for (const auto& series : entity.series) {
    const auto [place, fresh] = places.try_emplace(series.name, groups.size());
    if (fresh) groups.emplace_back();
    groups[place->second].push_back(&series);
  }
  for (const auto& group : groups) append_group(members, out, group, context, options);
  if (options.with_context) members.name("\"@context\"") += context.json();
}

}  // namespace horad::model
