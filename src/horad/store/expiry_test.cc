// SPDX-License-Identifier: Apache-2.0
// Transient entities and attributes (4.22): gone for readers at their very time, taken away through the log soon after.
#include "horad/model/expiry.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using namespace std::chrono_literals;
using testing::created;
using testing::Harness;
using testing::number_attribute;
using testing::updated;

class ExpiryTest : public ::testing::Test {
 protected:
  ExpiryTest() { open(); }
  void open() {
    const auto opened = h.open();
    ASSERT_TRUE(opened) << opened.error().detail;
  }
  void reopen() {
    h.close();
    open();
  }
  Timestamp in(Duration after) const { return h.clock.now() + after; }
  model::Attribute attribute(std::int64_t value, Timestamp expires, std::string dataset = {}) {
    auto out = number_attribute(speed_, value);
    out.dataset_id = std::move(dataset);
    out.extras.make().expires_at = expires;
    model::tidy(out);
    return out;
  }
  void create(const std::string& id, Timestamp expires, std::vector<model::Attribute> set = {}) {
    auto change = created({bus_}, std::move(set));
    if (expires != model::kNoExpiry) change.expires_at = expires;
    ASSERT_TRUE(h.write(id, std::move(change)));
  }
  std::uint64_t count() {
    model::Query query;
    query.types = model::TypeSelection::of(bus_);
    query.count = true;
    return h.query(query)->count.value_or(99);
  }
  std::vector<TypeCount> types() {
    return *testing::wait_for<std::vector<TypeCount>>([&](auto done) { h.store->types({}, std::move(done)); });
  }
  /// What the log says, once `want` records are there.
  std::vector<Record> records(std::size_t want) {
    for (int i = 0; i < 400; ++i) {
      auto all = h.follow(0, 0);
      if (all && all->size() >= want) return std::move(*all);
      static_cast<void>(h.read("urn:none"));
      std::this_thread::yield();
    }
    ADD_FAILURE() << "the store took nothing away";
    return {};
  }

  Harness h;
  model::NameId bus_ = h.name("Bus");
  model::NameId speed_ = h.name("speed");
};

TEST_F(ExpiryTest, AnEntityIsThereUntilItsVeryTime) {
  create("urn:a", in(10s));
  h.clock.advance(10s - 1ns);
  EXPECT_TRUE(h.read("urn:a"));
  EXPECT_EQ(count(), 1u);
  h.clock.advance(1ns);
  EXPECT_EQ(h.read("urn:a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(count(), 0u);
  EXPECT_TRUE(types().empty());
}

TEST_F(ExpiryTest, IsTakenAwayThroughTheLog) {
  create("urn:a", in(10s));
  create("urn:b", model::kNoExpiry, {attribute(1, in(10s)), attribute(2, model::kNoExpiry, "urn:d:1")});
  h.clock.advance(10s);
  const auto all = records(4);
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[2].change.kind, model::ChangeKind::kDeleted);
  EXPECT_EQ(all[2].address.id, "urn:a");
  EXPECT_EQ(all[3].change.removed, (std::vector<model::AttributeKey>{{speed_, ""}}));
  EXPECT_TRUE(all[3].change.expired);
  const auto left = h.read("urn:b");
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->view().find(speed_));
  EXPECT_TRUE(left->view().find(speed_, "urn:d:1"));
  EXPECT_FALSE(left->view().transient());
}

TEST_F(ExpiryTest, SubAttributesGoAlone) {
  auto whole = number_attribute(speed_, 1);
  whole.sub_attributes.push_back(attribute(2, in(5s)));
  create("urn:a", model::kNoExpiry, {whole});
  h.clock.advance(5s);
  const auto left = h.read("urn:a");
  ASSERT_TRUE(left);
  ASSERT_TRUE(left->view().find(speed_));
  EXPECT_TRUE(left->view().find(speed_)->sub_attributes().empty());
}

