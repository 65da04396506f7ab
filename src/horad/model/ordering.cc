// SPDX-License-Identifier: Apache-2.0
#include "horad/model/ordering.h"

#include <fmt/format.h>
#include <unicode/coll.h>
#include <unicode/locid.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "horad/model/geo_relations.h"
#include "horad/model/geo_sphere.h"
#include "horad/model/order_key.h"
#include "horad/model/q_tree.h"

namespace horad::model {
namespace {

using detail::OrderKeyWriter;
using detail::OrderRank;

enum class What : std::uint8_t { kId, kType, kPath, kDistance };

struct Part {
  What what = What::kPath;
  bool descending = false;
  q::Term path;  // kPath: of a condition of existence; kDistance: the name of the property
};

std::unexpected<Error> wrong(std::string detail, std::string_view parameter = "orderBy") {
  return fail(ErrorCode::kBadRequestData, std::move(detail), std::string(parameter));
}

Result<Part> parse_direction(std::string_view direction) {
  if (direction.empty() || direction == "asc") return Part{};
  if (direction == "desc") return Part{.what = What::kPath, .descending = true, .path = {}};
  if (direction == "dist-asc") return Part{.what = What::kDistance, .descending = false, .path = {}};
  if (direction == "dist-desc") return Part{.what = What::kDistance, .descending = true, .path = {}};
  return wrong(fmt::format("'{}' is no direction; known are asc, desc, dist-asc, dist-desc.", direction));
}

/// One key: a path as the query language has it, and a direction behind `;`.
Result<Part> parse_part(std::string_view text, NameResolver& names) {
  const auto semicolon = std::min(text.find(';'), text.size());
  const auto name = text.substr(0, semicolon);
  const bool bare = semicolon == text.size();
  if (name.empty() || (!bare && semicolon + 1 == text.size())) {
    return wrong(fmt::format("'{}' is no sort key; one is an attribute and maybe a direction: name;desc.", text));
  }
  auto part = parse_direction(bare ? std::string_view{} : text.substr(semicolon + 1));
  if (!part) return part;
  const bool by_distance = part->what == What::kDistance;
  if (!by_distance && (name == "id" || name == "type")) {
    part->what = name == "id" ? What::kId : What::kType;
    return part;
  }
  auto tree = q::parse(name, names);
  if (!tree) return wrong(fmt::format("'{}' is no path of an attribute.", name));
  const bool is_path = tree->root.kind == q::Node::Kind::kTerm && tree->root.term.op == q::Operator::kExists;
  if (!is_path) return wrong(fmt::format("'{}' is no path of an attribute.", name));
  part->path = std::move(tree->root.term);
  const auto& path = part->path;
  if (by_distance && (path.path.size() != 1 || !path.keys.empty() || path.path[0].member != q::Member::kNone)) {
    return wrong(fmt::format("'{}' is no GeoProperty of an entity, to which there would be a distance.", name));
  }
  return part;
}

/// The subject at the steps in brackets below raw JSON; none when there is no such element.
std::optional<q::Subject> at_keys(std::string_view json, std::span<const std::string> keys) {
  for (const auto& key : keys) {
    auto below = q::json_member(json, key);
    if (!below) {
      std::size_t index = 0;
      const auto [stop, error] = std::from_chars(key.data(), key.data() + key.size(), index);
      if (error == std::errc{} && stop == key.data() + key.size()) below = q::json_element(json, index);
    }
    if (!below) return std::nullopt;
    json = *below;
  }
  return q::subject_of_json(json);
}

q::Subject time_subject(Timestamp at) {
  q::Subject subject;
  subject.kind = q::Subject::Kind::kTime;
  subject.time = {q::TimeKind::kDateTime, at};
  return subject;
}
std::optional<q::Subject> text_subject(std::string_view text) {
  if (text.empty()) return std::nullopt;
  q::Subject subject;
  subject.kind = q::Subject::Kind::kText;
  subject.text = text;
  return subject;
}

/// The text of a LanguageProperty without a path is the first one.
std::optional<q::Subject> subject_of_map(std::string_view map, std::span<const std::string> keys) {
  if (!keys.empty()) return at_keys(map, keys);
  q::JsonItems items(map);
  return items.next() ? std::optional(q::subject_of_json(items.value())) : std::nullopt;
}

/// What a key is made of; texts lie in the document.
std::optional<q::Subject> subject_of(AttributeView attribute, std::span<const std::string> keys) {
  const ValueView value = attribute.value();
  q::Subject subject;
  if (value.type() == ValueType::kJson) {
    if (attribute.kind() == AttributeKind::kLanguageProperty) return subject_of_map(value.as_text(), keys);
    return at_keys(value.as_text(), keys);
  }
  if (!keys.empty()) return std::nullopt;
  switch (value.type()) {
    case ValueType::kBool:
      subject.kind = q::Subject::Kind::kBool;
      subject.truth = value.as_bool();
      break;
    case ValueType::kInteger:
      subject.kind = q::Subject::Kind::kNumber;
      subject.number = {true, value.as_integer(), 0};
      break;
    case ValueType::kDouble:
      subject.kind = q::Subject::Kind::kNumber;
      subject.number = {false, 0, value.as_number()};
      break;
    case ValueType::kString:
      subject.kind = q::Subject::Kind::kText;
      subject.text = value.as_text();
      break;
    case ValueType::kJson:
    case ValueType::kPoint:
      break;
  }
  return subject;
}

std::optional<q::Subject> subject_of(q::Member member, AttributeView attribute) {
  switch (member) {
    case q::Member::kObservedAt: {
      const auto at = attribute.observed_at();
      return at ? std::optional(time_subject(*at)) : std::nullopt;
    }
    case q::Member::kCreatedAt:
      return time_subject(attribute.created_at());
    case q::Member::kModifiedAt:
      return time_subject(attribute.modified_at());
    case q::Member::kUnitCode:
      return text_subject(attribute.unit_code());
    case q::Member::kDatasetId:
      return text_subject(attribute.dataset_id());
    case q::Member::kNone:
      break;
  }
  return std::nullopt;
}

/// The default instance of the attribute, else the first.
template <class Range>
std::optional<AttributeView> instance_of(Range all, NameId name) {
  std::optional<AttributeView> found;
  for (const AttributeView one : all) {
    if (one.name() != name) continue;
    if (one.dataset_id().empty()) return one;
    if (!found) found = one;
  }
  return found;
}

std::optional<q::Subject> find_subject(const q::Term& term, DocumentView document) {
  const auto& first = term.path.front();
  if (first.member == q::Member::kCreatedAt) return time_subject(document.created_at());
  if (first.member == q::Member::kModifiedAt) return time_subject(document.modified_at());
  auto attribute = instance_of(document.attributes(), first.name);
  for (std::size_t i = 1; attribute && i < term.path.size(); ++i) {
    if (term.path[i].member != q::Member::kNone) return subject_of(term.path[i].member, *attribute);
    attribute = instance_of(attribute->sub_attributes(), term.path[i].name);
  }
  return attribute ? subject_of(*attribute, term.keys) : std::nullopt;
}

}  // namespace

struct Ordering::State {
  std::vector<Part> parts;
  const Names* names = nullptr;  // of the process; it outlives every ordering
  std::unique_ptr<const icu::Collator> collation;
  std::optional<Geometry> reference;
  std::unique_ptr<const geo::SphereShape> sphere;
  std::unique_ptr<const geo::Comparand> comparand;

