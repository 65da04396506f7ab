// SPDX-License-Identifier: Apache-2.0
// The operations on a real store on a simulated disk. What each answers over HTTP is told case by case in
// tests/conformance.
#include "horad/broker/broker.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <set>
#include <thread>

#include "horad/broker/contexts.h"
#include "horad/broker/sim_net.h"
#include "horad/model/context.h"
#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::broker {
namespace {

namespace asio = boost::asio;

class BrokerTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override { broker.reset(); }

  void open(Limits limits = {}) {
    if (!harness.store) ASSERT_TRUE(harness.open());
    auto opened = Broker::open(*harness.store, harness.names, harness.clock, random, net, limits);
    ASSERT_TRUE(opened) << opened.error().detail;
    broker = std::move(*opened);
  }
  /// The program ends and starts again.
  void restart() {
    broker.reset();
    harness.close();
    open();
  }
  template <class T>
  T run(Task<T> task) {
    asio::io_context loop;
    auto answer = asio::co_spawn(loop, std::move(task), asio::use_future);
    loop.run();
    return answer.get();
  }
  Caller caller(std::string tenant = {}) { return {std::move(tenant), broker->contexts().core()}; }
  std::size_t count(std::string_view type) {
    model::Query query;
    query.types = model::TypeSelection::parse(type, *broker->contexts().core()).value();
    query.limit = 0;
    query.count = true;
    return run(broker->query("", query)).value().count.value();
  }

  store::testing::Harness harness{2};
  base::SeededRandom random{1};
  testing::SimNet net;
  std::unique_ptr<Broker> broker;
};

