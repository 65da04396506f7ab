// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_outline.h"

#include <fmt/format.h>

#include <array>

#include "horad/model/parse_value.h"

namespace horad::model::detail {
namespace {

constexpr std::array<std::string_view, 8> kKindNames = {"Property",         "Relationship",    "GeoProperty",
                                                        "LanguageProperty", "VocabProperty",   "JsonProperty",
                                                        "ListProperty",     "ListRelationship"};

constexpr bool is_value_member(Member m) noexcept { return m >= Member::kValue && m <= Member::kObjectList; }

Result<void> note(Found& place, std::string_view key, Json json, const Path& at) {
  const Path here{&at, key};
  if (place) return refuse(here, fmt::format("{} stands here twice, or beside a member of another kind", key));
  place = {json, key};
  return {};
}

Result<void> note_member(Outline& outline, std::string_view key, Json json, const Path& at, bool is_body) {
  const Path here{&at, key};
  const auto member = member_of(key);
  switch (member) {
    case Member::kOther:
      ++outline.others;
      return {};
    case Member::kType:
      return note(outline.type, key, json, at);
    case Member::kValue:
    case Member::kObject:
    case Member::kLanguageMap:
    case Member::kVocab:
    case Member::kJson:
    case Member::kValueList:
    case Member::kObjectList:
      outline.value_is = member;
      return note(outline.value, key, json, at);
    case Member::kObservedAt:
      return note(outline.observed_at, key, json, at);
    case Member::kUnitCode:
      return note(outline.unit_code, key, json, at);
    case Member::kDatasetId:
      return note(outline.dataset_id, key, json, at);
    case Member::kObjectType:
      return note(outline.object_type, key, json, at);
    case Member::kExpiresAt:
      return note(outline.expires_at, key, json, at);
    case Member::kValueType:
      return note(outline.value_type, key, json, at);
    case Member::kIdSealed:
      return note(outline.id_sealed, key, json, at);
    case Member::kTypeSealed:
      return note(outline.type_sealed, key, json, at);
    case Member::kSystem:
      return {};
    case Member::kContext:
      if (is_body) return {};
      break;
    case Member::kId:
    case Member::kOutputOnly:
      break;
  }
  return refuse(here, fmt::format("{} cannot stand in an attribute that is written", key));
}

}  // namespace

std::optional<AttributeKind> kind_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<AttributeKind>(i);
  }
  return std::nullopt;
}
std::string_view name_of(AttributeKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

Member member_of_value(AttributeKind kind) noexcept {
  switch (kind) {
    case AttributeKind::kProperty:
    case AttributeKind::kGeoProperty:
      return Member::kValue;
    case AttributeKind::kRelationship:
      return Member::kObject;
    case AttributeKind::kLanguageProperty:
      return Member::kLanguageMap;
    case AttributeKind::kVocabProperty:
      return Member::kVocab;
    case AttributeKind::kJsonProperty:
      return Member::kJson;
    case AttributeKind::kListProperty:
      return Member::kValueList;
    case AttributeKind::kListRelationship:
      return Member::kObjectList;
  }
  return Member::kOther;
}

AttributeKind kind_of(Member member, Json value) noexcept {
  switch (member) {
    case Member::kObject:
      return AttributeKind::kRelationship;
    case Member::kLanguageMap:
      return AttributeKind::kLanguageProperty;
    case Member::kVocab:
      return AttributeKind::kVocabProperty;
    case Member::kJson:
      return AttributeKind::kJsonProperty;
    case Member::kValueList:
      return AttributeKind::kListProperty;
    case Member::kObjectList:
      return AttributeKind::kListRelationship;
    default:
      return looks_like_geometry(value) ? AttributeKind::kGeoProperty : AttributeKind::kProperty;
  }
}

Result<Outline> outline_of(Json object, const Path& at, bool is_body, bool over_time) {
  Outline outline;
  for (const auto member : object.get_object().value_unsafe()) {
    if (over_time && member.key == "deletedAt") continue;
    if (auto noted = note_member(outline, member.key, member.value, at, is_body); !noted) {
      return std::unexpected(std::move(noted).error());
    }
  }
  return outline;
}

bool looks_like_instance(Json json) noexcept {
  if (json.type() != JsonType::OBJECT || looks_like_geometry(json)) return false;
  for (const auto member : json.get_object().value_unsafe()) {
    const auto is = member_of(member.key);
    if (is_value_member(is) || is == Member::kType || is == Member::kDatasetId || is == Member::kObservedAt)
      return true;
  }
  return false;
}

bool has_null(const Value& value) noexcept {
  const auto* json = std::get_if<JsonText>(&value);
  return json != nullptr && json->text.find(R"("urn:ngsi-ld:null")") != std::string::npos;
}

}  // namespace horad::model::detail
