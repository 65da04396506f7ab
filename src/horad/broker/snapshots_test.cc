// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/snapshots.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "horad/model/change.h"
#include "horad/model/model_samples.h"

namespace horad::broker {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1'000h};
constexpr std::string_view kBody =
    R"({"type":"Snapshot","snapshotQueries":[{"type":"Query","entities":[{"type":"T"}]}]})";

json::object make(std::string_view body = kBody) {
  auto out = define_snapshot(body, "urn:ngsi-ld:Snapshot:1", 3, kNow, false);
  EXPECT_TRUE(out) << out.error().detail;
  return out ? *out : json::object{};
}

TEST(SnapshotSpaces, NeverMeetTenants) {
  EXPECT_EQ(entities_of("brest"), (store::Tenant{"brest", store::Space::kCity}));
  EXPECT_EQ(entities_of(snapshot_space("brest", 3)), (store::Tenant{"brest/3", store::Space::kSnapshot}));
  EXPECT_EQ(entities_of(snapshot_space("", 0)).space, store::Space::kSnapshot);
}

TEST(SnapshotNumbers, AreTakenAgain) {
  SnapshotNumbers numbers;
  numbers.take("a", 1);
  EXPECT_EQ(numbers.take_any("a"), 0u);
  EXPECT_EQ(numbers.take_any("a"), 2u);
  EXPECT_EQ(numbers.take_any("b"), 0u);
  numbers.release("a", 1);
  EXPECT_EQ(numbers.take_any("a"), 1u);
  for (std::size_t i = 3; i < kMostSnapshots; ++i) EXPECT_EQ(numbers.take_any("a"), i);
  EXPECT_FALSE(numbers.take_any("a"));
}

TEST(Snapshots, ACopyIsTheSameEntity) {
  model::Names names;
  const auto pool = model::samples::name_pool(names);
  EXPECT_TRUE(rc::check([&] {
    const auto entity = model::samples::entity(pool);
    const model::Document original{model::encode(entity)};
    const auto copy = model::apply_encoded(nullptr, entity.id, copy_of(original.view()), kNow);
    RC_ASSERT(model::DocumentView{copy}.to_entity() == original.view().to_entity());
  }));
}

TEST(Snapshots, AreCompletedWhenTheyAreMade) {
  const auto snapshot = make();
  EXPECT_EQ(status_of(snapshot), "preparing");
  EXPECT_EQ(number_of(snapshot), 3u);
  EXPECT_EQ(expiry_of(snapshot).value(), kNow + kSnapshotLifetime);
  EXPECT_FALSE(shown_snapshot(snapshot).contains("horadNumber"));
  EXPECT_EQ(snapshot.at("snapshotPriority"), 5);
}

TEST(Snapshots, LiveAsLongAsIsWishedWithinReason) {
  auto snapshot = make();
  ASSERT_TRUE(patch_snapshot(snapshot, R"({"snapshotLifetime":"PT1H"})", kNow));
  EXPECT_EQ(expiry_of(snapshot).value(), kNow + 1h);
  ASSERT_TRUE(patch_snapshot(snapshot, R"({"snapshotLifetime":"P100Y"})", kNow));
  EXPECT_EQ(expiry_of(snapshot).value(), kNow + kLongestSnapshotLifetime);
}

TEST(Snapshots, SayHowTheirQueriesWent) {
  EXPECT_EQ(outcome(5, 2, 0), "success");
  EXPECT_EQ(outcome(0, 2, 0), "empty");
  EXPECT_EQ(outcome(5, 2, 1), "partial");
  EXPECT_EQ(outcome(0, 2, 2), "failure");
}

TEST(Snapshots, AFilterAsksTheirMembersOnly) {
  model::Names names;
  const auto snapshot = make();
  const auto holds = [&](std::string_view q) {
    const auto filter = SnapshotFilter::parse(q, names);
    EXPECT_TRUE(filter) << q;
    return filter && filter->matches(snapshot, names).value();
  };
  EXPECT_TRUE(holds("snapshotPriority<6"));
  EXPECT_FALSE(holds("snapshotPriority<5"));
  EXPECT_TRUE(holds(R"(snapshotStatus=="preparing")"));
  EXPECT_TRUE(holds("expiresAt>1970-01-01T00:00:00Z"));
  EXPECT_FALSE(holds("snapshotLifetime"));
  for (const auto* const q : {"speed>5", "snapshotPriority<5;speed", "", "snapshotQueries", "modifiedAt>1970-01-01"}) {
    EXPECT_FALSE(SnapshotFilter::parse(q, names)) << q;
  }
}

}  // namespace
}  // namespace horad::broker