  void append_text(OrderKeyWriter& out, std::string_view text) const;
  void append_subject(OrderKeyWriter& out, const q::Subject& subject) const;
  void append_type(OrderKeyWriter& out, DocumentView document) const;
  std::optional<double> distance_to(AttributeView property) const;
  void append_part(OrderKeyWriter& out, const Part& part, DocumentView document) const;
};

namespace {

Result<std::unique_ptr<const icu::Collator>> make_collation(std::string_view tag) {
  UErrorCode status = U_ZERO_ERROR;
  const auto refuse = [tag] {
    return wrong(fmt::format("'{}' is no language tag (BCP 47) of a collation, such as be or de-u-co-phonebk.", tag),
                 "collation");
  };
  if (tag.empty() || tag.size() > 128) return refuse();
  const auto locale = icu::Locale::forLanguageTag({tag.data(), static_cast<std::int32_t>(tag.size())}, status);
  if (U_FAILURE(status) || locale.isBogus()) return refuse();
  // ICU reads what it can of a tag that is broken further on; what it did not read must not be ignored.
  const auto again = locale.toLanguageTag<std::string>(status);
  const auto same = [](char a, char b) { return std::tolower(a) == std::tolower(b); };
  if (U_FAILURE(status) || (again.size() < tag.size() && !std::ranges::equal(again, tag, same))) return refuse();
  std::unique_ptr<const icu::Collator> made(icu::Collator::createInstance(locale, status));
  if (U_FAILURE(status) || !made) return refuse();
  return made;
}

Result<std::vector<Part>> parse_parts(std::string_view text, NameResolver& names) {
  std::vector<Part> parts;
  if (text.size() > Ordering::kMostBytes) {
    return fail(ErrorCode::kTooComplexQuery, "orderBy is too long.", "orderBy");
  }
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    if (parts.size() == Ordering::kMostKeys) {
      return fail(ErrorCode::kTooComplexQuery, fmt::format("orderBy may have at most {} keys.", Ordering::kMostKeys),
                  "orderBy");
    }
    auto part = parse_part(text.substr(at, end - at), names);
    if (!part) return std::unexpected(std::move(part).error());
    parts.push_back(std::move(*part));
    at = end + 1;
  }
  return parts;
}

}  // namespace

