// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/numbers.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "horad/store/history/integers.h"

namespace horad::store::history {
namespace {

enum Rule : std::uint8_t { kAllDoubles, kAllIntegers, kIntegerWhenWhole, kEach };

constexpr std::uint8_t kRaw = 255;
constexpr unsigned kMostSearched = 15;
constexpr double kExactBelow = 9007199254740992.0;  // 2^53
constexpr std::size_t kSample = 32;

std::optional<std::int64_t> scaled_number(const Number& number, unsigned exponent) noexcept {
  if (!number.integer) return scaled(number.real(), exponent);
  std::int64_t m = 0;
  if (__builtin_mul_overflow(number.bits, kIntegerPowers[exponent], &m)) return std::nullopt;
  return m;
}

// The exponent most of a sample needs; none when most of it has none.
std::optional<unsigned> sampled_exponent(std::span<const Number> numbers) {
  const std::size_t stride = std::max<std::size_t>(1, numbers.size() / kSample);
  unsigned most = 0;
  std::size_t without = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < numbers.size(); i += stride, ++seen) {
    if (numbers[i].integer) continue;
    if (const auto found = shortest(numbers[i].real())) {
      most = std::max(most, found->first);
    } else {
      ++without;
    }
  }
  if (without * 2 > seen) return std::nullopt;
  return most;
}

std::vector<std::uint32_t> scale_all(std::span<const Number> numbers, unsigned exponent, std::vector<std::int64_t>& m) {
  std::vector<std::uint32_t> misfits;
  m.resize(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (const auto found = scaled_number(numbers[i], exponent)) {
      m[i] = *found;
    } else {
      m[i] = i == 0 ? 0 : m[i - 1];
      misfits.push_back(static_cast<std::uint32_t>(i));
    }
  }
  return misfits;
}

unsigned exponent_of_misfits(std::span<const Number> numbers, std::span<const std::uint32_t> misfits,
                             unsigned exponent) {
  for (const std::uint32_t i : misfits) {
    if (numbers[i].integer) continue;
    if (const auto found = shortest(numbers[i].real())) exponent = std::max(exponent, found->first);
  }
  return exponent;
}

Decimals raw_numbers(std::span<const Number> numbers) {
  Decimals out;
  out.raw = true;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    out.exceptions.emplace_back(static_cast<std::uint32_t>(i), numbers[i]);
  return out;
}

void choose_rule(Decimals& out, std::span<const Number> numbers) {
  bool doubles = true;
  bool integers = true;
  bool whole = true;
  const std::int64_t unit = kIntegerPowers[out.exponent];
  std::size_t exception = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (exception < out.exceptions.size() && out.exceptions[exception].first == i) {
      ++exception;
      continue;
    }
    doubles = doubles && !numbers[i].integer;
    integers = integers && numbers[i].integer;
    whole = whole && numbers[i].integer == (out.m[i] % unit == 0);
  }
  out.rule = doubles ? kAllDoubles : integers ? kAllIntegers : whole ? kIntegerWhenWhole : kEach;
  if (out.rule != kEach) return;
  for (const Number& number : numbers) out.integer.push_back(number.integer ? 1 : 0);
}

}  // namespace

