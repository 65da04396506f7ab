// SPDX-License-Identifier: Apache-2.0
// One column of a block: all cells of one attribute instance group (name, datasetId), or of one sub-attribute of such a
// column.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/base/boxed.h"
#include "horad/base/bytes.h"
#include "horad/model/entity.h"
#include "horad/store/history/numbers.h"
#include "horad/store/history/totals.h"

namespace horad::store::history {

inline constexpr std::int32_t kNoParent = -1;

struct ColumnKey {
  std::int32_t parent = kNoParent;  // index of the column this one's cells are sub-attributes of
  model::NameId name;
  std::string dataset_id;
  friend bool operator==(const ColumnKey&, const ColumnKey&) = default;
};

/// What a cell says besides its value; nearly always the same down a column.
struct Descriptor {
  model::AttributeKind kind = model::AttributeKind::kProperty;
  bool deleted = false;
  std::string unit_code;
  std::optional<model::NameId> object_type;
  base::Boxed<model::AttributeExtras> extras;  // but for the expiry, which differs from cell to cell
  /// Takes the extras of an attribute and answers its expiry in ns, kNeverExpires when it has none.
  std::int64_t take(base::Boxed<model::AttributeExtras> given);
  friend bool operator==(const Descriptor&, const Descriptor&) = default;
};

inline constexpr std::int64_t kNeverExpires = std::numeric_limits<std::int64_t>::max();

/// The times that a cell has for itself.
struct CellTimes {
  std::optional<std::int64_t> observed;  // of a sub-attribute
  std::int64_t expires = kNeverExpires;
};

/// Names of a block: index in the bytes <-> name of this process.
class NameList {
 public:
  std::uint32_t index_of(model::NameId name);
  const std::vector<model::NameId>& names() const noexcept { return names_; }
  std::vector<model::NameId> take() noexcept { return std::move(names_); }

 private:
  std::vector<model::NameId> names_;
  std::unordered_map<model::NameId, std::uint32_t> index_;  // only when there are many
};

enum class Tag : std::uint8_t { kNothing = 0, kBool = 1, kNumber = 2, kText = 3, kJson = 4, kPoint = 5 };

/// The value of a cell without its owner: texts are views.
struct Scalar {
  Tag tag = Tag::kNothing;
  bool boolean = false;
  Number number;
  std::string_view text;  // kText, kJson
};
Scalar scalar_of(const model::Value& value) noexcept;
model::Value to_value(const Scalar& scalar);

/// Collects the cells of a column, in order, and writes them.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(ColumnKey key) : key_(std::move(key)) {}
  ColumnBuilder(ColumnBuilder&&) noexcept = default;
  ColumnBuilder(const ColumnBuilder&) = delete;  // the pool's index looks into its own texts
  const ColumnKey& key() const noexcept { return key_; }
  /// `where`: the row, or of a sub-attribute the cell of its parent; ascending. Returns the index of the cell.
  std::uint32_t add(std::uint32_t where, const Descriptor& descriptor, const Scalar& value, const CellTimes& own = {});
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(where_.size()); }
  std::uint64_t deletions() const noexcept { return deletions_; }
  bool expires() const noexcept { return !expiring_.empty(); }  // some cell does
  /// True when the newest cell stands at `where`.
  bool holds(std::uint32_t where) const noexcept { return !where_.empty() && where_.back() == where; }
  /// Appends the body and answers what the directory says of its numbers. `wheres`: rows, or cells of the parent.
  Statistics write(std::string& out, std::size_t wheres, NameList& names) const;

 private:
  struct Stored {
    Tag tag;
    bool integer;
    std::int64_t bits;  // boolean, number, or index of the text
  };
  struct Pool {
    std::deque<std::string> texts;
    std::unordered_map<std::string_view, std::uint32_t> index;
    std::uint32_t add(std::string_view text);
  };
  void write_descriptors(std::string& out, NameList& names) const;
  Statistics write_values(std::string& out) const;

  ColumnKey key_;
  std::vector<std::uint32_t> where_;
  std::vector<Descriptor> descriptors_;
  std::vector<std::int64_t> descriptor_of_;
  std::vector<Stored> values_;
  Pool pool_;
  std::vector<std::uint32_t> timed_;
  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> expiring_;
  std::vector<std::int64_t> expiries_;
  std::uint64_t deletions_ = 0;
};

/// The cells of a column, read back.
class Cells {
 public:
  Cells() = default;
  Cells(const Cells&) = delete;  // views look into its own bytes
  /// Reads a body. `names` resolves object types. The bytes must outlive this. Fails on impossible
  /// bytes.
  struct Shape {
    std::size_t wheres = 0;  // rows, or cells of the parent
    std::size_t count = 0;
    bool is_sub_attribute = false;
    bool expires = false;
  };
  [[nodiscard]] bool read(std::string_view body, const Shape& shape, std::span<const model::NameId> names);

  std::size_t size() const noexcept { return where.size(); }
  const Descriptor& descriptor(std::size_t cell) const noexcept {
    return descriptors_[static_cast<std::size_t>(descriptor_of_[cell])];
  }
  /// Texts live as long as this object and the bytes; the text of a point until the next call.
  Scalar value(std::size_t cell);
  std::optional<std::int64_t> time(std::size_t cell) const noexcept;
  std::int64_t expiry(std::size_t cell) const noexcept;  // ns; kNeverExpires when it does not
  /// The number stream, when every cell is a number and no cell is a deletion.
  const Decimals* all_numbers() const noexcept { return only_ == Tag::kNumber ? &numbers_ : nullptr; }

  std::vector<std::uint32_t> where;  // ascending

 private:
  struct Texts {
    std::string bytes;
    std::vector<std::string_view> different;
    std::vector<std::int64_t> index;
    bool read(base::Reader& in, std::size_t count) { return count == 0 || get(in, count); }
    bool get(base::Reader& in, std::size_t count);
  };
  struct Points {
    PointForm x_form, y_form;
    std::vector<std::int64_t> x, y;
    bool read(base::Reader& in, std::size_t count);
  };
  bool read_descriptors(base::Reader& in, std::size_t count, std::span<const model::NameId> names);
  bool read_values(base::Reader& in, std::size_t count);
  bool read_times(base::Reader& in, std::size_t count);
  bool read_expiries(base::Reader& in, std::size_t count);

  std::vector<Descriptor> descriptors_;
  std::vector<std::int64_t> descriptor_of_;
  std::optional<Tag> only_;           // every cell has this tag
  std::vector<std::int64_t> tags_;    // else each its own
  std::vector<std::uint32_t> place_;  // and its place among those of the tag
  std::vector<std::int64_t> bools_;
  Decimals numbers_;
  Texts texts_;
  Texts json_;
  Points points_;
  std::string point_text_;
  std::vector<std::uint32_t> timed_;
  std::vector<std::int64_t> times_;
  std::vector<std::uint32_t> expiring_;
  std::vector<std::int64_t> expiries_;
};

}  // namespace horad::store::history
