// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/subscription.h"

#include <gtest/gtest.h>

#include "horad/broker/contexts.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

constexpr Timestamp kNow{std::chrono::seconds{1'700'000'000}};

struct World {
  model::Names names;
  Contexts contexts{names};
  model::Context& core = *contexts.core();

  Result<Definition> define(std::string_view body) {
    return define_subscription(body, "urn:s:made", core, names, kNow);
  }
  Result<Subscription> compile(const Definition& definition) {
    return compile_subscription(definition, {contexts.core(), contexts.core()});
  }
};

constexpr const char* kWhole =
    R"({"id":"urn:s:1","type":"Subscription","description":"d","entities":[{"type":"A,B;C","idPattern":"x$"}],
  "watchedAttributes":["a","b"],"q":"a>1","geoQ":{"georel":"near;maxDistance==10","geometry":"Point","coordinates":[1,2],"geoproperty":"place"},
  "scopeQ":"/a/#","lang":"be","expandValues":["a"],"jsonKeys":["b"],
  "throttling":5,"expiresAt":"2030-01-01T00:00:00Z","notificationTrigger":["entityCreated","attributeDeleted"],
  "notification":{"attributes":["a"],"format":"concise","sysAttrs":true,"endpoint":{"uri":"HTTP://Host.example:80/p?q","accept":"application/ld+json",
  "receiverInfo":[{"key":"X-Key","value":"v"}],"timeout":500,"cooldown":2000}}})";

TEST(Subscription, IsCompiledWhole) {
  World world;
  const auto definition = world.define(kWhole);
  ASSERT_TRUE(definition) << definition.error().detail;
  const auto got = world.compile(*definition);
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->id, "urn:s:1");
  ASSERT_EQ(got->selectors.size(), 1u);
  EXPECT_TRUE(got->selectors[0].types && got->selectors[0].id_pattern);
  EXPECT_EQ(got->watched.size(), 2u);
  EXPECT_TRUE(got->filter.q && got->filter.geo && got->filter.scope);
  EXPECT_TRUE(got->shown.language);
  EXPECT_EQ(got->throttling, std::chrono::seconds(5));
  EXPECT_EQ(got->triggers, kEntityCreated | kAttributeDeleted);
  EXPECT_EQ(got->shown.form, model::Form::kConcise);
  EXPECT_TRUE(got->shown.sys_attrs);
  EXPECT_EQ(got->endpoint.origin, "http://host.example:80");
  EXPECT_EQ(got->endpoint.accept, BodyType::kLdJson);
  EXPECT_EQ(got->endpoint.timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(got->endpoint.cooldown, std::chrono::seconds(2));
  ASSERT_EQ(got->endpoint.headers.size(), 1u);
}

