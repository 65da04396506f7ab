// SPDX-License-Identifier: Apache-2.0
// Randomness that is the same on every machine: the standard library's distributions are not.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace horad::city::town {

/// One round of SplitMix64 (Steele, Lea, Flood 2014): a good hash of one 64-bit word.
constexpr std::uint64_t mix(std::uint64_t v) noexcept {
  v += 0x9e3779b97f4a7c15ULL;
  v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9ULL;
  v = (v ^ (v >> 27)) * 0x94d049bb133111ebULL;
  return v ^ (v >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept { return mix(mix(a) ^ b); }
constexpr std::uint64_t mix(std::uint64_t a, std::string_view text) noexcept {
  for (const char c : text) a = mix(a, static_cast<unsigned char>(c));
  return a;
}
/// Maps 64 hashed bits to [0, 1).
constexpr double to_unit(std::uint64_t bits) noexcept { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

/// A stream of random values from one seed. Equal seeds give equal streams.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept { return mix(state_++); }
  double unit() noexcept { return to_unit(next()); }  // [0, 1)
  double between(double low, double high) noexcept { return low + (high - low) * unit(); }
  std::size_t below(std::size_t n) noexcept { return static_cast<std::size_t>(next() % n); }  // [0, n), n > 0
  int between(int low, int high) noexcept {                                                   // both ends included
    return low + static_cast<int>(below(static_cast<std::size_t>(high - low + 1)));
  }
  bool chance(double p) noexcept { return unit() < p; }

 private:
  std::uint64_t state_;
};

}  // namespace horad::city::town
