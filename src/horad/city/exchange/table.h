// SPDX-License-Identifier: Apache-2.0
// CSV files as found in the wild, streaming: any chunking, quotes, CRLF, a byte order mark, blanks around fields.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"

namespace horad::city::exchange {

/// One record; lives during the call that gets it.
class Row {
 public:
  Row(const std::vector<std::string>& header, const std::vector<std::string>& fields, std::uint64_t number)
      : header_(header), fields_(fields), number_(number) {}
  /// The field under this column name; empty when the column or the field is missing.
  std::string_view operator[](std::string_view column) const;
  bool has_column(std::string_view column) const;
  std::uint64_t number() const { return number_; }  // of the record, the header being 1
  const std::vector<std::string>& header() const { return header_; }

 private:
  const std::vector<std::string>& header_;
  const std::vector<std::string>& fields_;
  std::uint64_t number_;
};

/// Calls `on_row` for each record after the header. A record with more fields than the header has columns, a field
/// above 1 MiB or text that is not UTF-8 is an error, as is what `on_row` answers; `on_bad_row` gets it with the
/// record's number, and reading goes on.
class TableReader {
 public:
  using OnRow = std::function<Result<void>(const Row&)>;
  using OnBadRow = std::function<void(std::uint64_t number, const Error& error)>;
  TableReader(OnRow on_row, OnBadRow on_bad_row);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  /// Takes the next bytes of the file, cut anywhere. Errors: kTooLarge when one field goes on for more than 1 MiB (a
  /// lost quote).
  Result<void> feed(std::string_view bytes);
  Result<void> finish();       // handles a last record without line end
  std::uint64_t rows() const;  // records after the header, bad ones too

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::city::exchange