TEST(Subscription, HasDefaults) {
  World world;
  const auto got = world.compile(*world.define(
      R"({"type":"Subscription","entities":[{"type":"A"}],"notification":{"endpoint":{"uri":"http://h/"}}})"));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, "urn:s:made");
  EXPECT_EQ(got->triggers, kAttributeCreated | kAttributeUpdated);
  EXPECT_TRUE(got->active);
  EXPECT_EQ(got->shown.form, model::Form::kNormalized);
  EXPECT_EQ(got->endpoint.accept, BodyType::kJson);
}

TEST(Subscription, KeepsNamesExpandedAndShowsThemInTheCallersWords) {
  World world;
  const auto mine = world.contexts.get("", R"({"A":"https://example.org/A","a":"https://example.org/a"})", nullptr);
  ASSERT_TRUE(mine);
  const auto definition = define_subscription(
      R"({"type":"Subscription","entities":[{"type":"A,B"}],"watchedAttributes":["a","b"],"notification":{"attributes":["a"],"endpoint":{"uri":"http://h/"}}})",
      "urn:s:1", **mine, world.names, kNow);
  ASSERT_TRUE(definition) << definition.error().detail;
  const auto in_core = to_text(show_subscription(*definition, {}, world.core, world.names, kNow));
  EXPECT_NE(in_core.find(R"("type":"https://example.org/A,B")"), std::string::npos) << in_core;
  EXPECT_NE(in_core.find(R"("watchedAttributes":["https://example.org/a","b"])"), std::string::npos) << in_core;
  const auto in_mine = to_text(show_subscription(*definition, {}, **mine, world.names, kNow));
  EXPECT_NE(in_mine.find(R"("type":"A,B")"), std::string::npos) << in_mine;
  EXPECT_NE(in_mine.find(R"("watchedAttributes":["a","b"])"), std::string::npos) << in_mine;
}

TEST(Subscription, StatusFollowsTimeAndPause) {
  World world;
  const auto definition = world.define(kWhole);
  const auto status = [&](const Definition& d, Timestamp at) {
    return std::string{text_of(show_subscription(d, {}, world.core, world.names, at).at("status").as_string())};
  };
  EXPECT_EQ(status(*definition, kNow), "active");
  EXPECT_EQ(status(*definition, base::parse_time("2031-01-01T00:00:00Z").value()), "expired");
  const auto paused = patch_subscription(*definition, R"({"isActive":false})", world.core, world.names, kNow);
  ASSERT_TRUE(paused);
  EXPECT_EQ(status(*paused, kNow), "paused");
}

TEST(Subscription, PatchReplacesAndRemovesMembers) {
  World world;
  const auto patched = patch_subscription(
      *world.define(kWhole), R"({"q":null,"geoQ":"urn:ngsi-ld:null","throttling":9})", world.core, world.names, kNow);
  ASSERT_TRUE(patched) << patched.error().detail;
  const auto got = world.compile(*patched);
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->filter.q || got->filter.geo);
  EXPECT_EQ(got->throttling, std::chrono::seconds(9));
  EXPECT_EQ(got->watched.size(), 2u);
}

TEST(Subscription, ReadOnlyMembersAreReadOver) {
  World world;
  const auto got = world.define(
      R"({"type":"Subscription","entities":[{"type":"A"}],"status":"expired","timesSent":7,"notification":{"timesSent":7,"endpoint":{"uri":"http://h/"}}})");
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_FALSE(got->body.contains("timesSent"));
  EXPECT_FALSE(got->body.at("notification").as_object().contains("timesSent"));
}

TEST(DeliveryState, ReadsWhatItWrites) {
  DeliveryState state;
  state.cursor = {1, 18'000'000'000'000'000'000u};
  state.behind = true;
  state.times_sent = 3;
  state.times_failed = 4;
  state.last_notification = kNow;
  state.last_failure = kNow;
  state.last_error = "x";
  EXPECT_EQ(delivery_from_json(to_json(state)), state);
  EXPECT_EQ(delivery_from_json(*parse_json(to_text(to_json(state)))), state);
  EXPECT_EQ(delivery_from_json(json::value("nonsense")), DeliveryState{});
}

TEST(Subscription, MembersItDoesNotHaveAreLeftOut) {
  World world;
  const auto got = world.define(
      R"({"type":"Subscription","entities":[{"type":"A"}],"colour":1,"notification":{"endpoint":{"uri":"http://h/"}}})");
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_FALSE(got->body.contains("colour"));
}

TEST(Subscription, ReadsWhatItIsToShow) {
  World world;
  const auto got = world.compile(*world.define(
      R"({"type":"Subscription","entities":[{"type":"A"}],"datasetId":["urn:d:1","@none"],
          "notification":{"pick":["id","a"],"omit":["b"],"showChanges":true,"endpoint":{"uri":"http://h/"}}})"));
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_TRUE(got->shown.id && got->shown.only_listed && got->show_changes);
  EXPECT_FALSE(got->shown.type || got->shown.scope);
  EXPECT_EQ(got->shown.listed.size(), 1u);
  EXPECT_EQ(got->shown.omitted.size(), 1u);
  EXPECT_EQ(got->shown.dataset_ids, (std::vector<std::string>{"urn:d:1", ""}));
}

TEST(Subscription, TellsMqttEndpointsFromOthers) {
  World world;
  const auto got = world.compile(*world.define(
      R"({"type":"Subscription","entities":[{"type":"A"}],"notification":{"endpoint":{"uri":"mqtts://me:secret@Host:8883/a/b",
          "notifierInfo":[{"key":"MQTT-QoS","value":"1"}]}}})"));
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_TRUE(got->endpoint.mqtt);
  EXPECT_EQ(got->endpoint.origin, "mqtts://host:8883") << "without user and password";
  EXPECT_EQ(got->endpoint.transport, (Headers{{"MQTT-Version", "mqtt5.0"}, {"MQTT-QoS", "1"}}));
}

TEST(Subscription, TakesHeadersOfTheRequest) {
  World world;
  const HeaderSource source = [](std::string_view name) -> std::optional<std::string> {
    if (name == "X-Token") return "abc";
    return std::nullopt;
  };
  const auto definition = define_subscription(
      R"({"type":"Subscription","entities":[{"type":"A"}],"notification":{"endpoint":{"uri":"http://h/","receiverInfo":[
          {"key":"X-Token","value":"urn:ngsi-ld:request"},{"key":"X-Other","value":"urn:ngsi-ld:request"}]}}})",
      "urn:s:1", world.core, world.names, kNow, source);
  ASSERT_TRUE(definition) << definition.error().detail;
  EXPECT_EQ(world.compile(*definition)->endpoint.headers, (Headers{{"X-Token", "abc"}}))
      << "what was not sent is left out";
  const auto shown = to_text(show_subscription(*definition, {}, world.core, world.names, kNow));
  EXPECT_EQ(shown.find("abc"), std::string::npos) << "the value is nobody's to read";
}

TEST(Subscription, APatchWithoutContextKeepsTheWords) {
  World world;
  const auto mine = world.contexts.get("", R"({"a":"https://example.org/a"})", nullptr);
  ASSERT_TRUE(mine);
  const auto definition = define_subscription(
      R"({"type":"Subscription","entities":[{"type":"A"}],"q":"a>1","notification":{"endpoint":{"uri":"http://h/"}}})",
      "urn:s:1", **mine, world.names, kNow);
  const auto patched = patch_subscription(*definition, R"({"notification":{"endpoint":{"uri":"http://other/"}}})",
                                          world.core, world.names, kNow);
  ASSERT_TRUE(patched) << patched.error().detail;
  EXPECT_EQ(patched->context, (*mine)->json());
  EXPECT_TRUE(patched->q_context.empty());
  const auto q = patch_subscription(*definition, R"({"q":"b>1"})", world.core, world.names, kNow);
  ASSERT_TRUE(q);
  EXPECT_EQ(q->context, (*mine)->json());
  EXPECT_EQ(q->q_context, world.core.json()) << "a new q stands under the context it came with";
}

struct Bad {
  const char* name;
  const char* change;  // merged into a good subscription
  ErrorCode code = ErrorCode::kBadRequestData;
};

class Refused : public testing::TestWithParam<Bad> {};

TEST_P(Refused, ByName) {
  World world;
  auto body = *parse_json_object(
      R"({"type":"Subscription","entities":[{"type":"A"}],"notification":{"endpoint":{"uri":"http://h/"}}})");
  for (const auto& member : *parse_json_object(GetParam().change)) {
    if (member.value() == "absent") {
      body.erase(member.key());
    } else {
      body[member.key()] = member.value();
    }
  }
  const auto got = world.define(to_text(body));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, GetParam().code) << got.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Members, Refused,
    testing::Values(
        Bad{"NoType", R"({"type":"absent"})"}, Bad{"OtherType", R"({"type":"Lamp"})"},
        Bad{"NothingToWatch", R"({"entities":"absent"})"}, Bad{"EmptyEntities", R"({"entities":[]})"},
        Bad{"SelectorWithoutType", R"({"entities":[{"id":"urn:a:1"}]})"},
        Bad{"SelectorWithBadId", R"({"entities":[{"type":"A","id":"a b"}]})"},
        Bad{"SelectorWithUnknownMember", R"({"entities":[{"type":"A","x":1}]})"},
        Bad{"EmptyWatched", R"({"watchedAttributes":[]})"}, Bad{"WatchedNumbers", R"({"watchedAttributes":[1]})"},
        Bad{"BrokenQ", R"({"q":"a>>1"})"},
        Bad{"GeoWithoutCoordinates", R"({"geoQ":{"georel":"within","geometry":"Point"}})"},
        Bad{"NegativeThrottling", R"({"throttling":-1})"}, Bad{"TextThrottling", R"({"throttling":"5"})"},
        Bad{"PastExpiry", R"({"expiresAt":"2020-01-01T00:00:00Z"})"}, Bad{"BrokenExpiry", R"({"expiresAt":"soon"})"},
        Bad{"UnknownTrigger", R"({"notificationTrigger":["x"]})"}, Bad{"NoTriggers", R"({"notificationTrigger":[]})"},
        Bad{"ActiveText", R"({"isActive":"yes"})"}, Bad{"BrokenCsf", R"({"csf":"(("})"},
        Bad{"KeptId", R"({"id":"urn:horad:system:notifier"})"}, Bad{"BadId", R"({"id":"x"})"},
        Bad{"NoNotification", R"({"notification":"absent"})"}, Bad{"NoEndpoint", R"({"notification":{}})"},
        Bad{"RelativeUri", R"({"notification":{"endpoint":{"uri":"/x"}}})"},
        Bad{"BlankInUri", R"({"notification":{"endpoint":{"uri":"http://h/a b"}}})"},
        Bad{"UnknownAccept", R"({"notification":{"endpoint":{"uri":"http://h/","accept":"text/html"}}})"},
        Bad{"UnknownFormat", R"({"notification":{"format":"x","endpoint":{"uri":"http://h/"}}})"},
        Bad{"HeaderInjection",
            R"({"notification":{"endpoint":{"uri":"http://h/","receiverInfo":[{"key":"A","value":"x\r\nB: y"}]}}})"},
        Bad{"HeaderNameWithBlank",
            R"({"notification":{"endpoint":{"uri":"http://h/","receiverInfo":[{"key":"A B","value":"x"}]}}})"},
        Bad{"OtherScheme", R"({"notification":{"endpoint":{"uri":"ftp://h/t"}}})"},
        Bad{"MqttWithoutTopic", R"({"notification":{"endpoint":{"uri":"mqtt://h"}}})"},
        Bad{"MqttWildcard", R"({"notification":{"endpoint":{"uri":"mqtt://h/a/+"}}})"},
        Bad{"MqttQos",
            R"({"notification":{"endpoint":{"uri":"mqtt://h/a","notifierInfo":[{"key":"MQTT-QoS","value":"3"}]}}})"},
        Bad{"MqttVersion",
            R"({"notification":{"endpoint":{"uri":"mqtt://h/a","notifierInfo":[{"key":"MQTT-Version","value":"3"}]}}})"},
        Bad{"PairWithoutValue", R"({"notification":{"endpoint":{"uri":"http://h/","receiverInfo":[{"key":"A"}]}}})"},
        Bad{"PairOfNumbers",
            R"({"notification":{"endpoint":{"uri":"http://h/","notifierInfo":[{"key":"A","value":1}]}}})"},
        Bad{"IntervalAndThrottling", R"({"timeInterval":5,"throttling":5})"},
        Bad{"IntervalAndWatched", R"({"timeInterval":5,"watchedAttributes":["a"]})"},
        Bad{"NegativeInterval", R"({"timeInterval":-5})"},
        Bad{"ShowChangesSimplified",
            R"({"notification":{"showChanges":true,"format":"simplified","endpoint":{"uri":"http://h/"}}})"},
        Bad{"EmptyPick", R"({"notification":{"pick":[],"endpoint":{"uri":"http://h/"}}})"},
        Bad{"EmptyOmit", R"({"notification":{"omit":[],"endpoint":{"uri":"http://h/"}}})"},
        Bad{"PickAndAttributes",
            R"({"notification":{"pick":["a"],"attributes":["a"],"endpoint":{"uri":"http://h/"}}})"},
        Bad{"PickAndOmitTheSame", R"({"notification":{"pick":["a"],"omit":["a"],"endpoint":{"uri":"http://h/"}}})"},
        Bad{"BadDataset", R"({"datasetId":["a b"]})"}, Bad{"ContextNoUrl", R"({"jsonldContext":"mine"})"}),
    [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
}  // namespace horad::broker
