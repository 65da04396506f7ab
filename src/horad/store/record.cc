// SPDX-License-Identifier: Apache-2.0
#include "horad/store/record.h"

#include <cstring>

#include "horad/base/bytes.h"
#include "horad/base/text.h"

namespace horad::store {
namespace {

using base::Reader;

constexpr std::uint8_t kVersion = 1;
constexpr std::uint16_t kKindMask = 3;
constexpr std::uint16_t kHasTypes = 4;
constexpr std::uint16_t kHasScopes = 8;
constexpr std::uint16_t kSystemSpace = 16;
constexpr std::uint16_t kHasExpiry = 32;
constexpr std::uint16_t kHasExpired = 64;
constexpr std::uint16_t kHasHistory = 128;
constexpr std::uint16_t kSnapshotSpace = 256;
constexpr std::uint16_t kHasTimes = 512;  // of a copy that keeps them
constexpr std::uint16_t kAllFlags = 1023;
constexpr std::uint8_t kEraseAll = 1;  // of the history part
constexpr std::uint8_t kDeletion = 1;  // of an addition
constexpr std::uint8_t kInsteadOf = 2;

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

std::uint16_t flags_of(const Address& address, const model::Change& change) {
  return static_cast<std::uint16_t>(static_cast<unsigned>(change.kind) | (change.types ? kHasTypes : 0U) |
                                    (change.scopes ? kHasScopes : 0U) | (change.expires_at ? kHasExpiry : 0U) |
                                    (change.expired ? kHasExpired : 0U) | (change.history ? kHasHistory : 0U) |
                                    (change.times ? kHasTimes : 0U) | flag_of(address.tenant.space));
}

Space space_of(std::uint16_t flags) {
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
    std::string dataset_id{reader.text()};
    const auto kind = reader.fixed<std::uint8_t>();
    if (kind > static_cast<unsigned>(model::AttributeKind::kListRelationship)) return damaged("unknown kind");
    change.removed.push_back({*name, std::move(dataset_id), static_cast<model::AttributeKind>(kind)});
  }
  return {};
}

Result<model::Attribute> read_attribute(Reader& reader, model::Names& names) {
  const auto bytes = reader.bytes(reader.fixed<std::uint32_t>());
  if (!reader.ok()) return damaged("cut off");
  return model::attribute_from_disk_form(bytes, names);
}

void append_attribute(std::string& out, const model::Attribute& attribute, const model::Names& names) {
  const std::size_t head = out.size();
  base::put_fixed(out, std::uint32_t{0});
  model::append_disk_form(out, attribute, names);
  const auto length = static_cast<std::uint32_t>(out.size() - head - sizeof(std::uint32_t));
  std::memcpy(out.data() + head, &length, sizeof length);
}

Result<void> read_set(Reader& reader, model::Names& names, model::Change& change) {
  const auto count = read_count(reader);
  if (!count) return std::unexpected(count.error());
  for (std::size_t i = 0; i < *count; ++i) {
    auto attribute = read_attribute(reader, names);
    if (!attribute) return std::unexpected(attribute.error());
    change.set.push_back(std::move(*attribute));
  }
  return {};
}

void append_set(std::string& out, const model::Change& change, const model::Names& names) {
  base::put_varint(out, change.set.size());
  for (const auto& attribute : change.set) append_attribute(out, attribute, names);
}

// --- The history part

void append_place(std::string& out, const model::InstancePlace& place) {
  base::put_signed(out, place.at.time_since_epoch().count());
  base::put_varint(out, place.ordinal);
}

model::InstancePlace read_place(Reader& reader) {
  const Timestamp at{Duration{reader.signed_varint()}};
  return {at, static_cast<std::uint32_t>(reader.varint())};
}

void append_edit(std::string& out, const model::HistoryEdit& edit, const model::Names& names) {
  out.push_back(static_cast<char>(edit.erase_all ? kEraseAll : 0));
  base::put_varint(out, edit.erased_series.size());
  for (const auto& series : edit.erased_series) {
    base::put_text(out, names.text(series.name));
    out.push_back(static_cast<char>(series.dataset_id ? 1 : 0));
    if (series.dataset_id) base::put_text(out, *series.dataset_id);
  }
  base::put_varint(out, edit.erased.size());
  for (const auto& instance : edit.erased) {
    base::put_text(out, names.text(instance.name));
    base::put_text(out, instance.dataset_id);
    append_place(out, instance.place);
  }
  base::put_varint(out, edit.added.size());
  for (const auto& addition : edit.added) {
    out.push_back(static_cast<char>((addition.deletion ? kDeletion : 0) | (addition.instead_of ? kInsteadOf : 0)));
    if (addition.instead_of) append_place(out, *addition.instead_of);
    append_attribute(out, addition.attribute, names);
  }
}

Result<void> read_erased(Reader& reader, model::Names& names, model::HistoryEdit& edit) {
  const auto series = read_count(reader);
  if (!series) return std::unexpected(series.error());
  for (std::size_t i = 0; i < *series; ++i) {
    const auto name = read_name(reader, names);
    if (!name) return std::unexpected(name.error());
    const auto one_group = reader.fixed<std::uint8_t>();
    if (one_group > 1) return damaged("unknown flags");
    edit.erased_series.push_back({*name, one_group == 1 ? std::optional{std::string{reader.text()}} : std::nullopt});
  }
  const auto instances = read_count(reader);
  if (!instances) return std::unexpected(instances.error());
  for (std::size_t i = 0; i < *instances; ++i) {
    const auto name = read_name(reader, names);
    if (!name) return std::unexpected(name.error());
    std::string dataset_id{reader.text()};
    edit.erased.push_back({*name, std::move(dataset_id), read_place(reader)});
  }
  return {};
}

Result<void> read_edit(Reader& reader, model::Names& names, model::HistoryEdit& edit) {
  const auto head = reader.fixed<std::uint8_t>();
  if ((head & ~kEraseAll) != 0) return damaged("unknown flags");
  edit.erase_all = head != 0;
  if (auto read = read_erased(reader, names, edit); !read) return read;
  const auto added = read_count(reader);
  if (!added) return std::unexpected(added.error());
  for (std::size_t i = 0; i < *added; ++i) {
    const auto flags = reader.fixed<std::uint8_t>();
    if ((flags & ~(kDeletion | kInsteadOf)) != 0) return damaged("unknown flags");
    model::HistoryEdit::Addition addition;
    addition.deletion = (flags & kDeletion) != 0;
    if ((flags & kInsteadOf) != 0) addition.instead_of = read_place(reader);
    auto attribute = read_attribute(reader, names);
    if (!attribute) return std::unexpected(attribute.error());
    addition.attribute = std::move(*attribute);
    edit.added.push_back(std::move(addition));
  }
  return {};
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
    out.push_back(static_cast<char>(key.kind));
  }
  append_set(out, change, names);
  if (change.history) append_edit(out, *change.history, names);
}

