// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/live_batch.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "horad/edge/live_samples.h"

namespace horad::edge {
namespace {

class LiveBatchTest : public testing::Test {
 protected:
  LiveFilter filter_of(std::vector<Parameter> parameters) {
    Request request;
    request.parameters = std::move(parameters);
    auto filter = parse_live_filter(request, writer_.context());
    EXPECT_TRUE(filter) << filter.error().detail;
    return *filter;
  }
  std::vector<std::string> messages(const std::vector<store::Record>& records, std::vector<Parameter> parameters = {}) {
    LiveCollector collector{writer_.location()};
    for (const auto& record : records) collector.add(record);
    return writer_.messages(filter_of(std::move(parameters)), collector.take({7}));
  }

  LiveSamples samples_;
  LiveWriter writer_{samples_.names};
};

TEST_F(LiveBatchTest, TheLastValueOfAnAttributeWins) {
  const auto out = messages({samples_.created("urn:a", {{"speed", 1.0}}), samples_.updated("urn:a", {{"speed", 2.0}}),
                             samples_.updated("urn:a", {{"speed", 3.0}})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NE(out[0].find("\"kind\":\"changes\""), std::string::npos);
  EXPECT_NE(out[0].find("\"id\":\"urn:a\",\"type\":\"Vehicle\""), std::string::npos) << out[0];
  EXPECT_NE(out[0].find("3.0"), std::string::npos) << out[0];
  EXPECT_EQ(out[0].find("2.0"), std::string::npos) << out[0];
  EXPECT_NE(out[0].find("\"cursor\":\"7\"}"), std::string::npos) << out[0];
}

TEST_F(LiveBatchTest, OnlyChangedAttributesAreTold) {
  samples_.created("urn:a", {{"speed", 1.0}, {"heading", 90.0}});
  const auto out = messages({samples_.updated("urn:a", {{"speed", 2.0}})});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].find("heading"), std::string::npos) << out[0];
}

TEST_F(LiveBatchTest, ARemovedAttributeIsNull) {
  samples_.created("urn:a", {{"speed", 1.0}, {"heading", 90.0}});
  const auto out = messages({samples_.removed("urn:a", "heading")});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_NE(out[0].find("\"heading\":null"), std::string::npos) << out[0];
}

TEST_F(LiveBatchTest, GoneThenMadeAgainIsToldInThatOrder) {
  samples_.created("urn:a", {{"speed", 1.0}});
  const auto out = messages({samples_.deleted("urn:a"), samples_.created("urn:a", {{"heading", 5.0}})});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_NE(out[0].find("\"kind\":\"gone\""), std::string::npos);
  EXPECT_NE(out[0].find("[\"urn:a\"]"), std::string::npos);
  EXPECT_EQ(out[0].find("cursor"), std::string::npos) << "a client that has only this has not seen the batch";
  EXPECT_NE(out[1].find("heading"), std::string::npos);
}

TEST_F(LiveBatchTest, FiltersByTypeIdAttributeAndTenant) {
  const std::vector<store::Record> records = {samples_.created("urn:a", {{"speed", 1.0}}),
                                              samples_.created("urn:b", {{"heading", 1.0}})};
  EXPECT_EQ(messages(records, {{"type", "Vehicle"}}).size(), 1u);
  EXPECT_EQ(messages(records, {{"type", "Lamp,Other"}}).size(), 0u);
  EXPECT_EQ(messages(records, {{"type", "https://uri.etsi.org/ngsi-ld/default-context/Vehicle"}}).size(), 1u);
  EXPECT_EQ(messages(records, {{"tenant", "other"}}).size(), 0u);
  const auto one = messages(records, {{"id", "urn:b,urn:c"}});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].find("urn:a"), std::string::npos);
  samples_.created("urn:c", {{"speed", 1.0}, {"heading", 1.0}});
  EXPECT_EQ(messages({samples_.updated("urn:c", {{"speed", 2.0}})}, {{"attrs", "heading"}}).size(), 0u);
  EXPECT_EQ(messages({samples_.updated("urn:c", {{"speed", 2.0}})}, {{"attrs", "speed"}}).size(), 1u);
}

