// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/bits.h"

#include <algorithm>
#include <cstring>

namespace horad::store::history {
namespace {

constexpr std::size_t kStretch = 64;  // values whose bits end on a byte for every width

std::uint64_t load(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// `bytes` must be readable 9 bytes past the last packed byte.
void unpack_stretch(const char* bytes, unsigned width, std::span<std::uint64_t> values) noexcept {
  const std::uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
  std::size_t bit = 0;
  if (width <= 56) {
    for (std::uint64_t& value : values) {
      value = (load(bytes + bit / 8) >> (bit % 8)) & mask;
      bit += width;
    }
    return;
  }
  for (std::uint64_t& value : values) {
    const unsigned shift = bit % 8;
    std::uint64_t word = load(bytes + bit / 8) >> shift;
    if (shift != 0) word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(bytes[bit / 8 + 8])) << (64 - shift);
    value = word & mask;
    bit += width;
  }
}

}  // namespace

void pack_bits(std::string& out, std::span<const std::uint64_t> values, unsigned width) {
  if (width == 0) return;
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (const std::uint64_t value : values) {
    word |= value << filled;
    filled += width;
    if (filled >= 64) {
      base::put_fixed(out, word);
      filled -= 64;
      word = filled == 0 ? 0 : value >> (width - filled);
    }
  }
  char rest[8];
  std::memcpy(rest, &word, 8);
  out.append(rest, (filled + 7) / 8);
}

bool unpack_bits(base::Reader& in, unsigned width, std::span<std::uint64_t> values) {
  if (width > 64) return false;
  if (width == 0) {
    std::fill(values.begin(), values.end(), 0);
    return true;
  }
  const std::string_view bytes = in.bytes(packed_size(values.size(), width));
  if (!in.ok()) return false;
  for (std::size_t done = 0; done < values.size(); done += kStretch) {
    const auto part = values.subspan(done, std::min(kStretch, values.size() - done));
    const std::size_t begin = done / 8 * width;
    const std::size_t size = packed_size(part.size(), width);
    if (begin + size + 9 <= bytes.size()) {
      unpack_stretch(bytes.data() + begin, width, part);
      continue;
    }
    char padded[kStretch * 8 + 16] = {};
    std::memcpy(padded, bytes.data() + begin, size);
    unpack_stretch(padded, width, part);
  }
  return true;
}

}  // namespace horad::store::history