std::optional<std::int64_t> scaled(double value, unsigned exponent) noexcept {
  const double m = std::nearbyint(value * kPowers[exponent]);
  if (!(std::fabs(m) < kExactBelow)) return std::nullopt;
  if (std::bit_cast<std::uint64_t>(m / kPowers[exponent]) != std::bit_cast<std::uint64_t>(value)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(m);
  if (whole == 0 && std::signbit(value)) return std::nullopt;  // -0.0
  return whole;
}

std::optional<std::pair<unsigned, std::int64_t>> shortest(double value) noexcept {
  for (unsigned e = 0; e <= kMostSearched; ++e) {
    if (const auto m = scaled(value, e)) return std::pair{e, *m};
  }
  return std::nullopt;
}

Number Decimals::at(std::size_t i) const noexcept {
  if (raw) return exceptions[i].second;
  if (!exceptions.empty()) {
    const auto found =
        std::lower_bound(exceptions.begin(), exceptions.end(), i,
                         [](const auto& exception, std::size_t index) { return exception.first < index; });
    if (found != exceptions.end() && found->first == i) return found->second;
  }
  const std::int64_t unit = kIntegerPowers[exponent];
  const bool whole =
      rule == kAllIntegers || (rule == kIntegerWhenWhole && m[i] % unit == 0) || (rule == kEach && integer[i] != 0);
  return whole ? Number::of(m[i] / unit) : Number::of(static_cast<double>(m[i]) / kPowers[exponent]);
}

Decimals to_decimals(std::span<const Number> numbers) {
  const auto sampled = sampled_exponent(numbers);
  if (!sampled) return raw_numbers(numbers);
  Decimals out;
  out.exponent = *sampled;
  auto misfits = scale_all(numbers, out.exponent, out.m);
  if (!misfits.empty()) {
    const unsigned wider = exponent_of_misfits(numbers, misfits, out.exponent);
    std::vector<std::int64_t> m;
    if (auto fewer = scale_all(numbers, wider, m); fewer.size() < misfits.size()) {
      misfits = std::move(fewer);
      out.m = std::move(m);
      out.exponent = wider;
    }
  }
  if (misfits.size() * 4 > numbers.size()) return raw_numbers(numbers);
  for (const std::uint32_t i : misfits) out.exceptions.emplace_back(i, numbers[i]);
  choose_rule(out, numbers);
  return out;
}

void put_decimals(std::string& out, const Decimals& numbers) {
  out.push_back(static_cast<char>(numbers.raw ? kRaw : numbers.exponent));
  if (numbers.raw) {
    std::vector<std::int64_t> kinds;
    for (const auto& [index, number] : numbers.exceptions) kinds.push_back(number.integer ? 1 : 0);
    put_integers(out, kinds);
    for (const auto& [index, number] : numbers.exceptions) base::put_fixed(out, number.bits);
    return;
  }
  out.push_back(static_cast<char>(numbers.rule));
  base::put_varint(out, numbers.exceptions.size());
  std::uint32_t before = 0;
  for (const auto& [index, number] : numbers.exceptions) {
    base::put_varint(out, index - before);
    out.push_back(number.integer ? '\1' : '\0');
    base::put_fixed(out, number.bits);
    before = index;
  }
  put_integers(out, numbers.m);
  if (numbers.rule == kEach) put_integers(out, numbers.integer);
}

namespace {

bool get_raw(base::Reader& in, std::size_t count, Decimals& numbers) {
  std::vector<std::int64_t> kinds;
  numbers.raw = true;
  if (!get_integers(in, count, kinds) || in.left() / 8 < count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    Number number;
    number.integer = kinds[i] != 0;
    number.bits = in.fixed<std::int64_t>();
    numbers.exceptions.emplace_back(static_cast<std::uint32_t>(i), number);
  }
  return true;
}

bool get_exceptions(base::Reader& in, std::size_t count, Decimals& numbers) {
  const std::uint64_t size = in.varint();
  if (size > count) return false;
  std::uint64_t index = 0;
  for (std::uint64_t i = 0; i < size && in.ok(); ++i) {
    const std::uint64_t distance = in.varint();
    if (distance >= count || (i > 0 && distance == 0)) return false;
    index += distance;
    if (index >= count) return false;
    Number number;
    number.integer = in.fixed<std::uint8_t>() != 0;
    number.bits = in.fixed<std::int64_t>();
    numbers.exceptions.emplace_back(static_cast<std::uint32_t>(index), number);
  }
  return in.ok();
}

}  // namespace

bool get_decimals(base::Reader& in, std::size_t count, Decimals& numbers) {
  numbers = {};
  const auto exponent = in.fixed<std::uint8_t>();
  if (exponent == kRaw) return get_raw(in, count, numbers);
  numbers.rule = in.fixed<std::uint8_t>();
  if (exponent > kMostExponent || numbers.rule > kEach) return false;
  numbers.exponent = exponent;
  if (!get_exceptions(in, count, numbers) || !get_integers(in, count, numbers.m)) return false;
  return numbers.rule != kEach || get_integers(in, count, numbers.integer);
}

std::optional<PlainDecimal> read_plain(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  PlainDecimal out;
  const std::size_t point = text.find('.');
  out.pointed = point != std::string_view::npos;
  const std::size_t whole = out.pointed ? point : text.size();
  if (whole == 0 || text.size() > 19 || (text[0] == '0' && whole > 1)) return std::nullopt;
  if (out.pointed && point + 1 == text.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == whole) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    if (i >= 18 + (out.pointed ? 1u : 0u)) return std::nullopt;
    out.m = out.m * 10 + (text[i] - '0');
  }
  out.exponent = out.pointed ? static_cast<unsigned>(text.size() - point - 1) : 0;
  if (negative && out.m == 0) return std::nullopt;
  if (negative) out.m = -out.m;
  return out;
}

