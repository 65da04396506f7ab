// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/columns.h"

#include <algorithm>
#include <array>
#include <utility>

#include "horad/model/extras_codec.h"
#include "horad/store/history/integers.h"

namespace horad::store::history {
namespace {

constexpr std::uint8_t kDeletedBit = 0x80;
constexpr std::uint8_t kExtrasBit = 0x40;
constexpr std::uint8_t kKindBits = 0x3f;
constexpr std::size_t kTags = 6;
constexpr std::size_t kSearched = 16;  // names searched in order; more have an index

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::uint64_t name_plus_one(const std::optional<model::NameId>& name, NameList& names) {
  return name ? std::uint64_t{names.index_of(*name)} + 1 : 0;
}

}  // namespace

std::uint32_t NameList::index_of(model::NameId name) {
  if (names_.size() <= kSearched) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found != names_.end()) return static_cast<std::uint32_t>(found - names_.begin());
  } else if (const auto found = index_.find(name); found != index_.end()) {
    return found->second;
  }
  names_.push_back(name);
  if (names_.size() > kSearched) {
    for (std::size_t i = index_.size(); i < names_.size(); ++i)
      index_.emplace(names_[i], static_cast<std::uint32_t>(i));
  }
  return static_cast<std::uint32_t>(names_.size() - 1);
}

Scalar scalar_of(const model::Value& value) noexcept {
  return std::visit(Overloaded{[](bool v) { return Scalar{Tag::kBool, v, {}, {}}; },
                               [](std::int64_t v) { return Scalar{Tag::kNumber, false, Number::of(v), {}}; },
                               [](double v) { return Scalar{Tag::kNumber, false, Number::of(v), {}}; },
                               [](const std::string& v) { return Scalar{Tag::kText, false, {}, v}; },
                               [](const model::JsonText& v) { return Scalar{Tag::kJson, false, {}, v.text}; }},
                    value);
}

model::Value to_value(const Scalar& scalar) {
  switch (scalar.tag) {
    case Tag::kNothing:
      return std::string{};
    case Tag::kBool:
      return scalar.boolean;
    case Tag::kNumber:
      return scalar.number.integer ? model::Value{scalar.number.bits} : model::Value{scalar.number.real()};
    case Tag::kText:
      return std::string{scalar.text};
    case Tag::kJson:
    case Tag::kPoint:
      return model::JsonText{std::string{scalar.text}};
  }
  return std::string{};
}

std::int64_t Descriptor::take(base::Boxed<model::AttributeExtras> given) {
  if (!given) return kNeverExpires;
  model::Attribute whole;
  whole.extras = std::move(given);
  const auto expires = std::exchange(whole.extras.make().expires_at, model::kNoExpiry).time_since_epoch().count();
  model::tidy(whole);
  extras = std::move(whole.extras);
  return expires;
}

// --- ColumnBuilder

std::uint32_t ColumnBuilder::Pool::add(std::string_view text) {
  if (!texts.empty() && texts.back() == text) return static_cast<std::uint32_t>(texts.size() - 1);
  if (const auto found = index.find(text); found != index.end()) return found->second;
  texts.emplace_back(text);
  return index.emplace(texts.back(), static_cast<std::uint32_t>(texts.size() - 1)).first->second;
}

std::uint32_t ColumnBuilder::add(std::uint32_t where, const Descriptor& descriptor, const Scalar& value,
                                 const CellTimes& own) {
  const std::uint32_t cell = size();
  where_.push_back(where);
  std::size_t d = descriptor_of_.empty() ? 0 : static_cast<std::size_t>(descriptor_of_.back());
  if (descriptors_.empty() || descriptors_[d] != descriptor) {
    d = static_cast<std::size_t>(std::find(descriptors_.begin(), descriptors_.end(), descriptor) -
                                 descriptors_.begin());
    if (d == descriptors_.size()) descriptors_.push_back(descriptor);
  }
  descriptor_of_.push_back(static_cast<std::int64_t>(d));
  if (descriptor.deleted) ++deletions_;
  Stored stored{value.tag, value.number.integer, value.number.bits};
  if (value.tag == Tag::kBool) stored.bits = value.boolean ? 1 : 0;
  if (value.tag == Tag::kText || value.tag == Tag::kJson || value.tag == Tag::kPoint) {
    if (value.tag == Tag::kPoint) stored.tag = Tag::kJson;  // writing decides anew
    stored.bits = pool_.add(value.text);
  }
  values_.push_back(stored);
  if (own.observed) {
    timed_.push_back(cell);
    times_.push_back(*own.observed);
  }
  if (own.expires != kNeverExpires) {
    expiring_.push_back(cell);
    expiries_.push_back(own.expires);
  }
  return cell;
}

