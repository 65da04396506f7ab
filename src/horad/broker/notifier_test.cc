// SPDX-License-Identifier: Apache-2.0
// The notifier on a real store on a simulated disk, with a simulated network and clock, turned by hand.
#include "horad/broker/notifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "horad/broker/contexts.h"
#include "horad/broker/sim_net.h"
#include "horad/broker/system_store.h"
#include "horad/model/context.h"
#include "horad/store/store_harness.h"

namespace horad::broker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SimNet;

class NotifierTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness.open());
    system = SystemNames::make(harness.names).value();
    start_notifier();
  }

  void start_notifier() {
    const auto stored = stored_cursor(*harness.store, harness.names);
    ASSERT_TRUE(stored);
    from = stored->value_or(harness.store->end());
    notifier =
        std::make_unique<Notifier>(*harness.store, harness.names, harness.clock, random, net, counters, from, options);
  }

  /// Makes a subscription on every entity, stored and handed over.
  void subscribe(const std::string& id, const std::string& url, const std::string& more = "") {
    const auto body = R"({"id":")" + id + R"(","type":"Subscription","entities":[{"type":"*"}],)" + more +
                      R"("notification":{"format":"keyValues","endpoint":{"uri":")" + url + R"("}}})";
    auto definition = define_subscription(body, id, *contexts.core(), harness.names, harness.clock.now());
    ASSERT_TRUE(definition) << definition.error().detail;
    DeliveryState state;
    state.cursor = harness.store->end();
    const auto written = harness.write(kept_address(Kept::kSubscription, "", id),
                                       create_stored(system, Kept::kSubscription, *definition, state));
    ASSERT_TRUE(written) << written.error().detail;
    auto compiled = compile_subscription(*definition, {contexts.core(), contexts.core()}).value();
    compiled.version = written->at;
    notifier->put("", std::make_shared<const Subscription>(std::move(compiled)), state);
  }

  /// As at a start of the program: what is stored decides.
  void resume(const std::string& id) {
    const auto document = harness.read(kept_address(Kept::kSubscription, "", id));
    ASSERT_TRUE(document);
    auto stored = read_stored(system, document->view()).value();
    auto compiled = compile_subscription(stored.definition, {contexts.core(), contexts.core()}).value();
    compiled.version = stored.version;
    auto& cursor = stored.delivery.cursor;
    if (!stored.delivery.behind) {
      for (std::size_t i = 0; i < from.size(); ++i) cursor[i] = std::max(cursor[i], from[i]);
    }
    notifier->put("", std::make_shared<const Subscription>(std::move(compiled)), stored.delivery);
  }

  void write(const std::string& id, std::int64_t value) {
    const auto name = harness.name("x");
    ASSERT_TRUE(harness.write({{}, id}, [=](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
      auto change = current == nullptr ? store::testing::created({model::NameId{0}}) : model::Change{};
      change.set = {store::testing::number_attribute(name, value)};
      return change;
    }));
  }

  /// Turns the notifier until `done` holds; false when it does not within some seconds.
  template <class Done>
  bool until(Done done) {
    for (int i = 0; i < 2'000; ++i) {
      while (notifier->turn()) {
      }
      if (done()) return true;
      notifier->wait(milliseconds(5));
    }
    return false;
  }
  bool receives(const std::string& url, std::size_t notifications) {
    return until([&] { return net.received(url).size() >= notifications; });
  }
  /// Lets time pass in small steps.
  template <class Done>
  bool within(Duration most, Done done) {
    for (Duration passed{}; passed <= most; passed += milliseconds(250)) {
      harness.clock.advance(milliseconds(250));
      for (int i = 0; i < 20; ++i) {
        while (notifier->turn()) {
        }
        if (done()) return true;
        notifier->wait(milliseconds(1));
      }
    }
    return false;
  }
  std::size_t entities_told(const std::string& url) const {
    std::size_t sum = 0;
    for (const auto& request : net.received(url)) {
      sum += parse_json(request.body)->as_object().at("data").as_array().size();
    }
    return sum;
  }

  bool is_told(const std::string& url, const std::string& id) const {
    return std::ranges::any_of(net.received(url),
                               [&](const auto& request) { return request.body.find(id) != std::string::npos; });
  }

  store::testing::Harness harness{2};
  base::SeededRandom random{1};
  SimNet net;
  BrokerCounters counters;
  Contexts contexts{harness.names};
  SystemNames system;
  NotifierOptions options;
  store::Cursor from;
  std::unique_ptr<Notifier> notifier;
};

