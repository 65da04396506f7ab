// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/integers.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "horad/store/history/bits.h"
#include "horad/store/history/huffman.h"

namespace horad::store::history {
namespace {

using base::unzigzag;
using base::zigzag;

enum Method : std::uint8_t { kConstant, kLinear, kFrame, kDelta, kRuns, kDictionary, kHuffman };

constexpr std::size_t kGroup = 64;
constexpr std::size_t kMostDictionary = 256;
constexpr std::size_t kHuffmanFrom = 400;  // below, its table costs more than it gains

constexpr std::int64_t minus(std::int64_t a, std::int64_t b) noexcept {  // modulo 2^64
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t plus(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::size_t varint_size(std::uint64_t value) noexcept { return (width_of(value | 1) + 6) / 7; }

std::vector<std::uint64_t> differences(std::span<const std::int64_t> values) {
  std::vector<std::uint64_t> zigzags(values.size() - 1);
  for (std::size_t i = 1; i < values.size(); ++i) zigzags[i - 1] = zigzag(minus(values[i], values[i - 1]));
  return zigzags;
}

std::size_t packed_groups(std::span<const std::uint64_t> zigzags) {
  std::size_t bytes = 0;
  for (std::size_t at = 0; at < zigzags.size(); at += kGroup) {
    const auto group = zigzags.subspan(at, std::min(kGroup, zigzags.size() - at));
    std::uint64_t all = 0;
    for (const std::uint64_t z : group) all |= z;
    bytes += 1 + packed_size(group.size(), width_of(all));
  }
  return bytes;
}

std::size_t frame_size(std::span<const std::int64_t> values) {
  std::size_t bytes = 0;
  std::int64_t before = 0;
  for (std::size_t at = 0; at < values.size(); at += kGroup) {
    const auto group = values.subspan(at, std::min(kGroup, values.size() - at));
    const auto [low, high] = std::minmax_element(group.begin(), group.end());
    const unsigned width = width_of(static_cast<std::uint64_t>(minus(*high, *low)));
    bytes += varint_size(zigzag(minus(*low, before))) + 1 + packed_size(group.size(), width);
    before = *low;
  }
  return bytes;
}

std::size_t runs_size(std::span<const std::int64_t> values) {
  std::size_t bytes = 0;
  std::size_t runs = 0;
  std::int64_t before = 0;
  for (std::size_t at = 0; at < values.size(); ++runs) {
    std::size_t end = at + 1;
    while (end < values.size() && values[end] == values[at]) ++end;
    bytes += varint_size(zigzag(minus(values[at], before))) + varint_size(end - at - 1);
    before = values[at];
    at = end;
  }
  return bytes + varint_size(runs);
}

// The different values ascending, or none when there are too many to be worth it.
std::optional<std::vector<std::int64_t>> few_values(std::span<const std::int64_t> values) {
  std::array<std::int64_t, 1024> table;
  std::array<bool, 1024> used{};
  std::vector<std::int64_t> found;
  for (const std::int64_t value : values) {
    std::size_t slot = (static_cast<std::uint64_t>(value) * 0x9e3779b97f4a7c15ull) >> 54;
    while (used[slot] && table[slot] != value) slot = (slot + 1) % table.size();
    if (used[slot]) continue;
    if (found.size() == kMostDictionary || found.size() * 4 > values.size() + 8) return std::nullopt;
    used[slot] = true;
    table[slot] = value;
    found.push_back(value);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::size_t dictionary_size(std::span<const std::int64_t> different, std::size_t count) {
  std::size_t bytes = 2 + packed_size(count, width_of(different.size() - 1));
  for (std::size_t i = 0; i < different.size(); ++i) {
    bytes += varint_size(zigzag(minus(different[i], i == 0 ? 0 : different[i - 1])));
  }
  return bytes;
}

// The method that takes the fewest bytes, and what it needs.
struct Survey {
  Method best = kConstant;
  std::optional<std::vector<std::int64_t>> different;  // kDictionary
  std::optional<HuffmanPlan> plan;                     // kHuffman
};

Survey survey(std::span<const std::int64_t> values, std::span<const std::uint64_t> zigzags) {
  Survey out;
  if (std::all_of(zigzags.begin(), zigzags.end(), [&](std::uint64_t z) { return z == zigzags[0]; })) {
    out.best = zigzags.empty() || zigzags[0] == 0 ? kConstant : kLinear;
    return out;
  }
  std::size_t best = std::numeric_limits<std::size_t>::max();
  const auto offer = [&](Method method, std::size_t bytes) {
    if (bytes >= best) return;
    best = bytes;
    out.best = method;
  };
  offer(kDelta, varint_size(zigzag(values[0])) + packed_groups(zigzags));
  offer(kFrame, frame_size(values));
  offer(kRuns, runs_size(values));
  out.different = few_values(values);
  if (out.different) offer(kDictionary, dictionary_size(*out.different, values.size()));
  if (values.size() < kHuffmanFrom || best < values.size() / 8) return out;
  out.plan = plan_huffman(zigzags);
  if (out.plan) offer(kHuffman, out.plan->bytes);
  return out;
}

void put_frame(std::string& out, std::span<const std::int64_t> values) {
  std::array<std::uint64_t, kGroup> offsets;
  std::int64_t before = 0;
  for (std::size_t at = 0; at < values.size(); at += kGroup) {
    const auto group = values.subspan(at, std::min(kGroup, values.size() - at));
    const auto [low, high] = std::minmax_element(group.begin(), group.end());
    const unsigned width = width_of(static_cast<std::uint64_t>(minus(*high, *low)));
    for (std::size_t i = 0; i < group.size(); ++i) offsets[i] = static_cast<std::uint64_t>(minus(group[i], *low));
    base::put_signed(out, minus(*low, before));
    out.push_back(static_cast<char>(width));
    pack_bits(out, std::span(offsets).first(group.size()), width);
    before = *low;
  }
}

bool get_frame(base::Reader& in, std::span<std::int64_t> values) {
  std::array<std::uint64_t, kGroup> offsets;
  std::int64_t low = 0;
  for (std::size_t at = 0; at < values.size(); at += kGroup) {
    const auto group = values.subspan(at, std::min(kGroup, values.size() - at));
    low = plus(low, in.signed_varint());
    if (!unpack_bits(in, in.fixed<std::uint8_t>(), std::span(offsets).first(group.size()))) return false;
    for (std::size_t i = 0; i < group.size(); ++i) group[i] = plus(low, static_cast<std::int64_t>(offsets[i]));
  }
  return in.ok();
}

void put_delta(std::string& out, std::int64_t first, std::span<const std::uint64_t> zigzags) {
  base::put_signed(out, first);
  for (std::size_t at = 0; at < zigzags.size(); at += kGroup) {
    const auto group = zigzags.subspan(at, std::min(kGroup, zigzags.size() - at));
    std::uint64_t all = 0;
    for (const std::uint64_t z : group) all |= z;
    out.push_back(static_cast<char>(width_of(all)));
    pack_bits(out, group, width_of(all));
  }
}

void add_up(std::int64_t first, std::span<const std::uint64_t> zigzags, std::span<std::int64_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = first;
    if (i < zigzags.size()) first = plus(first, unzigzag(zigzags[i]));
  }
}

bool get_delta(base::Reader& in, std::span<std::int64_t> values) {
  std::array<std::uint64_t, kGroup> group;
  std::int64_t value = in.signed_varint();
  values[0] = value;
  for (std::size_t at = 1; at < values.size(); at += kGroup) {
    const std::size_t size = std::min(kGroup, values.size() - at);
    if (!unpack_bits(in, in.fixed<std::uint8_t>(), std::span(group).first(size))) return false;
    for (std::size_t i = 0; i < size; ++i) values[at + i] = value = plus(value, unzigzag(group[i]));
  }
  return in.ok();
}

void put_runs(std::string& out, std::span<const std::int64_t> values) {
  std::string body;
  std::size_t runs = 0;
  std::int64_t before = 0;
  for (std::size_t at = 0; at < values.size(); ++runs) {
    std::size_t end = at + 1;
    while (end < values.size() && values[end] == values[at]) ++end;
    base::put_signed(body, minus(values[at], before));
    base::put_varint(body, end - at - 1);
    before = values[at];
    at = end;
  }
  base::put_varint(out, runs);
  out += body;
}

bool get_runs(base::Reader& in, std::span<std::int64_t> values) {
  std::size_t at = 0;
  std::int64_t value = 0;
  for (std::uint64_t runs = in.varint(); runs > 0 && in.ok(); --runs) {
    value = plus(value, in.signed_varint());
    const std::uint64_t more = in.varint();
    if (!in.ok() || at == values.size() || more >= values.size() - at) return false;
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(at), more + 1, value);
    at += more + 1;
  }
  return in.ok() && at == values.size();
}

void put_dictionary(std::string& out, std::span<const std::int64_t> values, std::span<const std::int64_t> different) {
  base::put_varint(out, different.size());
  for (std::size_t i = 0; i < different.size(); ++i) {
    base::put_signed(out, minus(different[i], i == 0 ? 0 : different[i - 1]));
  }
  std::vector<std::uint64_t> indexes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    indexes[i] =
        static_cast<std::uint64_t>(std::lower_bound(different.begin(), different.end(), values[i]) - different.begin());
  }
  pack_bits(out, indexes, width_of(different.size() - 1));
}

bool get_dictionary(base::Reader& in, std::span<std::int64_t> values) {
  const std::uint64_t size = in.varint();
  if (size == 0 || size > kMostDictionary) return false;
  std::array<std::int64_t, kMostDictionary> different;
  for (std::size_t i = 0; i < size; ++i) different[i] = plus(i == 0 ? 0 : different[i - 1], in.signed_varint());
  std::vector<std::uint64_t> indexes(values.size());
  if (!in.ok() || !unpack_bits(in, width_of(size - 1), indexes)) return false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (indexes[i] >= size) return false;
    values[i] = different[indexes[i]];
  }
  return true;
}

bool get_linear(base::Reader& in, std::span<std::int64_t> values) {
  std::int64_t value = in.signed_varint();
  const std::int64_t step = in.signed_varint();
  for (std::int64_t& v : values) {
    v = value;
    value = plus(value, step);
  }
  return in.ok();
}

bool get_huffman_values(base::Reader& in, std::span<std::int64_t> values) {
  const std::int64_t first = in.signed_varint();
  std::vector<std::uint64_t> zigzags(values.size() - 1);
  if (!get_huffman(in, zigzags)) return false;
  add_up(first, zigzags, values);
  return in.ok();
}

}  // namespace

void put_integers(std::string& out, std::span<const std::int64_t> values) {
  if (values.empty()) return;
  const std::vector<std::uint64_t> zigzags = differences(values);
  const Survey found = survey(values, zigzags);
  out.push_back(static_cast<char>(found.best));
  switch (found.best) {
    case kConstant:
      return base::put_signed(out, values[0]);
    case kLinear:
      base::put_signed(out, values[0]);
      return base::put_signed(out, unzigzag(zigzags[0]));
    case kFrame:
      return put_frame(out, values);
    case kDelta:
      return put_delta(out, values[0], zigzags);
    case kRuns:
      return put_runs(out, values);
    case kDictionary:
      return put_dictionary(out, values, *found.different);
    case kHuffman:
      base::put_signed(out, values[0]);
      return put_huffman(out, zigzags, found.plan->low_bits);
  }
}

bool get_integers(base::Reader& in, std::size_t count, std::vector<std::int64_t>& values) {
  values.resize(count);
  if (count == 0) return true;
  switch (in.fixed<std::uint8_t>()) {
    case kConstant:
      std::fill(values.begin(), values.end(), in.signed_varint());
      return in.ok();
    case kLinear:
      return get_linear(in, values);
    case kFrame:
      return get_frame(in, values);
    case kDelta:
      return get_delta(in, values);
    case kRuns:
      return get_runs(in, values);
    case kDictionary:
      return get_dictionary(in, values);
    case kHuffman:
      return get_huffman_values(in, values);
    default:
      return false;
  }
}

}  // namespace horad::store::history
