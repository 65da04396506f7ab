// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/rows.h"

#include <algorithm>

#include "horad/model/extras_codec.h"

namespace horad::store::history {
namespace {

enum Form : std::uint8_t { kNothing, kFalse, kTrue, kInteger, kDouble, kDecimal, kText, kJson };
constexpr std::uint8_t kFormBits = 0x07;
constexpr std::uint8_t kHasDataset = 0x08;
constexpr std::uint8_t kHasUnit = 0x10;
constexpr std::uint8_t kHasObjectType = 0x20;
constexpr std::uint8_t kHasSubAttributes = 0x40;
constexpr std::uint8_t kHasTime = 0x80;
constexpr std::uint8_t kDeletedBit = 0x80;
constexpr std::uint8_t kExtrasBit = 0x40;  // beside the kind
constexpr std::uint8_t kKindBits = 0x3f;
constexpr unsigned kQuickExponent = 6;

std::int64_t minus(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void put_number(std::string& out, std::size_t form_at, double value) {
  for (unsigned e = 0; e <= kQuickExponent; ++e) {
    const auto m = scaled(value, e);
    if (!m) continue;
    out[form_at] = static_cast<char>(out[form_at] | kDecimal);
    out.push_back(static_cast<char>(e));
    return base::put_signed(out, *m);
  }
  out[form_at] = static_cast<char>(out[form_at] | kDouble);
  base::put_fixed(out, value);
}

void put_value(std::string& out, std::size_t form_at, const model::Value& value) {
  const auto form = [&](Form f) { out[form_at] = static_cast<char>(out[form_at] | f); };
  if (const auto* boolean = std::get_if<bool>(&value)) {
    form(*boolean ? kTrue : kFalse);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    form(kInteger);
    base::put_signed(out, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    put_number(out, form_at, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    form(kText);
    base::put_text(out, *text);
  } else if (const auto* json = std::get_if<model::JsonText>(&value)) {
    form(kJson);
    base::put_text(out, json->text);
  }
}

void put_cell(std::string& out, const model::Attribute& attribute, bool is_sub_attribute) {
  const std::size_t form_at = out.size();
  const bool timed = is_sub_attribute && attribute.observed_at.has_value();
  const auto flags = (attribute.dataset_id.empty() ? 0 : kHasDataset) | (attribute.unit_code.empty() ? 0 : kHasUnit) |
                     (attribute.object_type ? kHasObjectType : 0) |
                     (attribute.sub_attributes.empty() ? 0 : kHasSubAttributes) | (timed ? kHasTime : 0);
  out.push_back(static_cast<char>(flags));
  out.push_back(static_cast<char>(static_cast<unsigned>(attribute.kind) | (attribute.extras ? kExtrasBit : 0u)));
  base::put_varint(out, attribute.name.get());
  if (!attribute.dataset_id.empty()) base::put_text(out, attribute.dataset_id);
  if (!attribute.unit_code.empty()) base::put_text(out, attribute.unit_code);
  if (attribute.object_type) base::put_varint(out, attribute.object_type->get());
  if (timed) base::put_signed(out, attribute.observed_at->time_since_epoch().count());
  if (attribute.extras) model::put_extras(out, *attribute.extras, 0, [](model::NameId name) { return name.get(); });
  put_value(out, form_at, attribute.value);
  if (attribute.sub_attributes.empty()) return;
  base::put_varint(out, attribute.sub_attributes.size());
  for (const model::Attribute& sub : attribute.sub_attributes) put_cell(out, sub, true);
}

void begin_row(std::string& out, const RowTimes& times, std::size_t cells) {
  base::put_varint(out, cells << 1 | (times.observed ? 1 : 0));
  base::put_signed(out, minus(times.at, times.before));
  if (times.observed) base::put_signed(out, minus(*times.observed, times.at));
}

// What stands before the sub-attributes of a cell.
struct CellHead {
  std::uint8_t flags = 0;
  std::uint8_t kind = 0;
  std::uint64_t name = 0;
  std::string_view dataset_id;
  std::string_view unit_code;
  std::uint64_t object_type = 0;
  std::int64_t time = 0;
  base::Boxed<model::AttributeExtras> extras;  // with the numbers of names as they stand
  Scalar value;
  std::string_view value_bytes;
  std::uint64_t sub_attributes = 0;
};

Scalar get_value(base::Reader& in, std::uint8_t form) {
  Scalar out;
  switch (form) {
    case kNothing:
      break;
    case kFalse:
    case kTrue:
      out.tag = Tag::kBool;
      out.boolean = form == kTrue;
      break;
    case kInteger:
      out.tag = Tag::kNumber;
      out.number = Number::of(in.signed_varint());
      break;
    case kDouble:
      out.tag = Tag::kNumber;
      out.number = Number::of(in.fixed<double>());
      break;
    case kDecimal: {
      const auto exponent = std::min<unsigned>(in.fixed<std::uint8_t>(), kMostExponent);
      out.tag = Tag::kNumber;
      out.number = Number::of(static_cast<double>(in.signed_varint()) / kPowers[exponent]);
      break;
    }
    case kText:
    case kJson:
      out.tag = form == kText ? Tag::kText : Tag::kJson;
      out.text = in.text();
      break;
    default:
      break;
  }
  return out;
}

model::NameId name_id(std::uint64_t number) { return model::NameId{static_cast<std::uint32_t>(number)}; }

bool get_cell(base::Reader& in, CellHead& cell) {
  cell.flags = in.fixed<std::uint8_t>();
  cell.kind = in.fixed<std::uint8_t>();
  cell.name = in.varint();
  if (cell.flags & kHasDataset) cell.dataset_id = in.text();
  if (cell.flags & kHasUnit) cell.unit_code = in.text();
  if (cell.flags & kHasObjectType) cell.object_type = in.varint();
  if (cell.flags & kHasTime) cell.time = in.signed_varint();
  if (cell.kind & kExtrasBit) {
    const auto name = [](std::uint64_t number) { return std::optional{name_id(number)}; };
    if (!model::get_extras(in, cell.extras.make(), 0, name)) return false;
  }
  const char* begin = in.position();
  cell.value = get_value(in, cell.flags & kFormBits);
  cell.value_bytes = {begin, static_cast<std::size_t>(in.position() - begin)};
  if (cell.flags & kHasSubAttributes) cell.sub_attributes = in.varint();
  return in.ok() && (cell.kind & kKindBits) <= static_cast<unsigned>(model::AttributeKind::kListRelationship);
}

bool read_cell(base::Reader& in, BlockBuilder& rows, std::optional<BlockBuilder::Cell> parent, const RowTimes& times,
               std::size_t depth) {
  CellHead cell;
  if (depth > kMostDepth || !get_cell(in, cell)) return false;
  Descriptor descriptor{static_cast<model::AttributeKind>(cell.kind & kKindBits),
                        (cell.kind & kDeletedBit) != 0,
                        std::string{cell.unit_code},
                        std::nullopt,
                        {}};
  if (cell.flags & kHasObjectType) descriptor.object_type = name_id(cell.object_type);
  const auto expires = descriptor.take(std::move(cell.extras));
  if (!parent && rows.row_has(name_id(cell.name), cell.dataset_id)) rows.begin_row(times.at, times.observed);
  const auto time = cell.flags & kHasTime ? std::optional{cell.time} : std::nullopt;
  const auto here = rows.add(parent, name_id(cell.name), cell.dataset_id, descriptor, cell.value, {time, expires});
  for (std::uint64_t i = 0; i < cell.sub_attributes; ++i) {
    if (!read_cell(in, rows, here, times, depth + 1)) return false;
  }
  return true;
}

bool renumber_extras(const model::AttributeExtras& extras, const NumberOfName& number, std::string& out) {
  bool good = true;
  model::put_extras(out, extras, 0, [&](model::NameId name) {
    const auto found = number(name.get());
    good = good && found.has_value();
    return found.value_or(0);
  });
  return good;
}

bool renumber_cell(base::Reader& in, const NumberOfName& number, std::string& out, std::size_t depth) {
  CellHead cell;
  if (depth > kMostDepth || !get_cell(in, cell)) return false;
  const auto name = number(cell.name);
  if (!name) return false;
  out.push_back(static_cast<char>(cell.flags));
  out.push_back(static_cast<char>(cell.kind));
  base::put_varint(out, *name);
  if (cell.flags & kHasDataset) base::put_text(out, cell.dataset_id);
  if (cell.flags & kHasUnit) base::put_text(out, cell.unit_code);
  if (cell.flags & kHasObjectType) {
    const auto type = number(cell.object_type);
    if (!type) return false;
    base::put_varint(out, *type);
  }
  if (cell.flags & kHasTime) base::put_signed(out, cell.time);
  if (cell.extras && !renumber_extras(*cell.extras, number, out)) return false;
  out += cell.value_bytes;
  if (cell.flags & kHasSubAttributes) base::put_varint(out, cell.sub_attributes);
  for (std::uint64_t i = 0; i < cell.sub_attributes; ++i) {
    if (!renumber_cell(in, number, out, depth + 1)) return false;
  }
  return true;
}

}  // namespace

void Bytes::reserve(std::size_t size) {
  if (size <= capacity_) return;
  const std::size_t wanted = std::max(size, std::size_t{capacity_} + capacity_ / 4);
  const std::size_t capacity = (wanted + 15) / 16 * 16 + 8;  // the allocator's own rounding, used
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = static_cast<std::uint32_t>(capacity);
}

void Bytes::append(std::string_view more) {
  reserve(size_ + more.size());
  if (!more.empty()) std::memcpy(data_.get() + size_, more.data(), more.size());
  size_ += static_cast<std::uint32_t>(more.size());
}

void Bytes::replace_front(std::size_t old_size, std::string_view front) {
  Bytes fresh;
  fresh.reserve(front.size() + size_ - old_size);
  fresh.append(front);
  fresh.append(view().substr(old_size));
  *this = std::move(fresh);
}

void Bytes::fit() {
  if (capacity_ <= size_ + 64u) return;
  Bytes fresh;
  fresh.append(view());
  *this = std::move(fresh);
}

void put_row(std::string& out, const RowTimes& times, std::span<const model::Attribute* const> set) {
  begin_row(out, times, set.size());
  for (const model::Attribute* attribute : set) put_cell(out, *attribute, false);
}

void put_row(std::string& out, const RowTimes& times, std::span<const model::AttributeKey> removed) {
  begin_row(out, times, removed.size());
  for (const model::AttributeKey& key : removed) {
    out.push_back(static_cast<char>(key.dataset_id.empty() ? 0 : kHasDataset));
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(key.kind) | kDeletedBit));
    base::put_varint(out, key.name.get());
    if (!key.dataset_id.empty()) base::put_text(out, key.dataset_id);
  }
}

bool read_rows(std::string_view log, BlockBuilder& rows) {
  base::Reader in(log);
  RowTimes times{0, 0, std::nullopt};
  while (in.ok() && !in.at_end()) {
    const std::uint64_t head = in.varint();
    times.at = plus(times.at, in.signed_varint());
    times.observed = head & 1 ? std::optional{plus(times.at, in.signed_varint())} : std::nullopt;
    if (!in.ok() || rows.rows() >= kMostRows) return false;
    rows.begin_row(times.at, times.observed);
    for (std::uint64_t cells = head >> 1; cells > 0; --cells) {
      if (!read_cell(in, rows, std::nullopt, times, 0)) return false;
    }
  }
  return in.ok();
}

bool renumber_rows(std::string_view log, const NumberOfName& number, std::string& out) {
  base::Reader in(log);
  while (in.ok() && !in.at_end()) {
    const std::uint64_t head = in.varint();
    base::put_varint(out, head);
    base::put_signed(out, in.signed_varint());
    if (head & 1) base::put_signed(out, in.signed_varint());
    for (std::uint64_t cells = head >> 1; cells > 0; --cells) {
      if (!renumber_cell(in, number, out, 0)) return false;
    }
  }
  return in.ok();
}

}  // namespace horad::store::history
