// SPDX-License-Identifier: Apache-2.0
// The disk form of documents and attributes: written from checked bytes, read from bytes that may be anything.
#include <cmath>
#include <cstring>

#include "horad/base/bytes.h"
#include "horad/model/document.h"
#include "horad/model/document_writer.h"
#include "horad/model/extras_codec.h"

namespace horad::model {
namespace {

constexpr std::size_t kDeepest = 16;          // levels of sub-attributes below the entity
constexpr std::size_t kMostNameBytes = 2048;  // of one expanded name

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kDamaged, "a stored entity is not what was written: " + std::string(what));
}

/// Walks a value whose first byte was `tag`.
bool read_value(base::Reader& in, std::uint8_t tag) {
  const auto flags = static_cast<std::uint8_t>(tag & ~detail::kTypeMask & ~detail::kHasExtras);
  const auto type = static_cast<ValueType>(tag & detail::kTypeMask);
  const auto finite = [&] { return std::isfinite(in.fixed<double>()) && in.ok(); };
  switch (type) {
    case ValueType::kBool:
      return (flags & ~detail::kFlagA) == 0;
    case ValueType::kInteger:
      in.varint();
      return flags == 0;
    case ValueType::kDouble:
      return finite() && flags == 0;
    case ValueType::kString:
    case ValueType::kJson:
      in.text();
      return flags == 0;
    case ValueType::kPoint:
      return finite() && finite() && (flags & ~(detail::kFlagA | detail::kFlagB)) == 0;
  }
  return false;
}

bool read_extras(std::string_view bytes, std::size_t name_count) {
  base::Reader in(bytes);
  AttributeExtras unused;
  const auto name = [&](std::uint64_t i) { return i < name_count ? std::optional{NameId{}} : std::nullopt; };
  return get_extras(in, unused, 0, name) && in.at_end();
}

/// Walks one attribute; false when any length, index or tag in it is impossible.
bool read_attribute(base::Reader& from, std::size_t name_count, std::size_t depth) {
  if (depth > kDeepest) return false;
  base::Reader in(from.text());
  const auto head = in.fixed<std::uint8_t>();
  if (in.varint() >= name_count) return false;
  if ((head & detail::kHasDataset) && in.text().empty()) return false;
  if ((head & detail::kHasUnit) && in.text().empty()) return false;
  in.varint();
  in.varint();
  if (head & detail::kHasObserved) in.varint();
  if ((head & detail::kHasObjectType) && in.varint() >= name_count) return false;
  const auto tag = in.fixed<std::uint8_t>();
  if (!read_value(in, tag)) return false;
  if ((tag & detail::kHasExtras) && !read_extras(in.text(), name_count)) return false;
  if (head & detail::kHasSubs) {
    auto subs = in.varint();
    if (subs == 0) return false;
    for (; subs > 0 && in.ok(); --subs) {
      if (!read_attribute(in, name_count, depth + 1)) return false;
    }
  }
  return in.ok() && in.at_end();
}

bool read_body(base::Reader in, std::size_t name_count, bool transient) {
  in.fixed<std::int64_t>();
  in.varint();
  if (in.text().empty()) return false;
  for (auto scopes = in.varint(); scopes > 0 && in.ok(); --scopes) in.text();
  if (transient) {
    in.varint();
    const auto itself = in.fixed<std::uint8_t>();
    if (itself > 1) return false;
    if (itself == 1) in.varint();
  }
  for (auto attributes = in.varint(); attributes > 0 && in.ok(); --attributes) {
    if (!read_attribute(in, name_count, 1)) return false;
  }
  return in.ok() && in.at_end();
}

/// Reads `count` names as text and interns them.
Result<std::vector<NameId>> read_names(base::Reader& in, std::uint64_t count, Names& names) {
  if (count > in.left()) return damaged("its name table is longer than itself");
  std::vector<NameId> ids;
  ids.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto text = in.text();
    if (!in.ok() || text.empty() || text.size() > kMostNameBytes) return damaged("a name in it is broken");
    auto id = names.intern(text);
    if (!id) return std::unexpected(std::move(id).error());
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace

void append_disk_form(std::string& out, DocumentView document, const Names& names) {
  const auto layout = detail::layout_of(document.bytes());
  out.push_back(static_cast<char>(document.transient() ? detail::kDiskForm | detail::kTransient : detail::kDiskForm));
  base::put_varint(out, layout.type_count);
  base::put_varint(out, layout.name_count);
  for (std::size_t i = 0; i < layout.name_count; ++i) base::put_text(out, names.text(layout.name(i)));
  const char* body = layout.names + 4 * layout.name_count;
  out.append(body, static_cast<std::size_t>(layout.end - body));
}

Result<std::string> from_disk_form(std::string_view bytes, Names& names) {
  base::Reader in(bytes);
  const auto version = in.fixed<std::uint8_t>();
  if (!in.ok()) return damaged("it is empty");
  const bool transient = (version & detail::kTransient) != 0;
  if ((version & ~detail::kTransient) != detail::kDiskForm) {
    return fail(ErrorCode::kDamaged, "a stored entity is of an unknown version: " + std::to_string(version));
  }
  const auto type_count = in.varint();
  const auto name_count = in.varint();
  if (type_count == 0 || type_count > name_count) return damaged("it has no type");
  const auto ids = read_names(in, name_count, names);
  if (!ids) return std::unexpected(ids.error());
  if (!read_body(in, ids->size(), transient)) return damaged("a length, index or tag in it is impossible");
  std::string out;
  out.reserve(8 + 4 * ids->size() + in.left());
  const auto form = transient ? detail::kMemoryForm | detail::kTransient : detail::kMemoryForm;
  detail::append_names(out, static_cast<std::uint8_t>(form), static_cast<std::size_t>(type_count), *ids);
  out.append(in.position(), in.left());
  return out;
}

void append_disk_form(std::string& out, const Attribute& attribute, const Names& names) {
  detail::NameTable table;
  table.add_all(attribute);
  const auto base = detail::ticks(attribute.created_at);
  out.push_back(static_cast<char>(detail::kDiskForm));
  base::put_fixed(out, base);
  base::put_varint(out, table.names().size());
  for (const auto name : table.names()) base::put_text(out, names.text(name));
  detail::append_attribute(out, attribute, table, base, nullptr);
}

Result<Attribute> attribute_from_disk_form(std::string_view bytes, Names& names) {
  base::Reader in(bytes);
  const auto version = in.fixed<std::uint8_t>();
  const auto base = in.fixed<std::int64_t>();
  if (!in.ok() || version != detail::kDiskForm) return damaged("an attribute is of an unknown version");
  const auto ids = read_names(in, in.varint(), names);
  if (!ids) return std::unexpected(ids.error());
  base::Reader attribute = in;
  if (!read_attribute(attribute, ids->size(), 1) || !attribute.at_end()) return damaged("an attribute in it is broken");
  // The attribute is read through a document that has nothing else.
  std::string document;
  document.reserve(32 + 4 * ids->size() + in.left());
  detail::append_names(document, detail::kMemoryForm, 0, *ids);
  base::put_fixed(document, base);
  document.append(3, '\0');  // modified, id, scopes
  base::put_varint(document, 1);
  document.append(in.position(), in.left());
  return (*DocumentView(document).attributes().begin()).to_attribute();
}

}  // namespace horad::model
