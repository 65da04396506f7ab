// SPDX-License-Identifier: Apache-2.0
// Streams of integers and times: the bottom of the history format (docs/formats/history.md, "Streams"). The number of
// values is always known from outside. Readers take arbitrary bytes: when something is impossible they spoil the Reader
// and answer false.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/bytes.h"

namespace horad::store::history {

/// Appends `values` in the method that takes the fewest bytes. Cost: a few ns per value, O(n) scratch.
void put_integers(std::string& out, std::span<const std::int64_t> values);
/// Reads `count` values into `values` (replaced).
[[nodiscard]] bool get_integers(base::Reader& in, std::size_t count, std::vector<std::int64_t>& values);

/// Which of `rows` cells are there: `present` ascending, each below `rows`.
void put_presence(std::string& out, std::span<const std::uint32_t> present, std::size_t rows);
/// Fails, too, when not exactly `count` are present.
[[nodiscard]] bool get_presence(base::Reader& in, std::size_t rows, std::size_t count,
                                std::vector<std::uint32_t>& present);

/// Times in ns. `observed` empty, or as many as `times`: then the times may be written as distances to them.
void put_times(std::string& out, std::span<const std::int64_t> times, std::span<const std::int64_t> observed = {});
[[nodiscard]] bool get_times(base::Reader& in, std::size_t count, std::vector<std::int64_t>& times,
                             std::span<const std::int64_t> observed = {});

/// Different texts, by first appearance, and which of them each value is.
void put_texts(std::string& out, std::span<const std::string_view> different, std::span<const std::int64_t> indexes);
/// Views in `different` lie in `bytes` (replaced) or in the bytes of `in`.
[[nodiscard]] bool get_texts(base::Reader& in, std::size_t count, std::string& bytes,
                             std::vector<std::string_view>& different, std::vector<std::int64_t>& indexes);

/// One zstd frame of `bytes`, and back; unpacking fails unless exactly `size` bytes come out.
std::string pack_zstd(std::string_view bytes);
[[nodiscard]] bool unpack_zstd(std::string_view frame, std::size_t size, std::string& bytes);

}  // namespace horad::store::history
