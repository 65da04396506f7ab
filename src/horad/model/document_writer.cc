// SPDX-License-Identifier: Apache-2.0
#include "horad/model/document_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "horad/base/bytes.h"
#include "horad/base/text.h"
#include "horad/model/extras_codec.h"

namespace horad::model::detail {
namespace {

constexpr std::size_t kSearchedInLine = 24;  // above, the name table keeps a hash map

struct Coordinate {
  double value = 0;
  bool integer = false;
};

/// `text` as a number, when printing that number gives `text` again.
std::optional<Coordinate> coordinate(std::string_view text) {
  Coordinate c;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, c.value); read.ec != std::errc{} || read.ptr != end)
    return {};
  c.integer = text.find_first_of(".eE") == std::string_view::npos;
  char digits[32];
  std::size_t size = 0;
  if (c.integer) {
    if (!(c.value > -1e6 && c.value < 1e6)) return {};
    size = static_cast<std::size_t>(
        std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(c.value)).ptr - digits);
    return std::string_view(digits, size) == text ? std::optional(c) : std::nullopt;
  }
  std::string printed;
  base::append_json_number(printed, c.value);
  return printed == text ? std::optional(c) : std::nullopt;
}

std::optional<std::pair<Coordinate, Coordinate>> plain_point(std::string_view json) {
  constexpr std::string_view kHead = R"({"type":"Point","coordinates":[)";
  if (!json.starts_with(kHead) || !json.ends_with("]}")) return {};
  json.remove_prefix(kHead.size());
  json.remove_suffix(2);
  const auto comma = json.find(',');
  if (comma == std::string_view::npos) return {};
  const auto lng = coordinate(json.substr(0, comma));
  const auto lat = coordinate(json.substr(comma + 1));
  if (!lng || !lat) return {};
  return std::pair{*lng, *lat};
}

void append_tag(std::string& out, ValueType type, std::uint8_t flags = 0) {
  out.push_back(static_cast<char>(static_cast<std::uint8_t>(type) | flags));
}

struct ValueWriter {
  std::string& out;
  void operator()(bool v) const { append_tag(out, ValueType::kBool, v ? kFlagA : std::uint8_t{0}); }
  void operator()(std::int64_t v) const {
    append_tag(out, ValueType::kInteger);
    base::put_signed(out, v);
  }
  void operator()(double v) const {
    append_tag(out, ValueType::kDouble);
    base::put_fixed(out, v);
  }
  void operator()(const std::string& v) const {
    append_tag(out, ValueType::kString);
    base::put_text(out, v);
  }
  void operator()(const JsonText& v) const {
    if (const auto point = plain_point(v.text)) {
      const auto flags = (point->first.integer ? kFlagA : 0) | (point->second.integer ? kFlagB : 0);
      append_tag(out, ValueType::kPoint, static_cast<std::uint8_t>(flags));
      base::put_fixed(out, point->first.value);
      base::put_fixed(out, point->second.value);
      return;
    }
    append_tag(out, ValueType::kJson);
    base::put_text(out, v.text);
  }
};

std::uint8_t head_of(const Attribute& a) {
  auto head = static_cast<std::uint8_t>(a.kind);
  if (!a.dataset_id.empty()) head |= kHasDataset;
  if (!a.unit_code.empty()) head |= kHasUnit;
  if (a.observed_at) head |= kHasObserved;
  if (a.object_type) head |= kHasObjectType;
  if (!a.sub_attributes.empty()) head |= kHasSubs;
  return head;
}

/// Puts the size of what was written behind `size_at` (one byte is reserved there) before it.
void close_size(std::string& out, std::size_t size_at) {
  const auto size = out.size() - size_at - 1;
  if (size < 0x80) {
    out[size_at] = static_cast<char>(size);
    return;
  }
  std::string coded;
  base::put_varint(coded, size);
  out.replace(size_at, 1, coded);
}

void append_times(std::string& out, const Attribute& a, std::int64_t base, const Stamp* stamp) {
  std::int64_t created = ticks(a.created_at);
  std::int64_t modified = ticks(a.modified_at);
  if (stamp != nullptr) {
    modified = ticks(stamp->at);
    created = stamp->replaced != nullptr ? ticks(stamp->replaced->created_at()) : modified;
  }
  base::put_signed(out, wrapped_difference(created, base));
  base::put_signed(out, wrapped_difference(modified, created));
  if (a.observed_at) base::put_signed(out, wrapped_difference(ticks(*a.observed_at), modified));
}

void append_sub_attribute(std::string& out, const Attribute& sub, NameTable& names, std::int64_t base,
                          const Stamp* parent) {
  if (parent == nullptr) return append_attribute(out, sub, names, base, nullptr);
  if (parent->replaced != nullptr) {
    for (const auto old : parent->replaced->sub_attributes()) {
      if (old.name() != sub.name || old.dataset_id() != sub.dataset_id) continue;
      const Stamp stamp{parent->at, &old};
      return append_attribute(out, sub, names, base, &stamp);
    }
  }
  const Stamp stamp{parent->at, nullptr};
  append_attribute(out, sub, names, base, &stamp);
}

}  // namespace

