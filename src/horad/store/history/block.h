// SPDX-License-Identifier: Apache-2.0
// A block: some rows of one entity, column by column (docs/formats/history.md, "Block"). Immutable once built.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/entity.h"
#include "horad/store/history/columns.h"

namespace horad::store::history {

inline constexpr std::size_t kMostRows = 1 << 20;
inline constexpr std::size_t kMostColumns = 1 << 16;
inline constexpr std::size_t kMostDepth = 64;  // of sub-attributes

/// What one needs to know of a block without reading it. Times in ns.
struct BlockSummary {
  std::uint32_t rows = 0;
  bool some_observed = false;
  bool all_observed = false;
  bool sorted = false;  // observedAt never goes back
  bool scoped = false;  // has a column of the scope
  std::uint64_t first_position = 0;
  std::uint64_t last_position = 0;
  std::int64_t first_at = 0;  // arrivals ascend
  std::int64_t last_at = 0;
  std::int64_t least_observed = 0;  // with some_observed
  std::int64_t most_observed = 0;
  friend bool operator==(const BlockSummary&, const BlockSummary&) = default;
};
void put_summary(std::string& out, const BlockSummary& summary);
[[nodiscard]] bool get_summary(base::Reader& in, BlockSummary& summary);

struct Block {
  std::string bytes;
  std::vector<model::NameId> names;  // what the indexes in the bytes mean
  BlockSummary summary;
  std::size_t memory() const noexcept {
    return sizeof(Block) + bytes.capacity() + names.capacity() * sizeof(model::NameId);
  }
};

class BlockReader;

/// Collects rows in order of arrival. Cost per cell: tens of ns, no heap nodes but for texts.
class BlockBuilder {
 public:
  void begin_row(std::int64_t at, std::optional<std::int64_t> observed);
  /// True when the row has a cell of this group already: it needs a row of its own then.
  bool row_has(model::NameId name, std::string_view dataset_id);
  /// Adds a cell to the row, below `parent` (an answer of this function) when it is a sub-attribute, which has its own
  /// observedAt.
  struct Cell {
    std::int32_t column = kNoParent;
    std::uint32_t cell = 0;
  };
  Cell add(std::optional<Cell> parent, model::NameId name, std::string_view dataset_id, const Descriptor& descriptor,
           const Scalar& value, const CellTimes& own = {});
  /// The same for a whole attribute with its sub-attributes.
  Cell add(const model::Attribute& attribute, bool deleted, std::optional<Cell> parent = std::nullopt);
  /// Appends all rows of a block. Errors: kDamaged.
  Result<void> append(const BlockReader& block);

  std::size_t rows() const noexcept { return at_.size(); }
  /// At least one row. Positions are those of the first and last log record in it.
  Block finish(std::uint64_t first_position, std::uint64_t last_position) const;

 private:
  std::int32_t column_of(std::int32_t parent, model::NameId name, std::string_view dataset_id);
  BlockSummary summary(std::uint64_t first_position, std::uint64_t last_position) const;

  std::vector<std::int64_t> at_;
  std::vector<std::uint32_t> observed_rows_;
  std::vector<std::int64_t> observed_;
  std::vector<ColumnBuilder> columns_;
  std::size_t next_ = 0;  // the column after the one used last: messages repeat
};

struct ColumnInfo {
  ColumnKey key;
  std::uint32_t count = 0;
  std::uint32_t deletions = 0;
  bool expires = false;  // some cells do: what the statistics say of all of them may not hold any more
  Statistics statistics;
  std::string_view body;
};

/// Reads a block in place. Damaged bytes give errors, never harm.
class BlockReader {
 public:
  /// `bytes` and `names` must outlive the reader. Decodes the header only. Errors: kDamaged, kWrongVersion.
  static Result<BlockReader> open(std::string_view bytes, std::span<const model::NameId> names);
  static Result<BlockReader> open(const Block& block) { return open(block.bytes, block.names); }

  const BlockSummary& summary() const noexcept { return summary_; }
  const std::vector<ColumnInfo>& columns() const noexcept { return columns_; }
  const std::vector<std::uint32_t>& children(std::size_t column) const noexcept { return children_[column]; }

  struct Times {
    std::vector<std::int64_t> at;              // per row
    std::vector<std::uint32_t> observed_rows;  // ascending
    std::vector<std::int64_t> observed;        // of those
  };
  Result<Times> times() const;
  Result<std::unique_ptr<Cells>> cells(std::size_t column) const;

 private:
  bool read_header(base::Reader& in);
  bool read_column(base::Reader& in, std::span<const model::NameId> names, std::vector<std::uint64_t>& sizes);

  BlockSummary summary_;
  std::span<const model::NameId> names_;
  std::vector<ColumnInfo> columns_;
  std::vector<std::vector<std::uint32_t>> children_;
  std::string_view arrivals_;
  std::string_view observed_;
};

/// Cells of one block, each column decoded when first asked for.
class BlockCells {
 public:
  explicit BlockCells(const BlockReader& block) : block_(block), cells_(block.columns().size()) {}
  Result<Cells*> column(std::size_t column);
  /// The cell as an attribute with those sub-attributes that have not expired by `now`; times of the instance and of
  /// sub-attributes are `at`. A deletion is empty text.
  Result<model::Attribute> attribute(std::size_t column, std::size_t cell, Timestamp at,
                                     std::optional<Timestamp> observed, Timestamp now);

 private:
  const BlockReader& block_;
  std::vector<std::unique_ptr<Cells>> cells_;
};

}  // namespace horad::store::history
