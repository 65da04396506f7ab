// SPDX-License-Identifier: Apache-2.0
// Presence, times and texts: the streams of the format that are made of integer streams.
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "horad/store/history/bits.h"
#include "horad/store/history/integers.h"

namespace horad::store::history {
namespace {

enum PresenceMethod : std::uint8_t { kAll, kBitmap, kRunLengths, kPackedBitmap };
enum TimeMethod : std::uint8_t { kDifferences = 1, kFitted = 2, kFromObserved = 3 };

constexpr std::array<std::int64_t, 4> kUnits = {1, 1'000, 1'000'000, 1'000'000'000};  // ns
constexpr std::uint64_t kMostTextBytes = 64ull << 20;
constexpr std::size_t kPackTextsFrom = 64;

constexpr std::int64_t minus(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t plus(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t times(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

std::string run_lengths(std::span<const std::uint32_t> present, std::size_t rows) {
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < present.size();) {
    std::size_t end = i + 1;
    while (end < present.size() && present[end] == present[end - 1] + 1) ++end;
    base::put_varint(out, present[i] - at);
    base::put_varint(out, end - i);
    at = present[end - 1] + 1;
    i = end;
  }
  if (at < rows) base::put_varint(out, rows - at);
  return out;
}

bool read_runs(base::Reader& in, std::size_t rows, std::vector<std::uint32_t>& present) {
  std::size_t at = 0;
  for (bool there = false; at < rows; there = !there) {
    const std::uint64_t run = in.varint();
    if (!in.ok() || run > rows - at || (run == 0 && at != 0)) return false;
    for (std::size_t i = 0; there && i < run; ++i) present.push_back(static_cast<std::uint32_t>(at + i));
    at += run;
  }
  return true;
}

bool read_bitmap(std::string_view bytes, std::size_t rows, std::vector<std::uint32_t>& present) {
  if (bytes.size() != (rows + 7) / 8) return false;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    for (auto left = static_cast<std::uint8_t>(bytes[byte]); left != 0;
         left = static_cast<std::uint8_t>(left & (left - 1))) {
      const std::size_t row = byte * 8 + static_cast<std::size_t>(std::countr_zero(left));
      if (row >= rows) return false;
      present.push_back(static_cast<std::uint32_t>(row));
    }
  }
  return true;
}

std::int64_t divided(std::int64_t difference, std::int64_t unit) noexcept { return difference / unit; }

// The coarsest unit that divides every distance.
std::uint8_t unit_of(std::span<const std::int64_t> distances) {
  for (std::uint8_t u = kUnits.size() - 1; u > 0; --u) {
    if (std::all_of(distances.begin(), distances.end(), [&](std::int64_t d) { return d % kUnits[u] == 0; })) return u;
  }
  return 0;
}

std::vector<std::int64_t> in_units(std::span<const std::int64_t> distances, std::uint8_t unit) {
  std::vector<std::int64_t> out(distances.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = divided(distances[i], kUnits[unit]);
  return out;
}

// Steps k and residuals r of times that tremble around a clock of the median step. Empty when there is no such clock.
std::string fitted(std::span<const std::int64_t> steps) {
  std::vector<std::int64_t> sorted(steps.begin(), steps.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const std::int64_t step = *middle;
  if (step <= 1 || step > (std::int64_t{1} << 50)) return {};
  std::vector<std::int64_t> ks(steps.size());
  std::vector<std::int64_t> residuals(steps.size());
  std::int64_t ahead = 0;  // of the clock
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] > (std::int64_t{1} << 60) || steps[i] < -(std::int64_t{1} << 60)) return {};
    const std::int64_t distance = steps[i] + ahead;
    ks[i] = (distance >= 0 ? distance + step / 2 : distance - step / 2) / step;
    residuals[i] = ahead = distance - ks[i] * step;
  }
  std::string out;
  base::put_signed(out, step);
  put_integers(out, ks);
  put_integers(out, residuals);
  return out;
}

bool get_fitted(base::Reader& in, std::int64_t unit, std::span<std::int64_t> values) {
  const std::int64_t step = in.signed_varint();
  std::vector<std::int64_t> ks;
  std::vector<std::int64_t> residuals;
  if (!get_integers(in, values.size() - 1, ks) || !get_integers(in, values.size() - 1, residuals)) return false;
  std::int64_t clock = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    clock = plus(clock, times(ks[i - 1], step));
    values[i] = plus(values[0], times(plus(clock, residuals[i - 1]), unit));
  }
  return true;
}

bool get_differences(base::Reader& in, std::int64_t unit, std::span<std::int64_t> values) {
  std::vector<std::int64_t> steps;
  if (!get_integers(in, values.size() - 1, steps)) return false;
  for (std::size_t i = 1; i < values.size(); ++i) values[i] = plus(values[i - 1], times(steps[i - 1], unit));
  return true;
}

std::string plain_times(std::span<const std::int64_t> values) {
  std::vector<std::int64_t> steps(values.size() - 1);
  for (std::size_t i = 1; i < values.size(); ++i) steps[i - 1] = minus(values[i], values[i - 1]);
  const std::uint8_t unit = unit_of(steps);
  steps = in_units(steps, unit);
  std::string body;
  put_integers(body, steps);
  std::uint8_t method = kDifferences;
  if (steps.size() > 2 && body.size() > 24) {
    if (std::string other = fitted(steps); !other.empty() && other.size() < body.size()) {
      body = std::move(other);
      method = kFitted;
    }
  }
  std::string out;
  out.push_back(static_cast<char>(unit));
  base::put_signed(out, values[0]);
  out.push_back(static_cast<char>(method));
  return out += body;
}

std::string times_from_observed(std::span<const std::int64_t> values, std::span<const std::int64_t> observed) {
  std::vector<std::int64_t> distances(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) distances[i] = minus(values[i], observed[i]);
  const std::uint8_t unit = unit_of(distances);
  std::string out;
  out.push_back(static_cast<char>(unit));
  base::put_signed(out, 0);
  out.push_back(static_cast<char>(kFromObserved));
  put_integers(out, in_units(distances, unit));
  return out;
}

}  // namespace

