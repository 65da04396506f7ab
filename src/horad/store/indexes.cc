// SPDX-License-Identifier: Apache-2.0
#include "horad/store/indexes.h"

#include <algorithm>

#include "horad/model/cells.h"

namespace horad::store {
namespace {

using model::AttributeKind;
using model::AttributeView;
using model::DocumentView;
using model::NameId;

bool has_attribute(DocumentView document, NameId name) {
  for (const AttributeView attribute : document.attributes()) {
    if (attribute.name() == name) return true;
  }
  return false;
}

/// Names that `change` sets or removes, each once.
std::vector<NameId> touched(const model::Change& change) {
  std::vector<NameId> names;
  names.reserve(change.set.size() + change.removed.size());
  for (const auto& attribute : change.set) names.push_back(attribute.name);
  for (const auto& key : change.removed) names.push_back(key.name);
  if (names.size() > 1) {
    std::ranges::sort(names);
    const auto doubles = std::ranges::unique(names);
    names.erase(doubles.begin(), doubles.end());
  }
  return names;
}

bool places_anything(const model::Change& change, NameId name) {
  return std::ranges::any_of(change.set, [name](const auto& attribute) {
    return attribute.name == name && attribute.kind == AttributeKind::kGeoProperty;
  });
}

}  // namespace

void Indexes::remove_type(NameId type, Number number) {
  const auto found = types_.find(type);
  if (found == types_.end()) return;
  found->second.remove(number);
  if (found->second.isEmpty()) types_.erase(found);
}

void Indexes::place(Number number, const AttributeView& attribute) {
  if (attribute.kind() != AttributeKind::kGeoProperty) return;
  const auto value = attribute.value();
  Places& places = places_[attribute.name()];
  if (value.type() == model::ValueType::kPoint) {
    places.emplace(model::cell_of(value.lng(), value.lat()), number);
    return;
  }
  for (const auto cell : model::cells_of_value(value)) places.emplace(cell, number);
}

void Indexes::displace(Number number, const AttributeView& attribute) {
  if (attribute.kind() != AttributeKind::kGeoProperty) return;
  const auto found = places_.find(attribute.name());
  if (found == places_.end()) return;
  for (const auto cell : model::cells_of_value(attribute.value())) found->second.erase({cell, number});
}

void Indexes::add(Number number, DocumentView document) {
  for (std::size_t i = 0; i < document.type_count(); ++i) add_type(document.type(i), number);
  for (const AttributeView attribute : document.attributes()) {
    place(number, attribute);
    if (!attributes_.empty()) set_attribute(number, attribute.name(), true);
  }
  for (auto& [name, values] : values_) replace_value(number, name, nullptr, &document);
}

void Indexes::remove(Number number, DocumentView document) {
  for (std::size_t i = 0; i < document.type_count(); ++i) remove_type(document.type(i), number);
  for (const AttributeView attribute : document.attributes()) {
    displace(number, attribute);
    if (!attributes_.empty()) set_attribute(number, attribute.name(), false);
  }
  for (auto& [name, values] : values_) replace_value(number, name, &document, nullptr);
}

void Indexes::change_types(Number number, DocumentView before, DocumentView after) {
  for (std::size_t i = 0; i < before.type_count(); ++i) {
    if (!after.has_type(before.type(i))) remove_type(before.type(i), number);
  }
  for (std::size_t i = 0; i < after.type_count(); ++i) {
    if (!before.has_type(after.type(i))) add_type(after.type(i), number);
  }
}

/// Takes the old places away before it puts the new ones: two instances of one attribute may share a cell.
void Indexes::replace_places(Number number, NameId name, DocumentView before, DocumentView after) {
  for (const AttributeView attribute : before.attributes()) {
    if (attribute.name() == name) displace(number, attribute);
  }
  for (const AttributeView attribute : after.attributes()) {
    if (attribute.name() == name) place(number, attribute);
  }
}

void Indexes::update(Number number, DocumentView before, DocumentView after, const model::Change& change) {
  if (change.types) change_types(number, before, after);
  if (attributes_.empty() && places_.empty() && values_.empty() && change.set.size() == 1 &&
      change.set[0].kind != AttributeKind::kGeoProperty) {
    return;
  }
  for (const NameId name : touched(change)) {
    if (places_.contains(name) || places_anything(change, name)) replace_places(number, name, before, after);
    if (attributes_.contains(name)) set_attribute(number, name, has_attribute(after, name));
    if (values_.contains(name)) replace_value(number, name, &before, &after);
  }
}

const Roaring* Indexes::of_type(NameId type) const {
  const auto found = types_.find(type);
  return found == types_.end() ? nullptr : &found->second;
}

const Roaring* Indexes::with_attribute(NameId name) const {
  const auto found = attributes_.find(name);
  return found == attributes_.end() || !found->second.complete ? nullptr : &found->second.numbers;
}

void Indexes::want_attribute(NameId name) {
  if (attributes_.size() >= kMostAttributes || attributes_.contains(name)) return;
  attributes_.try_emplace(name);
  unfinished_.push_back(name);
}

/// Numbers that are not made yet will be seen when the making gets there.
void Indexes::set_attribute(Number number, NameId name, bool there) {
  const auto found = attributes_.find(name);
  if (found == attributes_.end()) return;
  Posting& posting = found->second;
  if (!posting.complete && number >= posting.made_to) return;
  if (there) {
    posting.numbers.add(number);
  } else {
    posting.numbers.remove(number);
  }
}

bool Indexes::build_postings(const Table& table, std::size_t& budget) {
  while (budget > 0 && !unfinished_.empty()) {
    Posting& posting = attributes_[unfinished_.back()];
    for (; budget > 0 && posting.made_to < table.end(); --budget) {
      const Number number = posting.made_to++;
      if (table.alive(number) && has_attribute(table.document(number).view(), unfinished_.back()))
        posting.numbers.add(number);
    }
    if (posting.made_to < table.end()) break;
    posting.complete = true;
    unfinished_.pop_back();
  }
  return !unfinished_.empty();
}

bool Indexes::build_values(const Table& table, std::size_t& budget) {
  while (budget > 0 && !unfinished_values_.empty()) {
    Values& values = values_.at(unfinished_values_.back());
    for (; budget > 0 && values.made_to < table.end(); --budget) {
      const Number number = values.made_to++;
      if (table.alive(number)) values.index.add(number, table.document(number).view());
    }
    if (value_entries() > kMostValueEntries) {
      values.index = ValueIndex(unfinished_values_.back());
      values.too_many = true;
    } else if (values.made_to < table.end()) {
      break;
    } else {
      values.complete = true;
    }
    unfinished_values_.pop_back();
  }
  return !unfinished_values_.empty();
}

bool Indexes::build_some(const Table& table, std::size_t budget) {
  return build_postings(table, budget) || build_values(table, budget);
}

std::size_t Indexes::value_entries() const noexcept {
  std::size_t entries = 0;
  for (const auto& [name, values] : values_) entries += values.index.entries();
  return entries;
}

/// Numbers that are not made yet will be seen when the making gets there.
void Indexes::replace_value(Number number, NameId name, const DocumentView* before, const DocumentView* after) {
  Values& values = values_.at(name);
  if (values.too_many || (!values.complete && number >= values.made_to)) return;
  if (before != nullptr) values.index.remove(number, *before);
  if (after != nullptr) values.index.add(number, *after);
  ++values.changes_since_use;
}

std::optional<std::vector<Number>> Indexes::with_value(const model::QFact& fact, std::size_t most) {
  const auto found = values_.find(fact.attribute);
  if (found == values_.end() || !found->second.complete) return std::nullopt;
  found->second.changes_since_use = 0;
  return found->second.index.find(fact, most);
}

void Indexes::want_values(NameId name) {
  if (values_.contains(name)) return;
  if (wanted_.size() >= kMostWanted) wanted_.clear();
  if (++wanted_[name] < kWantedOften) return;
  wanted_.erase(name);
  std::erase_if(values_, [](const auto& one) {
    const auto& [of, values] = one;
    return values.complete && values.changes_since_use > kUnusedChanges + 4 * values.index.entries();
  });
  if (values_.size() >= kMostValueIndexes || value_entries() >= kMostValueEntries) return;
  values_.try_emplace(name, name);
  unfinished_values_.push_back(name);
}

std::optional<std::vector<Number>> Indexes::near(const model::GeoQuery& query, std::size_t most) const {
  const auto& cover = query.cover();
  if (!cover) return std::nullopt;
  std::vector<Number> numbers;
  const auto found = places_.find(query.property());
  if (found == places_.end()) return numbers;
  const Places& places = found->second;
  const auto collect = [&](std::uint64_t first, std::uint64_t last) {
    for (auto at = places.lower_bound({first, 0}); at != places.end() && at->first <= last; ++at) {
      if (numbers.size() >= most) return false;
      numbers.push_back(at->second);
    }
    return true;
  };
  for (const auto& range : *cover) {
    if (!collect(range.first, range.last)) return std::nullopt;
  }
  for (const auto cell : model::ancestors(*cover)) {
    if (!collect(cell, cell)) return std::nullopt;
  }
  std::ranges::sort(numbers);
  const auto doubles = std::ranges::unique(numbers);
  numbers.erase(doubles.begin(), doubles.end());
  return numbers;
}

std::size_t Indexes::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [type, numbers] : types_) bytes += numbers.getSizeInBytes() + sizeof(Roaring);
  for (const auto& [name, posting] : attributes_) bytes += posting.numbers.getSizeInBytes() + sizeof(Posting);
  for (const auto& [name, values] : values_) bytes += values.index.memory_bytes();
  for (const auto& [name, places] : places_) bytes += places.size() * (sizeof(Places::value_type) + 6);
  return bytes;
}

}  // namespace horad::store
