// SPDX-License-Identifier: Apache-2.0
// Sums that do not depend on the order or grouping of what is summed: numbers of up to 15 digits are added as integers
// of 128 bits at a decimal exponent and rounded once; what does not fit is added with compensation (A. Neumaier, ZAMM
// 54, 1974).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "horad/store/history/numbers.h"

namespace horad::store::history {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

struct CompensatedSum {
  double sum = 0;
  double compensation = 0;
  void add(double value) noexcept;
  void add_wide(long double value) noexcept;  // an integer of 64 bits without rounding
  void add_square(double value) noexcept;
  void add(const CompensatedSum& other) noexcept;
  long double precise() const noexcept { return static_cast<long double>(sum) + compensation; }
  double value() const noexcept { return sum + compensation; }
};

/// What a block header says about the numbers of one column.
struct Statistics {
  enum class Kind : std::uint8_t { kNone = 0, kDecimal = 1, kDouble = 2 };
  Kind kind = Kind::kNone;
  std::uint64_t numbers = 0;
  unsigned exponent = 0;  // kDecimal: m = value * 10^exponent
  std::int64_t min = 0, max = 0, first = 0, last = 0;
  Int128 sum = 0;
  UInt128 squares = 0;
  double real_min = 0, real_max = 0, real_first = 0, real_last = 0;  // kDouble
  CompensatedSum real_sum, real_squares;
};
Statistics statistics_of(const Decimals& numbers);

/// Count, sum, sum of squares, smallest and largest of any numbers. What exceeds the doubles is infinite or NaN.
class NumberTotal {
 public:
  /// Adds m[i] / 10^exponent for all i. Cost: under 1 ns each when they are small.
  void add(std::span<const std::int64_t> m, unsigned exponent) noexcept;
  void add(const Number& number) noexcept;
  void add(const Statistics& statistics) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  double min() const noexcept { return min_; }
  double max() const noexcept { return max_; }
  double sum() const noexcept;
  double squares() const noexcept;
  double mean() const noexcept;
  double deviation() const noexcept;  // of the population

 private:
  void add_exact(unsigned exponent, Int128 sum, UInt128 squares) noexcept;
  bool raise_exponent(unsigned exponent) noexcept;
  void spill() noexcept;

  std::uint64_t count_ = 0;
  unsigned exponent_ = 0;
  Int128 sum_ = 0;
  UInt128 squares_ = 0;
  CompensatedSum loose_sum_;  // what is not in sum_ and squares_
  CompensatedSum loose_squares_;
  bool loose_ = false;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
};

}  // namespace horad::store::history