void ColumnBuilder::write_descriptors(std::string& out, NameList& names) const {
  base::put_varint(out, descriptors_.size());
  for (const Descriptor& d : descriptors_) {
    const auto kind = static_cast<unsigned>(d.kind) | (d.deleted ? kDeletedBit : 0u) | (d.extras ? kExtrasBit : 0u);
    out.push_back(static_cast<char>(kind));
    base::put_text(out, d.unit_code);
    base::put_varint(out, name_plus_one(d.object_type, names));
    if (d.extras) model::put_extras(out, *d.extras, 0, [&](model::NameId name) { return names.index_of(name); });
  }
  put_integers(out, descriptor_of_);
}

namespace {

void put_points(std::string& out, const std::vector<std::pair<std::int64_t, std::int64_t>>& points, PointForm x,
                PointForm y) {
  for (const PointForm form : {x, y}) {
    out.push_back(static_cast<char>(form.exponent));
    out.push_back(form.pointed ? '\1' : '\0');
  }
  std::vector<std::int64_t> line;
  for (const auto& point : points) line.push_back(point.first);
  put_integers(out, line);
  line.clear();
  for (const auto& point : points) line.push_back(point.second);
  put_integers(out, line);
}

// The different texts of some cells, in order of appearance, and which each cell has.
void put_pool(std::string& out, const std::deque<std::string>& texts, std::span<const std::int64_t> used) {
  std::vector<std::int64_t> renumbered(texts.size(), -1);
  std::vector<std::string_view> different;
  std::vector<std::int64_t> indexes;
  for (const std::int64_t text : used) {
    auto& number = renumbered[static_cast<std::size_t>(text)];
    if (number < 0) {
      number = static_cast<std::int64_t>(different.size());
      different.push_back(texts[static_cast<std::size_t>(text)]);
    }
    indexes.push_back(number);
  }
  put_texts(out, different, indexes);
}

}  // namespace

Statistics ColumnBuilder::write_values(std::string& out) const {
  std::vector<PlainPoint> plain;
  for (const Stored& v : values_) {
    if (v.tag != Tag::kJson) continue;
    if (const auto point = read_point(pool_.texts[static_cast<std::size_t>(v.bits)])) plain.push_back(*point);
  }
  const auto [x_form, y_form] = form_of(plain);
  std::vector<std::int64_t> tags;
  std::vector<std::int64_t> bools;
  std::vector<std::int64_t> texts;
  std::vector<std::int64_t> json;
  std::vector<Number> numbers;
  std::vector<std::pair<std::int64_t, std::int64_t>> points;
  for (const Stored& v : values_) {
    Tag tag = v.tag;
    if (tag == Tag::kBool) bools.push_back(v.bits);
    if (tag == Tag::kNumber) numbers.push_back({v.integer, v.bits});
    if (tag == Tag::kText) texts.push_back(v.bits);
    if (tag == Tag::kJson) {
      const auto point =
          plain.empty() ? std::nullopt : in_form(pool_.texts[static_cast<std::size_t>(v.bits)], x_form, y_form);
      if (point) {
        tag = Tag::kPoint;
        points.push_back(*point);
      } else {
        json.push_back(v.bits);
      }
    }
    tags.push_back(static_cast<std::int64_t>(tag));
  }
  put_integers(out, tags);
  put_integers(out, bools);
  Statistics statistics;
  if (!numbers.empty()) {
    const Decimals decimals = to_decimals(numbers);
    put_decimals(out, decimals);
    statistics = statistics_of(decimals);
  }
  if (!texts.empty()) put_pool(out, pool_.texts, texts);
  if (!json.empty()) put_pool(out, pool_.texts, json);
  if (!points.empty()) put_points(out, points, x_form, y_form);
  return statistics;
}

Statistics ColumnBuilder::write(std::string& out, std::size_t wheres, NameList& names) const {
  put_presence(out, where_, wheres);
  write_descriptors(out, names);
  const Statistics statistics = write_values(out);
  const auto put_some = [&](const std::vector<std::uint32_t>& cells, const std::vector<std::int64_t>& times) {
    base::put_varint(out, cells.size());
    put_presence(out, cells, values_.size());
    put_times(out, times);
  };
  if (key_.parent != kNoParent) {
    out.push_back(timed_.empty() ? '\0' : '\1');
    if (!timed_.empty()) put_some(timed_, times_);
  }
  if (expires()) put_some(expiring_, expiries_);
  return statistics;
}

// --- Cells

bool Cells::Texts::get(base::Reader& in, std::size_t count) { return get_texts(in, count, bytes, different, index); }

bool Cells::Points::read(base::Reader& in, std::size_t count) {
  if (count == 0) return true;
  for (PointForm* form : {&x_form, &y_form}) {
    form->exponent = in.fixed<std::uint8_t>();
    form->pointed = in.fixed<std::uint8_t>() != 0;
    if (form->exponent > kMostExponent) return false;
  }
  return get_integers(in, count, x) && get_integers(in, count, y);
}

