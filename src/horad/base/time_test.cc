// SPDX-License-Identifier: Apache-2.0
#include "horad/base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace horad::base {
namespace {

using namespace std::chrono_literals;

struct TimeCase {
  std::string_view name;
  std::string_view text;
  std::string_view want;  // what format_time answers; empty: refused
};
class TimeTable : public testing::TestWithParam<TimeCase> {};
TEST_P(TimeTable, ReadsAndWrites) {
  const auto at = parse_time(GetParam().text);
  ASSERT_EQ(at.has_value(), !GetParam().want.empty());
  if (at) {
    EXPECT_EQ(format_time(*at), GetParam().want);
  } else {
    EXPECT_EQ(at.error().code, ErrorCode::kBadRequestData);
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, TimeTable,
    testing::Values(TimeCase{"Plain", "2026-11-22T19:17:22Z", "2026-11-22T19:17:22Z"},
                    TimeCase{"Millis", "2026-11-22T19:17:22.5Z", "2026-11-22T19:17:22.500Z"},
                    TimeCase{"Comma", "2026-11-22T19:17:22,123456Z", "2026-11-22T19:17:22.123456Z"},
                    TimeCase{"Nanos", "1999-12-31T23:59:59.999999999Z", "1999-12-31T23:59:59.999999999Z"},
                    TimeCase{"ZeroFraction", "2026-11-22T19:17:22.000Z", "2026-11-22T19:17:22Z"},
                    TimeCase{"BeforeEpoch", "1900-02-28T00:00:00Z", "1900-02-28T00:00:00Z"},
                    TimeCase{"LeapDay", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
                    TimeCase{"NoLeapDay", "2023-02-29T00:00:00Z", ""},
                    TimeCase{"Offset", "2026-11-22T19:17:22+03:00", ""}, TimeCase{"NoZone", "2026-11-22T19:17:22", ""},
                    TimeCase{"LeapSecond", "2016-12-31T23:59:60Z", ""},
                    TimeCase{"TenDigits", "2026-11-22T19:17:22.1234567890Z", ""},
                    TimeCase{"Hour24", "2026-11-22T24:00:00Z", ""}, TimeCase{"TooEarly", "1677-12-31T23:59:59Z", ""},
                    TimeCase{"TooLate", "2262-01-01T00:00:00Z", ""}, TimeCase{"DateOnly", "2026-11-22", ""},
                    TimeCase{"Empty", "", ""}, TimeCase{"Trailing", "2026-11-22T19:17:22Zx", ""}),
    [](const auto& c) { return std::string{c.param.name}; });

TEST(Time, WhatIsWrittenReadsBack) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const auto nanos = *rc::gen::inRange<std::int64_t>(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000);
    const Timestamp at{std::chrono::nanoseconds(nanos)};
    const auto back = parse_time(format_time(at));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == at);
  }));
}

struct DurationCase {
  std::string_view name;
  std::string_view text;
  std::optional<Duration> want;
};
class DurationTable : public testing::TestWithParam<DurationCase> {};
TEST_P(DurationTable, Reads) {
  const auto length = parse_duration(GetParam().text);
  ASSERT_EQ(length.has_value(), GetParam().want.has_value());
  if (length) EXPECT_EQ(*length, *GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(All, DurationTable,
                         testing::Values(DurationCase{"Minutes", "PT15M", 15min}, DurationCase{"Zero", "PT0S", 0s},
                                         DurationCase{"Mixed", "P1DT2H", 26h}, DurationCase{"Half", "PT0.5S", 500ms},
                                         DurationCase{"Week", "P2W", 336h}, DurationCase{"Month", "P1M", 720h},
                                         DurationCase{"Year", "P1Y", 8760h}, DurationCase{"Nothing", "P", std::nullopt},
                                         DurationCase{"OnlyT", "PT", std::nullopt},
                                         DurationCase{"DanglingT", "P1DT", std::nullopt},
                                         DurationCase{"NoUnit", "PT15", std::nullopt},
                                         DurationCase{"Negative", "-PT1S", std::nullopt},
                                         DurationCase{"TooLong", "P9999Y", std::nullopt},
                                         DurationCase{"FractionNotLast", "PT0.5M3S", std::nullopt}),
                         [](const auto& c) { return std::string{c.param.name}; });

TEST(ParseTimeBound, StandsForTheFirstOrTheLastTimeWhenItLiesBeyond) {
  EXPECT_EQ(parse_time_bound("2026-11-22T19:17:22Z").value(), parse_time("2026-11-22T19:17:22Z").value());
  EXPECT_EQ(parse_time_bound("0001-01-01T00:00:00Z").value(), parse_time("1678-01-01T00:00:00Z").value());
  EXPECT_EQ(parse_time_bound("9999-12-31T23:59:59Z").value(), parse_time("2261-12-31T23:59:59.999999999Z").value());
  EXPECT_FALSE(parse_time_bound("9999-13-31T23:59:59Z"));
  EXPECT_FALSE(parse_time_bound("9999-12-31T23:59:59+01:00"));
}

}  // namespace
}  // namespace horad::base