TEST_F(NotifierTest, TellsOfAChange) {
  subscribe("urn:s:1", "http://a/");
  write("urn:e:1", 5);
  ASSERT_TRUE(receives("http://a/", 1));
  const auto request = net.received("http://a/").front();
  EXPECT_EQ(request.method, "POST");
  const auto body = *parse_json(request.body);
  EXPECT_EQ(text_of(body.as_object().at("subscriptionId").as_string()), "urn:s:1");
  EXPECT_EQ(text_of(body.as_object().at("data").as_array()[0].as_object().at("id").as_string()), "urn:e:1");
  ASSERT_TRUE(until([&] { return notifier->state("", "urn:s:1")->times_sent == 1; }));
}

TEST_F(NotifierTest, DoesNotTellOfWhatWasBefore) {
  write("urn:e:1", 5);
  subscribe("urn:s:1", "http://a/");
  write("urn:e:2", 6);
  ASSERT_TRUE(receives("http://a/", 1));
  EXPECT_EQ(net.received("http://a/").front().body.find("urn:e:1"), std::string::npos);
}

TEST_F(NotifierTest, ARemovedSubscriptionIsSilent) {
  subscribe("urn:s:1", "http://a/");
  subscribe("urn:s:2", "http://b/");
  notifier->remove("", "urn:s:1", harness.clock.now() + seconds(100));
  write("urn:e:1", 5);
  ASSERT_TRUE(receives("http://b/", 1));
  EXPECT_EQ(net.attempts("http://a/"), 0u);
  EXPECT_FALSE(notifier->state("", "urn:s:1"));
}

TEST_F(NotifierTest, AnOlderDefinitionDoesNotComeBack) {
  subscribe("urn:s:1", "http://a/");
  notifier->remove("", "urn:s:1", harness.clock.now() + seconds(100));
  resume("urn:s:1");
  subscribe("urn:s:2", "http://b/");
  write("urn:e:1", 5);
  ASSERT_TRUE(receives("http://b/", 1));
  EXPECT_EQ(net.attempts("http://a/"), 0u);
}

