// SPDX-License-Identifier: Apache-2.0
#include "horad/store/value_index.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

namespace horad::store {
namespace {

using model::ValueType;

std::uint64_t hash_of(std::string_view text) { return absl::HashOf(text); }

/// Calls one of the two for each instance of the attribute that holds a number or a text; true when another holds a
/// compound value. What can meet no fact (true, false, points) is passed over.
template <class OnNumber, class OnText>
bool each_value(model::DocumentView document, model::NameId name, OnNumber on_number, OnText on_text) {
  bool compound = false;
  for (const model::AttributeView attribute : document.attributes()) {
    if (attribute.name() != name) continue;
    const model::ValueView value = attribute.value();
    if (value.is_number()) {
      on_number(value.as_number());
    } else if (value.type() == ValueType::kString) {
      on_text(hash_of(value.as_text()));
    } else if (value.type() == ValueType::kJson) {
      compound = true;
    }
  }
  return compound;
}

/// Adds the numbers of all entries whose key is within the bounds; false when there would be more than `most`.
template <class Set, class Key>
bool collect(const Set& set, Key low, Key high, std::size_t most, std::vector<Number>& out) {
  for (auto at = set.lower_bound({low, 0}); at != set.end() && at->first <= high; ++at) {
    if (out.size() >= most) return false;
    out.push_back(at->second);
  }
  return true;
}

}  // namespace

void ValueIndex::add(Number number, model::DocumentView document) {
  const bool compound = each_value(
      document, name_, [&](double value) { numbers_.emplace(value, number); },
      [&](std::uint64_t hash) { texts_.emplace(hash, number); });
  if (compound) compound_.add(number);
}

void ValueIndex::remove(Number number, model::DocumentView document) {
  const bool compound = each_value(
      document, name_, [&](double value) { numbers_.erase({value, number}); },
      [&](std::uint64_t hash) { texts_.erase({hash, number}); });
  if (compound) compound_.remove(number);
}

std::optional<std::vector<Number>> ValueIndex::find(const model::QFact& fact, std::size_t most) const {
  if (compound_.cardinality() > most) return std::nullopt;
  std::vector<Number> found;
  for (const auto number : compound_) found.push_back(number);
  if (const auto* const range = std::get_if<model::QFact::NumberRange>(&fact.value)) {
    if (!collect(numbers_, range->low, range->high, most, found)) return std::nullopt;
  } else {
    for (const auto& text : std::get<std::vector<std::string>>(fact.value)) {
      const auto hash = hash_of(text);
      if (!collect(texts_, hash, hash, most, found)) return std::nullopt;
    }
  }
  std::ranges::sort(found);
  const auto doubles = std::ranges::unique(found);
  found.erase(doubles.begin(), doubles.end());
  return found;
}

std::size_t ValueIndex::memory_bytes() const {
  return sizeof(*this) + entries() * (sizeof(std::pair<double, Number>) + 6) + compound_.getSizeInBytes();
}

}  // namespace horad::store
