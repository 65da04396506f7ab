// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <string>

#include "horad/model/q_tree.h"
#include "horad/model/type_selection.h"

namespace horad::model::q {
namespace {

bool is_negative(Operator op) noexcept { return op == Operator::kUnequal || op == Operator::kNotPattern; }
bool is_order(Operator op) noexcept { return op >= Operator::kGreater && op <= Operator::kLessEqual; }

bool equals_any(const Term& term, const Subject& subject) {
  if (term.range) return compare(subject, term.values[0]) >= 0 && compare(subject, term.values[1]) <= 0;
  return std::ranges::any_of(term.values, [&](const Literal& literal) { return compare(subject, literal) == 0; });
}

Subject text_subject(std::string_view text) noexcept {
  Subject subject;
  subject.kind = Subject::Kind::kText;
  subject.text = text;
  return subject;
}
Subject bool_subject(bool truth) noexcept {
  Subject subject;
  subject.kind = Subject::Kind::kBool;
  subject.truth = truth;
  return subject;
}
Subject number_subject(Number number) noexcept {
  Subject subject;
  subject.kind = Subject::Kind::kNumber;
  subject.number = number;
  return subject;
}
Subject time_subject(Timestamp at) noexcept {
  Subject subject;
  subject.kind = Subject::Kind::kTime;
  subject.time = {TimeKind::kDateTime, at};
  return subject;
}

/// None when the subject is no text: then neither `~=` nor `!~=` holds.
std::optional<bool> has_pattern(const Term& term, const Subject& subject) {
  if (subject.kind == Subject::Kind::kText) return term.pattern->found_in(subject.text);
  if (subject.kind != Subject::Kind::kRawText) return std::nullopt;
  std::string buffer;
  return term.pattern->found_in(json_string(subject.text, buffer));
}

/// One value, which is no array or stands in one.
bool holds_for_one(const Term& term, const Subject& subject) {
  switch (term.op) {
    case Operator::kExists:
      return true;
    case Operator::kEqual:
      return equals_any(term, subject);
    case Operator::kUnequal:
      return !equals_any(term, subject);
    case Operator::kGreater:
      return compare(subject, term.values[0]) > 0;
    case Operator::kGreaterEqual:
      return compare(subject, term.values[0]) >= 0;
    case Operator::kLess:
      return compare(subject, term.values[0]) < 0;
    case Operator::kLessEqual:
      return compare(subject, term.values[0]) <= 0;
    case Operator::kPattern:
      return has_pattern(term, subject) == true;
    case Operator::kNotPattern:
      return has_pattern(term, subject) == false;
  }
  return false;
}

/// Any element for `==` and `~=`, all for `!=` and `!~=`, none for orders. `subject_of` reads one element.
template <class SubjectOf>
bool holds_for_items(const Term& term, std::string_view container, SubjectOf subject_of) {
  if (term.op == Operator::kExists) return true;
  if (is_order(term.op)) return false;
  const bool negative = is_negative(term.op);
  JsonItems items(container);
  while (items.next()) {
    if (holds_for_one(term, subject_of(items.value())) != negative) return !negative;
  }
  return negative;
}

bool holds_for_json(const Term& term, std::string_view json) {
  const Subject subject = subject_of_json(json);
  if (subject.kind != Subject::Kind::kArray) return holds_for_one(term, subject);
  return holds_for_items(term, subject.text, subject_of_json);
}

std::optional<std::size_t> index_of(std::string_view key) noexcept {
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  return error == std::errc{} && stop == key.data() + key.size() ? std::optional(index) : std::nullopt;
}

bool holds_at_keys(const Term& term, std::string_view json) {
  for (const std::string& key : term.keys) {
    auto below = json_member(json, key);
    if (!below) {
      const auto index = index_of(key);
      if (index) below = json_element(json, *index);
    }
    if (!below) return false;
    json = *below;
  }
  return holds_for_json(term, json);
}

bool same_tag(std::string_view raw_key, std::string_view tag) noexcept {
  if (raw_key.size() != tag.size() + 2) return false;
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(raw_key.substr(1, tag.size()), tag, {}, lower, lower);
}

/// A languageMap: tags to a text or an array of texts.
bool holds_for_languages(const Term& term, std::string_view map) {
  if (term.keys.size() > 1) return false;
  const bool any = term.keys.empty() || term.keys[0] == "*";
  const bool negative = is_negative(term.op);
  bool seen = false;
  JsonItems items(map);
  while (items.next()) {
    if (!any && !same_tag(items.key(), term.keys[0])) continue;
    seen = true;
    if (holds_for_json(term, items.value()) != negative) return !negative;
  }
  return seen && negative;
}

/// An element of objectList: a URI, or {"object": URI}.
Subject subject_of_object(std::string_view json) {
  const auto object = json_member(json, "object");
  return subject_of_json(object ? *object : json);
}

bool holds_for_relationship(const Term& term, ValueView value) {
  if (!term.keys.empty()) return false;
  if (is_order(term.op) || term.pattern) return false;
  if (value.type() == ValueType::kString) return holds_for_one(term, text_subject(value.as_text()));
  return value.type() == ValueType::kJson && holds_for_items(term, value.as_text(), subject_of_object);
}

/// A GeoJSON Point is kept as two numbers; only a path into it or a comparison of it needs its text again.
bool holds_for_point(const Term& term, ValueView value) {
  if (term.keys.empty()) return holds_for_one(term, {});
  std::string json;
  value.append_json(json);
  return holds_at_keys(term, json);
}

bool holds_for_value(const Term& term, ValueView value) {
  const ValueType type = value.type();
  if (type == ValueType::kJson)
    return term.keys.empty() ? holds_for_json(term, value.as_text()) : holds_at_keys(term, value.as_text());
  if (type == ValueType::kPoint) return holds_for_point(term, value);
  if (!term.keys.empty()) return false;
  switch (type) {
    case ValueType::kBool:
      return holds_for_one(term, bool_subject(value.as_bool()));
    case ValueType::kInteger:
      return holds_for_one(term, number_subject({true, value.as_integer(), 0}));
    case ValueType::kDouble:
      return holds_for_one(term, number_subject({false, 0, value.as_number()}));
    case ValueType::kString:
      return holds_for_one(term, text_subject(value.as_text()));
    case ValueType::kJson:
    case ValueType::kPoint:
      break;
  }
  return false;
}

bool holds_for_attribute_value(const Term& term, AttributeView attribute) {
  switch (attribute.kind()) {
    case AttributeKind::kRelationship:
    case AttributeKind::kListRelationship:
      return holds_for_relationship(term, attribute.value());
    case AttributeKind::kLanguageProperty:
      return attribute.value().type() == ValueType::kJson && holds_for_languages(term, attribute.value().as_text());
    case AttributeKind::kProperty:
    case AttributeKind::kGeoProperty:
    case AttributeKind::kVocabProperty:
    case AttributeKind::kJsonProperty:
    case AttributeKind::kListProperty:
      return holds_for_value(term, attribute.value());
  }
  return false;
}

bool holds_for_time(const Term& term, Timestamp at) { return holds_for_one(term, time_subject(at)); }
bool holds_for_member_text(const Term& term, std::string_view text) {
  return !text.empty() && holds_for_one(term, text_subject(text));
}

bool holds_for_member(const Term& term, Member member, AttributeView attribute) {
  switch (member) {
    case Member::kObservedAt: {
      const auto at = attribute.observed_at();
      return at && holds_for_time(term, *at);
    }
    case Member::kCreatedAt:
      return holds_for_time(term, attribute.created_at());
    case Member::kModifiedAt:
      return holds_for_time(term, attribute.modified_at());
    case Member::kUnitCode:
      return holds_for_member_text(term, attribute.unit_code());
    case Member::kDatasetId:
      return holds_for_member_text(term, attribute.dataset_id());
    case Member::kNone:
      break;
  }
  return false;
}

/// The path from `step` on, below `attribute`. Recursion is bounded by QFilter::kMostSteps.
bool holds_below(const Term& term, std::size_t step, AttributeView attribute) {
  if (step == term.path.size()) return holds_for_attribute_value(term, attribute);
  const Step& wanted = term.path[step];
  if (wanted.member != Member::kNone) return holds_for_member(term, wanted.member, attribute);
  for (const AttributeView sub : attribute.sub_attributes()) {
    if (sub.name() == wanted.name && holds_below(term, step + 1, sub)) return true;
  }
  return false;
}

bool holds(const Term& term, DocumentView document) {
  const Step& first = term.path.front();
  if (first.member != Member::kNone) {
    return holds_for_time(term, first.member == Member::kCreatedAt ? document.created_at() : document.modified_at());
  }
  for (const AttributeView attribute : document.attributes()) {
    if (attribute.name() == first.name && holds_below(term, 1, attribute)) return true;
  }
  return false;
}

/// From hop `at` on. Recursion is bounded by kMostJoinLevels, for the parser follows no more.
bool holds_linked(const Term& term, std::size_t at, DocumentView document, const LinkedDocuments* linked) {
  if (at == term.hops.size()) return holds(term, document);
  const Hop& hop = term.hops[at];
  for (const AttributeView attribute : document.attributes()) {
    if (attribute.name() != hop.relationship) continue;
    const auto targets = targets_of(attribute);
    if (linked == nullptr && !targets.empty()) return true;
    for (const auto& id : targets) {
      const Document* const target = linked->find(id);
      if (target == nullptr || (hop.types && !hop.types->matches(target->view()))) continue;
      if (holds_linked(term, at + 1, target->view(), linked)) return true;
    }
  }
  return false;
}

}  // namespace

bool matches(const Node& node, DocumentView document, const LinkedDocuments* linked) {
  const auto child_matches = [&](const Node& child) { return matches(child, document, linked); };
  switch (node.kind) {
    case Node::Kind::kTerm:
      return holds_linked(node.term, 0, document, linked);
    case Node::Kind::kAnd:
      return std::ranges::all_of(node.children, child_matches);
    case Node::Kind::kOr:
      return std::ranges::any_of(node.children, child_matches);
    case Node::Kind::kNot:
      return !child_matches(node.children.front());
  }
  return false;
}

}  // namespace horad::model::q