void Ordering::State::append_text(OrderKeyWriter& out, std::string_view text) const {
  if (!collation) return out.text(text);
  const auto wide = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  std::array<std::uint8_t, 256> few;
  const auto size = collation->getSortKey(wide, few.data(), few.size());
  const auto used = [](const std::uint8_t* bytes, std::int32_t count) {
    return std::string_view(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(std::max(count - 1, 0)));
  };
  if (static_cast<std::size_t>(size) <= few.size()) return out.text(used(few.data(), size));
  std::vector<std::uint8_t> many(static_cast<std::size_t>(size));
  collation->getSortKey(wide, many.data(), size);
  out.text(used(many.data(), size));
}

void Ordering::State::append_subject(OrderKeyWriter& out, const q::Subject& subject) const {
  using Kind = q::Subject::Kind;
  switch (subject.kind) {
    case Kind::kBool:
      return out.bare(subject.truth ? OrderRank::kTrue : OrderRank::kFalse);
    case Kind::kNumber:
      return out.number(subject.number);
    case Kind::kTime:
      return out.time(subject.time.at.time_since_epoch().count());
    case Kind::kText:
      return append_text(out, subject.text);
    case Kind::kRawText: {
      std::string buffer;
      return append_text(out, q::json_string(subject.text, buffer));
    }
    case Kind::kArray:
    case Kind::kOther:
      return out.bare(OrderRank::kOther);
  }
}

/// By the name that comes first in the alphabet.
void Ordering::State::append_type(OrderKeyWriter& out, DocumentView document) const {
  std::string_view first = names->text(document.type(0));
  for (std::size_t i = 1; i < document.type_count(); ++i) first = std::min(first, names->text(document.type(i)));
  out.text(first);
}

/// In metres; none when the property holds no geometry.
std::optional<double> Ordering::State::distance_to(AttributeView property) const {
  const ValueView value = property.value();
  Geometry shape;
  if (value.type() == ValueType::kPoint) {
    shape = {GeometryType::kPoint, {{value.lng(), value.lat()}}, {}, {}};
  } else if (value.type() == ValueType::kJson || value.type() == ValueType::kString) {
    auto parsed = parse_geometry(value.as_text());
    if (!parsed) return std::nullopt;
    shape = std::move(*parsed);
  } else {
    return std::nullopt;
  }
  if (shape.type == GeometryType::kPoint && reference->type == GeometryType::kPoint) {
    return distance(shape.points.front(), reference->points.front()).get();
  }
  const bool areas = shape.has_area() || reference->has_area();
  if (areas && comparand->holds(geo::PlaneRelation::kIntersects, shape)) return 0;
  return sphere->distance(geo::SphereShape(shape)).get();
}

void Ordering::State::append_part(OrderKeyWriter& out, const Part& part, DocumentView document) const {
  switch (part.what) {
    case What::kId:
      return out.text(document.id());
    case What::kType:
      return append_type(out, document);
    case What::kPath: {
      const auto subject = find_subject(part.path, document);
      return subject ? append_subject(out, *subject) : out.absent();
    }
    case What::kDistance: {
      const auto property = instance_of(document.attributes(), part.path.path.front().name);
      const bool there = property && property->kind() == AttributeKind::kGeoProperty;
      const auto metres = there ? distance_to(*property) : std::nullopt;
      return metres ? out.number({false, 0, *metres}) : out.absent();
    }
  }
}

Ordering::Ordering(std::unique_ptr<const State> state) : state_(std::move(state)) {}
Ordering::~Ordering() = default;

Result<std::shared_ptr<const Ordering>> Ordering::parse(const OrderingText& text, NameResolver& names) {
  auto state = std::make_unique<State>();
  state->names = &names.names();
  auto parts = parse_parts(text.order_by, names);
  if (!parts) return std::unexpected(std::move(parts).error());
  state->parts = std::move(*parts);
  if (text.collation) {
    auto collation = make_collation(*text.collation);
    if (!collation) return std::unexpected(std::move(collation).error());
    state->collation = std::move(*collation);
  }
  const bool by_distance = std::ranges::find(state->parts, What::kDistance, &Part::what) != state->parts.end();
  if (by_distance && !text.coordinates) {
    return wrong("Ordering by distance wants the coordinates that it is measured from.", "orderFrom");
  }
  if (text.coordinates) {
    auto reference = parse_geometry(text.geometry.value_or("Point"), *text.coordinates);
    if (!reference) return wrong("The reference of the order: " + reference.error().detail, "orderFrom");
    auto comparand = geo::Comparand::make(*reference);
    if (!comparand) return wrong("The reference of the order: " + comparand.error().detail, "orderFrom");
    state->sphere = std::make_unique<geo::SphereShape>(*reference);
    state->comparand = std::move(*comparand);
    state->reference = std::move(*reference);
  }
  return std::shared_ptr<const Ordering>(new Ordering(std::move(state)));
}

void Ordering::append_key(std::string& out, DocumentView document) const {
  for (const auto& part : state_->parts) {
    OrderKeyWriter writer(out, part.descending);
    state_->append_part(writer, part, document);
  }
}

bool Ordering::by_id_only() const noexcept {
  return std::ranges::all_of(state_->parts, [](const Part& part) { return part.what == What::kId; });
}

}  // namespace horad::model
