// SPDX-License-Identifier: Apache-2.0
// The bytes of AttributeExtras, alike in documents and in history (docs/formats/document.md, "Extras").
#pragma once

#include <cassert>
#include <cstdint>
#include <string>

#include "horad/base/bytes.h"
#include "horad/model/entity.h"

namespace horad::model {

enum ExtrasFlag : std::uint8_t {  // the numbers stand on disk
  kExtrasExpiry = 1,
  kExtrasValueType = 2,
  kExtrasObjectTypes = 4,
  kExtrasIdSealed = 8,
  kExtrasTypesSealed = 16,
};

/// Appends the extras; times as differences to `base`, names as `number(name)` says. Of an expiry of `kNoExpiry`
/// nothing is written.
template <class Number>
void put_extras(std::string& out, const AttributeExtras& extras, std::int64_t base, Number number) {
  const auto names = [&](const std::vector<NameId>& list) {
    base::put_varint(out, list.size());
    for (const NameId name : list) base::put_varint(out, number(name));
  };
  const auto flags = (extras.expires_at != kNoExpiry ? kExtrasExpiry : 0) | (extras.value_type ? kExtrasValueType : 0) |
                     (extras.more_object_types.empty() ? 0 : kExtrasObjectTypes) |
                     (extras.entity_id_sealed.empty() ? 0 : kExtrasIdSealed) |
                     (extras.entity_types_sealed.empty() ? 0 : kExtrasTypesSealed);
  assert(flags != 0);  // tidy() was not called
  out.push_back(static_cast<char>(flags));
  if (flags & kExtrasExpiry) {
    const auto at = static_cast<std::uint64_t>(extras.expires_at.time_since_epoch().count());
    base::put_signed(out, static_cast<std::int64_t>(at - static_cast<std::uint64_t>(base)));
  }
  if (flags & kExtrasValueType) base::put_varint(out, number(*extras.value_type));
  if (flags & kExtrasObjectTypes) names(extras.more_object_types);
  if (flags & kExtrasIdSealed) base::put_text(out, extras.entity_id_sealed);
  if (flags & kExtrasTypesSealed) names(extras.entity_types_sealed);
}

/// Reads what put_extras() wrote, from bytes that may be anything. `name(number)` answers a name, or none for a number
/// that is impossible. False for impossible bytes.
template <class Name>
[[nodiscard]] bool get_extras(base::Reader& in, AttributeExtras& extras, std::int64_t base, Name name) {
  bool good = true;
  const auto one = [&]() -> NameId {
    const std::optional<NameId> found = name(in.varint());
    good = good && found.has_value();
    return found.value_or(NameId{});
  };
  const auto names = [&](std::vector<NameId>& list) {
    const auto count = in.varint();
    if (count == 0 || count > in.left()) good = false;
    for (std::uint64_t i = 0; good && i < count; ++i) list.push_back(one());
  };
  const auto flags = in.fixed<std::uint8_t>();
  if (flags == 0 || flags > 31) return false;
  if (flags & kExtrasExpiry) {
    const auto at = static_cast<std::uint64_t>(in.signed_varint()) + static_cast<std::uint64_t>(base);
    extras.expires_at = Timestamp{Duration{static_cast<std::int64_t>(at)}};
  }
  if (flags & kExtrasValueType) extras.value_type = one();
  if (flags & kExtrasObjectTypes) names(extras.more_object_types);
  if (flags & kExtrasIdSealed) extras.entity_id_sealed = in.text();
  if (flags & kExtrasTypesSealed) names(extras.entity_types_sealed);
  return good && in.ok();
}

}  // namespace horad::model
