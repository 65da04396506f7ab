// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/block.h"

#include <algorithm>
#include <bit>

#include "horad/store/history/integers.h"

namespace horad::store::history {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kSomeObserved = 1;
constexpr std::uint8_t kAllObserved = 2;
constexpr std::uint8_t kSorted = 4;
constexpr std::uint8_t kScoped = 8;

Timestamp timestamp(std::int64_t ns) { return Timestamp{Duration{ns}}; }

Error damaged(std::string_view what) {
  return Error{ErrorCode::kDamaged, "A history block is damaged: " + std::string{what} + ".", {}};
}

void put_wide(std::string& out, UInt128 value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(value) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

UInt128 get_wide(base::Reader& in) {
  UInt128 value = 0;
  for (unsigned shift = 0; shift < 128; shift += 7) {
    const auto byte = in.fixed<std::uint8_t>();
    value |= static_cast<UInt128>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  in.bytes(~0ull);  // too long: spoils
  return 0;
}

UInt128 zigzag_wide(Int128 v) noexcept { return (static_cast<UInt128>(v) << 1) ^ static_cast<UInt128>(v >> 127); }
Int128 unzigzag_wide(UInt128 v) noexcept { return static_cast<Int128>(v >> 1) ^ -static_cast<Int128>(v & 1); }

void put_statistics(std::string& out, const Statistics& s) {
  out.push_back(static_cast<char>(s.kind));
  if (s.kind == Statistics::Kind::kNone) return;
  base::put_varint(out, s.numbers);
  if (s.kind == Statistics::Kind::kDecimal) {
    out.push_back(static_cast<char>(s.exponent));
    for (const std::int64_t m : {s.min, s.max, s.first, s.last}) base::put_signed(out, m);
    put_wide(out, zigzag_wide(s.sum));
    put_wide(out, s.squares);
    return;
  }
  for (const double v : {s.real_min, s.real_max, s.real_first, s.real_last, s.real_sum.sum, s.real_sum.compensation,
                         s.real_squares.sum, s.real_squares.compensation}) {
    base::put_fixed(out, v);
  }
}

bool get_statistics(base::Reader& in, std::uint32_t count, Statistics& s) {
  const auto kind = in.fixed<std::uint8_t>();
  if (kind > 2) return false;
  s.kind = static_cast<Statistics::Kind>(kind);
  if (s.kind == Statistics::Kind::kNone) return in.ok();
  s.numbers = in.varint();
  if (s.numbers > count) return false;
  if (s.kind == Statistics::Kind::kDecimal) {
    s.exponent = in.fixed<std::uint8_t>();
    for (std::int64_t* m : {&s.min, &s.max, &s.first, &s.last}) *m = in.signed_varint();
    s.sum = unzigzag_wide(get_wide(in));
    s.squares = get_wide(in);
    return in.ok() && s.exponent <= kMostExponent;
  }
  for (double* v : {&s.real_min, &s.real_max, &s.real_first, &s.real_last, &s.real_sum.sum, &s.real_sum.compensation,
                    &s.real_squares.sum, &s.real_squares.compensation}) {
    *v = in.fixed<double>();
  }
  return in.ok();
}

std::uint64_t distance(std::int64_t from, std::int64_t to) noexcept {
  return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}
std::int64_t moved(std::int64_t from, std::uint64_t by) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + by);
}

}  // namespace

void put_summary(std::string& out, const BlockSummary& s) {
  base::put_varint(out, s.rows);
  base::put_varint(out, s.first_position);
  base::put_varint(out, s.last_position - s.first_position);
  out.push_back(static_cast<char>((s.some_observed ? kSomeObserved : 0) | (s.all_observed ? kAllObserved : 0) |
                                  (s.sorted ? kSorted : 0) | (s.scoped ? kScoped : 0)));
  base::put_signed(out, s.first_at);
  base::put_varint(out, distance(s.first_at, s.last_at));
  if (!s.some_observed) return;
  base::put_signed(out, static_cast<std::int64_t>(distance(s.first_at, s.least_observed)));
  base::put_varint(out, distance(s.least_observed, s.most_observed));
}

bool get_summary(base::Reader& in, BlockSummary& s) {
  const std::uint64_t rows = in.varint();
  if (!in.ok() || rows == 0 || rows > kMostRows) return false;
  s.rows = static_cast<std::uint32_t>(rows);
  s.first_position = in.varint();
  s.last_position = s.first_position + in.varint();
  const auto flags = in.fixed<std::uint8_t>();
  s.some_observed = (flags & kSomeObserved) != 0;
  s.all_observed = (flags & kAllObserved) != 0;
  s.sorted = (flags & kSorted) != 0;
  s.scoped = (flags & kScoped) != 0;
  s.first_at = in.signed_varint();
  s.last_at = moved(s.first_at, in.varint());
  if (s.some_observed) {
    s.least_observed = moved(s.first_at, static_cast<std::uint64_t>(in.signed_varint()));
    s.most_observed = moved(s.least_observed, in.varint());
  }
  return in.ok() && flags < 16 && (!s.all_observed || s.some_observed) && s.first_at <= s.last_at &&
         s.least_observed <= s.most_observed;
}

