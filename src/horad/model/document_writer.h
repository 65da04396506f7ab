// SPDX-License-Identifier: Apache-2.0
// How the compact form is written: shared by encode() and apply_encoded(), not for other rooms.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/model/document.h"

namespace horad::model::detail {

constexpr std::uint8_t kMemoryForm = 0x01;
constexpr std::uint8_t kDiskForm = 0x81;
constexpr std::uint8_t kTransient = 0x40;  // beside either: something in the document expires

constexpr std::uint8_t kKindMask = 0x07;
constexpr std::uint8_t kHasDataset = 0x08;
constexpr std::uint8_t kHasUnit = 0x10;
constexpr std::uint8_t kHasObserved = 0x20;
constexpr std::uint8_t kHasObjectType = 0x40;
constexpr std::uint8_t kHasSubs = 0x80;

constexpr std::uint8_t kTypeMask = 0x0f;
constexpr std::uint8_t kFlagA = 0x10;      // boolean: true; point: longitude is an integer
constexpr std::uint8_t kFlagB = 0x20;      // point: latitude is an integer
constexpr std::uint8_t kHasExtras = 0x40;  // of the attribute: they follow the value

/// Differences of times as the format has them: they wrap, so that every pair of times can be written.
constexpr std::int64_t ticks(Timestamp at) noexcept { return at.time_since_epoch().count(); }
constexpr std::int64_t wrapped_difference(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// The name table of one document while it is written: each name once, in order of first use.
class NameTable {
 public:
  NameTable() = default;
  std::uint32_t index(NameId name);  // added when it is not there
  void add_all(const Attribute& attribute);
  std::span<const NameId> names() const noexcept { return names_; }

 private:
  std::vector<NameId> names_;
  std::unordered_map<NameId, std::uint32_t> places_;  // only used above a few names
};

/// What apply() knows and an Attribute does not: when it happens, and what it replaces.
struct Stamp {
  Timestamp at{};
  const AttributeView* replaced = nullptr;  // null: the instance is new
};

/// Header and name table. `form`: kMemoryForm, with kTransient when something expires.
void append_names(std::string& out, std::uint8_t form, std::size_t type_count, std::span<const NameId> names);
/// Writes `attribute` with its own times, or with those that `stamp` gives it and its sub-attributes.
void append_attribute(std::string& out, const Attribute& attribute, NameTable& names, std::int64_t base,
                      const Stamp* stamp);

/// The parts of a document about to be written; views of what the caller holds.
struct Parts {
  std::string_view id;
  std::span<const NameId> types;
  std::span<const std::string> scopes;
  Timestamp expires_at = kNoExpiry;
  Timestamp created_at{};
  Timestamp modified_at{};
  std::span<const Attribute> attributes;
};
/// `stamp` as in append_attribute.
std::string encode_parts(const Parts& parts, const Stamp* stamp);

/// Where the parts of a document in memory form begin.
struct Layout {
  std::size_t type_count = 0;
  std::size_t name_count = 0;
  const char* names = nullptr;  // u32 each
  std::int64_t created = 0;
  std::int64_t modified = 0;
  std::int64_t expires = ticks(kNoExpiry);  // of the entity
  std::int64_t soonest = ticks(kNoExpiry);  // of anything in it
  const char* id_and_scopes = nullptr;      // their bytes end where `attribute_count_at` begins, unless kTransient
  const char* attribute_count_at = nullptr;
  std::size_t attribute_count = 0;
  const char* attributes = nullptr;
  const char* end = nullptr;
  NameId name(std::size_t i) const noexcept;
};
Layout layout_of(std::string_view document) noexcept;

/// Unchecked reading of bytes that were checked when they came in.
inline std::uint64_t take_varint(const char*& at) noexcept {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
inline std::int64_t take_signed(const char*& at) noexcept {
  const auto v = take_varint(at);
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}
inline std::string_view take_text(const char*& at) noexcept {
  const auto size = static_cast<std::size_t>(take_varint(at));
  const std::string_view text{at, size};
  at += size;
  return text;
}

}  // namespace horad::model::detail
