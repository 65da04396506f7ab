// SPDX-License-Identifier: Apache-2.0
// What stands in one attribute object: its reserved members, found but not read. Internal to parse*.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "horad/model/entity.h"
#include "horad/model/parse_attribute.h"

namespace horad::model::detail {

std::optional<AttributeKind> kind_named(std::string_view name) noexcept;
std::string_view name_of(AttributeKind kind) noexcept;
/// The member that holds the value of a kind.
Member member_of_value(AttributeKind kind) noexcept;
/// The kind that a value member tells; of `value` the value decides between Property and GeoProperty.
AttributeKind kind_of(Member member, Json value) noexcept;

/// One member that was found, with its place.
struct Found {
  Json json;
  std::string_view key;
  explicit operator bool() const noexcept { return key.data() != nullptr; }
};

/// The reserved members of one attribute object, each where it stands in the text.
struct Outline {
  Found type;
  Found value;
  Member value_is = Member::kOther;
  Found observed_at;
  Found unit_code;
  Found dataset_id;
  Found object_type;
  Found expires_at;
  Found value_type;
  Found id_sealed;
  Found type_sealed;
  std::size_t others = 0;  // names of sub-attributes
  bool has_extras() const noexcept { return expires_at || value_type || id_sealed || type_sealed; }
  bool has_metadata() const noexcept { return observed_at || unit_code || dataset_id || object_type || has_extras(); }
};

/// Errors: kBadRequestData for a member that stands twice or must not stand there. `is_body`: an "@context" may.
/// `over_time`: deletedAt may, as answers about the past have it, and is read over.
Result<Outline> outline_of(Json object, const Path& at, bool is_body, bool over_time);

/// True when an object says that it is an attribute instance and not a bare value.
bool looks_like_instance(Json json) noexcept;

/// True when the NGSI-LD null stands somewhere inside a compound value.
bool has_null(const Value& value) noexcept;

/// Calls `one(json, path)` for each instance under a name: several stand in an array whose items are all attribute
/// instances; any other array is a bare value.
template <class One>
Result<void> each_instance(Json json, const Path& at, One one) {
  if (json.type() != JsonType::ARRAY) return one(json, at);
  const auto array = json.get_array().value_unsafe();
  const bool several =
      array.size() > 0 && std::all_of(array.begin(), array.end(), [](Json item) { return looks_like_instance(item); });
  if (!several) return one(json, at);
  std::size_t i = 0;
  for (const Json item : array) {
    const Path here{&at, {}, i++};
    if (auto done = one(item, here); !done) return done;
  }
  return {};
}

}  // namespace horad::model::detail
