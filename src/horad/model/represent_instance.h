// SPDX-License-Identifier: Apache-2.0
// One attribute instance as JSON, written alike from a document (AttributeView) and from a plain Attribute
// (AttributeRef). For represent.cc and temporal.cc.
#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/text.h"
#include "horad/base/time.h"
#include "horad/model/represent_value.h"

namespace horad::model::detail {

/// Writes the members of an object with commas between them; the closing brace comes with the end of its life.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  /// Everything up to the value; the caller appends the value.
  std::string& name(std::string_view quoted) {
    if (std::exchange(some_, true)) out_ += ',';
    out_ += quoted;
    out_ += ':';
    return out_;
  }
  void time(std::string_view quoted, Timestamp at) {
    name(quoted) += '"';
    base::append_time(out_, at);
    out_ += '"';
  }

 private:
  std::string& out_;
  bool some_ = false;
};

/// A plain attribute with the face of an AttributeView. Belongs to whoever holds the attribute.
class AttributeRef {
 public:
  explicit AttributeRef(const Attribute& attribute) noexcept : a_(&attribute) {}
  NameId name() const noexcept { return a_->name; }
  AttributeKind kind() const noexcept { return a_->kind; }
  const Value& value() const noexcept { return a_->value; }
  std::string_view dataset_id() const noexcept { return a_->dataset_id; }
  std::string_view unit_code() const noexcept { return a_->unit_code; }
  const std::optional<Timestamp>& observed_at() const noexcept { return a_->observed_at; }
  Timestamp created_at() const noexcept { return a_->created_at; }
  Timestamp modified_at() const noexcept { return a_->modified_at; }
  const std::optional<NameId>& object_type() const noexcept { return a_->object_type; }
  bool has_extras() const noexcept { return bool{a_->extras}; }
  AttributeExtras extras() const { return a_->extras ? *a_->extras : AttributeExtras{}; }
  auto sub_attributes() const {
    return a_->sub_attributes | std::views::transform([](const Attribute& sub) { return AttributeRef(sub); });
  }

 private:
  const Attribute* a_;
};

inline bool is_scalar(const ValueView& value) noexcept { return value.type() <= ValueType::kString; }
inline bool is_scalar(const Value& value) noexcept { return !std::holds_alternative<JsonText>(value); }

/// True for an object that could be read as a geometry.
inline bool may_be_geometry(const ValueView& value) noexcept {
  if (value.type() == ValueType::kPoint) return true;
  return value.type() == ValueType::kJson && value.as_text().find("\"coordinates\"") != std::string_view::npos;
}
inline bool may_be_geometry(const Value& value) noexcept {
  const auto* json = std::get_if<JsonText>(&value);
  return json != nullptr && json->text.find("\"coordinates\"") != std::string::npos;
}

/// True when the concise form of the attribute is its bare value: nothing else is to be said, and the value cannot be
/// taken for an attribute object when it is read back.
template <class A>
bool is_bare(const A& a, const RepresentOptions& options) {
  const auto kind = a.kind();
  if (options.form != Form::kConcise || options.sys_attrs) return false;
  if (kind != AttributeKind::kProperty && kind != AttributeKind::kGeoProperty) return false;
  if (kind == AttributeKind::kProperty && !is_scalar(a.value())) return false;
  if (!a.unit_code().empty() || !a.dataset_id().empty() || a.observed_at() || !a.sub_attributes().empty()) return false;
  if (!a.has_extras()) return true;
  const auto extras = a.extras();  // an expiry alone is not shown here
  return !extras.value_type && extras.entity_id_sealed.empty() && extras.entity_types_sealed.empty();
}

/// The text of a JSON value; empty for others.
inline std::string_view json_of(const ValueView& value) noexcept {
  return value.type() == ValueType::kJson ? value.as_text() : std::string_view{};
}
inline std::string_view json_of(const Value& value) noexcept {
  const auto* json = std::get_if<JsonText>(&value);
  return json != nullptr ? std::string_view(json->text) : std::string_view{};
}

/// What is shown of a LanguageProperty when the reader has said which languages he reads; none for other attributes.
template <class A>
std::optional<LanguageFilter::Choice> language_of(const A& a, const RepresentOptions& options) {
  if (!options.language || a.kind() != AttributeKind::kLanguageProperty) return std::nullopt;
  return options.language->choose(json_of(a.value()));
}