namespace {
constexpr std::string_view kPointBegin = R"({"type":"Point","coordinates":[)";
constexpr std::string_view kPointEnd = "]}";
}  // namespace

std::optional<PlainPoint> read_point(std::string_view json) noexcept {
  if (!json.starts_with(kPointBegin) || !json.ends_with(kPointEnd)) return std::nullopt;
  json.remove_prefix(kPointBegin.size());
  if (json.size() < kPointEnd.size()) return std::nullopt;
  json.remove_suffix(kPointEnd.size());
  const std::size_t comma = json.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto x = read_plain(json.substr(0, comma));
  const auto y = read_plain(json.substr(comma + 1));
  if (!x || !y) return std::nullopt;
  return PlainPoint{*x, *y};
}

void append_plain(std::string& out, std::int64_t m, unsigned exponent, bool pointed) {
  char digits[24];
  if (m < 0) out.push_back('-');
  const std::uint64_t magnitude = m < 0 ? 0 - static_cast<std::uint64_t>(m) : static_cast<std::uint64_t>(m);
  const char* end = std::to_chars(digits, digits + sizeof(digits), magnitude).ptr;
  std::string_view text(digits, static_cast<std::size_t>(end - digits));
  std::string padded;
  if (text.size() <= exponent) {
    padded.assign(exponent + 1 - text.size(), '0');
    padded += text;
    text = padded;
  }
  std::string_view fraction = text.substr(text.size() - exponent);
  out += text.substr(0, text.size() - exponent);
  while (fraction.ends_with('0')) fraction.remove_suffix(1);
  if (!fraction.empty()) {
    out.push_back('.');
    out += fraction;
  } else if (pointed) {
    out += ".0";
  }
}

std::pair<PointForm, PointForm> form_of(std::span<const PlainPoint> points) {
  const auto form = [&](PlainDecimal PlainPoint::* which) {
    PointForm out;
    for (const PlainPoint& point : points) {
      const PlainDecimal& d = point.*which;
      const bool whole = d.m % kIntegerPowers[std::min(d.exponent, kMostExponent)] == 0;
      if (whole && d.pointed) out.pointed = true;
      if (!whole) out.exponent = std::max(out.exponent, d.exponent);
    }
    return out;
  };
  return {form(&PlainPoint::x), form(&PlainPoint::y)};
}

std::optional<std::pair<std::int64_t, std::int64_t>> in_form(std::string_view json, PointForm x, PointForm y) {
  const auto point = read_point(json);
  if (!point) return std::nullopt;
  const auto fit = [](const PlainDecimal& d, PointForm form) -> std::optional<std::int64_t> {
    std::int64_t m = d.m;
    if (d.exponent > form.exponent) {
      const std::int64_t unit = kIntegerPowers[d.exponent - form.exponent];
      if (m % unit != 0) return std::nullopt;
      return m / unit;
    }
    if (__builtin_mul_overflow(m, kIntegerPowers[form.exponent - d.exponent], &m)) return std::nullopt;
    return m;
  };
  const auto mx = fit(point->x, x);
  const auto my = fit(point->y, y);
  if (!mx || !my || write_point(*mx, x, *my, y) != json) return std::nullopt;
  return std::pair{*mx, *my};
}

std::string write_point(std::int64_t x, PointForm x_form, std::int64_t y, PointForm y_form) {
  std::string out{kPointBegin};
  append_plain(out, x, x_form.exponent, x_form.pointed);
  out.push_back(',');
  append_plain(out, y, y_form.exponent, y_form.pointed);
  return out += kPointEnd;
}

}  // namespace horad::store::history
