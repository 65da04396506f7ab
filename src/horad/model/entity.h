// SPDX-License-Identifier: Apache-2.0
// The NGSI-LD information model (ETSI GS CIM 009 V1.9.1, 4.2 and 4.5) as plain data, for building and changing. What is
// kept in memory by the million is the compact form of it: see document.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "horad/base/boxed.h"
#include "horad/base/time.h"
#include "horad/model/names.h"

namespace horad::model {

enum class AttributeKind : std::uint8_t {  // the numbers stand on disk: never renumber
  kProperty = 0,
  kRelationship = 1,
  kGeoProperty = 2,
  kLanguageProperty = 3,
  kVocabProperty = 4,
  kJsonProperty = 5,
  kListProperty = 6,
  kListRelationship = 7,
};

/// Minified JSON text of an object or array: a compound value, a GeoJSON geometry, a languageMap, a list.
struct JsonText {
  std::string text;
  friend bool operator==(const JsonText&, const JsonText&) = default;
};

/// What stands under value, object, languageMap, vocab, json, valueList or objectList, by kind. Integers keep all 64
/// bits.
///   kRelationship: string for one object, JsonText array for several.   kGeoProperty: JsonText of a GeoJSON geometry.
using Value = std::variant<bool, std::int64_t, double, std::string, JsonText>;

/// The time at which something that does not expire does so.
inline constexpr Timestamp kNoExpiry = Timestamp::max();

/// Members that few attributes have.
struct AttributeExtras {
  Timestamp expires_at = kNoExpiry;         // 4.22: gone from then on
  std::optional<NameId> value_type;         // of the value, expanded
  std::vector<NameId> more_object_types;    // of a relationship, behind Attribute::object_type
  std::string entity_id_sealed;             // of ngsildproof; empty: none
  std::vector<NameId> entity_types_sealed;  // of ngsildproof; empty: none
  friend bool operator==(const AttributeExtras&, const AttributeExtras&) = default;
};

struct Attribute {
  NameId name;
  AttributeKind kind = AttributeKind::kProperty;
  Value value;
  std::string dataset_id;  // empty: the default instance
  std::string unit_code;   // empty: none
  std::optional<Timestamp> observed_at;
  Timestamp created_at{};                 // set by apply(), see change.h
  Timestamp modified_at{};                // set by apply()
  std::optional<NameId> object_type;      // of relationships: the first of them
  base::Boxed<AttributeExtras> extras;    // never one in which nothing is set: see tidy()
  std::vector<Attribute> sub_attributes;  // (name, dataset_id) is unique
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Entity {
  std::string id;             // checked by parse_entity_id()
  std::vector<NameId> types;  // at least one, no doubles, order of arrival
  std::vector<std::string> scopes;
  Timestamp created_at{};
  Timestamp modified_at{};
  std::vector<Attribute> attributes;  // order of arrival; (name, dataset_id) is unique
  Timestamp expires_at = kNoExpiry;
  friend bool operator==(const Entity&, const Entity&) = default;
};

/// When this instance goes; its sub-attributes may go earlier.
inline Timestamp expires_at(const Attribute& attribute) noexcept {
  return attribute.extras ? attribute.extras->expires_at : kNoExpiry;
}
/// The first time at which the instance or a sub-attribute of it goes.
Timestamp soonest_expiry(const Attribute& attribute) noexcept;
/// Drops the extras when nothing is set in them. To be called after a member of them was taken away.
void tidy(Attribute& attribute) noexcept;

/// Checks that `text` is a URI as 4.6.3 wants it: a scheme, no blanks, control, markup, quote or invisible characters,
/// UTF-8, at most 512 bytes. Errors: kBadRequestData.
Result<void> check_entity_id(std::string_view text);

}  // namespace horad::model
