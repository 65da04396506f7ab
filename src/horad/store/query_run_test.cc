// SPDX-License-Identifier: Apache-2.0
#include "horad/store/query_run.h"

#include <gtest/gtest.h>

#include "horad/store/random_city.h"
#include "horad/store/store_twin.h"

namespace horad::store {
namespace {

using testing::RandomCity;
using testing::StoreTwin;

/// A table and its indexes changed as a shard does it, beside the twin.
class Side {
 public:
  void apply(const std::string& id, const model::Change& change, QueryRun* running) {
    const Timestamp at{std::chrono::microseconds{++clock_}};
    const auto number = table.find(id);
    if (number && running) running->before_change(*number, table.document(*number));
    twin.apply({{}, id}, change, at);
    if (change.kind == model::ChangeKind::kUpdated) {
      const auto before = table.document(*number).view();
      model::Document after{model::apply_encoded(&before, id, change, at)};
      indexes.update(*number, before, after.view(), change);
      table.replace(*number, std::move(after), 1);
      return;
    }
    if (number) {
      indexes.remove(*number, table.document(*number).view());
      table.erase(*number);
    }
    if (change.kind == model::ChangeKind::kDeleted) return;
    const Number fresh = table.insert(model::Document{model::apply_encoded(nullptr, id, change, at)}, 1);
    indexes.add(fresh, table.document(fresh).view());
  }

  Table table;
  Indexes indexes;
  StoreTwin twin;

