// SPDX-License-Identifier: Apache-2.0
// What subscribers to registrations are told, also across restarts and failures.
#include "horad/broker/source_subscription.h"

#include <gtest/gtest.h>

#include "horad/broker/broker.h"
#include "horad/broker/contexts.h"
#include "horad/broker/source_net.h"
#include "horad/broker/source_notifier.h"
#include "horad/store/store_harness.h"

namespace horad::broker {
namespace {

using std::chrono::seconds;
using testing::SourceNet;

class SourceSubscriptionTest : public ::testing::Test {
 protected:
  using Ptr = std::shared_ptr<const Registration>;

  void SetUp() override {
    ASSERT_TRUE(harness.open());
    system = SystemNames::make(harness.names).value();
    start();
  }
  void start() {
    notifier = std::make_unique<SourceNotifier>(*harness.store, system, registry, harness.clock, random, net, counters);
  }
  Ptr registration(const std::string& id, const std::string& type) {
    const auto body = R"({"id":")" + id +
                      R"(","type":"ContextSourceRegistration","information":[{"entities":[{"type":")" + type +
                      R"("}]}],"endpoint":"http://a"})";
    auto defined = define_registration(body, "", *contexts.core(), harness.names, harness.clock.now());
    auto out = compile_registration(*defined, *contexts.core(), harness.names).value();
    out.version = harness.clock.now() + Duration{++made};
    out.health = std::make_shared<SourceHealth>();
    return std::make_shared<const Registration>(std::move(out));
  }
  std::shared_ptr<const SourceSubscription> subscription(const std::string& more = "") {
    const auto body = R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"Bus"}],)" + more +
                      R"("notification":{"endpoint":{"uri":"http://told/"}}})";
    definition = define_source_subscription(body, "", *contexts.core(), harness.names, harness.clock.now()).value();
    auto out = compile_source_subscription(definition, contexts.core()).value();
    return std::make_shared<const SourceSubscription>(std::move(out));
  }
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const auto& request : net.requests()) {
      const auto body = *parse_json_object(request.body);
      std::string line{text_of(body.at("triggerReason").as_string())};
      for (const auto& one : body.at("data").as_array()) {
        line += " " + std::string{text_of(one.as_object().at("id").as_string())};
      }
      out.push_back(line);
    }
    return out;
  }
  /// Lets everything that is due be told.
  void turn() {
    for (int i = 0; i < 5; ++i) notifier->turn();
  }
  using Lines = std::vector<std::string>;

  store::testing::Harness harness{1};
  base::SeededRandom random{1};
  SourceNet net;
  BrokerCounters counters;
  Contexts contexts{harness.names};
  SystemNames system;
  Registry registry;
  Definition definition;
  int made = 0;
  std::unique_ptr<SourceNotifier> notifier;
};

TEST_F(SourceSubscriptionTest, NewsIsTheDifferenceToWhatWasTold) {
  net.says("http://told/", 200, "");
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", subscription(), {}, {});
  turn();
  EXPECT_EQ(told(), Lines{"newlyMatching urn:r:1"});
  registry.put("", registration("urn:r:2", "Bus"));
  registry.put("", registration("urn:r:3", "Tram"));
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->touched("");
  turn();
  EXPECT_EQ(told(), (Lines{"newlyMatching urn:r:1", "newlyMatching urn:r:2", "updated urn:r:1"}));
  registry.remove("", "urn:r:2", harness.clock.now() + seconds(1));
  registry.put("", registration("urn:r:1", "Tram"));
  notifier->touched("");
  turn();
  ASSERT_EQ(told().size(), 4u);
  EXPECT_EQ(told()[3], "noLongerMatching urn:r:1 urn:r:2");
  notifier->touched("");
  turn();
  EXPECT_EQ(told().size(), 4u) << "nothing new, nothing told";
}

TEST_F(SourceSubscriptionTest, AFailedNotificationIsRepeatedLater) {
  net.says("http://told/", 500, "");
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", subscription(), {}, {});
  turn();
  EXPECT_EQ(told().size(), 1u) << "not at once again";
  EXPECT_EQ(notifier->state("", "urn:s:1")->times_failed, 1u);
  EXPECT_EQ(notifier->state("", "urn:s:1")->times_sent, 1u);
  notifier->touched("");
  turn();
  EXPECT_EQ(told().size(), 1u) << "news does not break the pause";
  net.says("http://told/", 200, "");
  harness.clock.advance(seconds(20));
  turn();
  EXPECT_EQ(told().size(), 2u);
  EXPECT_TRUE(notifier->state("", "urn:s:1")->last_error.empty());
}

TEST_F(SourceSubscriptionTest, WhatWasToldIsNotToldAgainAfterARestart) {
  net.says("http://told/", 200, "");
  const auto one = subscription();
  const auto address = kept_address(Kept::kSourceSubscription, "", "urn:s:1");
  ASSERT_TRUE(harness.write(address, create_stored(system, Kept::kSourceSubscription, definition, {})));
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", one, {}, {});
  turn();
  ASSERT_EQ(told().size(), 1u);
  Told stored;
  for (int i = 0; i < 1'000 && stored.empty(); ++i) stored = read_told(system, harness.read(address)->view());
  ASSERT_EQ(stored.size(), 1u);
  notifier.reset();
  start();
  registry.put("", registration("urn:r:2", "Bus"));
  notifier->put("", one, {}, stored);
  turn();
  EXPECT_EQ(told(), (Lines{"newlyMatching urn:r:1", "newlyMatching urn:r:2"}));
}

TEST_F(SourceSubscriptionTest, APeriodicOneTellsAgainAndAgain) {
  net.says("http://told/", 200, "");
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", subscription(R"("timeInterval":10,)"), {}, {});
  turn();
  EXPECT_EQ(told().size(), 1u);
  harness.clock.advance(seconds(11));
  turn();
  EXPECT_EQ(told().size(), 2u);
}

TEST_F(SourceSubscriptionTest, APausedOneIsSilent) {
  net.says("http://told/", 200, "");
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", subscription(R"("isActive":false,)"), {}, {});
  turn();
  EXPECT_TRUE(told().empty());
}

TEST_F(SourceSubscriptionTest, ASilentEndpointHoldsUpNobody) {
  net.hangs("http://told/");
  registry.put("", registration("urn:r:1", "Bus"));
  notifier->put("", subscription(), {}, {});
  turn();
  turn();
  EXPECT_EQ(told().size(), 1u) << "one exchange at a time";
  net.release();
  EXPECT_EQ(notifier->state("", "urn:s:1")->times_failed, 1u);
}

}  // namespace
}  // namespace horad::broker