TEST_F(LiveBatchTest, ABoxSeesWhatEntersAndWhatLeaves) {
  samples_.created("urn:a", {}, LivePlace{25.0, 53.0});
  const std::vector<Parameter> box = {{"bbox", "24.9,52.9,25.1,53.1"}};
  EXPECT_EQ(messages({samples_.moved("urn:a", {25.05, 53.0})}, box).size(), 1u);
  EXPECT_EQ(messages({samples_.moved("urn:a", {26.0, 53.0})}, box).size(), 1u) << "it leaves";
  EXPECT_EQ(messages({samples_.moved("urn:a", {27.0, 53.0})}, box).size(), 0u);
  EXPECT_EQ(messages({samples_.moved("urn:a", {25.0, 53.0})}, box).size(), 1u) << "it is back";
}

TEST_F(LiveBatchTest, RecordsOfOurOwnAreNotTold) {
  auto record = samples_.created("urn:a", {{"speed", 1.0}});
  record.address.tenant.space = store::Space::kSystem;
  EXPECT_TRUE(messages({record}).empty());
}

TEST_F(LiveBatchTest, MergedBatchesTellTheSameAsOne) {
  rc::check([](const std::vector<std::uint8_t>& steps) {
    LiveSamples samples;
    LiveWriter writer{samples.names};
    LiveCollector whole{writer.location()}, merged{writer.location()};
    LiveCollector part{writer.location()};
    std::set<std::string> there;
    std::size_t i = 0;
    for (const auto step : steps) {
      const std::string id = "urn:" + std::to_string(step % 3);
      const bool exists = there.contains(id);
      store::Record record;
      if (!exists) {
        record = samples.created(id, {{"speed", static_cast<double>(i)}});
        there.insert(id);
      } else if (step % 5 == 0) {
        record = samples.deleted(id);
        there.erase(id);
      } else {
        record = samples.updated(id, {{step % 2 == 0 ? "speed" : "heading", static_cast<double>(i)}});
      }
      whole.add(record);
      part.add(record);
      if (++i % 4 == 0) merged.add(part.take({i}));
    }
    merged.add(part.take({i}));
    RC_ASSERT(writer.messages({}, whole.take({i})) == writer.messages({}, merged.take({i})));
  });
}

TEST_F(LiveBatchTest, RefusesWhatItCannotRead) {
  for (const auto& [name, value] : std::vector<Parameter>{{"bbox", "1,2,3"},
                                                          {"bbox", "1,2,3,x"},
                                                          {"bbox", "0,10,1,5"},
                                                          {"bbox", "0,0,1,1,1"},
                                                          {"bbox", "0,0,1,nan"},
                                                          {"type", "a b"},
                                                          {"unknown", "1"}}) {
    Request request;
    request.parameters = {{name, value}};
    const auto filter = parse_live_filter(request, writer_.context());
    ASSERT_FALSE(filter) << name << "=" << value;
    EXPECT_EQ(filter.error().code, ErrorCode::kInvalidRequest);
    EXPECT_EQ(filter.error().pointer, name);
  }
}

TEST_F(LiveBatchTest, AFilterForUnknownNamesAddsNoneToTheTable) {
  const auto before = samples_.names.size();
  filter_of({{"type", "Invented1,Invented2"}, {"attrs", "nothing"}});
  EXPECT_EQ(samples_.names.size(), before);
}

TEST(LiveCursor, ComesBackAsItWas) {
  rc::check([](const std::vector<std::uint64_t>& cursor) {
    if (!cursor.empty()) RC_ASSERT(*parse_live_cursor(format_live_cursor(cursor), cursor.size()) == cursor);
  });
  for (const std::string_view text : {"", "x", "1-", "-1", "1--2", "1-2-3", "11111111111111111-1"})
    EXPECT_FALSE(parse_live_cursor(text, 2)) << text;
}

TEST(LngLatBox, MayCrossTheAntimeridian) {
  const LngLatBox box{170, -10, -170, 10};
  EXPECT_TRUE(box.contains(175, 0));
  EXPECT_TRUE(box.contains(-175, 0));
  EXPECT_FALSE(box.contains(0, 0));
}

}  // namespace
}  // namespace horad::edge
