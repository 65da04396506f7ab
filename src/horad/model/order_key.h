// SPDX-License-Identifier: Apache-2.0
// Values as bytes that are ordered as the values are: what Ordering makes of documents. Not for other rooms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "horad/model/q_json.h"

namespace horad::model::detail {

/// What sort of value comes first. The numbers are the first byte of each part of a key.
enum class OrderRank : std::uint8_t { kFalse = 1, kTrue, kNumber, kTime, kText, kOther, kAbsent = 0xFF };

/// Appends the parts of a key. A part is no beginning of another, so that keys of several parts compare part by part.
class OrderKeyWriter {
 public:
  /// `descending` turns the part round, but for absent values.
  OrderKeyWriter(std::string& out, bool descending) noexcept : out_(out), descending_(descending) {}

  void bare(OrderRank rank) { byte(static_cast<unsigned char>(rank)); }  // kFalse, kTrue, kOther
  void absent() { out_.push_back('\xFF'); }
  void number(const q::Number& number);  // exactly: 2^53 + 1 comes after 2^53
  void time(std::int64_t nanoseconds);
  void text(std::string_view text);

 private:
  void byte(unsigned char value) { out_.push_back(static_cast<char>(descending_ ? ~value : value)); }
  void big_endian(std::uint64_t value);
  std::string& out_;
  bool descending_;
};

}  // namespace horad::model::detail