template <class A>
void append_instance(std::string& out, const A& a, const Context& context, const RepresentOptions& options);

/// `more` is a further member, name and value.
template <class A>
void append_object(std::string& out, const A& a, const Context& context, const RepresentOptions& options,
                   std::pair<std::string_view, std::string_view> more = {});

void append_extras(Members& members, const AttributeExtras& extras, const Context& context,
                   const RepresentOptions& options);

/// Sub-attributes; those of one name that differ in their dataset id stand in an array.
template <class A>
void append_sub_attributes(Members& members, const A& a, const Context& context, const RepresentOptions& options) {
  const auto& subs = a.sub_attributes();
  bool datasets = false;
  for (const auto& sub : subs) datasets = datasets || !sub.dataset_id().empty();
  if (!datasets) {
    for (const auto& sub : subs) append_instance(members.name(context.quoted(sub.name())), sub, context, options);
    return;
  }
  std::vector<NameId> done;
  for (const auto& first : subs) {
    if (std::ranges::find(done, first.name()) != done.end()) continue;
    done.push_back(first.name());
    std::size_t count = 0;
    for (const auto& sub : subs) count += sub.name() == first.name() ? 1 : 0;
    auto& out = members.name(context.quoted(first.name()));
    if (count == 1) {
      append_instance(out, first, context, options);
      continue;
    }
    const char* open = "[";
    for (const auto& sub : subs) {
      if (sub.name() != first.name()) continue;
      out += std::exchange(open, ",");
      append_object(out, sub, context, options);
    }
    out += ']';
  }
}

/// Everything of an instance but its type and value.
template <class A>
void append_metadata(Members& members, const A& a, const Context& context, const RepresentOptions& options) {
  const bool more = a.has_extras();
  const auto extras = more ? a.extras() : AttributeExtras{};
  if (const auto& type = a.object_type(); type && options.reader_version >= 8) {
    auto& out = members.name("\"objectType\"");
    if (extras.more_object_types.empty()) {
      out += context.quoted(*type);
    } else {
      std::vector<NameId> types{*type};
      types.insert(types.end(), extras.more_object_types.begin(), extras.more_object_types.end());
      append_types(out, types, context);
    }
  }
  if (const auto unit = a.unit_code(); !unit.empty()) base::append_json_string(members.name("\"unitCode\""), unit);
  if (const auto id = a.dataset_id(); !id.empty()) base::append_json_string(members.name("\"datasetId\""), id);
  if (const auto& at = a.observed_at()) members.time("\"observedAt\"", *at);
  if (options.sys_attrs) {
    members.time("\"createdAt\"", a.created_at());
    members.time("\"modifiedAt\"", a.modified_at());
  }
  if (more && options.reader_version >= 9) append_extras(members, extras, context, options);
  append_sub_attributes(members, a, context, options);
}

/// Normalized or concise, as an object. In the concise form the kind shows in the value member, except for a Property
/// that looks like a geometry.
template <class A>
void append_object(std::string& out, const A& a, const Context& context, const RepresentOptions& options,
                   std::pair<std::string_view, std::string_view> more) {
  const auto kind = kind_for_reader(a.kind(), options.reader_version);
  Members members(out);
  if (const auto choice = language_of(a, options)) {
    if (options.form == Form::kNormalized) append_quoted(members.name("\"type\""), "Property");
    members.name("\"value\"") += choice->value;
    members.name("\"lang\"") += choice->tag;
    return append_metadata(members, a, context, options);
  }
  const bool typed =
      options.form == Form::kNormalized || (kind == AttributeKind::kProperty && may_be_geometry(a.value()));
  if (typed) append_quoted(members.name("\"type\""), kind_name(kind));
  const auto form = kind == a.kind() ? options.form : Form::kSimplified;
  append_value(members.name(quoted_value_member(kind)), a.kind(), a.value(), context, form);
  if (!more.first.empty()) members.name(more.first) += more.second;
  append_metadata(members, a, context, options);
}

/// The same, or the bare value where the concise form has it.
template <class A>
void append_instance(std::string& out, const A& a, const Context& context, const RepresentOptions& options) {
  if (is_bare(a, options)) return append_value(out, a.kind(), a.value(), context, options.form);
  append_object(out, a, context, options);
}

}  // namespace horad::model::detail
