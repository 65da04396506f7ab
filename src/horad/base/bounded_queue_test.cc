// SPDX-License-Identifier: Apache-2.0
#include "horad/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>

namespace horad::base {
namespace {

TEST(BoundedQueue, GivesEverythingInOrder) {
  BoundedQueue<int> queue{10};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.try_put(i));
  std::vector<int> taken;
  EXPECT_TRUE(queue.take_all(taken));
  EXPECT_EQ(taken, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(BoundedQueue, SaysNoWhenFullAndLeavesTheItem) {
  BoundedQueue<std::unique_ptr<int>> queue{2};
  auto a = std::make_unique<int>(1);
  auto b = std::make_unique<int>(2);
  ASSERT_TRUE(queue.try_put(a, 2));
  EXPECT_FALSE(queue.try_put(b));
  EXPECT_EQ(*b, 2);
  std::vector<std::unique_ptr<int>> taken;
  EXPECT_TRUE(queue.take_all(taken));
  EXPECT_TRUE(queue.try_put(b));
}

TEST(BoundedQueue, TakesAnItemHeavierThanItsBoundWhenEmpty) {
  BoundedQueue<int> queue{2};
  int heavy = 1;
  EXPECT_TRUE(queue.try_put(heavy, 5));
  EXPECT_FALSE(queue.try_put(heavy, 1));
}

TEST(BoundedQueue, ClosedGivesTheRestThenEnds) {
  BoundedQueue<int> queue{10};
  int item = 1;
  ASSERT_TRUE(queue.try_put(item));
  queue.close();
  EXPECT_FALSE(queue.try_put(item));
  std::vector<int> taken;
  EXPECT_TRUE(queue.take_all(taken));
  EXPECT_EQ(taken.size(), 1u);
  taken.clear();
  EXPECT_FALSE(queue.take_all(taken));
}

TEST(BoundedQueue, PatienceEnds) {
  BoundedQueue<int> queue{10};
  std::vector<int> taken;
  EXPECT_TRUE(queue.take_all(taken, std::chrono::nanoseconds{1}));
  EXPECT_TRUE(taken.empty());
}

TEST(BoundedQueue, LosesNothingBetweenThreads) {
  constexpr int kEach = 20'000;
  constexpr std::size_t kThreads = 4;
  BoundedQueue<std::size_t> queue{1000};
  std::vector<std::thread> putters;
  for (std::size_t t = 0; t < kThreads; ++t) {
    putters.emplace_back([&queue, t] {
      for (int i = 0; i < kEach; ++i) {
        std::size_t item = t;
        while (!queue.try_put(item)) std::this_thread::yield();
      }
    });
  }
  std::array<int, kThreads> seen{};
  std::vector<std::size_t> taken;
  for (std::size_t total = 0; total < kEach * kThreads; total += taken.size()) {
    taken.clear();
    ASSERT_TRUE(queue.take_all(taken));
    for (const auto t : taken) ++seen[t];
  }
  for (auto& thread : putters) thread.join();
  for (const int n : seen) EXPECT_EQ(n, kEach);
}

}  // namespace
}  // namespace horad::base
