// SPDX-License-Identifier: Apache-2.0
#include "horad/app/load/latency.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace horad::app::load {
namespace {

TEST(LatencyRecord, QuantilesAreWithinTwoPercentOfSorting) {
  EXPECT_TRUE(rc::check("against sorting", [] {
    const auto values = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 1ull << 40)));
    const auto record = std::make_unique<LatencyRecord>();
    for (const auto value : values) record->add(value);
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    for (const double share : {0.5, 0.99, 1.0}) {
      const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(sorted.size()) * share));
      const auto exact = static_cast<double>(sorted[rank - 1]);
      const auto found = static_cast<double>(record->quantile(share));
      RC_ASSERT(found >= exact);
      RC_ASSERT(found <= exact * 1.02 + 1);
    }
    RC_ASSERT(record->highest() == sorted.back());
  }));
}
TEST(LatencyRecord, MergeCountsBoth) {
  const auto a = std::make_unique<LatencyRecord>();
  const auto b = std::make_unique<LatencyRecord>();
  a->add(10);
  b->add(1'000'000);
  a->merge(*b);
  EXPECT_EQ(a->total(), 2u);
  EXPECT_EQ(a->highest(), 1'000'000u);
  EXPECT_EQ(a->quantile(0.5), 10u);
}
TEST(LatencyRecord, EmptyAnswersZero) { EXPECT_EQ(LatencyRecord{}.quantile(0.99), 0u); }

}  // namespace
}  // namespace horad::app::load