// --- BlockBuilder

void BlockBuilder::begin_row(std::int64_t at, std::optional<std::int64_t> observed) {
  if (observed) {
    observed_rows_.push_back(static_cast<std::uint32_t>(at_.size()));
    observed_.push_back(*observed);
  }
  at_.push_back(at);
}

std::int32_t BlockBuilder::column_of(std::int32_t parent, model::NameId name, std::string_view dataset_id) {
  const auto fits = [&](const ColumnBuilder& c) {
    return c.key().name == name && c.key().parent == parent && c.key().dataset_id == dataset_id;
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t candidate = (next_ + i) % columns_.size();
    if (!fits(columns_[candidate])) continue;
    next_ = candidate + 1;
    return static_cast<std::int32_t>(candidate);
  }
  columns_.emplace_back(ColumnKey{parent, name, std::string{dataset_id}});
  next_ = columns_.size();
  return static_cast<std::int32_t>(columns_.size() - 1);
}

bool BlockBuilder::row_has(model::NameId name, std::string_view dataset_id) {
  const auto column = column_of(kNoParent, name, dataset_id);
  return columns_[static_cast<std::size_t>(column)].holds(static_cast<std::uint32_t>(at_.size() - 1));
}

BlockBuilder::Cell BlockBuilder::add(std::optional<Cell> parent, model::NameId name, std::string_view dataset_id,
                                     const Descriptor& descriptor, const Scalar& value, const CellTimes& own) {
  const std::int32_t column = column_of(parent ? parent->column : kNoParent, name, dataset_id);
  const auto where = parent ? parent->cell : static_cast<std::uint32_t>(at_.size() - 1);
  ColumnBuilder& builder = columns_[static_cast<std::size_t>(column)];
  if (parent && builder.holds(where)) return {column, builder.size() - 1};  // a sub-attribute twice: the first stands
  return {column, builder.add(where, descriptor, value, own)};
}

BlockBuilder::Cell BlockBuilder::add(const model::Attribute& attribute, bool deleted, std::optional<Cell> parent) {
  Descriptor descriptor{attribute.kind, deleted, attribute.unit_code, attribute.object_type, {}};
  CellTimes own;
  own.expires = descriptor.take(attribute.extras);
  if (parent && attribute.observed_at) own.observed = attribute.observed_at->time_since_epoch().count();
  const Cell cell = add(parent, attribute.name, attribute.dataset_id, descriptor,
                        deleted ? Scalar{} : scalar_of(attribute.value), own);
  for (const model::Attribute& sub : attribute.sub_attributes) add(sub, false, cell);
  return cell;
}

Result<void> BlockBuilder::append(const BlockReader& block) {
  const auto times = block.times();
  if (!times) return std::unexpected(times.error());
  const auto first_row = static_cast<std::uint32_t>(at_.size());
  at_.insert(at_.end(), times->at.begin(), times->at.end());
  for (const std::uint32_t row : times->observed_rows) observed_rows_.push_back(first_row + row);
  observed_.insert(observed_.end(), times->observed.begin(), times->observed.end());
  struct Target {
    std::size_t column;
    std::uint32_t first_cell;
  };
  std::vector<Target> targets;  // of each column of `block`: a parent stands before its children
  for (std::size_t i = 0; i < block.columns().size(); ++i) {
    const ColumnKey& key = block.columns()[i].key;
    const auto parent = key.parent == kNoParent ? nullptr : &targets[static_cast<std::size_t>(key.parent)];
    const auto column = static_cast<std::size_t>(
        column_of(parent ? static_cast<std::int32_t>(parent->column) : kNoParent, key.name, key.dataset_id));
    targets.push_back({column, columns_[column].size()});
    auto cells = block.cells(i);
    if (!cells) return std::unexpected(std::move(cells).error());
    const std::uint32_t shift = parent ? targets[static_cast<std::size_t>(key.parent)].first_cell : first_row;
    for (std::size_t c = 0; c < (*cells)->size(); ++c) {
      columns_[column].add(shift + (*cells)->where[c], (*cells)->descriptor(c), (*cells)->value(c),
                           {(*cells)->time(c), (*cells)->expiry(c)});
    }
  }
  return {};
}