 private:
  std::int64_t clock_ = 0;
};

void change_something(Side& side, RandomCity& city, QueryRun* running) {
  const auto id = city.address().id;
  const auto change = city.change(side.table.find(id).has_value());
  const bool of_the_past = change.kind == model::ChangeKind::kHistory;
  if (!change.empty() && !of_the_past) side.apply(id, change, running);
}

std::vector<std::string> page_of(const std::vector<std::string>& all, const model::Query& query) {
  const auto from = std::min(query.offset, all.size());
  const auto to = std::min(from + query.limit, all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)};
}

TEST(QueryRun, SeesTheEntitiesAsTheyWereWhenItBegan) {
  model::Names names;
  RandomCity city{names, 7, 120};
  Side side;
  for (int round = 0; round < 150; ++round) {
    for (int i = 0; i < 4; ++i) change_something(side, city, nullptr);
    if (round % 100 == 0) side.indexes.want_attribute(*names.find("https://example.org/a1"));
    for (const auto* name : {"https://example.org/a0", "https://example.org/a2", "https://example.org/a3"}) {
      if (round % 40 == 7) side.indexes.want_values(*names.find(name));
    }
    side.indexes.build_some(side.table, 50);
    const auto query = city.query();
    const auto want = side.twin.query({}, query);
    QueryRun run{side.table, side.indexes, query};
    for (;;) {
      std::size_t budget = 1 + city.below(5);
      if (run.step(budget)) break;
      for (std::uint64_t i = 0; i < city.below(6); ++i) change_something(side, city, &run);
    }
    std::vector<std::string> got;
    for (const auto& document : run.documents()) got.emplace_back(document.view().id());
    const auto ordered = run.take_ordered();
    for (auto i = query.offset; i < ordered.size(); ++i) got.emplace_back(ordered[i].document.view().id());
    ASSERT_EQ(got, page_of(want, query)) << "round " << round;
    if (query.count) ASSERT_EQ(run.matched(), want.size()) << "round " << round;
  }
}

TEST(TopDocuments, MergesLikeOneSort) {
  std::vector<Ordered> a{{"a", {}}, {"c", {}}};
  std::vector<Ordered> b{{"b", {}}, {"d", {}}};
  const auto both = merge_ordered(std::move(a), std::move(b), 3);
  ASSERT_EQ(both.size(), 3u);
  EXPECT_EQ(both[0].key + both[1].key + both[2].key, "abc");
}

TEST(QueryRun, LooksAtNoMoreThanThePageNeeds) {
  model::Names names;
  Side side;
  const auto type = *names.intern("https://example.org/T");
  model::Change create;
  create.kind = model::ChangeKind::kCreated;
  create.types = {type};
  for (int i = 0; i < 1000; ++i) side.apply(fmt::format("urn:{}", i), create, nullptr);
  model::Query query;
  query.types = model::TypeSelection::of(type);
  query.limit = 20;
  query.count = true;
  QueryRun run{side.table, side.indexes, query};
  std::size_t budget = 25;
  EXPECT_TRUE(run.step(budget));
  EXPECT_EQ(run.documents().size(), 20u);
  EXPECT_EQ(run.matched(), 1000u);
}

TEST(QueryRun, FindsOneOfManyByItsValueOnceThatWasAskedOften) {
  model::Names names;
  model::testing::PlainResolver resolve{names};
  Side side;
  model::Change create;
  create.kind = model::ChangeKind::kCreated;
  create.types = std::vector{resolve("T")};
  for (int i = 0; i < 20'000; ++i) {
    create.set = {model::testing::property(resolve("n"), std::int64_t{i}),
                  model::testing::property(resolve("s"), fmt::format("text {}", i))};
    side.apply(fmt::format("urn:{}", i), create, nullptr);
  }
  const auto looked_at = [&](std::string_view q) {
    model::Query query;
    query.types = model::TypeSelection::of(resolve("T"));
    query.q = *model::QFilter::parse(q, resolve);
    QueryRun run{side.table, side.indexes, query};
    constexpr std::size_t kPlenty = 1'000'000;
    std::size_t budget = kPlenty;
    EXPECT_TRUE(run.step(budget));
    EXPECT_EQ(run.documents().size(), 1u) << q;
    run.ask_for_values(side.indexes);
    while (side.indexes.build_some(side.table, 1'000)) {
    }
    return kPlenty - budget;
  };
  EXPECT_GT(looked_at("n==777"), 10'000u);
  EXPECT_GT(looked_at("n==888"), 10'000u);
  EXPECT_LE(looked_at("n==19999"), 1u);
  EXPECT_LE(looked_at("n>=19999"), 1u);
  EXPECT_GT(looked_at("s==\"text 5\""), 10'000u);
  EXPECT_GT(looked_at("s==\"text 6\""), 10'000u);
  EXPECT_LE(looked_at("s==\"text 7\""), 1u);
  EXPECT_LE(looked_at("s==\"text 7\",\"nothing\";n<9999"), 1u);
  model::Change change;
  change.kind = model::ChangeKind::kUpdated;
  change.set = {model::testing::property(resolve("n"), std::int64_t{-1})};
  side.apply("urn:5", change, nullptr);
  EXPECT_LE(looked_at("n==-1"), 1u);
  EXPECT_LE(looked_at("n<0"), 2u);  // 0 is a candidate: facts have both ends in
}

TEST(Table, NumbersGrowAndFreedChunksAreGivenBack) {
  Table table;
  model::Entity entity;
  entity.types = {model::NameId{1}};
  for (int i = 0; i < 5000; ++i) {
    entity.id = fmt::format("urn:{}", i);
    EXPECT_EQ(table.insert(model::Document{model::encode(entity)}, 1), static_cast<Number>(i));
  }
  const auto full = table.memory_bytes();
  for (Number i = 0; i < 5000; ++i) table.erase(i);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_LT(table.memory_bytes(), full / 3);
  EXPECT_FALSE(table.alive(3));
  EXPECT_FALSE(table.find("urn:3"));
  entity.id = "urn:3";
  EXPECT_EQ(table.insert(model::Document{model::encode(entity)}, 1), 5000u);
  EXPECT_EQ(table.find("urn:3"), Number{5000});
}

}  // namespace
}  // namespace horad::store
