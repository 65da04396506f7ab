// SPDX-License-Identifier: Apache-2.0
#include "horad/base/time.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace horad::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// Takes digits off the front of a text; remembers whether all went well.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  int number(std::size_t count) {
    if (text_.size() < count) return spoil();
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = text_[i];
      if (c < '0' || c > '9') return spoil();
      value = value * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  void expect(char c) {
    if (text_.empty() || text_.front() != c) {
      ok_ = false;
      return;
    }
    text_.remove_prefix(1);
  }
  /// Nanoseconds of an optional fraction of 1 to 9 digits.
  std::int64_t fraction() {
    if (text_.empty() || (text_.front() != '.' && text_.front() != ',')) return 0;
    text_.remove_prefix(1);
    std::int64_t value = 0;
    std::size_t count = 0;
    for (; count < text_.size() && text_[count] >= '0' && text_[count] <= '9'; ++count) {
      if (count == 9) return spoil();
      value = value * 10 + (text_[count] - '0');
    }
    if (count == 0) return spoil();
    text_.remove_prefix(count);
    for (; count < 9; ++count) value *= 10;
    return value;
  }
  bool ok() const { return ok_; }
  std::string_view rest() const { return text_; }

 private:
  int spoil() {
    ok_ = false;
    text_ = {};
    return 0;
  }
  std::string_view text_;
  bool ok_ = true;
};

void append_padded(std::string& out, std::uint64_t value, int width) {
  char digits[20];
  for (int i = width - 1; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits, static_cast<std::size_t>(width));
}

std::unexpected<Error> bad_duration(std::string_view text) {
  return fail(ErrorCode::kBadRequestData,
              "'" + std::string(text.substr(0, 64)) +
                  "' is not an ISO 8601 duration such as PT15M or P1D, or is above 290 years");
}

/// Length of one unit; zero when the letter is none. `in_time`: after the T.
nanoseconds unit_of(char letter, bool in_time) {
  if (in_time) {
    switch (letter) {
      case 'H':
        return hours(1);
      case 'M':
        return minutes(1);
      case 'S':
        return seconds(1);
      default:
        return {};
    }
  }
  switch (letter) {
    case 'Y':
      return days(365);
    case 'M':
      return days(30);
    case 'W':
      return days(7);
    case 'D':
      return days(1);
    default:
      return {};
  }
}

constexpr int kFirstYear = 1678;
constexpr int kLastYear = 2261;

struct CivilTime {
  std::chrono::year_month_day date;
  nanoseconds of_day{};
};

/// Of any year; none when it is no time.
std::optional<CivilTime> read_civil(std::string_view text) {
  Digits in(text);
  const int year = in.number(4);
  in.expect('-');
  const int month = in.number(2);
  in.expect('-');
  const int day = in.number(2);
  in.expect('T');
  const int hour = in.number(2);
  in.expect(':');
  const int minute = in.number(2);
  in.expect(':');
  const int second = in.number(2);
  const std::int64_t nanos = in.fraction();
  in.expect('Z');
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!in.ok() || !in.rest().empty() || !date.ok() || hour >= 24 || minute >= 60 || second >= 60) return std::nullopt;
  return CivilTime{date, hours(hour) + minutes(minute) + seconds(second) + nanoseconds(nanos)};
}

Timestamp timestamp_of(const CivilTime& time) { return Timestamp(std::chrono::sys_days(time.date)) + time.of_day; }

std::unexpected<Error> no_time(std::string_view text) {
  return fail(ErrorCode::kBadRequestData,
              "'" + std::string(text.substr(0, 64)) +
                  "' is not a UTC time such as 2026-11-22T19:17:22Z (years 1678 to 2261)");
}

}  // namespace

Result<Timestamp> parse_time(std::string_view text) {
  const auto time = read_civil(text);
  if (!time) return no_time(text);
  const auto year = static_cast<int>(time->date.year());
  if (year < kFirstYear || year > kLastYear) return no_time(text);
  return timestamp_of(*time);
}

Result<Timestamp> parse_time_bound(std::string_view text) {
  const auto time = read_civil(text);
  if (!time) return no_time(text);
  const auto year = static_cast<int>(time->date.year());
  if (year < kFirstYear) return timestamp_of({std::chrono::year(kFirstYear) / 1 / 1, {}});
  if (year > kLastYear) return timestamp_of({std::chrono::year(kLastYear) / 12 / 31, hours(24) - nanoseconds(1)});
  return timestamp_of(*time);
}