TEST_F(BrokerTest, AnswersWhatWasWritten) {
  ASSERT_EQ(run(broker->create(caller(), R"({"id":"urn:e:1","type":"T","a":1})")), "urn:e:1");
  const auto found = run(broker->retrieve("", "urn:e:1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->view().id(), "urn:e:1");
  EXPECT_EQ(run(broker->retrieve("", "urn:e:2")).error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerTest, PurgesOverPages) {
  std::string batch = "[";
  for (int i = 0; i < 2'300; ++i) {
    batch += (i > 0 ? "," : "") + (R"({"id":"urn:e:)" + std::to_string(i)) + R"(","type":"T","a":1,"b":2})";
  }
  ASSERT_EQ(run(broker->batch(caller(), BatchKind::kCreate, batch + "]")).value().created.size(), 2'300u);
  const auto context = broker->contexts().core();
  model::Query query;
  query.types = model::TypeSelection::parse("T", *context).value();
  PurgeWhat what{PurgeWhat::Kind::kListed, {context->resolve_attribute("a").value()}};
  ASSERT_TRUE(run(broker->purge("", query, what)));
  model::Query with_a = query;
  with_a.attributes = what.attributes;
  with_a.count = true;
  EXPECT_EQ(run(broker->query("", with_a)).value().count, 0u);
  EXPECT_EQ(count("T"), 2'300u);
  const auto purged = run(broker->purge("", query, {}));
  ASSERT_TRUE(purged);
  EXPECT_TRUE(purged->errors.empty());
  EXPECT_EQ(count("T"), 0u);
}

TEST_F(BrokerTest, AnswersEntitiesOfBeforeARestart) {
  ASSERT_TRUE(run(broker->create(caller("town"), R"({"id":"urn:e:1","type":"T","a":1})")));
  restart();
  EXPECT_TRUE(run(broker->retrieve("town", "urn:e:1")));
  EXPECT_EQ(run(broker->retrieve("village", "urn:e:1")).error().code, ErrorCode::kNonexistentTenant);
}

TEST_F(BrokerTest, NamesTheLimitOfABatch) {
  broker.reset();
  open({.batch_items = 3, .discovery_entities = 1'000});
  const auto refused = run(broker->batch(
      caller(), BatchKind::kCreate,
      R"([{"id":"urn:e:1","type":"T"},{"id":"urn:e:2","type":"T"},{"id":"urn:e:3","type":"T"},{"id":"urn:e:4","type":"T"}])"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge);
  EXPECT_NE(refused.error().detail.find("at most 3"), std::string::npos);
  EXPECT_EQ(count("T"), 0u) << "nothing of it was done";
}

TEST_F(BrokerTest, SaysWhenAListOfAttributesWouldTakeTooMuch) {
  broker.reset();
  open({.batch_items = 1'000, .discovery_entities = 1'000});
  std::string batch = "[";
  for (int i = 0; i < 1'000; ++i)
    batch += (i > 0 ? "," : "") + std::string{R"({"id":"urn:e:)"} + std::to_string(i) + R"(","type":"T","a":1})";
  ASSERT_EQ(run(broker->batch(caller(), BatchKind::kCreate, batch + "]"))->created.size(), 1'000u);
  EXPECT_EQ(run(broker->attributes(caller(), false)).error().code, ErrorCode::kTooComplexQuery);
}

TEST_F(BrokerTest, PagesHoldEachMatchOnce) {
  for (int i = 0; i < 25; ++i)
    ASSERT_TRUE(run(broker->create(caller(), R"({"id":"urn:e:)" + std::to_string(i) + R"(","type":"T"})")));
  std::set<std::string> seen;
  model::Query query;
  query.types = model::TypeSelection::parse("T", *broker->contexts().core()).value();
  query.limit = 7;
  for (bool more = true; more; query.offset += query.limit) {
    const auto page = run(broker->query("", query)).value();
    EXPECT_LE(page.documents.size(), 7u);
    for (const auto& document : page.documents) EXPECT_TRUE(seen.emplace(document.view().id()).second);
    more = page.more;
  }
  EXPECT_EQ(seen.size(), 25u);
}

constexpr const char* kSubscription =
    R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"T"}],"notification":{"endpoint":{"uri":"http://a/"}}})";

TEST_F(BrokerTest, SubscriptionsAreThereAfterARestart) {
  ASSERT_EQ(run(broker->create_subscription(caller("town"), kSubscription)), "urn:s:1");
  restart();
  EXPECT_TRUE(run(broker->subscription(caller("town"), "urn:s:1")));
  EXPECT_EQ(run(broker->subscriptions(caller("town"), 10, 0))->count, 1u);
  EXPECT_EQ(run(broker->subscription(caller(), "urn:s:1")).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(run(broker->remove_subscription(caller("town"), "urn:s:1")));
  restart();
  EXPECT_EQ(run(broker->subscription(caller("town"), "urn:s:1")).error().code, ErrorCode::kNotFound);
}

TEST_F(BrokerTest, OurOwnEntitiesAreNoSubscriptions) {
  ASSERT_TRUE(run(broker->create_subscription(caller(), kSubscription)));
  broker.reset();  // stores the cursor
  open();
  EXPECT_EQ(run(broker->remove_subscription(caller(), "urn:horad:system:notifier")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run(broker->subscription(caller(), "urn:horad:system:notifier")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(run(broker->subscriptions(caller(), 10, 0))->count, 1u);
}

/// One client that does a bit of everything; answers how many of its own entities are left.
Task<std::size_t> mixed_client(Broker& broker, int number) {
  const auto id = [number](int i) { return "urn:e:" + std::to_string(number) + "-" + std::to_string(i); };
  const auto caller = [&broker] { return Caller{"", broker.contexts().core()}; };
  std::size_t left = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string body = R"({"id":")" + id(i) + R"(","type":"Mixed","n":)" + std::to_string(i) + "}";
    if (co_await broker.create(caller(), body)) ++left;
    for (int k = 0; k < 3; ++k) {
      // Everybody counts on one shared entity as well: lost updates would show there.
      const std::string attribute = R"({"c)" + std::to_string(number) + R"(":)" + std::to_string(i * 3 + k) + "}";
      EXPECT_TRUE(co_await broker.append(caller(), {"urn:e:shared", nullptr}, attribute, true));
    }
    EXPECT_TRUE(co_await broker.partial_update(caller(), {id(i), nullptr}, "n", R"({"value":100})"));
    EXPECT_TRUE(co_await broker.retrieve("", id(i)));
    if (i % 3 == 0 && co_await broker.remove(caller(), {id(i), nullptr})) --left;
    if (i % 4 == 0) {
      const std::string batch =
          R"([{"id":")" + id(i + 100) + R"(","type":"Mixed"},{"id":"urn:e:shared","type":"Shared"}])";
      const auto done = co_await broker.batch(caller(), BatchKind::kUpsertUpdate, batch);
      EXPECT_TRUE(done && done->errors.empty());
      ++left;
    }
  }
  co_return left;
}

TEST_F(BrokerTest, ManyClientsOfEveryKindLoseNothing) {
  constexpr int kClients = 32;
  ASSERT_TRUE(run(broker->create(caller(), R"({"id":"urn:e:shared","type":"Shared"})")));
  ASSERT_TRUE(run(broker->create_subscription(
      caller(),
      R"({"type":"Subscription","entities":[{"type":"*"}],"notification":{"endpoint":{"uri":"http://a/"}}})")));
  asio::io_context loop;
  std::vector<std::future<std::size_t>> answers;
  for (int i = 0; i < kClients; ++i)
    answers.push_back(asio::co_spawn(asio::make_strand(loop), mixed_client(*broker, i), asio::use_future));
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&loop] { loop.run(); });
  for (auto& thread : threads) thread.join();
  std::size_t left = 0;
  for (auto& answer : answers) left += answer.get();
  EXPECT_EQ(count("Mixed"), left);
  const auto shared = run(broker->retrieve("", "urn:e:shared")).value().view().to_entity();
  EXPECT_EQ(shared.attributes.size(), static_cast<std::size_t>(kClients));
  for (const auto& attribute : shared.attributes) EXPECT_EQ(attribute.value, model::Value{std::int64_t{35}});
}

}  // namespace
}  // namespace horad::broker
