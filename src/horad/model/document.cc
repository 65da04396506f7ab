// SPDX-License-Identifier: Apache-2.0
#include "horad/model/document.h"

#include <fmt/format.h>

#include <cstring>
#include <new>
#include <utility>

#include "horad/base/bytes.h"
#include "horad/base/text.h"
#include "horad/model/document_writer.h"
#include "horad/model/extras_codec.h"

namespace horad::model {
namespace {

using detail::take_signed;
using detail::take_text;
using detail::take_varint;

Timestamp timestamp(std::int64_t ticks) noexcept { return Timestamp{Duration{ticks}}; }

double load_double(const char* at) noexcept {
  double value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

const char* skip_value(const char* at) noexcept {
  const auto type = static_cast<ValueType>(static_cast<std::uint8_t>(*at++) & detail::kTypeMask);
  switch (type) {
    case ValueType::kBool:
      return at;
    case ValueType::kInteger:
      take_varint(at);
      return at;
    case ValueType::kDouble:
      return at + sizeof(double);
    case ValueType::kString:
    case ValueType::kJson:
      take_text(at);
      return at;
    case ValueType::kPoint:
      return at + 2 * sizeof(double);
  }
  return at;
}

bool has_extras(const char* value) noexcept { return (static_cast<std::uint8_t>(*value) & detail::kHasExtras) != 0; }

/// Behind the value and the extras: where sub-attributes are counted.
const char* skip_value_and_extras(const char* value) noexcept {
  const char* at = skip_value(value);
  if (has_extras(value)) take_text(at);
  return at;
}

/// One attribute taken apart, up to its value.
struct Fields {
  std::uint8_t head = 0;
  std::size_t name = 0;
  std::string_view dataset_id;
  std::string_view unit_code;
  std::int64_t created = 0;  // relative to the document
  std::int64_t modified = 0;
  std::int64_t observed = 0;
  std::size_t object_type = 0;
  const char* value = nullptr;
};

Fields fields_of(const char* at) noexcept {
  Fields f;
  take_varint(at);  // size
  f.head = static_cast<std::uint8_t>(*at++);
  f.name = static_cast<std::size_t>(take_varint(at));
  if (f.head & detail::kHasDataset) f.dataset_id = take_text(at);
  if (f.head & detail::kHasUnit) f.unit_code = take_text(at);
  f.created = take_signed(at);
  f.modified = detail::wrapped_sum(f.created, take_signed(at));
  if (f.head & detail::kHasObserved) f.observed = detail::wrapped_sum(f.modified, take_signed(at));
  if (f.head & detail::kHasObjectType) f.object_type = static_cast<std::size_t>(take_varint(at));
  f.value = at;
  return f;
}

struct Table {
  std::size_t type_count = 0;
  std::size_t name_count = 0;
  const char* names = nullptr;
  NameId name(std::size_t i) const noexcept {
    std::uint32_t raw = 0;
    std::memcpy(&raw, names + 4 * i, sizeof raw);
    return NameId{raw};
  }
  const char* body() const noexcept { return names + 4 * name_count; }
};

Table table_of(const char* document) noexcept {
  Table t;
  const char* at = document + 1;
  t.type_count = static_cast<std::size_t>(take_varint(at));
  t.name_count = static_cast<std::size_t>(take_varint(at));
  t.names = at;
  return t;
}

Timestamp in_document(const char* document, std::int64_t relative) noexcept {
  std::int64_t base = 0;
  std::memcpy(&base, table_of(document).body(), sizeof base);
  return timestamp(detail::wrapped_sum(base, relative));
}

void append_coordinate(std::string& out, double value, bool integer) {
  if (integer) {
    out += std::to_string(static_cast<std::int64_t>(value));
  } else {
    base::append_json_number(out, value);
  }
}

}  // namespace

ValueType ValueView::type() const noexcept {
  return static_cast<ValueType>(static_cast<std::uint8_t>(*at_) & detail::kTypeMask);
}
bool ValueView::as_bool() const noexcept { return (static_cast<std::uint8_t>(*at_) & detail::kFlagA) != 0; }
std::int64_t ValueView::as_integer() const noexcept {
  const char* at = at_ + 1;
  return take_signed(at);
}
double ValueView::as_number() const noexcept {
  return type() == ValueType::kDouble ? load_double(at_ + 1) : static_cast<double>(as_integer());
}
bool ValueView::is_number() const noexcept { return type() == ValueType::kInteger || type() == ValueType::kDouble; }
std::string_view ValueView::as_text() const noexcept {
  const char* at = at_ + 1;
  return take_text(at);
}
double ValueView::lng() const noexcept { return load_double(at_ + 1); }
double ValueView::lat() const noexcept { return load_double(at_ + 1 + sizeof(double)); }

Value ValueView::to_value() const {
  switch (type()) {
    case ValueType::kBool:
      return as_bool();
    case ValueType::kInteger:
      return as_integer();
    case ValueType::kDouble:
      return as_number();
    case ValueType::kString:
      return std::string(as_text());
    case ValueType::kJson:
      return JsonText{std::string(as_text())};
    case ValueType::kPoint:
      break;
  }
  JsonText point;
  append_json(point.text);
  return point;
}

void ValueView::append_json(std::string& out) const {
  const auto flags = static_cast<std::uint8_t>(*at_);
  switch (type()) {
    case ValueType::kBool:
      out += as_bool() ? "true" : "false";
      return;
    case ValueType::kInteger: {
      fmt::format_int digits(as_integer());
      out.append(digits.data(), digits.size());
      return;
    }
    case ValueType::kDouble:
      base::append_json_number(out, as_number());
      return;
    case ValueType::kString:
      base::append_json_string(out, as_text());
      return;
    case ValueType::kJson:
      out += as_text();
      return;
    case ValueType::kPoint:
      out += R"({"type":"Point","coordinates":[)";
      append_coordinate(out, lng(), (flags & detail::kFlagA) != 0);
      out.push_back(',');
      append_coordinate(out, lat(), (flags & detail::kFlagB) != 0);
      out += "]}";
      return;
  }
}

NameId AttributeView::name() const noexcept {
  const char* at = at_;
  take_varint(at);
  ++at;
  return table_of(document_).name(static_cast<std::size_t>(take_varint(at)));
}
AttributeKind AttributeView::kind() const noexcept {
  const char* at = at_;
  take_varint(at);
  return static_cast<AttributeKind>(static_cast<std::uint8_t>(*at) & detail::kKindMask);
}
ValueView AttributeView::value() const noexcept {
  ValueView v;
  v.at_ = fields_of(at_).value;
  return v;
}
std::string_view AttributeView::dataset_id() const noexcept { return fields_of(at_).dataset_id; }
std::string_view AttributeView::unit_code() const noexcept { return fields_of(at_).unit_code; }
std::optional<Timestamp> AttributeView::observed_at() const noexcept {
  const auto f = fields_of(at_);
  if (!(f.head & detail::kHasObserved)) return std::nullopt;
  return in_document(document_, f.observed);
}
Timestamp AttributeView::created_at() const noexcept { return in_document(document_, fields_of(at_).created); }
Timestamp AttributeView::modified_at() const noexcept { return in_document(document_, fields_of(at_).modified); }
std::optional<NameId> AttributeView::object_type() const noexcept {
  const auto f = fields_of(at_);
  if (!(f.head & detail::kHasObjectType)) return std::nullopt;
  return table_of(document_).name(f.object_type);
}
bool AttributeView::has_extras() const noexcept { return model::has_extras(fields_of(at_).value); }
AttributeExtras AttributeView::extras() const {
  AttributeExtras extras;
  const auto f = fields_of(at_);
  if (!model::has_extras(f.value)) return extras;
  const char* at = skip_value(f.value);
  base::Reader in(take_text(at));
  const auto table = table_of(document_);
  const auto base = detail::ticks(in_document(document_, 0));
  [[maybe_unused]] const bool good =
      get_extras(in, extras, base, [&](std::uint64_t i) { return std::optional{table.name(i)}; });
  return extras;
}
Timestamp AttributeView::expires_at() const { return has_extras() ? extras().expires_at : kNoExpiry; }
AttributeRange AttributeView::sub_attributes() const noexcept {
  AttributeRange range;
  const auto f = fields_of(at_);
  if (!(f.head & detail::kHasSubs)) return range;
  const char* at = skip_value_and_extras(f.value);
  range.count_ = static_cast<std::size_t>(take_varint(at));
  range.first_.document_ = document_;
  range.first_.at_ = at;
  return range;
}
std::string_view AttributeView::encoded() const noexcept {
  const char* at = at_;
  const auto size = static_cast<std::size_t>(take_varint(at));
  return {at_, static_cast<std::size_t>(at - at_) + size};
}

Attribute AttributeView::to_attribute() const {
  const auto f = fields_of(at_);
  Attribute a;
  a.name = name();
  a.kind = kind();
  a.value = value().to_value();
  a.dataset_id = f.dataset_id;
  a.unit_code = f.unit_code;
  if (f.head & detail::kHasObserved) a.observed_at = in_document(document_, f.observed);
  a.created_at = in_document(document_, f.created);
  a.modified_at = in_document(document_, f.modified);
  a.object_type = object_type();
  if (model::has_extras(f.value)) a.extras = extras();
  for (const auto sub : sub_attributes()) a.sub_attributes.push_back(sub.to_attribute());
  return a;
}

AttributeRange::Iterator& AttributeRange::Iterator::operator++() noexcept {
  --left_;
  const char* at = view_.at_;
  const auto size = static_cast<std::size_t>(take_varint(at));
  view_.at_ = at + size;
  return *this;
}
AttributeRange::Iterator AttributeRange::begin() const noexcept {
  Iterator i;
  i.view_ = first_;
  i.left_ = count_;
  return i;
}
AttributeRange::Iterator AttributeRange::end() const noexcept { return {}; }
bool AttributeRange::empty() const noexcept { return count_ == 0; }

std::string_view DocumentView::id() const noexcept {
  const char* at = table_of(bytes_.data()).body() + sizeof(std::int64_t);
  take_varint(at);
  return take_text(at);
}
std::size_t DocumentView::type_count() const noexcept { return table_of(bytes_.data()).type_count; }
NameId DocumentView::type(std::size_t i) const noexcept { return table_of(bytes_.data()).name(i); }
bool DocumentView::has_type(NameId type) const noexcept {
  const auto table = table_of(bytes_.data());
  for (std::size_t i = 0; i < table.type_count; ++i) {
    if (table.name(i) == type) return true;
  }
  return false;
}
std::vector<std::string_view> DocumentView::scopes() const {
  const char* at = detail::layout_of(bytes_).id_and_scopes;
  take_text(at);
  std::vector<std::string_view> scopes(static_cast<std::size_t>(take_varint(at)));
  for (auto& scope : scopes) scope = take_text(at);
  return scopes;
}
Timestamp DocumentView::created_at() const noexcept { return in_document(bytes_.data(), 0); }
Timestamp DocumentView::modified_at() const noexcept {
  const char* at = table_of(bytes_.data()).body() + sizeof(std::int64_t);
  return in_document(bytes_.data(), take_signed(at));
}
bool DocumentView::transient() const noexcept {
  return (static_cast<std::uint8_t>(bytes_.front()) & detail::kTransient) != 0;
}
Timestamp DocumentView::expires_at() const noexcept {
  return transient() ? timestamp(detail::layout_of(bytes_).expires) : kNoExpiry;
}
Timestamp DocumentView::soonest_expiry() const noexcept {
  return transient() ? timestamp(detail::layout_of(bytes_).soonest) : kNoExpiry;
}
AttributeRange DocumentView::attributes() const noexcept {
  const auto layout = detail::layout_of(bytes_);
  AttributeRange range;
  range.count_ = layout.attribute_count;
  range.first_.document_ = bytes_.data();
  range.first_.at_ = layout.attributes;
  return range;
}

std::optional<AttributeView> DocumentView::find(NameId name, std::string_view dataset_id) const noexcept {
  const auto table = table_of(bytes_.data());
  std::size_t wanted = 0;
  while (wanted < table.name_count && table.name(wanted) != name) ++wanted;
  if (wanted == table.name_count) return std::nullopt;
  for (const auto attribute : attributes()) {
    const char* at = attribute.at_;
    take_varint(at);
    const auto head = static_cast<std::uint8_t>(*at++);
    if (take_varint(at) != wanted) continue;
    const auto dataset = (head & detail::kHasDataset) ? take_text(at) : std::string_view{};
    if (dataset == dataset_id) return attribute;
  }
  return std::nullopt;
}

Entity DocumentView::to_entity() const {
  Entity e;
  e.id = id();
  for (std::size_t i = 0; i < type_count(); ++i) e.types.push_back(type(i));
  for (const auto scope : scopes()) e.scopes.emplace_back(scope);
  e.expires_at = expires_at();
  e.created_at = created_at();
  e.modified_at = modified_at();
  for (const auto attribute : attributes()) e.attributes.push_back(attribute.to_attribute());
  return e;
}

std::string encode(const Entity& entity) {
  return detail::encode_parts({entity.id, entity.types, entity.scopes, entity.expires_at, entity.created_at,
                               entity.modified_at, entity.attributes},
                              nullptr);
}

struct Document::Block {
  std::atomic<std::uint32_t> users{1};
  std::uint32_t size = 0;
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
};

Document::Document(std::string_view bytes) {
  void* raw = ::operator new(sizeof(Block) + bytes.size());
  block_ = new (raw) Block;
  block_->size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(block_->data(), bytes.data(), bytes.size());
}
Document::Document(const Document& other) noexcept : block_(other.block_) {
  if (block_ != nullptr) block_->users.fetch_add(1, std::memory_order_relaxed);
}
Document::Document(Document&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
Document& Document::operator=(Document other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}
Document::~Document() {
  if (block_ == nullptr || block_->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  ::operator delete(block_);
}
DocumentView Document::view() const noexcept { return DocumentView{{block_->data(), block_->size}}; }
std::size_t Document::memory() const noexcept { return block_ == nullptr ? 0 : sizeof(Block) + block_->size; }

}  // namespace horad::model