void append_time(std::string& out, Timestamp at) {
  const auto day = std::chrono::floor<days>(at);
  const std::chrono::year_month_day date(day);
  const auto rest = static_cast<std::uint64_t>((at - day).count());
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  const std::uint64_t whole = rest / 1'000'000'000;
  append_padded(out, whole / 3600, 2);
  out += ':';
  append_padded(out, whole / 60 % 60, 2);
  out += ':';
  append_padded(out, whole % 60, 2);
  if (const std::uint64_t nanos = rest % 1'000'000'000; nanos != 0) {
    out += '.';
    if (nanos % 1'000'000 == 0) {
      append_padded(out, nanos / 1'000'000, 3);
    } else if (nanos % 1'000 == 0) {
      append_padded(out, nanos / 1'000, 6);
    } else {
      append_padded(out, nanos, 9);
    }
  }
  out += 'Z';
}

std::string format_time(Timestamp at) {
  std::string out;
  append_time(out, at);
  return out;
}

namespace {

/// One number with its designator.
struct DurationPart {
  long double value = 0;
  bool fractional = false;
  char unit = 0;
  bool in_time = false;  // after the T
};

/// Calls `take(part)` for each part; false when the text is no duration, or `take` says so.
template <class Take>
bool read_parts(std::string_view rest, Take take) {
  if (rest.size() < 3 || rest.front() != 'P') return false;
  rest.remove_prefix(1);
  DurationPart part;
  bool any = false;
  while (!rest.empty()) {
    if (rest.front() == 'T' && !part.in_time) {
      part.in_time = true;
      any = false;
      rest.remove_prefix(1);
      continue;
    }
    part.value = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
      if (digits == 12) return false;
      part.value = part.value * 10 + (rest[digits] - '0');
    }
    if (digits == 0) return false;
    rest.remove_prefix(digits);
    part.fractional = !rest.empty() && (rest.front() == '.' || rest.front() == ',');
    if (part.fractional) {
      rest.remove_prefix(1);
      long double scale = 1;
      for (digits = 0; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits) {
        if (digits == 9) return false;
        part.value += (rest[digits] - '0') * (scale /= 10);
      }
      if (digits == 0) return false;
      rest.remove_prefix(digits);
    }
    if (rest.empty() || (part.fractional && rest.size() > 1)) return false;
    part.unit = rest.front();
    if (!take(part)) return false;
    rest.remove_prefix(1);
    any = true;
  }
  return any;
}

constexpr long double kLongestDuration = static_cast<long double>(std::numeric_limits<std::int64_t>::max() / 2) * 1.9L;

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  long double total = 0;
  const bool good = read_parts(text, [&](const DurationPart& part) {
    const nanoseconds unit = unit_of(part.unit, part.in_time);
    total += part.value * static_cast<long double>(unit.count());
    return unit != nanoseconds{};
  });
  if (!good || total > kLongestDuration) return bad_duration(text);
  return nanoseconds(static_cast<std::int64_t>(total + 0.5L));
}

Result<Period> parse_period(std::string_view text) {
  long double fixed = 0;
  long double months = 0;
  const bool good = read_parts(text, [&](const DurationPart& part) {
    if (!part.in_time && (part.unit == 'Y' || part.unit == 'M')) {
      months += part.value * (part.unit == 'Y' ? 12 : 1);
      return !part.fractional;
    }
    const nanoseconds unit = unit_of(part.unit, part.in_time);
    fixed += part.value * static_cast<long double>(unit.count());
    return unit != nanoseconds{};
  });
  if (!good || fixed > kLongestDuration || months > 12 * 500) return bad_duration(text);
  return Period{static_cast<std::int64_t>(months), nanoseconds(static_cast<std::int64_t>(fixed + 0.5L))};
}

Timestamp add_months(Timestamp at, std::int64_t months) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::int64_t month =
      static_cast<std::int64_t>(static_cast<int>(date.year())) * 12 + static_cast<unsigned>(date.month()) - 1 + months;
  const std::int64_t year = month >= 0 ? month / 12 : (month - 11) / 12;
  if (year < 1678) return Timestamp::min();
  if (year > 2261) return Timestamp::max();
  const std::chrono::year_month then{std::chrono::year{static_cast<int>(year)},
                                     std::chrono::month{static_cast<unsigned>(month - year * 12 + 1)}};
  const std::chrono::year_month_day last{then / std::chrono::last};
  const std::chrono::sys_days then_day{then / std::min(date.day(), last.day())};
  return then_day + (at - day);
}

}  // namespace horad::base