BlockSummary BlockBuilder::summary(std::uint64_t first_position, std::uint64_t last_position) const {
  BlockSummary s;
  s.rows = static_cast<std::uint32_t>(at_.size());
  s.first_position = first_position;
  s.last_position = last_position;
  s.first_at = at_.front();
  s.last_at = at_.back();
  s.some_observed = !observed_.empty();
  s.all_observed = observed_.size() == at_.size();
  s.sorted = std::is_sorted(observed_.begin(), observed_.end());
  s.scoped = std::any_of(columns_.begin(), columns_.end(),
                         [](const ColumnBuilder& c) { return c.key().name == model::kScopeName && c.size() > 0; });
  if (s.some_observed) {
    const auto [low, high] = std::minmax_element(observed_.begin(), observed_.end());
    s.least_observed = *low;
    s.most_observed = *high;
  }
  return s;
}

Block BlockBuilder::finish(std::uint64_t first_position, std::uint64_t last_position) const {
  Block out;
  out.summary = summary(first_position, last_position);
  NameList names;
  std::string directory;
  std::string bodies;
  std::size_t columns = 0;
  std::vector<std::int32_t> written(columns_.size(), kNoParent);  // row_has() may have made columns without cells
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ColumnBuilder& column = columns_[i];
    if (column.size() == 0) continue;
    written[i] = static_cast<std::int32_t>(columns++);
    const auto parent = column.key().parent;
    const std::size_t wheres = parent == kNoParent ? rows() : columns_[static_cast<std::size_t>(parent)].size();
    const std::size_t before = bodies.size();
    const Statistics statistics = column.write(bodies, wheres, names);
    base::put_varint(
        directory, static_cast<std::uint64_t>(parent == kNoParent ? 0 : written[static_cast<std::size_t>(parent)] + 1));
    base::put_varint(directory, names.index_of(column.key().name));
    base::put_text(directory, column.key().dataset_id);
    base::put_varint(directory, column.size());
    base::put_varint(directory, column.deletions() << 1 | (column.expires() ? 1u : 0u));
    put_statistics(directory, statistics);
    base::put_varint(directory, bodies.size() - before);
  }
  std::string arrivals;
  put_times(arrivals, at_,
            out.summary.all_observed ? std::span<const std::int64_t>{observed_} : std::span<const std::int64_t>{});
  std::string observed;
  if (out.summary.some_observed) {
    base::put_varint(observed, observed_rows_.size());
    put_presence(observed, observed_rows_, rows());
    put_times(observed, observed_);
  }
  out.bytes.push_back(static_cast<char>(kVersion));
  put_summary(out.bytes, out.summary);
  base::put_varint(out.bytes, columns);
  out.bytes += directory;
  base::put_text(out.bytes, arrivals);
  base::put_text(out.bytes, observed);
  out.bytes += bodies;
  out.bytes.shrink_to_fit();
  out.names = names.take();
  return out;
}

// --- BlockReader

namespace {

bool agree(const BlockReader::Times& times, const BlockSummary& summary) {
  const auto inside = [&](std::int64_t t) { return t >= summary.least_observed && t <= summary.most_observed; };
  return times.at.front() == summary.first_at && times.at.back() == summary.last_at &&
         std::is_sorted(times.at.begin(), times.at.end()) &&
         std::all_of(times.observed.begin(), times.observed.end(), inside) &&
         (!summary.sorted || std::is_sorted(times.observed.begin(), times.observed.end()));
}

}  // namespace

bool BlockReader::read_column(base::Reader& in, std::span<const model::NameId> names,
                              std::vector<std::uint64_t>& sizes) {
  ColumnInfo info;
  const std::uint64_t parent = in.varint();
  const std::uint64_t name = in.varint();
  info.key.dataset_id = in.text();
  const std::uint64_t count = in.varint();
  const std::uint64_t deletions_and_expiry = in.varint();
  const std::uint64_t deletions = deletions_and_expiry >> 1;
  if (!in.ok() || parent > columns_.size() || name >= names.size()) return false;
  const std::size_t wheres = parent == 0 ? summary_.rows : columns_[parent - 1].count;
  if (count == 0 || count > wheres || deletions > count) return false;
  info.key.parent = static_cast<std::int32_t>(parent) - 1;
  info.key.name = names[name];
  info.count = static_cast<std::uint32_t>(count);
  info.deletions = static_cast<std::uint32_t>(deletions);
  info.expires = (deletions_and_expiry & 1) != 0;
  if (!get_statistics(in, info.count, info.statistics)) return false;
  sizes.push_back(in.varint());
  if (parent > 0) children_[parent - 1].push_back(static_cast<std::uint32_t>(columns_.size()));
  columns_.push_back(std::move(info));
  return in.ok();
}

