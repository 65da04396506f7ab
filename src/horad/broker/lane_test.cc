// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/lane.h"

#include <gtest/gtest.h>

namespace horad::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp kNow{seconds{1'000}};
const Outcome kOk{.status = 200, .error = {}};
constexpr auto kSilence = [] { return Outcome{.status = 0, .error = "no answer"}; };

Job job(std::string id, store::Position before = 0, std::size_t shard = 0) {
  model::Entity entity;
  entity.id = std::move(id);
  entity.types = {model::NameId{1}};
  return {.shard = shard, .before = before, .document = model::Document{model::encode(entity)}, .deleted_at = {}};
}

Lane lane(Duration throttling = {}, LaneLimits limits = {}, Duration cooldown = {}) {
  Subscription subscription;
  subscription.id = "urn:s:1";
  subscription.throttling = throttling;
  subscription.endpoint.cooldown = cooldown;
  return {"", std::make_shared<const Subscription>(std::move(subscription)), {}, limits};
}

TEST(Lane, SendsWhatWaitsTogether) {
  auto l = lane();
  l.add(job("urn:a:1"));
  l.add(job("urn:a:2"));
  EXPECT_EQ(l.begin({}).size(), 2u);
  EXPECT_TRUE(l.busy());
  l.finish(kOk, kNow, {}, 0);
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.state().times_sent, 1u);
  EXPECT_EQ(l.state().last_success, kNow);
}

TEST(Lane, TellsOfEachChangeOfOneEntityApart) {
  auto l = lane();
  l.add(job("urn:a:1"));
  l.add(job("urn:a:2"));
  l.add(job("urn:a:1"));
  EXPECT_EQ(l.begin({}).size(), 2u);
  l.finish(kOk, kNow, {}, 0);
  EXPECT_EQ(l.begin({}).size(), 1u);
}

TEST(Lane, KeepsWhatFailedAndWaitsLongerEachTime) {
  auto l = lane();
  l.add(job("urn:a:1"));
  Duration steady{};
  Duration last{};
  for (int i = 0; i < 10; ++i) {
    l.begin(steady);
    l.finish(kSilence(), kNow, steady, 1.0);
    const auto pause = l.not_before() - steady;
    EXPECT_GE(pause, last);
    EXPECT_LE(pause, seconds(60));
    last = pause;
    steady = l.not_before();
  }
  EXPECT_EQ(last, seconds(60));
  EXPECT_EQ(l.waiting(), 1u);
  EXPECT_EQ(l.state().times_failed, 10u);
  EXPECT_EQ(l.state().last_error, "no answer");
}

TEST(Lane, GivesUpANotificationThatIsAnsweredWithErrorsTooOften) {
  auto l = lane({}, {.answered_failures = 3});
  l.add(job("urn:a:1"));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(l.waiting(), 1u);
    l.begin({});
    l.finish({.status = 500, .error = {}}, kNow, {}, 0);
  }
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.state().last_error, "The endpoint answered 500.");
}

TEST(Lane, DoesNotRepeatWhatWasRefused) {
  auto l = lane();
  l.add(job("urn:a:1"));
  l.begin({});
  l.finish({.status = 404, .error = {}}, kNow, {}, 0);
  EXPECT_TRUE(l.empty());
  EXPECT_EQ(l.state().times_failed, 1u);
}

TEST(Lane, DoesNotBlameTheEndpointForOurOverload) {
  auto l = lane();
  l.add(job("urn:a:1"));
  l.begin({});
  l.finish({.status = 0, .error = {}, .ours = true}, kNow, {}, 0);
  EXPECT_EQ(l.waiting(), 1u);
  EXPECT_EQ(l.state().times_failed, 0u);
}

TEST(Lane, ThrottlingMergesChangesOfOneEntity) {
  auto l = lane(seconds(5));
  l.add(job("urn:a:1", 10));
  l.begin({});
  l.finish(kOk, kNow, {}, 0);
  EXPECT_EQ(l.not_before(), seconds(5));
  l.add(job("urn:a:1", 20));
  l.add(job("urn:a:1", 30));
  EXPECT_EQ(l.waiting(), 1u);
  EXPECT_EQ(l.done_up_to({99}), store::Cursor{20});
}

TEST(Lane, CooldownIsTheLeastPause) {
  auto l = lane({}, {}, seconds(20));
  l.add(job("urn:a:1"));
  l.begin({});
  l.finish(kSilence(), kNow, {}, 0);
  EXPECT_EQ(l.not_before(), seconds(20));
}

TEST(Lane, IsDoneUpToItsOldestJobOfEachShard) {
  auto l = lane();
  l.add(job("urn:a:1", 70, 1));
  l.add(job("urn:a:2", 10, 0));
  l.add(job("urn:a:3", 80, 1));
  EXPECT_EQ(l.done_up_to({100, 200, 300}), (store::Cursor{10, 70, 300}));
  l.begin({});
  EXPECT_EQ(l.done_up_to({100, 200, 300}), (store::Cursor{10, 70, 300})) << "what is on its way is not done";
}

TEST(Lane, SaysWhatWasLost) {
  auto l = lane();
  l.lost("gone", kNow);
  EXPECT_EQ(l.state().last_error, "gone");
  EXPECT_EQ(l.state().last_failure, kNow);
  EXPECT_EQ(l.state().last_lost, kNow);
}

}  // namespace
}  // namespace horad::broker