std::uint32_t NameTable::index(NameId name) {
  const auto size = static_cast<std::uint32_t>(names_.size());
  if (size <= kSearchedInLine) {
    for (std::uint32_t i = 0; i < size; ++i) {
      if (names_[i] == name) return i;
    }
    names_.push_back(name);
    return size;
  }
  if (places_.empty()) {
    for (std::uint32_t i = 0; i < size; ++i) places_.emplace(names_[i], i);
  }
  const auto [place, fresh] = places_.emplace(name, size);
  if (fresh) names_.push_back(name);
  return place->second;
}

void NameTable::add_all(const Attribute& attribute) {
  index(attribute.name);
  if (attribute.object_type) index(*attribute.object_type);
  if (attribute.extras) {
    const auto& extras = *attribute.extras;
    if (extras.value_type) index(*extras.value_type);
    for (const auto type : extras.more_object_types) index(type);
    for (const auto type : extras.entity_types_sealed) index(type);
  }
  for (const auto& sub : attribute.sub_attributes) add_all(sub);
}

void append_names(std::string& out, std::uint8_t form, std::size_t type_count, std::span<const NameId> names) {
  out.push_back(static_cast<char>(form));
  base::put_varint(out, type_count);
  base::put_varint(out, names.size());
  for (const auto name : names) base::put_fixed(out, name.get());
}

void append_attribute(std::string& out, const Attribute& attribute, NameTable& names, std::int64_t base,
                      const Stamp* stamp) {
  const auto size_at = out.size();
  out.push_back('\0');
  out.push_back(static_cast<char>(head_of(attribute)));
  base::put_varint(out, names.index(attribute.name));
  if (!attribute.dataset_id.empty()) base::put_text(out, attribute.dataset_id);
  if (!attribute.unit_code.empty()) base::put_text(out, attribute.unit_code);
  append_times(out, attribute, base, stamp);
  if (attribute.object_type) base::put_varint(out, names.index(*attribute.object_type));
  const auto value_at = out.size();
  std::visit(ValueWriter{out}, attribute.value);
  if (attribute.extras) {
    out[value_at] = static_cast<char>(static_cast<std::uint8_t>(out[value_at]) | kHasExtras);
    const auto extras_at = out.size();
    out.push_back('\0');
    put_extras(out, *attribute.extras, base, [&](NameId name) { return names.index(name); });
    close_size(out, extras_at);
  }
  if (!attribute.sub_attributes.empty()) {
    base::put_varint(out, attribute.sub_attributes.size());
    for (const auto& sub : attribute.sub_attributes) append_sub_attribute(out, sub, names, base, stamp);
  }
  close_size(out, size_at);
}

std::string encode_parts(const Parts& parts, const Stamp* stamp) {
  NameTable names;
  for (const auto type : parts.types) names.index(type);
  for (const auto& attribute : parts.attributes) names.add_all(attribute);
  std::string out;
  out.reserve(64 + 4 * names.names().size() + parts.id.size() + 48 * parts.attributes.size());
  auto soonest = parts.expires_at;
  for (const auto& attribute : parts.attributes) soonest = std::min(soonest, soonest_expiry(attribute));
  const bool transient = soonest != kNoExpiry;
  const auto form = transient ? kMemoryForm | kTransient : kMemoryForm;
  append_names(out, static_cast<std::uint8_t>(form), parts.types.size(), names.names());
  const auto base = ticks(parts.created_at);
  base::put_fixed(out, base);
  base::put_signed(out, wrapped_difference(ticks(parts.modified_at), base));
  base::put_text(out, parts.id);
  base::put_varint(out, parts.scopes.size());
  for (const auto& scope : parts.scopes) base::put_text(out, scope);
  if (transient) {
    const bool itself = parts.expires_at != kNoExpiry;
    base::put_signed(out, wrapped_difference(ticks(soonest), base));
    out.push_back(itself ? '\1' : '\0');
    if (itself) base::put_signed(out, wrapped_difference(ticks(parts.expires_at), ticks(soonest)));
  }
  base::put_varint(out, parts.attributes.size());
  for (const auto& attribute : parts.attributes) append_attribute(out, attribute, names, base, stamp);
  return out;
}

NameId Layout::name(std::size_t i) const noexcept {
  std::uint32_t raw = 0;
  std::memcpy(&raw, names + 4 * i, sizeof raw);
  return NameId{raw};
}

Layout layout_of(std::string_view document) noexcept {
  Layout l;
  const char* at = document.data() + 1;
  l.type_count = static_cast<std::size_t>(take_varint(at));
  l.name_count = static_cast<std::size_t>(take_varint(at));
  l.names = at;
  at += 4 * l.name_count;
  std::memcpy(&l.created, at, sizeof l.created);
  at += sizeof l.created;
  l.modified = wrapped_sum(l.created, take_signed(at));
  l.id_and_scopes = at;
  take_text(at);
  for (auto scopes = take_varint(at); scopes > 0; --scopes) take_text(at);
  if (static_cast<std::uint8_t>(document.front()) & kTransient) {
    l.soonest = wrapped_sum(l.created, take_signed(at));
    if (*at++ != '\0') l.expires = wrapped_sum(l.soonest, take_signed(at));
  }
  l.attribute_count_at = at;
  l.attribute_count = static_cast<std::size_t>(take_varint(at));
  l.attributes = at;
  l.end = document.data() + document.size();
  return l;
}

}  // namespace horad::model::detail