TEST_F(ExpiryTest, SurvivesARestartAndACheckpoint) {
  create("urn:a", in(10s));
  ASSERT_TRUE(h.checkpoint());
  create("urn:b", in(20s));
  reopen();
  EXPECT_EQ(count(), 2u);
  h.clock.advance(10s);
  EXPECT_EQ(count(), 1u);
  h.close();
  h.clock.advance(10s);  // it expires while nobody runs
  open();
  EXPECT_EQ(count(), 0u);
  records(4);
  reopen();
  EXPECT_EQ(h.read("urn:b").error().code, ErrorCode::kNotFound);
}

TEST_F(ExpiryTest, AWriteSeesNothingOfWhatIsGone) {
  create("urn:a", in(10s));
  h.clock.advance(10s);
  const auto again =
      h.write({{}, "urn:a"}, [&](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
        EXPECT_EQ(current, nullptr);
        return created({bus_});
      });
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->created);
  EXPECT_TRUE(h.read("urn:a"));
}

TEST_F(ExpiryTest, CanBeSetChangedAndTakenBack) {
  create("urn:a", model::kNoExpiry);
  model::Change change;
  change.expires_at = in(10s);
  ASSERT_TRUE(h.write("urn:a", change));
  change.expires_at = in(20s);
  ASSERT_TRUE(h.write("urn:a", change));
  h.clock.advance(15s);
  EXPECT_TRUE(h.read("urn:a"));
  change.expires_at = model::kNoExpiry;
  ASSERT_TRUE(h.write("urn:a", change));
  h.clock.advance(15s);
  EXPECT_TRUE(h.read("urn:a"));
  change.expires_at = in(-1s);
  ASSERT_TRUE(h.write("urn:a", change));
  EXPECT_FALSE(h.read("urn:a"));
}

TEST_F(ExpiryTest, ManyAtOnceAreGoneAtOnce) {
  for (int i = 0; i < 2'500; ++i) create(fmt::format("urn:a:{}", i), in(10s + std::chrono::nanoseconds{i % 3}));
  create("urn:stays", model::kNoExpiry);
  h.clock.advance(11s);
  EXPECT_EQ(count(), 1u);
  ASSERT_EQ(types().size(), 1u);
  EXPECT_EQ(types()[0].entities, 1u);
}

TEST_F(ExpiryTest, HistoryKeepsTheEntityAndForgetsTheAttribute) {
  create("urn:a", in(20s), {attribute(1, in(10s)), attribute(2, model::kNoExpiry, "urn:d:1")});
  const auto series = [&] {
    HistoryQuery query;
    query.ids = {"urn:a"};
    query.time_property = TimeProperty::kModifiedAt;
    const auto found = h.history(query);
    return found && !found->empty() ? found->front().series : std::vector<Series>{};
  };
  ASSERT_EQ(series().size(), 2u);
  EXPECT_EQ(model::expires_at(series()[0].instances[0].attribute), h.clock.now() + 10s);
  h.clock.advance(10s);
  ASSERT_EQ(series().size(), 1u);
  EXPECT_EQ(series()[0].dataset_id, "urn:d:1");
  records(2);
  ASSERT_TRUE(h.checkpoint());
  reopen();
  EXPECT_EQ(series().size(), 1u);
  h.clock.advance(10s);
  EXPECT_FALSE(h.read("urn:a"));
  EXPECT_EQ(series().size(), 1u);  // as after a deletion
}

TEST_F(ExpiryTest, AggregatesLeaveOutWhatHasExpired) {
  create("urn:a", model::kNoExpiry, {attribute(10, in(10s))});
  ASSERT_TRUE(h.write("urn:a", updated({number_attribute(speed_, 20)})));
  const auto sum = [&] {
    HistoryQuery query;
    query.ids = {"urn:a"};
    query.time_property = TimeProperty::kModifiedAt;
    query.aggregation = Aggregation{{Aggregate::kSum}, {}};
    const auto found = h.history(query);
    return std::get<double>(found->front().series.at(0).buckets.at(0).values.at(0));
  };
  EXPECT_EQ(sum(), 30);
  h.clock.advance(10s);
  EXPECT_EQ(sum(), 20);
}

}  // namespace
}  // namespace horad::store
