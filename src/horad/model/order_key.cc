// SPDX-License-Identifier: Apache-2.0
#include "horad/model/order_key.h"

#include <bit>
#include <cmath>

namespace horad::model::detail {
namespace {

constexpr std::uint64_t kTop = 1ULL << 63;

/// Ordered as the doubles are; -0 as 0.
std::uint64_t ordered_bits(double value) noexcept {
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return (bits & kTop) != 0 ? ~bits : bits | kTop;
}
std::uint64_t ordered_bits(std::int64_t value) noexcept { return static_cast<std::uint64_t>(value) ^ kTop; }

/// The integer that a double is, or the nearest end of the range.
std::int64_t whole_of(double value) noexcept {
  if (value >= 0x1p63) return INT64_MAX;
  if (value < -0x1p63) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

}  // namespace

void OrderKeyWriter::big_endian(std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<unsigned char>(value >> shift));
}

/// First as a double, which orders all but neighbours among large integers, then as an integer. A double with a
/// fraction shares its double with no integer, so that its integer part disturbs nothing.
void OrderKeyWriter::number(const q::Number& number) {
  bare(OrderRank::kNumber);
  big_endian(ordered_bits(number.as_double()));
  big_endian(ordered_bits(number.integer ? number.whole : whole_of(number.real)));
  byte(!number.integer && number.real >= 0x1p63 ? 1 : 0);  // 2^63 comes after 2^63 - 1, whose double it is
}

void OrderKeyWriter::time(std::int64_t nanoseconds) {
  bare(OrderRank::kTime);
  big_endian(ordered_bits(nanoseconds));
}

/// Ends with 0 0; a 0 inside is written 0 1, so that a text comes before its continuations.
void OrderKeyWriter::text(std::string_view text) {
  bare(OrderRank::kText);
  for (const char c : text) {
    byte(static_cast<unsigned char>(c));
    if (c == '\0') byte(1);
  }
  byte(0);
  byte(0);
}

}  // namespace horad::model::detail
