// SPDX-License-Identifier: Apache-2.0
// What is made at sources of our subscriptions, across failures and restarts; news that come back from there.
#include "horad/broker/remote_subscriptions.h"

#include <gtest/gtest.h>

#include <thread>

#include "horad/broker/broker.h"
#include "horad/broker/received.h"
#include "horad/broker/source_net.h"
#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::broker {
namespace {

using std::chrono::seconds;
using testing::SourceNet;

class RemoteSubscriptionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(harness.open());
    system = SystemNames::make(harness.names).value();
    start();
  }
  void start() {
    remote = std::make_unique<RemoteSubscriptions>(RemoteWorld{.store = *harness.store,
                                                               .system = system,
                                                               .registry = registry,
                                                               .contexts = contexts,
                                                               .names = harness.names,
                                                               .clock = harness.clock,
                                                               .random = random,
                                                               .net = net,
                                                               .counters = counters,
                                                               .alias = "me",
                                                               .receiver = "http://me/receive"});
  }
  void registered(const std::string& id, const std::string& type) {
    const auto body = R"({"id":")" + id +
                      R"(","type":"ContextSourceRegistration","information":[{"entities":[{"type":")" + type +
                      R"("}]}],"endpoint":"http://a"})";
    auto defined = define_registration(body, "", *contexts.core(), harness.names, harness.clock.now());
    auto out = compile_registration(*defined, *contexts.core(), harness.names).value();
    out.version = harness.clock.now() + Duration{++made};
    out.health = std::make_shared<SourceHealth>();
    registry.put("", std::make_shared<const Registration>(std::move(out)));
  }
  /// Stores the subscription urn:s:1 and hands it over.
  void subscribed(const std::string& more = "") {
    const auto body = R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"Bus"}],)" + more +
                      R"("notification":{"endpoint":{"uri":"http://told/"}}})";
    const auto definition = define_subscription(body, "", *contexts.core(), harness.names, harness.clock.now()).value();
    const DefinitionContexts words{.words = contexts.core(), .q = contexts.core()};
    auto out = compile_subscription(definition, words).value();
    store::testing::wait_for<store::Written>([&](auto done) {
      harness.store->write(kept_address(Kept::kSubscription, "", "urn:s:1"), store_new(definition), std::move(done));
    }).value();
    out.version = harness.clock.now() + Duration{++made};
    remote->put("", std::make_shared<const Subscription>(std::move(out)));
  }
  store::Mutation store_new(const Definition& definition) {
    return [this, definition](const model::DocumentView* current, Timestamp now) -> Result<model::Change> {
      if (current == nullptr) return create_stored(system, Kept::kSubscription, definition, {})(current, now);
      const auto version = read_stored(system, *current)->version;
      return update_stored(system, Kept::kSubscription, definition, version)(current, now);
    };
  }
  /// Lets everything that is due be done; the store answers on threads of its own.
  void turn() {
    for (int quiet = 0; quiet < 20; ++quiet) {
      if (remote->turn() == Duration::zero()) quiet = 0;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::vector<Leg> stored() {
    model::Query query;
    query.types = model::TypeSelection::of(system.remote_subscription);
    const auto page = store::testing::wait_for<store::Page>([&](auto done) {
                        harness.store->query({"", store::Space::kSystem}, query, std::move(done));
                      }).value();
    std::vector<Leg> out;
    for (const auto& document : page.documents) {
      out.push_back(leg_from_json(read_put(system, document.view())->definition).value());
    }
    return out;
  }
  void restart() {
    remote.reset();
    start();
    for (auto& leg : stored()) remote->load("", std::move(leg));
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> out;
    for (const auto& request : net.requests()) {
      auto url = request.url.substr(request.url.find("/subscriptions"));
      out.push_back(request.method + " " + url.substr(0, url.find("distsub-")));
    }
    return out;
  }
  using Lines = std::vector<std::string>;
  const std::string one = "/subscriptions/urn:ngsi-ld:Subscription:";

  store::testing::Harness harness{1};
  base::SeededRandom random{1};
  SourceNet net;
  BrokerCounters counters;
  Contexts contexts{harness.names};
  SystemNames system;
  Registry registry;
  int made = 0;
  std::unique_ptr<RemoteSubscriptions> remote;
};

TEST_F(RemoteSubscriptionsTest, FollowTheirSubscription) {
  net.says("http://a", 201, "");
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  EXPECT_EQ(asked(), Lines{"POST /subscriptions"});
  EXPECT_EQ(testing::header_of(net.requests()[0], "Via"), "1.1 me");
  const auto copy = *parse_json_object(net.requests()[0].body);
  const std::string id{text_of(copy.at("id").as_string())};
  EXPECT_EQ(remote->find(id)->subscription->id, "urn:s:1");
  EXPECT_EQ(remote->find(id)->source, "urn:r:1");
  EXPECT_FALSE(remote->find("urn:s:1"));
  remote->touched("");
  turn();
  EXPECT_EQ(net.requests().size(), 1u) << "nothing new, nothing asked";
  subscribed(R"("throttling":5,)");
  turn();
  EXPECT_EQ(asked(), (Lines{"POST /subscriptions", "PATCH " + one}));
  EXPECT_EQ(parse_json_object(net.requests()[1].body)->at("throttling").as_int64(), 5);
  remote->remove("", "urn:s:1");
  turn();
  EXPECT_EQ(asked().back(), "DELETE " + one);
  EXPECT_FALSE(remote->find(id));
  EXPECT_TRUE(stored().empty());
}

TEST_F(RemoteSubscriptionsTest, AFailureIsRepeatedLaterAndLater) {
  net.says("http://a", 503, "");
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  EXPECT_EQ(asked().size(), 1u);
  ASSERT_EQ(remote->troubles("", "urn:s:1").size(), 1u);
  EXPECT_EQ(warning_header(remote->troubles("", "urn:s:1")[0]), "299 urn:r:1 \"the source answered 503\"");
  harness.clock.advance(seconds(1));
  turn();
  EXPECT_EQ(asked().size(), 2u);
  harness.clock.advance(seconds(1));
  turn();
  EXPECT_EQ(asked().size(), 2u) << "two seconds after the second failure";
  net.says("http://a", 201, "");
  harness.clock.advance(seconds(1));
  turn();
  EXPECT_EQ(asked().size(), 3u);
  EXPECT_TRUE(remote->troubles("", "urn:s:1").empty());
  EXPECT_EQ(counters.remote_failures.value(), 2u);
}

TEST_F(RemoteSubscriptionsTest, WhatIsThereOutlivesARestart) {
  net.says("http://a", 201, "");
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  const auto id = stored().at(0).id;
  restart();
  EXPECT_FALSE(remote->find(id)) << "its subscription is not here yet";
  subscribed(R"("throttling":5,)");
  turn();
  EXPECT_EQ(asked(), (Lines{"POST /subscriptions", "PATCH " + one})) << "not another one";
  EXPECT_TRUE(remote->find(id));
  registry.remove("", "urn:r:1", harness.clock.now() + seconds(1));
  restart();
  turn();
  EXPECT_EQ(asked().back(), "DELETE " + one) << "the registration went while nobody looked";
}

TEST_F(RemoteSubscriptionsTest, AnAnswerThatWasLostIsNoSecondSubscription) {
  net.on("http://a", [](const auto&) { return Result<base::OutboundResponse>{fail(ErrorCode::kTimeout, "late")}; });
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  net.on("http://a", [](const base::OutboundRequest& request) {
    base::OutboundResponse out;
    out.status = request.method == "POST" ? 409 : 204;
    return Result<base::OutboundResponse>{out};
  });
  restart();
  subscribed();
  turn();
  EXPECT_EQ(asked(), (Lines{"POST /subscriptions", "POST /subscriptions", "PATCH " + one}));
  EXPECT_EQ(parse_json_object(net.requests()[0].body)->at("id"), parse_json_object(net.requests()[1].body)->at("id"));
}

TEST_F(RemoteSubscriptionsTest, WaitForASubscriptionThatIsStillToCome) {
  net.says("http://a", 201, "");
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  restart();
  remote->expect("", "urn:s:1");
  turn();
  EXPECT_EQ(asked().size(), 1u) << "not deleted";
}

TEST_F(RemoteSubscriptionsTest, ASourceThatNeverAnswersADeletionIsLeftToItself) {
  net.says("http://a", 201, "");
  registered("urn:r:1", "Bus");
  subscribed();
  turn();
  net.says("http://a", 500, "");
  remote->remove("", "urn:s:1");
  for (int i = 0; i < kMostDeletions + 5; ++i) {
    turn();
    harness.clock.advance(std::chrono::minutes(11));
  }
  EXPECT_EQ(asked().size(), 1u + kMostDeletions);
  EXPECT_TRUE(stored().empty());
}

TEST(Received, NewsAreTheSameWhenTheyComeOutOfTheStore) {
  model::Names names;
  Contexts contexts{names};
  const Timestamp now{seconds(1'700'000'000)};
  const auto item = parse_json(
      R"({"id":"urn:a:1","type":"Bus","speed":{"type":"Property","value":5,"previousValue":4},
          "line":{"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"2026-01-01T00:00:00Z"},
          "stop":[{"type":"Relationship","object":"urn:b:1"},{"type":"Relationship","object":"urn:ngsi-ld:null","datasetId":"urn:d:1"}],
          "name":{"type":"LanguageProperty","languageMap":{"@none":"urn:ngsi-ld:null"}}})");
  const auto news = read_news(*item, contexts.core(), contexts, "", now);
  ASSERT_TRUE(news) << news.error().detail;
  EXPECT_EQ(news->entity.attributes.size(), 2u);
  ASSERT_EQ(news->gone.size(), 3u);
  EXPECT_EQ(news->gone[1].dataset_id, "urn:d:1");
  EXPECT_EQ(news->gone[2].kind, model::AttributeKind::kLanguageProperty);
  auto again = news_from_json(to_json(*news, *contexts.core(), names), contexts, names);
  ASSERT_TRUE(again);
  std::ranges::reverse(again->entity.attributes);  // JSON has no order
  if (again->entity.attributes != news->entity.attributes) std::ranges::reverse(again->entity.attributes);
  EXPECT_EQ(again->entity.attributes, news->entity.attributes);
  EXPECT_EQ(again->entity.types, news->entity.types);
  EXPECT_EQ(again->entity.modified_at, news->entity.modified_at);
  EXPECT_EQ(again->gone, news->gone);
  EXPECT_FALSE(read_news(*parse_json(R"({"id":"urn:a:1"})"), contexts.core(), contexts, "", now));
}

TEST(Received, StayInTheStoreUntilTheirJobGoes) {
  store::testing::Harness harness{1};
  ASSERT_TRUE(harness.open());
  const auto system = SystemNames::make(harness.names).value();
  auto received = std::make_shared<ReceivedStore>(*harness.store, system);
  const auto there = [&](const std::string& id) {
    return store::testing::wait_for<model::Document>(
               [&](auto done) { harness.store->read(kept_address(Kept::kReceived, "", id), std::move(done)); })
        .has_value();
  };
  News news;
  news.entity.id = "urn:a:1";
  news.entity.types = {harness.name("Bus")};
  for (const std::string id : {"1", "2"}) {
    store::testing::wait_for<store::Written>([&](auto done) {
      harness.store->write(kept_address(Kept::kReceived, "", id), put_stored(system, Kept::kReceived, {}, "[]"),
                           std::move(done));
    }).value();
  }
  EXPECT_TRUE(received->reserve("", "urn:s:1", 2, 100));
  EXPECT_FALSE(received->reserve("", "urn:s:1", ReceivedStore::kMostWaiting - 1, 1));
  auto job = std::make_unique<Job>(received->job_of(news, "", "urn:s:1", "1", 50, {}));
  auto copy = std::make_unique<Job>(*job);
  job.reset();
  EXPECT_TRUE(there("1"));
  copy.reset();
  for (int i = 0; i < 1'000 && there("1"); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_FALSE(there("1"));
  EXPECT_TRUE(received->reserve("", "urn:s:1", ReceivedStore::kMostWaiting - 1, 1)) << "there is room again";
  auto unheard = std::make_unique<Job>(received->job_of(news, "", "urn:s:1", "2", 50, {}));
  received.reset();
  unheard.reset();
  EXPECT_TRUE(there("2")) << "told after the next start";
}

}  // namespace
}  // namespace horad::broker
