// SPDX-License-Identifier: Apache-2.0
// Huffman coding of differences (docs/formats/history.md, "Huffman"): a walk of decimals has small differences of
// unequal frequency, and takes a sixth less this way than packed. D. A. Huffman, "A Method for the Construction of
// Minimum-Redundancy Codes", Proc. IRE 40 (1952).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "horad/base/bytes.h"

namespace horad::store::history {

struct HuffmanPlan {
  unsigned low_bits = 0;
  std::size_t bytes = 0;  // estimate of the whole, from the entropy
};

/// The best split of `zigzags` into symbols and low bits; none when they have too many symbols or only one.
std::optional<HuffmanPlan> plan_huffman(std::span<const std::uint64_t> zigzags);
void put_huffman(std::string& out, std::span<const std::uint64_t> zigzags, unsigned low_bits);
/// Fills `zigzags`. Cost: about 2 ns per value and 1 us per call for the table.
[[nodiscard]] bool get_huffman(base::Reader& in, std::span<std::uint64_t> zigzags);

}  // namespace horad::store::history
