// SPDX-License-Identifier: Apache-2.0
// Numbers as decimal integers (docs/formats/history.md, "Numbers" and "Points"): what a person or a device wrote
// as 21.53 is kept as 2153 with exponent 2. After A. Afroozeh, P. Boncz, "ALP: Adaptive Lossless floating-Point
// Compression", SIGMOD 2023, but with a division, which gives back exactly the double that the decimal text stands for.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/bytes.h"

namespace horad::store::history {

inline constexpr unsigned kMostExponent = 18;
inline constexpr std::array<double, kMostExponent + 1> kPowers = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
inline constexpr std::array<std::int64_t, kMostExponent + 1> kIntegerPowers = [] {
  std::array<std::int64_t, kMostExponent + 1> out{};
  std::int64_t power = 1;
  for (std::size_t i = 0; i < out.size(); ++i, power *= i <= kMostExponent ? 10 : 1) out[i] = power;
  return out;
}();

/// m with m / 10^exponent == value, bit by bit; none when there is no such m below 2^53.
std::optional<std::int64_t> scaled(double value, unsigned exponent) noexcept;
/// The smallest exponent up to 15 that scales `value`, and the m. None for 17-digit numbers, 1e300, -0.0.
std::optional<std::pair<unsigned, std::int64_t>> shortest(double value) noexcept;

/// A number as it was sent: the kind tells 21 from 21.0.
struct Number {
  bool integer = false;
  std::int64_t bits = 0;  // the integer, or the bits of the double
  static Number of(std::int64_t value) noexcept { return {true, value}; }
  static Number of(double value) noexcept { return {false, std::bit_cast<std::int64_t>(value)}; }
  double real() const noexcept { return std::bit_cast<double>(bits); }
  double as_double() const noexcept { return integer ? static_cast<double>(bits) : real(); }
};

/// Numbers as they lie in a block. Number i is m[i] / 10^exponent unless it is an exception.
struct Decimals {
  bool raw = false;  // then everything is in `exceptions`
  unsigned exponent = 0;
  std::vector<std::int64_t> m;
  std::uint8_t rule = 0;                                     // see the format
  std::vector<std::int64_t> integer;                         // with rule 3: 0 or 1 each
  std::vector<std::pair<std::uint32_t, Number>> exceptions;  // ascending by index
  std::size_t size() const noexcept { return raw ? exceptions.size() : m.size(); }
  /// Number `i`; O(1) without exceptions, else O(log exceptions).
  Number at(std::size_t i) const noexcept;
};

/// Chooses exponent and rule; what comes out gives back the same numbers.
Decimals to_decimals(std::span<const Number> numbers);
void put_decimals(std::string& out, const Decimals& numbers);
[[nodiscard]] bool get_decimals(base::Reader& in, std::size_t count, Decimals& numbers);

/// One coordinate as an integer with digits after the point as written.
struct PlainDecimal {
  std::int64_t m = 0;
  unsigned exponent = 0;
  bool pointed = false;  // written with a point
};
/// Reads `-12.34`; none for exponents, leading zeros, more than 18 digits, -0.
std::optional<PlainDecimal> read_plain(std::string_view text) noexcept;

struct PlainPoint {
  PlainDecimal x, y;
};
/// Reads `{"type":"Point","coordinates":[x,y]}` exactly so written; none for all else.
std::optional<PlainPoint> read_point(std::string_view json) noexcept;
/// Writes m / 10^exponent without zeros at the end; `.0` after whole numbers when `pointed`.
void append_plain(std::string& out, std::int64_t m, unsigned exponent, bool pointed);

/// How one coordinate of all points of a column is written.
struct PointForm {
  unsigned exponent = 0;
  bool pointed = false;
};
/// What fits `points` best; a point that write_point() would write otherwise is not to be put in the stream.
std::pair<PointForm, PointForm> form_of(std::span<const PlainPoint> points);
/// The integers of `point` in the form; none when it would not come back letter by letter.
std::optional<std::pair<std::int64_t, std::int64_t>> in_form(std::string_view json, PointForm x, PointForm y);
std::string write_point(std::int64_t x, PointForm x_form, std::int64_t y, PointForm y_form);

}  // namespace horad::store::history