std::string pack_zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

bool unpack_zstd(std::string_view frame, std::size_t size, std::string& bytes) {
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size) return false;
  bytes.resize(size);
  return ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size()) == size;
}

void put_presence(std::string& out, std::span<const std::uint32_t> present, std::size_t rows) {
  if (present.size() == rows) return out.push_back(static_cast<char>(kAll));
  std::string bitmap((rows + 7) / 8, '\0');
  for (const std::uint32_t row : present) bitmap[row / 8] = static_cast<char>(bitmap[row / 8] | (1 << (row % 8)));
  const std::string runs = run_lengths(present, rows);
  if (runs.size() <= bitmap.size() / 4) {
    out.push_back(static_cast<char>(kRunLengths));
    out += runs;
    return;
  }
  const std::string packed = pack_zstd(bitmap);
  if (bitmap.size() > 32 && packed.size() + 2 < std::min(bitmap.size(), runs.size())) {
    out.push_back(static_cast<char>(kPackedBitmap));
    return base::put_text(out, packed);
  }
  const bool by_runs = runs.size() < bitmap.size();
  out.push_back(static_cast<char>(by_runs ? kRunLengths : kBitmap));
  out += by_runs ? runs : bitmap;
}

bool get_presence(base::Reader& in, std::size_t rows, std::size_t count, std::vector<std::uint32_t>& present) {
  present.clear();
  present.reserve(count);
  std::string unpacked;
  bool good = false;
  switch (in.fixed<std::uint8_t>()) {
    case kAll:
      for (std::size_t i = 0; i < rows; ++i) present.push_back(static_cast<std::uint32_t>(i));
      good = true;
      break;
    case kBitmap:
      good = read_bitmap(in.bytes((rows + 7) / 8), rows, present);
      break;
    case kRunLengths:
      good = read_runs(in, rows, present);
      break;
    case kPackedBitmap:
      good = unpack_zstd(in.text(), (rows + 7) / 8, unpacked) && read_bitmap(unpacked, rows, present);
      break;
    default:
      break;
  }
  return good && in.ok() && present.size() == count;
}

void put_times(std::string& out, std::span<const std::int64_t> values, std::span<const std::int64_t> observed) {
  if (values.empty()) return;
  std::string body = plain_times(values);
  if (!observed.empty() && body.size() > 24) {
    if (std::string other = times_from_observed(values, observed); other.size() < body.size()) body = std::move(other);
  }
  out += body;
}

bool get_times(base::Reader& in, std::size_t count, std::vector<std::int64_t>& values,
               std::span<const std::int64_t> observed) {
  values.assign(count, 0);
  if (count == 0) return true;
  const auto unit = in.fixed<std::uint8_t>();
  if (unit >= kUnits.size()) return false;
  values[0] = in.signed_varint();
  switch (in.fixed<std::uint8_t>()) {
    case kDifferences:
      return get_differences(in, kUnits[unit], values) && in.ok();
    case kFitted:
      return get_fitted(in, kUnits[unit], values) && in.ok();
    case kFromObserved:
      if (observed.size() != count || !get_integers(in, count, values)) return false;
      for (std::size_t i = 0; i < count; ++i) values[i] = plus(times(values[i], kUnits[unit]), observed[i]);
      return in.ok();
    default:
      return false;
  }
}

void put_texts(std::string& out, std::span<const std::string_view> different, std::span<const std::int64_t> indexes) {
  base::put_varint(out, different.size());
  std::vector<std::int64_t> lengths;
  std::string bytes;
  for (const std::string_view text : different) {
    lengths.push_back(static_cast<std::int64_t>(text.size()));
    bytes += text;
  }
  put_integers(out, lengths);
  std::string packed = bytes.size() >= kPackTextsFrom ? pack_zstd(bytes) : std::string{};
  const bool pack = !packed.empty() && packed.size() < bytes.size();
  out.push_back(pack ? '\1' : '\0');
  base::put_text(out, pack ? packed : bytes);
  put_integers(out, indexes);
}

bool get_texts(base::Reader& in, std::size_t count, std::string& bytes, std::vector<std::string_view>& different,
               std::vector<std::int64_t>& indexes) {
  const std::uint64_t size = in.varint();
  std::vector<std::int64_t> lengths;
  if (!in.ok() || size > count || !get_integers(in, size, lengths)) return false;
  std::uint64_t total = 0;
  for (const std::int64_t length : lengths) {
    if (length < 0 || static_cast<std::uint64_t>(length) > kMostTextBytes - total) return false;
    total += static_cast<std::uint64_t>(length);
  }
  const auto packed = in.fixed<std::uint8_t>();
  std::string_view stored = in.text();
  if (packed > 1 || !in.ok()) return false;
  if (packed == 1) {
    if (!unpack_zstd(stored, total, bytes)) return false;
    stored = bytes;
  }
  if (stored.size() != total) return false;
  different.clear();
  for (const std::int64_t length : lengths) {
    different.push_back(stored.substr(0, static_cast<std::size_t>(length)));
    stored.remove_prefix(static_cast<std::size_t>(length));
  }
  if (!get_integers(in, count, indexes)) return false;
  return std::all_of(indexes.begin(), indexes.end(),
                     [&](std::int64_t i) { return i >= 0 && static_cast<std::uint64_t>(i) < size; });
}

}  // namespace horad::store::history
