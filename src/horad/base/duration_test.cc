// SPDX-License-Identifier: Apache-2.0
#include "horad/base/duration.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace horad::base {
namespace {

using namespace std::chrono_literals;

TEST(FormatDuration, IsAsShortAsItCanBe) {
  EXPECT_EQ(format_duration(0s), "PT0S");
  EXPECT_EQ(format_duration(26h), "P1DT2H");
  EXPECT_EQ(format_duration(48h), "P2D");
  EXPECT_EQ(format_duration(61s + 500ms), "PT1M1.500S");
}

TEST(FormatDuration, IsReadBack) {
  EXPECT_TRUE(rc::check([](std::uint32_t ms) {
    const Duration length = std::chrono::milliseconds(ms);
    RC_ASSERT(parse_duration(format_duration(length)).value() == length);
  }));
}

}  // namespace
}  // namespace horad::base
