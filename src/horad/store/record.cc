// SPDX-License-Identifier: Apache-2.0
#include "horad/store/record.h"

#include <cstring>

#include "horad/base/bytes.h"
#include "horad/base/text.h"

namespace horad::store {
namespace {

using base::Reader;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kKindMask = 3;
constexpr std::uint8_t kHasTypes = 4;
constexpr std::uint8_t kHasScopes = 8;
constexpr std::uint8_t kSystemSpace = 16;
constexpr std::uint8_t kHasExpiry = 32;
constexpr std::uint8_t kHasExpired = 64;
constexpr std::uint8_t kSnapshotSpace = 128;
constexpr unsigned kCopied = 3;  // kCreated with times

unsigned flag_of(Space space) {
  switch (space) {
    case Space::kCity:
      return 0U;
    case Space::kSystem:
      return kSystemSpace;
    case Space::kSnapshot:
      return kSnapshotSpace;
  }
  return 0U;
}

std::uint8_t flags_of(const Address& address, const model::Change& change) {
  return static_cast<std::uint8_t>((change.times ? kCopied : static_cast<unsigned>(change.kind)) |
                                   (change.types ? kHasTypes : 0U) | (change.scopes ? kHasScopes : 0U) |
                                   (change.expires_at ? kHasExpiry : 0U) | (change.expired ? kHasExpired : 0U) |
                                   flag_of(address.tenant.space));
}

Space space_of(std::uint8_t flags) {
  if ((flags & kSnapshotSpace) != 0) return Space::kSnapshot;
  return (flags & kSystemSpace) != 0 ? Space::kSystem : Space::kCity;
}

std::unexpected<Error> damaged(std::string detail) {
  return fail(ErrorCode::kDamaged, "log record: " + std::move(detail));
}

/// A count that cannot be larger than the bytes that are left: each counted thing takes at least one.
Result<std::size_t> read_count(Reader& reader) {
  const auto count = reader.varint();
  if (!reader.ok() || count > reader.left()) return damaged("impossible count");
  return static_cast<std::size_t>(count);
}

Result<model::NameId> read_name(Reader& reader, model::Names& names) {
  const auto text = reader.text();
  if (!reader.ok() || text.empty() || !base::is_utf8(text)) return damaged("bad name");
  return names.intern(text);
}

Result<void> read_types(Reader& reader, model::Names& names, model::Change& change) {
  const auto count = read_count(reader);
  if (!count) return std::unexpected(count.error());
  auto& types = change.types.emplace();
  for (std::size_t i = 0; i < *count; ++i) {
    const auto name = read_name(reader, names);
    if (!name) return std::unexpected(name.error());
    types.push_back(*name);
  }
  return {};
}

Result<void> read_scopes(Reader& reader, model::Change& change) {
  const auto count = read_count(reader);
  if (!count) return std::unexpected(count.error());
  auto& scopes = change.scopes.emplace();
  for (std::size_t i = 0; i < *count; ++i) scopes.emplace_back(reader.text());
  return {};
}

Result<void> read_removed(Reader& reader, model::Names& names, model::Change& change) {
  const auto count = read_count(reader);
  if (!count) return std::unexpected(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    const auto name = read_name(reader, names);
    if (!name) return std::unexpected(name.error());
    change.removed.push_back({*name, std::string{reader.text()}});
  }
  return {};
}

Result<void> read_set(Reader& reader, model::Names& names, model::Change& change) {
  const auto count = read_count(reader);
  if (!count) return std::unexpected(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    const auto bytes = reader.bytes(reader.fixed<std::uint32_t>());
    if (!reader.ok()) return damaged("cut off");
    auto attribute = model::attribute_from_disk_form(bytes, names);
    if (!attribute) return std::unexpected(attribute.error());
    change.set.push_back(std::move(*attribute));
  }
  return {};
}

void append_set(std::string& out, const model::Change& change, const model::Names& names) {
  base::put_varint(out, change.set.size());
  for (const auto& attribute : change.set) {
    const std::size_t head = out.size();
    base::put_fixed(out, std::uint32_t{0});
    model::append_disk_form(out, attribute, names);
    const auto length = static_cast<std::uint32_t>(out.size() - head - sizeof(std::uint32_t));
    std::memcpy(out.data() + head, &length, sizeof length);
  }
}

}  // namespace

void append_record(std::string& out, const Address& address, Timestamp at, const model::Change& change,
                   const model::Names& names) {
  base::put_fixed(out, kVersion);
  base::put_fixed(out, flags_of(address, change));
  base::put_signed(out, at.time_since_epoch().count());
  base::put_text(out, address.tenant.name);
  base::put_text(out, address.id);
  if (change.times) {
    base::put_signed(out, change.times->created_at.time_since_epoch().count());
    base::put_signed(out, change.times->modified_at.time_since_epoch().count());
  }
  if (change.types) {
    base::put_varint(out, change.types->size());
    for (const auto type : *change.types) base::put_text(out, names.text(type));
  }
  if (change.scopes) {
    base::put_varint(out, change.scopes->size());
    for (const auto& scope : *change.scopes) base::put_text(out, scope);
  }
  for (const auto& time : {change.expires_at, change.expired}) {
    if (time) base::put_signed(out, time->time_since_epoch().count());
  }
  base::put_varint(out, change.removed.size());
  for (const auto& key : change.removed) {
    base::put_text(out, names.text(key.name));
    base::put_text(out, key.dataset_id);
  }
  append_set(out, change, names);
}

Result<DecodedRecord> decode_record(std::string_view payload, model::Names& names) {
  Reader reader{payload};
  if (const auto version = reader.fixed<std::uint8_t>(); !reader.ok() || version != kVersion) {
    return fail(ErrorCode::kWrongVersion, "log record of an unknown version; this program reads version 1");
  }
  const auto flags = reader.fixed<std::uint8_t>();
  if ((flags & kSystemSpace) != 0 && (flags & kSnapshotSpace) != 0) return damaged("unknown flags");
  const bool copied = (flags & kKindMask) == kCopied;
  DecodedRecord record;
  record.change.kind = copied ? model::ChangeKind::kCreated : static_cast<model::ChangeKind>(flags & kKindMask);
  record.at = Timestamp{Duration{reader.signed_varint()}};
  record.address.tenant = {std::string{reader.text()}, space_of(flags)};
  record.address.id = reader.text();
  if (copied) {
    auto& times = record.change.times.emplace();
    times.created_at = Timestamp{Duration{reader.signed_varint()}};
    times.modified_at = Timestamp{Duration{reader.signed_varint()}};
  }
  if ((flags & kHasTypes) != 0) {
    if (auto read = read_types(reader, names, record.change); !read) return std::unexpected(read.error());
  }
  if ((flags & kHasScopes) != 0) {
    if (auto read = read_scopes(reader, record.change); !read) return std::unexpected(read.error());
  }
  if ((flags & kHasExpiry) != 0) record.change.expires_at = Timestamp{Duration{reader.signed_varint()}};
  if ((flags & kHasExpired) != 0) record.change.expired = Timestamp{Duration{reader.signed_varint()}};
  if (auto read = read_removed(reader, names, record.change); !read) return std::unexpected(read.error());
  if (auto read = read_set(reader, names, record.change); !read) return std::unexpected(read.error());
  if (!reader.ok() || !reader.at_end()) return damaged("cut off or too long");
  return record;
}

}  // namespace horad::store
