// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "horad/model/parse_attribute.h"

namespace horad::model::detail {
namespace {

using Entry = std::pair<std::string_view, Member>;

constexpr Entry kMembers[] = {{"@context", Member::kContext},
                              {"@id", Member::kId},
                              {"@type", Member::kType},
                              {"createdAt", Member::kSystem},
                              {"datasetId", Member::kDatasetId},
                              {"deletedAt", Member::kOutputOnly},
                              {"entity", Member::kOutputOnly},
                              {"entityIdSealed", Member::kIdSealed},
                              {"entityList", Member::kOutputOnly},
                              {"entityTypeSealed", Member::kTypeSealed},
                              {"expiresAt", Member::kExpiresAt},
                              {"id", Member::kId},
                              {"instanceId", Member::kSystem},
                              {"json", Member::kJson},
                              {"jsons", Member::kOutputOnly},
                              {"lang", Member::kOutputOnly},
                              {"languageMap", Member::kLanguageMap},
                              {"languageMaps", Member::kOutputOnly},
                              {"modifiedAt", Member::kSystem},
                              {"object", Member::kObject},
                              {"objectList", Member::kObjectList},
                              {"objectLists", Member::kOutputOnly},
                              {"objectType", Member::kObjectType},
                              {"objects", Member::kOutputOnly},
                              {"observedAt", Member::kObservedAt},
                              {"previousJson", Member::kOutputOnly},
                              {"previousLanguageMap", Member::kOutputOnly},
                              {"previousObject", Member::kOutputOnly},
                              {"previousObjectList", Member::kOutputOnly},
                              {"previousValue", Member::kOutputOnly},
                              {"previousValueList", Member::kOutputOnly},
                              {"previousVocab", Member::kOutputOnly},
                              {"type", Member::kType},
                              {"unitCode", Member::kUnitCode},
                              {"value", Member::kValue},
                              {"valueList", Member::kValueList},
                              {"valueLists", Member::kOutputOnly},
                              {"valueType", Member::kValueType},
                              {"values", Member::kOutputOnly},
                              {"vocab", Member::kVocab},
                              {"vocabs", Member::kOutputOnly}};

/// A sparse hash table made by the compiler: nearly every key of a body is looked up here.
constexpr std::size_t kSlots = 1024;
constexpr std::size_t slot(std::string_view key) noexcept {
  const auto first = static_cast<unsigned char>(key.front());
  const auto last = static_cast<unsigned char>(key.back());
  const auto third = static_cast<unsigned char>(key.size() > 2 ? key[2] : 0);
  return (key.size() * 83 + first * 7 + last * 151 + third * 29u) % kSlots;
}

constexpr auto kTable = [] {
  std::array<Entry, kSlots> table{};
  for (const auto& entry : kMembers) {
    auto i = slot(entry.first);
    while (!table[i].first.empty()) i = (i + 1) % kSlots;
    table[i] = entry;
  }
  return table;
}();

}  // namespace

Member member_of(std::string_view key) noexcept {
  if (key.empty() || key.size() > 20) return Member::kOther;
  for (auto i = slot(key); !kTable[i].first.empty(); i = (i + 1) % kSlots) {
    if (kTable[i].first == key) return kTable[i].second;
  }
  return Member::kOther;
}

}  // namespace horad::model::detail
