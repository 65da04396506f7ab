// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/notification.h"

#include <gtest/gtest.h>

#include "horad/broker/contexts.h"
#include "horad/broker/json.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

constexpr Timestamp kNow{std::chrono::seconds{1'700'000'000}};

struct World {
  model::Names names;
  Contexts contexts{names};
  model::NameId location = names.intern("https://uri.etsi.org/ngsi-ld/location").value();

  Subscription subscription(const std::string& notification, const std::string& context = "") {
    const auto words = contexts.get("", context, nullptr).value();
    const auto definition = define_subscription(
        R"({"id":"urn:s:1","type":"Subscription","entities":[{"type":"Lamp"}],"notification":)" + notification + "}",
        "urn:s:1", *words, names, kNow);
    EXPECT_TRUE(definition) << definition.error().detail;
    return compile_subscription(*definition, {.words = words, .q = words}).value();
  }
  Job job() {
    model::Entity entity;
    entity.id = "urn:e:1";
    entity.types = {contexts.core()->resolve_type("Lamp").value()};
    Job out;
    out.document = model::Document{model::encode(entity)};
    return out;
  }
  base::OutboundRequest make(const Subscription& subscription, const Job& one) {
    const Job* const jobs[] = {&one};
    return make_notification(subscription, "minsk", jobs, nullptr, 1, kNow, location);
  }
};

TEST(Notification, OverMqttCarriesItsMetadata) {
  World world;
  const auto subscription = world.subscription(
      R"({"endpoint":{"uri":"mqtt://me:secret@h/city/a","receiverInfo":[{"key":"test-key","value":"x"}],
          "notifierInfo":[{"key":"MQTT-QoS","value":"2"},{"key":"MQTT-Version","value":"mqtt3.1.1"}]}})");
  const auto request = world.make(subscription, world.job());
  EXPECT_EQ(request.url, "mqtt://me:secret@h/city/a");
  EXPECT_EQ(request.headers, (Headers{{"MQTT-Version", "mqtt3.1.1"}, {"MQTT-QoS", "2"}}));
  const auto message = parse_json_object(request.body);
  ASSERT_TRUE(message) << request.body;
  const auto& metadata = message->at("metadata").as_object();
  EXPECT_EQ(metadata.at("Content-Type"), "application/json");
  EXPECT_EQ(metadata.at("NGSILD-Tenant"), "minsk");
  EXPECT_EQ(metadata.at("test-key"), "x");
  EXPECT_TRUE(metadata.contains("Link"));
  EXPECT_EQ(message->at("body").as_object().at("type"), "Notification");
  EXPECT_EQ(message->at("body").as_object().at("data").as_array().size(), 1u);
}

TEST(Notification, LinksToItsContext) {
  World world;
  auto one = world.subscription(R"({"endpoint":{"uri":"http://h/"}})");
  EXPECT_TRUE(world.make(one, world.job()).headers[1].second.starts_with("<" + std::string{model::kCoreContextUrl}));
  one.context_url = "https://example.org/c.jsonld";
  const auto request = world.make(one, world.job());
  ASSERT_EQ(request.headers[1].first, "Link");
  EXPECT_TRUE(request.headers[1].second.starts_with("<https://example.org/c.jsonld>;")) << request.headers[1].second;
  EXPECT_EQ(request.body.find("@context"), std::string::npos);
}

TEST(Notification, JsonLdHasTheContextInEachEntity) {
  World world;
  const auto one = world.subscription(R"({"endpoint":{"uri":"http://h/","accept":"application/ld+json"}})");
  const auto request = world.make(one, world.job());
  for (const auto& [name, value] : request.headers) EXPECT_NE(name, "Link");
  const auto body = parse_json_object(request.body);
  ASSERT_TRUE(body);
  EXPECT_TRUE(body->at("data").as_array()[0].as_object().contains("@context"));
}

TEST(Notification, AMarkOfWhatIsNotKnownIsAProperty) {
  World world;
  const auto one = world.subscription(R"({"endpoint":{"uri":"http://h/"}},"notificationTrigger":["attributeDeleted"])");
  model::Change change;
  change.removed = {{world.names.intern("https://uri.etsi.org/ngsi-ld/default-context/x").value(), ""}};
  const auto job = world.job();
  const auto gone = gone_for(one, change, {}, job.document.view());
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_EQ(gone[0].kind, model::AttributeKind::kProperty);
}

}  // namespace
}  // namespace horad::broker
