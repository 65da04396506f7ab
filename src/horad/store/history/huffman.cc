// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/huffman.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "horad/store/history/bits.h"

namespace horad::store::history {
namespace {

constexpr std::size_t kMostSymbols = 256;
constexpr unsigned kMostLength = 11;
constexpr std::size_t kTableSize = std::size_t{1} << kMostLength;

using Counts = std::array<std::uint32_t, kMostSymbols>;
using Lengths = std::array<std::uint8_t, kMostSymbols>;

// Lengths of a Huffman code for the counts above zero; the longest may exceed any bound.
unsigned build_lengths(const Counts& counts, std::size_t symbols, Lengths& lengths) {
  struct Node {
    std::uint64_t weight;
    std::uint16_t left, right;
  };
  std::vector<Node> nodes;
  nodes.reserve(2 * kMostSymbols);
  std::vector<std::uint16_t> leaves;
  for (std::size_t s = 0; s < symbols; ++s) {
    nodes.push_back({counts[s], 0, 0});
    if (counts[s] > 0) leaves.push_back(static_cast<std::uint16_t>(s));
  }
  std::sort(leaves.begin(), leaves.end(),
            [&](auto a, auto b) { return counts[a] != counts[b] ? counts[a] < counts[b] : a < b; });
  if (leaves.size() == 1) {
    lengths[leaves[0]] = 1;
    return 1;
  }
  std::vector<std::uint16_t> inner;  // ascending in weight as they are made
  std::size_t next_leaf = 0;
  std::size_t next_inner = 0;
  const auto take = [&]() -> std::uint16_t {
    if (next_inner == inner.size() ||
        (next_leaf < leaves.size() && nodes[leaves[next_leaf]].weight <= nodes[inner[next_inner]].weight)) {
      return leaves[next_leaf++];
    }
    return inner[next_inner++];
  };
  for (std::size_t merges = leaves.size() - 1; merges > 0; --merges) {
    const std::uint16_t a = take();
    const std::uint16_t b = take();
    nodes.push_back({nodes[a].weight + nodes[b].weight, a, b});
    inner.push_back(static_cast<std::uint16_t>(nodes.size() - 1));
  }
  std::vector<std::uint8_t> depth(nodes.size(), 0);
  unsigned longest = 0;
  for (std::size_t i = nodes.size(); i-- > symbols;) {  // a parent stands behind its children
    depth[nodes[i].left] = depth[nodes[i].right] = static_cast<std::uint8_t>(depth[i] + 1);
  }
  for (const std::uint16_t s : leaves) {
    lengths[s] = depth[s];
    longest = std::max<unsigned>(longest, depth[s]);
  }
  return longest;
}

Lengths bounded_lengths(Counts counts, std::size_t symbols) {
  for (;;) {
    Lengths lengths{};
    if (build_lengths(counts, symbols, lengths) <= kMostLength) return lengths;
    for (auto& count : counts) {
      if (count > 0) count = count / 2 + 1;  // flattens until the code is short enough
    }
  }
}

unsigned reversed(unsigned code, unsigned length) noexcept {
  unsigned out = 0;
  for (unsigned i = 0; i < length; ++i) out |= ((code >> i) & 1u) << (length - 1 - i);
  return out;
}

// Canonical codes, bits reversed for a stream that begins at the lowest bit. False when the lengths are no prefix code.
bool assign_codes(const Lengths& lengths, std::size_t symbols, std::array<std::uint16_t, kMostSymbols>& codes) {
  std::array<unsigned, kMostLength + 2> of_length{};
  for (std::size_t s = 0; s < symbols; ++s) {
    if (lengths[s] > kMostLength) return false;
    if (lengths[s] > 0) ++of_length[lengths[s]];
  }
  std::array<unsigned, kMostLength + 2> next{};
  unsigned code = 0;
  for (unsigned length = 1; length <= kMostLength; ++length) {
    code = (code + of_length[length - 1]) << 1;
    next[length] = code;
    if (code + of_length[length] > (1u << length)) return false;
  }
  for (std::size_t s = 0; s < symbols; ++s) {
    if (lengths[s] > 0) codes[s] = static_cast<std::uint16_t>(reversed(next[lengths[s]]++, lengths[s]));
  }
  return true;
}

struct Entry {
  std::uint8_t symbol = 0;
  std::uint8_t length = 0;  // 0: no code begins so
};

void fill_table(const Lengths& lengths, std::size_t symbols, const std::array<std::uint16_t, kMostSymbols>& codes,
                std::array<Entry, kTableSize>& table) {
  for (std::size_t s = 0; s < symbols; ++s) {
    if (lengths[s] == 0) continue;
    for (std::size_t at = codes[s]; at < kTableSize; at += std::size_t{1} << lengths[s]) {
      table[at] = {static_cast<std::uint8_t>(s), lengths[s]};
    }
  }
}

bool read_codes(std::string_view bytes, const std::array<Entry, kTableSize>& table, std::span<std::uint64_t> symbols) {
  std::size_t bit = 0;
  const std::size_t bits = bytes.size() * 8;
  for (std::uint64_t& symbol : symbols) {
    const std::size_t byte = bit / 8;
    std::uint32_t word = 0;
    if (byte + 4 <= bytes.size()) {
      std::memcpy(&word, bytes.data() + byte, 4);
    } else if (byte < bytes.size()) {
      std::memcpy(&word, bytes.data() + byte, bytes.size() - byte);
    }
    const Entry entry = table[(word >> (bit % 8)) & (kTableSize - 1)];
    bit += entry.length;
    if (entry.length == 0 || bit > bits) return false;
    symbol = entry.symbol;
  }
  return true;
}

}  // namespace

std::optional<HuffmanPlan> plan_huffman(std::span<const std::uint64_t> zigzags) {
  std::uint64_t largest = 0;
  for (const std::uint64_t z : zigzags) largest = std::max(largest, z);
  const unsigned first = width_of(largest) > 8 ? width_of(largest) - 8 : 0;
  std::optional<HuffmanPlan> best;
  for (unsigned low = first; low < first + 4; ++low) {
    const std::size_t symbols = static_cast<std::size_t>(largest >> low) + 1;
    if (symbols < 2) break;
    Counts counts{};
    for (const std::uint64_t z : zigzags) ++counts[z >> low];
    double bits = 0;
    const double total = static_cast<double>(zigzags.size());
    for (std::size_t s = 0; s < symbols; ++s) {
      if (counts[s] > 0) bits += static_cast<double>(counts[s]) * std::log2(total / static_cast<double>(counts[s]));
    }
    const auto bytes =
        static_cast<std::size_t>((bits * 1.01 + static_cast<double>(zigzags.size() * low)) / 8) + symbols / 2 + 8;
    if (!best || bytes < best->bytes) best = HuffmanPlan{low, bytes};
  }
  return best;
}

void put_huffman(std::string& out, std::span<const std::uint64_t> zigzags, unsigned low_bits) {
  Counts counts{};
  std::size_t symbols = 0;
  for (const std::uint64_t z : zigzags) {
    ++counts[z >> low_bits];
    symbols = std::max(symbols, static_cast<std::size_t>(z >> low_bits) + 1);
  }
  const Lengths lengths = bounded_lengths(counts, symbols);
  std::array<std::uint16_t, kMostSymbols> codes{};
  assign_codes(lengths, symbols, codes);
  out.push_back(static_cast<char>(low_bits));
  base::put_varint(out, symbols);
  pack_bits(out, std::vector<std::uint64_t>(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(symbols)),
            4);
  std::string bits;
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (const std::uint64_t z : zigzags) {
    word |= static_cast<std::uint64_t>(codes[z >> low_bits]) << filled;
    filled += lengths[z >> low_bits];
    for (; filled >= 8; filled -= 8, word >>= 8) bits.push_back(static_cast<char>(word));
  }
  if (filled > 0) bits.push_back(static_cast<char>(word));
  base::put_text(out, bits);
  if (low_bits == 0) return;
  std::vector<std::uint64_t> low(zigzags.begin(), zigzags.end());
  for (std::uint64_t& z : low) z &= (1ull << low_bits) - 1;
  pack_bits(out, low, low_bits);
}

bool get_huffman(base::Reader& in, std::span<std::uint64_t> zigzags) {
  const unsigned low_bits = in.fixed<std::uint8_t>();
  const std::uint64_t symbols = in.varint();
  if (low_bits > 63 || symbols < 2 || symbols > kMostSymbols) return false;
  std::array<std::uint64_t, kMostSymbols> read{};
  if (!unpack_bits(in, 4, std::span(read).first(symbols))) return false;
  Lengths lengths{};
  for (std::size_t s = 0; s < symbols; ++s) lengths[s] = static_cast<std::uint8_t>(read[s]);
  std::array<std::uint16_t, kMostSymbols> codes{};
  if (!assign_codes(lengths, symbols, codes)) return false;
  std::array<Entry, kTableSize> table{};
  fill_table(lengths, symbols, codes, table);
  if (!read_codes(in.text(), table, zigzags)) return false;
  if (low_bits == 0) return true;
  std::vector<std::uint64_t> low(zigzags.size());
  if (!unpack_bits(in, low_bits, low)) return false;
  for (std::size_t i = 0; i < zigzags.size(); ++i) zigzags[i] = zigzags[i] << low_bits | low[i];
  return true;
}

}  // namespace horad::store::history
