// SPDX-License-Identifier: Apache-2.0
// The engine against its plain twin: random changes and questions, restarts, and crashes at any call to the disk.
#include "horad/store/store_twin.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "horad/store/random_city.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using testing::Harness;
using testing::RandomCity;
using testing::StoreTwin;

struct Tried {
  Address address;
  model::Change change;
  Timestamp at{};
};

class Match {
 public:
  explicit Match(std::uint64_t seed) : city(h.names, seed) {
    h.options.segment_bytes = 8 << 10;
    h.options.checkpoint_every_bytes = 20 << 10;
  }

  void open() {
    const auto opened = h.open();
    ASSERT_TRUE(opened) << opened.error().detail;
  }

  /// A write that chooses its change by what it finds, and notes it in `tried`.
  Write random_write(std::shared_ptr<std::vector<Tried>> tried) {
    Write write;
    write.address = city.address();
    const auto for_there = city.change(true);
    const auto for_new = city.change(false);
    write.mutation = [=, address = write.address](const model::DocumentView* current,
                                                  Timestamp at) -> Result<model::Change> {
      const auto& change = current ? for_there : for_new;
      if (change.history && address.tenant.space == Space::kSystem) return model::Change{};
      if (!change.empty()) tried->push_back({address, change, at});
      return change;
    };
    return write;
  }

  std::shared_ptr<std::vector<Tried>> start_batch(std::vector<Result<Written>>& results) {
    auto tried = std::make_shared<std::vector<Tried>>();
    std::vector<Write> writes;
    for (std::uint64_t i = 0; i <= city.below(8); ++i) writes.push_back(random_write(tried));
    results = h.write_all(std::move(writes));
    return tried;
  }

  /// Everything the engine has, read through queries without a condition.
  std::map<Address, model::Entity> everything() {
    std::map<Address, model::Entity> all;
    for (const auto& tenant : h.store->tenants()) {
      model::Query query;
      query.limit = 100'000;
      const auto page = h.query(query, tenant);
      EXPECT_TRUE(page);
      if (!page) continue;
      for (const auto& document : page->documents) {
        all.emplace(Address{tenant, std::string{document.view().id()}}, document.view().to_entity());
      }
    }
    return all;
  }

  bool same(const StoreTwin& other) {
    const auto all = everything();
    return std::ranges::equal(all, other.entries(), [](const auto& x, const auto& y) {
      return x.first == y.first && x.second == y.second.entity;
    });
  }

  void check_query() {
    const auto query = city.query();
    const Tenant tenant = city.tenant();
    const auto want = twin.query(tenant, query);
    const auto page = h.query(query, tenant);
    ASSERT_TRUE(page);
    std::vector<std::string> got;
    for (const auto& document : page->documents) got.emplace_back(document.view().id());
    const auto from = std::min(query.offset, want.size());
    const auto to = std::min(from + query.limit, want.size());
    EXPECT_EQ(got, (std::vector<std::string>{want.begin() + static_cast<std::ptrdiff_t>(from),
                                             want.begin() + static_cast<std::ptrdiff_t>(to)}));
    if (query.count) EXPECT_EQ(page->count, want.size());
  }

  using Times = std::map<std::pair<model::NameId, std::string>, std::vector<Timestamp>>;

  Times past_of(const Address& address) {
    HistoryQuery query;
    query.ids = {address.id};
    query.time_property = TimeProperty::kModifiedAt;
    const auto found = h.history(query, address.tenant);
    EXPECT_TRUE(found) << found.error().detail;
    Times got;
    if (!found) return got;
    for (const auto& entity : *found) {
      for (const auto& series : entity.series) {
        for (const auto& one : series.instances) {
          if (!one.deleted_at && series.name != model::kScopeName)
            got[{series.name, series.dataset_id}].push_back(one.attribute.modified_at);
        }
      }
    }
    return got;
  }

  Times expected_past(const Address& address) { return address.tenant.space == Space::kCity ? past[address] : Times{}; }

  /// Each instance that was ever set is in the history once.
  void check_history(const Address& address) { EXPECT_EQ(past_of(address), expected_past(address)); }

  bool same_pasts(const std::vector<Tried>& of) {
    return std::ranges::all_of(of,
                               [&](const Tried& one) { return past_of(one.address) == expected_past(one.address); });
  }

  void accept(const Tried& one) {
    twin.apply(one.address, one.change, one.at);
    for (const auto& attribute : one.change.set)
      past[one.address][{attribute.name, attribute.dataset_id}].push_back(one.at);
    if (one.change.history) {
      for (const auto& added : one.change.history->added) {
        if (!added.deletion) past[one.address][{added.attribute.name, added.attribute.dataset_id}].push_back(one.at);
      }
    }
    ++records;
  }

  Harness h;
  RandomCity city;
  StoreTwin twin;
  std::map<Address, Times> past;
  std::size_t records = 0;
};

TEST(StoreTwin, TheEngineGivesTheSameAnswers) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Match m{seed};
    m.open();
    for (int step = 0; step < 150; ++step) {
      std::vector<Result<Written>> results;
      const auto tried = m.start_batch(results);
      for (const auto& one : *tried) m.accept(one);
      std::size_t changed = 0;
      for (const auto& result : results) changed += result && result->changed ? 1 : 0;
      ASSERT_EQ(changed, tried->size());
      m.h.clock.advance(std::chrono::milliseconds{m.city.below(3)});
      m.check_query();
      m.check_query();
      if (m.city.one_in(40)) ASSERT_TRUE(m.h.checkpoint());
      if (!m.city.one_in(50)) continue;
      m.h.close();
      m.open();
    }
    EXPECT_TRUE(m.same(m.twin));
    for (int i = 0; i < 5; ++i) m.check_history(m.city.address());
    EXPECT_FALSE(::testing::Test::HasFailure());
  }
}

/// What survived must be everything acknowledged, and of the last, unanswered batch a prefix.
void settle(Match& m, const std::vector<Tried>& unsure) {
  std::size_t survived = 0;
  while (!m.same(m.twin) || !m.same_pasts(unsure)) {
    ASSERT_LT(survived, unsure.size()) << "the state is neither that of what was acknowledged nor of what was tried";
    m.accept(unsure[survived++]);
  }
}

TEST(StoreTwin, NothingAcknowledgedIsLostInAnyCrash) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Match m{seed};
    m.h.options.shards = 1;
    m.open();
    m.h.store->hold_log("test", {0});
    for (int life = 0; life < 4; ++life) {
      m.h.disk.cut_power_after(m.city.below(120));
      std::shared_ptr<std::vector<Tried>> unsure = std::make_shared<std::vector<Tried>>();
      for (int step = 0; step < 60; ++step) {
        std::vector<Result<Written>> results;
        auto tried = m.start_batch(results);
        const bool failed = std::ranges::any_of(results, [](const auto& result) { return !result; });
        if (failed) {
          unsure = std::move(tried);
          break;
        }
        for (const auto& one : *tried) m.accept(one);
      }
      m.h.crash(seed * 10 + static_cast<std::uint64_t>(life));
      m.open();
      if (::testing::Test::HasFatalFailure()) return;
      m.h.store->hold_log("test", {0});
      settle(m, *unsure);
      if (::testing::Test::HasFatalFailure()) return;
      for (int i = 0; i < 3; ++i) m.check_query();
      for (int i = 0; i < 2; ++i) m.check_history(m.city.address());
      if (::testing::Test::HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace horad::store