bool BlockReader::read_header(base::Reader& in) {
  if (!get_summary(in, summary_)) return false;
  const std::uint64_t columns = in.varint();
  if (!in.ok() || columns > kMostColumns || columns > in.left()) return false;
  children_.resize(columns);
  std::vector<std::uint64_t> sizes;
  std::vector<std::size_t> depth;
  for (std::uint64_t i = 0; i < columns; ++i) {
    if (!read_column(in, names_, sizes)) return false;
    const std::int32_t parent = columns_.back().key.parent;
    depth.push_back(parent == kNoParent ? 0 : depth[static_cast<std::size_t>(parent)] + 1);
    if (depth.back() > kMostDepth) return false;
  }
  arrivals_ = in.text();
  observed_ = in.text();
  for (std::size_t i = 0; i < columns; ++i) columns_[i].body = in.bytes(sizes[i]);
  return in.ok() && in.at_end();
}

Result<BlockReader> BlockReader::open(std::string_view bytes, std::span<const model::NameId> names) {
  base::Reader in(bytes);
  const auto version = in.fixed<std::uint8_t>();
  if (in.ok() && version != kVersion) {
    return fail(ErrorCode::kWrongVersion,
                "A history block has version " + std::to_string(version) + "; this program reads version 1.");
  }
  BlockReader out;
  out.names_ = names;
  if (!out.read_header(in)) return std::unexpected(damaged("its header makes no sense"));
  return out;
}

Result<BlockReader::Times> BlockReader::times() const {
  Times out;
  if (summary_.some_observed) {
    base::Reader in(observed_);
    const std::uint64_t count = in.varint();
    if (count > summary_.rows || !get_presence(in, summary_.rows, count, out.observed_rows) ||
        !get_times(in, count, out.observed) || !in.at_end()) {
      return std::unexpected(damaged("observation times"));
    }
  }
  if (summary_.all_observed && out.observed_rows.size() != summary_.rows)
    return std::unexpected(damaged("observation times"));
  base::Reader in(arrivals_);
  const auto beside =
      summary_.all_observed ? std::span<const std::int64_t>{out.observed} : std::span<const std::int64_t>{};
  if (!get_times(in, summary_.rows, out.at, beside) || !in.at_end()) return std::unexpected(damaged("arrival times"));
  if (!agree(out, summary_)) return std::unexpected(damaged("times that are not those of its header"));
  return out;
}

Result<std::unique_ptr<Cells>> BlockReader::cells(std::size_t column) const {
  const ColumnInfo& info = columns_[column];
  const bool is_sub = info.key.parent != kNoParent;
  const std::size_t wheres = is_sub ? columns_[static_cast<std::size_t>(info.key.parent)].count : summary_.rows;
  auto out = std::make_unique<Cells>();
  if (!out->read(info.body, {wheres, info.count, is_sub, info.expires}, names_))
    return std::unexpected(damaged("a column"));
  return out;
}

// --- BlockCells

Result<Cells*> BlockCells::column(std::size_t column) {
  if (!cells_[column]) {
    auto read = block_.cells(column);
    if (!read) return std::unexpected(std::move(read).error());
    cells_[column] = std::move(*read);
  }
  return cells_[column].get();
}

Result<model::Attribute> BlockCells::attribute(std::size_t column, std::size_t cell, Timestamp at,
                                               std::optional<Timestamp> observed, Timestamp now) {
  const auto cells = this->column(column);
  if (!cells) return std::unexpected(cells.error());
  const Descriptor& descriptor = (*cells)->descriptor(cell);
  const ColumnInfo& info = block_.columns()[column];
  model::Attribute out;
  out.name = info.key.name;
  out.kind = descriptor.kind;
  out.value = to_value((*cells)->value(cell));
  out.dataset_id = info.key.dataset_id;
  out.unit_code = descriptor.unit_code;
  out.observed_at = observed;
  out.created_at = at;
  out.modified_at = at;
  out.object_type = descriptor.object_type;
  out.extras = descriptor.extras;
  if (const auto expires = (*cells)->expiry(cell); expires != kNeverExpires) {
    out.extras.make().expires_at = timestamp(expires);
  }
  for (const std::uint32_t child : block_.children(column)) {
    const auto subs = this->column(child);
    if (!subs) return std::unexpected(subs.error());
    const auto& where = (*subs)->where;
    const auto found = std::lower_bound(where.begin(), where.end(), cell);
    if (found == where.end() || *found != cell) continue;
    const auto sub_cell = static_cast<std::size_t>(found - where.begin());
    if ((*subs)->expiry(sub_cell) <= now.time_since_epoch().count()) continue;
    const auto time = (*subs)->time(sub_cell);
    auto sub = attribute(child, sub_cell, at, time ? std::optional{timestamp(*time)} : std::nullopt, now);
    if (!sub) return sub;
    out.sub_attributes.push_back(std::move(*sub));
  }
  return out;
}

}  // namespace horad::store::history
