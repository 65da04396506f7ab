// SPDX-License-Identifier: Apache-2.0
// Packing of integers into bits: value i stands at bit i * width, lowest bit first; the whole is padded to bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "horad/base/bytes.h"

namespace horad::store::history {

constexpr unsigned width_of(std::uint64_t value) noexcept { return static_cast<unsigned>(std::bit_width(value)); }
constexpr std::size_t packed_size(std::size_t count, unsigned width) noexcept { return (count * width + 7) / 8; }

/// Every value must be below 2^width.
void pack_bits(std::string& out, std::span<const std::uint64_t> values, unsigned width);
/// Fills `values`; fails for a width above 64 or too few bytes.
[[nodiscard]] bool unpack_bits(base::Reader& in, unsigned width, std::span<std::uint64_t> values);

}  // namespace horad::store::history
