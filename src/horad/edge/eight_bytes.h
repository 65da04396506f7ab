// SPDX-License-Identifier: Apache-2.0
// Checks of text, eight characters at a time: a request passes several, and each is on the way of every request.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace horad::edge {

inline constexpr std::uint64_t kOnes = 0x0101010101010101u;
inline constexpr std::uint64_t kHighs = 0x8080808080808080u;

/// Not zero when a byte of the word is below `bound` (at most 0x80). May also mark bytes beside a marked one: a hint to
/// look closer.
constexpr std::uint64_t below(std::uint64_t word, unsigned char bound) {
  return (word - kOnes * bound) & ~word & kHighs;
}
constexpr std::uint64_t equal(std::uint64_t word, char byte) {
  return below(word ^ (kOnes * static_cast<unsigned char>(byte)), 1);
}

/// True when `is_fine` holds for every character. `is_odd` looks at eight at once and may be wrong only in saying yes
/// (not zero) too often.
template <class IsOdd, class IsFine>
bool all_fine(std::string_view text, IsOdd is_odd, IsFine is_fine) {
  if (text.size() < 8) return std::ranges::all_of(text, is_fine);
  const auto eight_at = [&](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    return is_odd(word) == 0 || std::ranges::all_of(text.substr(at, 8), is_fine);
  };
  for (std::size_t at = 0; at + 8 < text.size(); at += 8) {
    if (!eight_at(at)) return false;
  }
  return eight_at(text.size() - 8);  // some of these again, which costs less than one by one
}

}  // namespace horad::edge