Result<DecodedRecord> decode_record(std::string_view payload, model::Names& names) {
  Reader reader{payload};
  if (const auto version = reader.fixed<std::uint8_t>(); !reader.ok() || version != kVersion) {
    return fail(ErrorCode::kWrongVersion, "log record of an unknown version; this program reads version 1");
  }
  const auto flags = reader.fixed<std::uint16_t>();
  if ((flags & ~kAllFlags) != 0 || ((flags & kSystemSpace) != 0 && (flags & kSnapshotSpace) != 0)) {
    return damaged("unknown flags");
  }
  DecodedRecord record;
  record.change.kind = static_cast<model::ChangeKind>(flags & kKindMask);
  record.at = Timestamp{Duration{reader.signed_varint()}};
  record.address.tenant = {std::string{reader.text()}, space_of(flags)};
  record.address.id = reader.text();
  if ((flags & kHasTimes) != 0) {
    if (record.change.kind != model::ChangeKind::kCreated) return damaged("times of what was not created");
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
  if ((flags & kHasHistory) != 0) {
    auto edit = std::make_shared<model::HistoryEdit>();
    if (auto read = read_edit(reader, names, *edit); !read) return std::unexpected(read.error());
    record.change.history = std::move(edit);
  }
  if (!reader.ok() || !reader.at_end()) return damaged("cut off or too long");
  return record;
}

}  // namespace horad::store
