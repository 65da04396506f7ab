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
  Job out;
  out.shard = shard;
  out.before = before;
  out.document = model::Document{model::encode(entity)};
  return out;
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

TEST(Lane, AMergedChangeKeepsWhatWasBeforeTheFirstAndWhatWent) {
  auto l = lane(seconds(5));
  l.add(job("urn:a:0"));
  l.begin({});
  auto first = job("urn:a:1", 10);
  first.previous = job("urn:a:old").document;
  first.at = kNow;
  first.gone.resize(2);
  first.gone[0].name = model::NameId{7};
  first.gone[1].name = model::NameId{8};
  l.add(std::move(first));
  auto second = job("urn:a:1", 20);
  second.at = kNow + seconds(1);
  second.previous = job("urn:a:between").document;
  second.gone.resize(1);
  second.gone[0].name = model::NameId{8};
  second.gone_at = kNow + seconds(1);
  l.add(std::move(second));
  l.finish(kOk, kNow, {}, 0);
  const auto told = l.begin(seconds(5));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]->before, 10u);
  EXPECT_EQ(told[0]->at, kNow);
  EXPECT_EQ(told[0]->previous.view().id(), "urn:a:old");
  EXPECT_EQ(told[0]->gone.size(), 2u) << "each once";
  EXPECT_EQ(told[0]->gone_at, kNow + seconds(1));
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