bool Cells::read_descriptors(base::Reader& in, std::size_t count, std::span<const model::NameId> names) {
  const std::uint64_t size = in.varint();
  if (!in.ok() || size == 0 || size > count) return false;
  for (std::uint64_t i = 0; i < size; ++i) {
    const auto kind = in.fixed<std::uint8_t>();
    Descriptor d;
    d.deleted = (kind & kDeletedBit) != 0;
    if ((kind & kKindBits) > static_cast<unsigned>(model::AttributeKind::kListRelationship)) return false;
    d.kind = static_cast<model::AttributeKind>(kind & kKindBits);
    d.unit_code = in.text();
    const std::uint64_t name = in.varint();
    if (!in.ok() || name > names.size()) return false;
    if (name > 0) d.object_type = names[name - 1];
    const auto name_at = [&](std::uint64_t i) { return i < names.size() ? std::optional{names[i]} : std::nullopt; };
    if ((kind & kExtrasBit) && !model::get_extras(in, d.extras.make(), 0, name_at)) return false;
    descriptors_.push_back(std::move(d));
  }
  if (!get_integers(in, count, descriptor_of_)) return false;
  return std::all_of(descriptor_of_.begin(), descriptor_of_.end(),
                     [&](std::int64_t d) { return d >= 0 && static_cast<std::uint64_t>(d) < size; });
}

bool Cells::read_values(base::Reader& in, std::size_t count) {
  if (!get_integers(in, count, tags_)) return false;
  std::array<std::uint32_t, kTags> counts{};
  place_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (tags_[i] < 0 || static_cast<std::size_t>(tags_[i]) >= kTags) return false;
    place_[i] = counts[static_cast<std::size_t>(tags_[i])]++;
  }
  for (std::size_t t = 0; t < kTags; ++t) {
    if (counts[t] == count) only_ = static_cast<Tag>(t);
  }
  const auto of = [&](Tag tag) { return std::size_t{counts[static_cast<std::size_t>(tag)]}; };
  return get_integers(in, of(Tag::kBool), bools_) &&
         (of(Tag::kNumber) == 0 || get_decimals(in, of(Tag::kNumber), numbers_)) && texts_.read(in, of(Tag::kText)) &&
         json_.read(in, of(Tag::kJson)) && points_.read(in, of(Tag::kPoint));
}

bool Cells::read_times(base::Reader& in, std::size_t count) {
  if (in.fixed<std::uint8_t>() == 0) return in.ok();
  const std::uint64_t size = in.varint();
  return in.ok() && size <= count && get_presence(in, count, size, timed_) && get_times(in, size, times_);
}

bool Cells::read_expiries(base::Reader& in, std::size_t count) {
  const std::uint64_t size = in.varint();
  return in.ok() && size > 0 && size <= count && get_presence(in, count, size, expiring_) &&
         get_times(in, size, expiries_);
}

bool Cells::read(std::string_view body, const Shape& shape, std::span<const model::NameId> names) {
  base::Reader in(body);
  const auto count = shape.count;
  return count > 0 && count <= shape.wheres && get_presence(in, shape.wheres, count, where) &&
         read_descriptors(in, count, names) && read_values(in, count) &&
         (!shape.is_sub_attribute || read_times(in, count)) && (!shape.expires || read_expiries(in, count)) &&
         in.ok() && in.at_end();
}

Scalar Cells::value(std::size_t cell) {
  const auto tag = only_ ? *only_ : static_cast<Tag>(tags_[cell]);
  const std::size_t place = place_[cell];
  Scalar out;
  out.tag = tag;
  switch (tag) {
    case Tag::kNothing:
      break;
    case Tag::kBool:
      out.boolean = bools_[place] != 0;
      break;
    case Tag::kNumber:
      out.number = numbers_.at(place);
      break;
    case Tag::kText:
      out.text = texts_.different[static_cast<std::size_t>(texts_.index[place])];
      break;
    case Tag::kJson:
      out.text = json_.different[static_cast<std::size_t>(json_.index[place])];
      break;
    case Tag::kPoint:
      point_text_ = write_point(points_.x[place], points_.x_form, points_.y[place], points_.y_form);
      out.text = point_text_;
      break;
  }
  return out;
}

std::int64_t Cells::expiry(std::size_t cell) const noexcept {
  if (expiring_.empty()) return kNeverExpires;
  const auto found = std::lower_bound(expiring_.begin(), expiring_.end(), cell);
  if (found == expiring_.end() || *found != cell) return kNeverExpires;
  return expiries_[static_cast<std::size_t>(found - expiring_.begin())];
}

std::optional<std::int64_t> Cells::time(std::size_t cell) const noexcept {
  const auto found = std::lower_bound(timed_.begin(), timed_.end(), cell);
  if (found == timed_.end() || *found != cell) return std::nullopt;
  return times_[static_cast<std::size_t>(found - timed_.begin())];
}

}  // namespace horad::store::history
