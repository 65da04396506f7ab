// SPDX-License-Identifier: Apache-2.0
// Open rows: a compact log of bytes per entity, appended on the write path and packed into a block now and then. In
// memory names are ids of this process; in a saved head they are indexes into its table (docs/formats/history.md, "Open
// rows").
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "horad/model/change.h"
#include "horad/store/history/block.h"

namespace horad::store::history {

/// A growing run of bytes that keeps little spare room: 16 bytes itself, an eighth more than it needs.
class Bytes {
 public:
  std::string_view view() const noexcept { return {data_.get(), size_}; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  void append(std::string_view more);
  void shrink_to(std::size_t size) noexcept { size_ = static_cast<std::uint32_t>(size); }
  /// Replaces the first `old_size` bytes.
  void replace_front(std::size_t old_size, std::string_view front);
  /// Gives spare room back.
  void fit();

 private:
  void reserve(std::size_t size);
  std::unique_ptr<char[]> data_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};

/// Appends one row: cells of `set` (those of one observedAt), each attribute and data set once, or deletions of
/// `removed`. `before` is the arrival of the row before.
struct RowTimes {
  std::int64_t before;
  std::int64_t at;
  std::optional<std::int64_t> observed;
};
void put_row(std::string& out, const RowTimes& times, std::span<const model::Attribute* const> set);
void put_row(std::string& out, const RowTimes& times, std::span<const model::AttributeKey> removed);

/// Adds all rows of a log to `rows`; a group that comes twice in one row gets a row of its own. False for impossible
/// bytes.
[[nodiscard]] bool read_rows(std::string_view log, BlockBuilder& rows);

/// Copies a log with other numbers for its names. False for impossible bytes or a name that `number` refuses.
using NumberOfName = std::function<std::optional<std::uint64_t>(std::uint64_t)>;
[[nodiscard]] bool renumber_rows(std::string_view log, const NumberOfName& number, std::string& out);

}  // namespace horad::store::history
