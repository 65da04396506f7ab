// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::base {

using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;  // UTC; 1677 to 2262, parsing rejects the rest
using Duration = std::chrono::nanoseconds;

/// Reads an RFC 3339 time in UTC as NGSI-LD writes it: `2026-11-22T19:17:22Z`, up to 9 digits of a second after `.` or
/// `,`. Errors: kBadRequestData for an offset other than Z, an impossible date or time, years outside 1678 to 2261. A
/// leap second (`:60`) is refused.
Result<Timestamp> parse_time(std::string_view text);
/// The same for the bound of a window, which may lie before or after everything: other years than those stand for the
/// first and the last time of them. Errors: as above for what is no time at all.
Result<Timestamp> parse_time_bound(std::string_view text);

/// Writes what parse_time reads; no fraction when it is zero, else 3, 6 or 9 digits.
std::string format_time(Timestamp at);
void append_time(std::string& out, Timestamp at);

/// Reads an ISO 8601 duration of weeks, days, hours, minutes and seconds (`P1D`, `PT15M`, `PT0.5S`, `P1DT2H`).
/// Years and months have no fixed length and are read as 365 days and 30 days. Errors: kBadRequestData.
Result<Duration> parse_duration(std::string_view text);

/// A time of the calendar: whole months, whose length depends on when, and a fixed time, which are added.
struct Period {
  std::int64_t months = 0;
  Duration fixed{};
  bool empty() const noexcept { return months == 0 && fixed == Duration{}; }
  friend bool operator==(const Period&, const Period&) = default;
};
/// Reads an ISO 8601 duration with years and months as such (`P1M`, `P1Y6M`, `P1MT12H`). Errors: kBadRequestData; also
/// for years and months with a fraction.
Result<Period> parse_period(std::string_view text);

/// The same day of the month and time of day `months` later; the last day of the month where it is shorter. Clamped to
/// what a Timestamp can hold.
Timestamp add_months(Timestamp at, std::int64_t months);

}  // namespace horad::base

namespace horad {
using base::Duration;
using base::Timestamp;
}  // namespace horad
