// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/totals.h"

#include <algorithm>
#include <cmath>

namespace horad::store::history {
namespace {

double as_double(std::int64_t m, unsigned exponent) noexcept { return static_cast<double>(m) / kPowers[exponent]; }

double divided(Int128 sum, long double by) noexcept { return static_cast<double>(static_cast<long double>(sum) / by); }

Int128 sum_of(std::span<const std::int64_t> m, std::int64_t largest) noexcept {
  std::int64_t small = 0;
  if (!__builtin_mul_overflow(largest, static_cast<std::int64_t>(m.size()), &small)) {
    small = 0;
    for (const std::int64_t v : m) small += v;
    return small;
  }
  Int128 sum = 0;
  for (const std::int64_t v : m) sum += v;
  return sum;
}

UInt128 magnitude_squared(std::int64_t v) noexcept {
  const std::uint64_t a = v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
  return static_cast<UInt128>(a) * a;
}

bool squares_of(std::span<const std::int64_t> m, std::int64_t largest, UInt128& squares) noexcept {
  std::int64_t small = 0;
  squares = 0;
  if (!__builtin_mul_overflow(largest, largest, &small) &&
      !__builtin_mul_overflow(small, static_cast<std::int64_t>(m.size()), &small)) {
    small = 0;
    for (const std::int64_t v : m) small += v * v;
    squares = static_cast<UInt128>(small);
    return true;
  }
  bool fits = true;
  for (const std::int64_t v : m) fits = !__builtin_add_overflow(squares, magnitude_squared(v), &squares) && fits;
  return fits;
}

std::int64_t magnitude_bound(std::int64_t low, std::int64_t high) noexcept {
  if (low == std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::max();
  return std::max(-low, high);
}

Statistics double_statistics(const Decimals& numbers) {
  Statistics out;
  out.kind = Statistics::Kind::kDouble;
  out.numbers = numbers.size();
  out.real_first = numbers.at(0).as_double();
  out.real_last = numbers.at(numbers.size() - 1).as_double();
  out.real_min = out.real_max = out.real_first;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Number number = numbers.at(i);
    const double value = number.as_double();
    out.real_min = std::min(out.real_min, value);
    out.real_max = std::max(out.real_max, value);
    out.real_sum.add_wide(number.integer ? static_cast<long double>(number.bits) : value);
    out.real_squares.add_square(value);
  }
  return out;
}

}  // namespace

void CompensatedSum::add(double value) noexcept {
  const double total = sum + value;
  compensation += std::fabs(sum) >= std::fabs(value) ? (sum - total) + value : (value - total) + sum;
  sum = total;
}

void CompensatedSum::add_wide(long double value) noexcept {
  const auto high = static_cast<double>(value);
  add(high);
  if (std::isfinite(high)) compensation += static_cast<double>(value - high);
}

void CompensatedSum::add_square(double value) noexcept {
  const double square = value * value;
  add(square);
  compensation += std::fma(value, value, -square);
}

void CompensatedSum::add(const CompensatedSum& other) noexcept {
  add(other.sum);
  compensation += other.compensation;
}

Statistics statistics_of(const Decimals& numbers) {
  if (numbers.size() == 0) return {};
  if (numbers.raw || !numbers.exceptions.empty()) return double_statistics(numbers);
  const auto [low, high] = std::minmax_element(numbers.m.begin(), numbers.m.end());
  Statistics out;
  out.kind = Statistics::Kind::kDecimal;
  out.numbers = numbers.size();
  out.exponent = numbers.exponent;
  out.min = *low;
  out.max = *high;
  out.first = numbers.m.front();
  out.last = numbers.m.back();
  out.sum = sum_of(numbers.m, magnitude_bound(*low, *high));
  if (!squares_of(numbers.m, magnitude_bound(*low, *high), out.squares)) return double_statistics(numbers);
  return out;
}

void NumberTotal::add(std::span<const std::int64_t> m, unsigned exponent) noexcept {
  if (m.empty()) return;
  std::int64_t low = m[0];
  std::int64_t high = m[0];
  for (const std::int64_t v : m) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  UInt128 squares = 0;
  if (!squares_of(m, magnitude_bound(low, high), squares)) {
    for (const std::int64_t v : m) add(Number::of(as_double(v, exponent)));
    return;
  }
  count_ += m.size();
  min_ = std::min(min_, as_double(low, exponent));
  max_ = std::max(max_, as_double(high, exponent));
  add_exact(exponent, sum_of(m, magnitude_bound(low, high)), squares);
}

void NumberTotal::add(const Number& number) noexcept {
  const double value = number.as_double();
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  if (number.integer) return add_exact(0, number.bits, magnitude_squared(number.bits));
  if (const auto exact = shortest(value)) {
    return add_exact(exact->first, exact->second, magnitude_squared(exact->second));
  }
  loose_ = true;
  loose_sum_.add(value);
  loose_squares_.add_square(value);
}

void NumberTotal::add(const Statistics& statistics) noexcept {
  switch (statistics.kind) {
    case Statistics::Kind::kNone:
      return;
    case Statistics::Kind::kDecimal:
      min_ = std::min(min_, as_double(statistics.min, statistics.exponent));
      max_ = std::max(max_, as_double(statistics.max, statistics.exponent));
      add_exact(statistics.exponent, statistics.sum, statistics.squares);
      break;
    case Statistics::Kind::kDouble:
      min_ = std::min(min_, statistics.real_min);
      max_ = std::max(max_, statistics.real_max);
      loose_ = true;
      loose_sum_.add(statistics.real_sum);
      loose_squares_.add(statistics.real_squares);
      break;
  }
  count_ += statistics.numbers;
}

void NumberTotal::add_exact(unsigned exponent, Int128 sum, UInt128 squares) noexcept {
  if (exponent > exponent_ && !raise_exponent(exponent)) spill();
  const unsigned up = exponent_ - std::min(exponent, exponent_);
  Int128 raised = 0;
  UInt128 raised_squares = 0;
  const auto power = kIntegerPowers[up];
  const bool fits = exponent <= exponent_ && !__builtin_mul_overflow(sum, static_cast<Int128>(power), &raised) &&
                    !__builtin_mul_overflow(squares, magnitude_squared(power), &raised_squares);
  Int128 new_sum = 0;
  UInt128 new_squares = 0;
  if (fits && !__builtin_add_overflow(sum_, raised, &new_sum) &&
      !__builtin_add_overflow(squares_, raised_squares, &new_squares)) {
    sum_ = new_sum;
    squares_ = new_squares;
    return;
  }
  loose_ = true;
  const long double unit = kPowers[exponent];
  loose_sum_.add_wide(static_cast<long double>(sum) / unit);
  loose_squares_.add(static_cast<double>(static_cast<long double>(squares) / (unit * unit)));
}

bool NumberTotal::raise_exponent(unsigned exponent) noexcept {
  const std::int64_t power = kIntegerPowers[exponent - exponent_];
  Int128 sum = 0;
  UInt128 squares = 0;
  if (__builtin_mul_overflow(sum_, static_cast<Int128>(power), &sum) ||
      __builtin_mul_overflow(squares_, magnitude_squared(power), &squares)) {
    return false;
  }
  sum_ = sum;
  squares_ = squares;
  exponent_ = exponent;
  return true;
}

// Moves the exact part to the loose one, when no common exponent holds both.
void NumberTotal::spill() noexcept {
  const long double unit = kPowers[exponent_];
  loose_ = true;
  loose_sum_.add_wide(static_cast<long double>(sum_) / unit);
  loose_squares_.add(static_cast<double>(static_cast<long double>(squares_) / (unit * unit)));
  sum_ = 0;
  squares_ = 0;
  exponent_ = kMostExponent;
}

double NumberTotal::sum() const noexcept {
  if (loose_) {
    CompensatedSum all = loose_sum_;
    all.add_wide(static_cast<long double>(sum_) / kPowers[exponent_]);
    return all.value();
  }
  const bool small = sum_ < (Int128{1} << 53) && sum_ > -(Int128{1} << 53);
  return small ? as_double(static_cast<std::int64_t>(sum_), exponent_) : divided(sum_, kPowers[exponent_]);
}

double NumberTotal::squares() const noexcept {
  const long double unit = kPowers[exponent_];
  CompensatedSum all = loose_squares_;
  all.add_wide(static_cast<long double>(squares_) / (unit * unit));
  return all.value();
}

double NumberTotal::mean() const noexcept {
  if (loose_) return sum() / static_cast<double>(count_);
  return divided(sum_, static_cast<long double>(kPowers[exponent_]) * static_cast<long double>(count_));
}

double NumberTotal::deviation() const noexcept {
  const auto n = static_cast<long double>(count_);
  const UInt128 magnitude = sum_ < 0 ? 0 - static_cast<UInt128>(sum_) : static_cast<UInt128>(sum_);
  UInt128 left = 0;
  UInt128 right = 0;
  if (!loose_ && !__builtin_mul_overflow(squares_, static_cast<UInt128>(count_), &left) &&
      !__builtin_mul_overflow(magnitude, magnitude, &right)) {
    // n * sum of squares - square of the sum, without rounding
    return static_cast<double>(std::sqrt(static_cast<long double>(left - right)) / (n * kPowers[exponent_]));
  }
  const long double unit = kPowers[exponent_];
  const long double mean = (static_cast<long double>(sum_) / unit + loose_sum_.precise()) / n;
  const long double square = (static_cast<long double>(squares_) / (unit * unit) + loose_squares_.precise()) / n;
  const long double variance = square - mean * mean;
  return static_cast<double>(variance < 0 ? 0.0L : std::sqrt(variance));  // keeps NaN
}

}  // namespace horad::store::history
