// SPDX-License-Identifier: Apache-2.0
// Many callers at once: writers, readers, queries, followers, checkpoints. Also what the thread sanitizer looks at.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using testing::always;
using testing::created;
using testing::Harness;
using testing::number_attribute;
using testing::updated;

constexpr int kIds = 10;
constexpr int kEach = 60;
constexpr int kWriters = 8;

class Threads : public ::testing::Test {
 protected:
  Threads() : h(2) {
    h.options.checkpoint_every_bytes = 30 << 10;
    EXPECT_TRUE(h.open());
    for (int i = 0; i < kIds; ++i) EXPECT_TRUE(h.write(id(i), created({type}, {number_attribute(count, 0)})));
  }
  static std::string id(int i) { return fmt::format("urn:{}", i % kIds); }

  Mutation add_one() {
    return [this](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
      return updated({number_attribute(count, current->find(count)->value().as_integer() + 1)});
    };
  }

  void write_and_batch(int writer) {
    for (int i = 0; i < kEach; ++i) {
      if (i % 3 == 0) {
        std::vector<Write> writes;
        writes.push_back({{{}, id(writer + i)}, add_one()});
        writes.push_back({{{}, id(writer + i + 1)}, add_one()});
        for (const auto& result : h.write_all(std::move(writes))) EXPECT_TRUE(result);
      } else {
        EXPECT_TRUE(h.write({{}, id(writer + i)}, add_one()));
      }
    }
  }

  void look(const std::atomic<bool>& stop) {
    HistoryQuery past;
    past.ids = {id(1), id(2), id(3)};
    past.time_property = TimeProperty::kModifiedAt;
    model::Query query;
    query.types = model::TypeSelection::of(type);
    query.count = true;
    while (!stop) {
      EXPECT_EQ(h.query(query)->count, std::uint64_t{kIds});
      EXPECT_TRUE(h.read(id(4)));
      EXPECT_TRUE(h.history(past));
      EXPECT_FALSE(h.store->tenants().empty());
      EXPECT_EQ(h.store->trouble(), "");
    }
  }

  /// Every record once and in order, whether it comes from memory or from the disk.
  void follow(std::size_t shard, const std::atomic<bool>& stop, std::size_t& seen) {
    Position at = 0;
    for (bool last = false; !last;) {
      last = stop;
      auto records = h.follow(shard, at, 50);
      ASSERT_TRUE(records) << records.error().detail;
      for (const auto& record : *records) {
        EXPECT_GT(record.position, at);
        at = record.position;
        ++seen;
      }
      last = last && records->empty();
      h.store->hold_log(fmt::format("follower {}", shard), shard == 0 ? Cursor{at, 0} : Cursor{0, at});
    }
  }

  Harness h;
  model::NameId type = h.name("T");
  model::NameId count = h.name("count");
};

TEST_F(Threads, NoUpdateIsLostAndFollowersSeeEachOnce) {
  h.store->hold_log("all", {0, 0});
  std::atomic<bool> stop = false;
  std::size_t seen[2] = {0, 0};
  std::vector<std::thread> lookers;
  lookers.emplace_back([&] { look(stop); });
  for (std::size_t shard = 0; shard < 2; ++shard)
    lookers.emplace_back([&, shard] { follow(shard, stop, seen[shard]); });
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) writers.emplace_back([this, w] { write_and_batch(w); });
  for (auto& thread : writers) thread.join();
  EXPECT_TRUE(h.checkpoint());
  stop = true;
  for (auto& thread : lookers) thread.join();

  constexpr std::int64_t kUpdates = kWriters * (kEach + kEach / 3);
  const auto sum = [this] {
    std::int64_t total = 0;
    for (int i = 0; i < kIds; ++i) total += h.read(id(i))->view().find(count)->value().as_integer();
    return total;
  };
  EXPECT_EQ(sum(), kUpdates);
  EXPECT_EQ(seen[0] + seen[1], static_cast<std::size_t>(kUpdates + kIds));
  h.crash(9);
  ASSERT_TRUE(h.open());
  EXPECT_EQ(sum(), kUpdates);
}

TEST_F(Threads, StoppingAnswersEverythingThatWaits) {
  std::atomic<int> answered = 0;
  constexpr int kAsked = 2'000;
  for (int i = 0; i < kAsked; ++i) {
    h.store->write({{}, id(i)}, add_one(), [&](const Result<Written>&) { ++answered; });
    h.store->follow(0, 0, 1, [&](const Result<std::vector<Record>>&) { ++answered; });
    if (i % 100 == 0) h.store->checkpoint([&](const Result<void>&) { ++answered; });
  }
  h.close();
  EXPECT_EQ(answered, 2 * kAsked + kAsked / 100);
}

}  // namespace
}  // namespace horad::store