TEST_F(NotifierTest, DeadAndSilentEndpointsDelayNobody) {
  net.set("http://dead/", SimNet::Mode::kDead);
  net.set("http://silent/", SimNet::Mode::kSilent);
  net.set("http://broken/", SimNet::Mode::kError500);
  subscribe("urn:s:1", "http://dead/");
  subscribe("urn:s:2", "http://silent/");
  subscribe("urn:s:3", "http://broken/");
  subscribe("urn:s:4", "http://good/");
  for (int i = 0; i < 1'000; ++i) write("urn:e:" + std::to_string(i % 7), i);
  ASSERT_TRUE(until([&] { return entities_told("http://good/") == 1'000; })) << entities_told("http://good/");
  EXPECT_EQ(net.attempts("http://silent/"), 1u) << "one exchange at a time for each subscription";
  EXPECT_LE(net.attempts("http://dead/"), 2u) << "a failed endpoint is left alone for a while";
}

TEST_F(NotifierTest, ASubscriptionThatIsRemovedWhileItWaitsForRoomDoesNotKeepTheNextFromSending) {
  for (int i = 0; i < 8; ++i) {
    const auto url = "http://one/silent" + std::to_string(i);
    net.set(url, SimNet::Mode::kSilent);
    subscribe("urn:s:silent" + std::to_string(i), url);
  }
  write("urn:e:1", 1);
  ASSERT_TRUE(until([&] { return net.attempts("http://one/silent7") == 1; }));
  for (int i = 0; i < 8; ++i) subscribe("urn:s:gone" + std::to_string(i), "http://one/gone");
  subscribe("urn:s:next", "http://one/next");
  write("urn:e:1", 2);
  EXPECT_FALSE(within(seconds(2), [] { return false; }));  // they all wait
  for (int i = 0; i < 8; ++i) notifier->remove("", "urn:s:gone" + std::to_string(i), harness.clock.now());
  for (int i = 0; i < 8; ++i) notifier->remove("", "urn:s:silent" + std::to_string(i), harness.clock.now());
  net.release();
  EXPECT_TRUE(receives("http://one/next", 1));
}

TEST_F(NotifierTest, SilentPathsOfOneHostLeaveRoomForItsLivingOnes) {
  for (int i = 0; i < 40; ++i) {
    const auto url = "http://one/silent" + std::to_string(i);
    net.set(url, SimNet::Mode::kSilent);
    subscribe("urn:s:silent" + std::to_string(i), url);
  }
  write("urn:e:1", 1);
  for (int i = 0; i < 40; ++i) {  // each has been silent once
    ASSERT_TRUE(within(seconds(5), [&] {
      net.release();
      return net.attempts("http://one/silent" + std::to_string(i)) >= 1;
    }));
  }
  EXPECT_FALSE(within(seconds(10), [] { return false; }));  // all of them are asked again, as far as there is room
  subscribe("urn:s:alive", "http://one/alive");
  write("urn:e:1", 2);
  EXPECT_TRUE(receives("http://one/alive", 1));
}

TEST_F(NotifierTest, ARecoveredEndpointGetsEverythingAlsoWhatDidNotFitIntoItsQueue) {
  net.set("http://a/", SimNet::Mode::kDead);
  subscribe("urn:s:1", "http://a/");
  for (int i = 0; i < 700; ++i) write("urn:e:" + std::to_string(i), i);
  ASSERT_TRUE(until([&] { return counters.subscriptions_behind.value() == 1; })) << "its queue is shorter than that";
  net.set("http://a/", SimNet::Mode::kOk);
  ASSERT_TRUE(within(seconds(90), [&] { return entities_told("http://a/") >= 700; })) << entities_told("http://a/");
  std::set<std::string> told;
  for (const auto& request : net.received("http://a/")) {
    const auto body = *parse_json(request.body);
    for (const auto& one : body.as_object().at("data").as_array())
      told.insert(std::string{text_of(one.as_object().at("id").as_string())});
  }
  EXPECT_EQ(told.size(), 700u);
  ASSERT_TRUE(within(seconds(5), [&] { return counters.subscriptions_behind.value() == 0; }));
  write("urn:e:new", 1);
  EXPECT_TRUE(within(seconds(5), [&] { return entities_told("http://a/") >= 701; }))
      << "it is fed by the common reader again";
}

TEST_F(NotifierTest, ASlowAnswerIsAFailureThatIsRepeated) {
  net.set("http://a/", SimNet::Mode::kSilent);
  subscribe("urn:s:1", "http://a/");
  write("urn:e:1", 1);
  ASSERT_TRUE(until([&] { return net.attempts("http://a/") == 1; }));
  net.set("http://a/", SimNet::Mode::kOk);
  net.release();
  ASSERT_TRUE(until([&] { return notifier->state("", "urn:s:1")->times_failed == 1; }));
  EXPECT_EQ(notifier->state("", "urn:s:1")->last_error, "no answer in time");
  EXPECT_TRUE(within(seconds(3), [&] { return net.received("http://a/").size() == 1; }));
  EXPECT_TRUE(until([&] { return notifier->state("", "urn:s:1")->last_error.empty(); }));
}

TEST_F(NotifierTest, ThrottlingKeepsTheNewestState) {
  subscribe("urn:s:1", "http://a/", R"("throttling":10,)");
  write("urn:e:1", 1);
  ASSERT_TRUE(receives("http://a/", 1));
  write("urn:e:1", 2);
  write("urn:e:1", 3);
  EXPECT_FALSE(within(seconds(8), [&] { return net.received("http://a/").size() > 1; }));
  ASSERT_TRUE(within(seconds(4), [&] { return net.received("http://a/").size() == 2; }));
  EXPECT_NE(net.received("http://a/")[1].body.find(":3"), std::string::npos);
  EXPECT_FALSE(within(seconds(12), [&] { return net.received("http://a/").size() > 2; }));
}

TEST_F(NotifierTest, AClockThatStepsBackDoesNotSilence) {
  subscribe("urn:s:1", "http://a/", R"("throttling":1,)");
  write("urn:e:1", 1);
  ASSERT_TRUE(receives("http://a/", 1));
  harness.clock.set(harness.clock.now() - seconds(3'600));
  write("urn:e:1", 2);
  EXPECT_TRUE(within(seconds(2), [&] { return net.received("http://a/").size() == 2; }));
}

TEST_F(NotifierTest, WhatWasNotDeliveredIsDeliveredAfterARestart) {
  net.set("http://a/", SimNet::Mode::kDead);
  subscribe("urn:s:1", "http://a/");
  subscribe("urn:s:2", "http://b/");
  for (int i = 0; i < 40; ++i) write("urn:e:" + std::to_string(i), i);
  ASSERT_TRUE(until([&] { return entities_told("http://b/") == 40 && net.attempts("http://a/") >= 1; }));
  notifier->stop();
  notifier.reset();
  harness.close();
  ASSERT_TRUE(harness.open());
  net.set("http://a/", SimNet::Mode::kOk);
  start_notifier();
  resume("urn:s:1");
  resume("urn:s:2");
  write("urn:e:after", 1);
  ASSERT_TRUE(within(seconds(30), [&] { return entities_told("http://a/") >= 41; })) << entities_told("http://a/");
  ASSERT_TRUE(until([&] { return entities_told("http://b/") >= 41; }));
  EXPECT_EQ(entities_told("http://b/"), 41u) << "what was delivered before a clean stop is not repeated";
  EXPECT_GE(notifier->state("", "urn:s:1")->times_failed, 1u) << "counters are kept";
}

TEST_F(NotifierTest, ACrashRepeatsButNeverSkips) {
  net.set("http://a/", SimNet::Mode::kDead);
  subscribe("urn:s:1", "http://a/");
  for (int i = 0; i < 20; ++i) write("urn:e:" + std::to_string(i), i);
  ASSERT_TRUE(within(seconds(3), [&] { return net.attempts("http://a/") >= 2; }));
  notifier->stop();
  notifier.reset();
  harness.crash(7);
  ASSERT_TRUE(harness.open());
  net.set("http://a/", SimNet::Mode::kOk);
  start_notifier();
  resume("urn:s:1");
  EXPECT_TRUE(within(seconds(30), [&] { return entities_told("http://a/") >= 20; })) << entities_told("http://a/");
}

TEST_F(NotifierTest, SaysWhenTheLogWasTrimmedBeforeItWasRead) {
  notifier.reset();
  harness.close();
  harness.options.follower_keep_bytes = 32 << 10;
  ASSERT_TRUE(harness.open());
  start_notifier();
  net.set("http://a/", SimNet::Mode::kDead);
  subscribe("urn:s:1", "http://a/");
  for (int i = 0; i < 3'000; ++i) write("urn:e:" + std::to_string(i), i);
  ASSERT_TRUE(until([&] { return counters.subscriptions_behind.value() == 1; }));
  ASSERT_TRUE(within(seconds(3), [&] { return net.attempts("http://a/") >= 2; })) << "its cursor is stored meanwhile";
  notifier->stop();
  notifier.reset();
  ASSERT_TRUE(harness.checkpoint());
  harness.close();
  ASSERT_TRUE(harness.open()) << "what was kept in memory is gone";
  start_notifier();
  resume("urn:s:1");
  net.set("http://a/", SimNet::Mode::kOk);
  for (int i = 0; i < 8; ++i) write("urn:e:kept:" + std::to_string(i), i);  // passed by the common reader meanwhile
  ASSERT_TRUE(within(seconds(90), [&] { return notifier->state("", "urn:s:1")->last_lost.has_value(); }));
  EXPECT_GE(counters.notifications_lost.value(), 1u);
  write("urn:e:new", 1);
  EXPECT_TRUE(within(seconds(90), [&] { return is_told("http://a/", "urn:e:new"); })) << "and goes on";
  for (int i = 0; i < 8; ++i) {
    const auto id = "urn:e:kept:" + std::to_string(i);
    EXPECT_TRUE(within(seconds(9), [&] { return is_told("http://a/", id); })) << id << " is in the log";
  }
}

TEST_F(NotifierTest, AnAnswerOf4xxIsNotRepeated) {
  net.set("http://a/", SimNet::Mode::kRefuse404);
  subscribe("urn:s:1", "http://a/");
  write("urn:e:1", 1);
  ASSERT_TRUE(until([&] { return notifier->state("", "urn:s:1")->times_failed == 1; }));
  EXPECT_FALSE(within(seconds(10), [&] { return net.attempts("http://a/") > 1; }));
}

TEST_F(NotifierTest, AnExpiredSubscriptionIsSilent) {
  const auto expiry = base::format_time(harness.clock.now() + seconds(60));
  subscribe("urn:s:1", "http://a/", R"("expiresAt":")" + expiry + R"(",)");
  subscribe("urn:s:2", "http://b/");
  harness.clock.advance(seconds(120));
  write("urn:e:1", 1);
  ASSERT_TRUE(receives("http://b/", 1));
  EXPECT_EQ(net.attempts("http://a/"), 0u);
}

TEST_F(NotifierTest, APeriodicSubscriptionTellsAtItsTimesWhetherOrNotAnythingChanged) {
  write("urn:e:1", 5);
  subscribe("urn:s:1", "http://a/", R"("timeInterval":10,)");
  write("urn:e:1", 6);
  EXPECT_FALSE(within(seconds(9), [&] { return net.attempts("http://a/") > 0; })) << "a change is not its business";
  ASSERT_TRUE(within(seconds(2), [&] { return net.received("http://a/").size() == 1; }));
  EXPECT_NE(net.received("http://a/")[0].body.find(":6"), std::string::npos);
  EXPECT_FALSE(within(seconds(8), [&] { return net.attempts("http://a/") > 1; }));
  ASSERT_TRUE(within(seconds(3), [&] { return net.received("http://a/").size() == 2; }));
  EXPECT_EQ(counters.subscriptions_behind.value(), 0);
}

TEST_F(NotifierTest, APeriodicSubscriptionTellsOfEveryEntityOnceAtATime) {
  for (int i = 0; i < 600; ++i) write("urn:e:" + std::to_string(i), i);
  subscribe("urn:s:1", "http://a/", R"("timeInterval":10,)");
  ASSERT_TRUE(within(seconds(11), [&] { return entities_told("http://a/") >= 600; })) << entities_told("http://a/");
  EXPECT_FALSE(within(seconds(5), [&] { return entities_told("http://a/") > 600; }));
}

TEST_F(NotifierTest, APeriodThatPassedWhileItWasDownIsMadeUpForOnce) {
  write("urn:e:1", 5);
  subscribe("urn:s:1", "http://a/", R"("timeInterval":10,)");
  ASSERT_TRUE(within(seconds(11), [&] { return net.received("http://a/").size() == 1; }));
  notifier->stop();
  notifier.reset();
  harness.close();
  harness.clock.advance(seconds(35));
  ASSERT_TRUE(harness.open());
  start_notifier();
  resume("urn:s:1");
  ASSERT_TRUE(receives("http://a/", 2)) << "at once";
  EXPECT_TRUE(within(seconds(10), [&] { return net.received("http://a/").size() == 3; })) << "then at its times";
}

TEST_F(NotifierTest, ADeadEndpointOfAPeriodicSubscriptionGetsWhatIsThereWhenItIsBack) {
  write("urn:e:1", 1);
  net.set("http://a/", SimNet::Mode::kDead);
  subscribe("urn:s:1", "http://a/", R"("timeInterval":10,)");
  ASSERT_TRUE(within(seconds(45), [&] { return net.attempts("http://a/") >= 3; }));
  write("urn:e:1", 2);
  ASSERT_TRUE(within(seconds(20), [&] { return net.attempts("http://a/") >= 4; }));
  net.set("http://a/", SimNet::Mode::kOk);
  ASSERT_TRUE(within(seconds(70), [&] { return !net.received("http://a/").empty(); }));
  EXPECT_NE(net.received("http://a/")[0].body.find(":2"), std::string::npos) << "not what was there before";
}

TEST_F(NotifierTest, ThrottlingOutlivesARestart) {
  subscribe("urn:s:1", "http://a/", R"("throttling":60,)");
  write("urn:e:1", 1);
  ASSERT_TRUE(receives("http://a/", 1));
  ASSERT_TRUE(until([&] { return notifier->state("", "urn:s:1")->times_sent == 1; }));
  notifier->stop();
  notifier.reset();
  harness.close();
  ASSERT_TRUE(harness.open());
  start_notifier();
  resume("urn:s:1");
  write("urn:e:1", 2);
  EXPECT_FALSE(within(seconds(50), [&] { return net.received("http://a/").size() > 1; }));
  EXPECT_TRUE(within(seconds(15), [&] { return net.received("http://a/").size() == 2; }));
}

TEST_F(NotifierTest, ASubscriptionMadeBetweenWritesHearsAllThatFollowInOrder) {
  subscribe("urn:s:other", "http://other/");
  for (int i = 0; i < 50; ++i) {
    write("urn:e:1", i);
    notifier->turn();
  }
  subscribe("urn:s:1", "http://a/");
  for (int i = 50; i < 150; ++i) {
    write("urn:e:1", i);
    if (i % 3 == 0) notifier->turn();
  }
  ASSERT_TRUE(until([&] { return entities_told("http://a/") >= 100; })) << entities_told("http://a/");
  std::int64_t next = 50;
  for (const auto& request : net.received("http://a/")) {
    const auto body = *parse_json(request.body);
    for (const auto& one : body.as_object().at("data").as_array()) {
      for (const auto& member : one.as_object()) {
        if (member.value().is_number()) EXPECT_EQ(member.value().to_number<std::int64_t>(), next++);
      }
    }
  }
  EXPECT_EQ(next, 150);
}

}  // namespace
}  // namespace horad::broker
