// SPDX-License-Identifier: Apache-2.0
// What comes in of the types and attributes that sources speak of, and what all places have together.
#include "horad/broker/source_discovery.h"

#include <gtest/gtest.h>

namespace horad::broker {
namespace {

class SourceDiscovery : public ::testing::Test {
 protected:
  FoundNames read(std::string_view body) { return read_found_names(body, contexts.core(), contexts, ""); }
  model::NameId type(std::string_view name) { return contexts.core()->resolve_type(name).value(); }
  model::NameId attribute(std::string_view name) { return contexts.core()->resolve_attribute(name).value(); }

  model::Names names;
  Contexts contexts{names};
};

TEST_F(SourceDiscovery, ReadsEveryFormOfAnswer) {
  EXPECT_EQ(read(R"({"type":"EntityTypeList","typeList":["B","A"]})").types.size(), 2U);
  EXPECT_EQ(read(R"({"type":"AttributeList","attributeList":["a"]})").attributes.front().name, attribute("a"));
  const auto details = read(R"([{"typeName":"A","attributeNames":["a","b"]}])");
  ASSERT_EQ(details.types.size(), 1U);
  EXPECT_EQ(details.types.front().attributes.size(), 2U);
  const auto info = read(
      R"({"typeName":"A","entityCount":4,"attributeDetails":[{"attributeName":"a","attributeTypes":["GeoProperty"]}]})");
  ASSERT_EQ(info.types.size(), 1U);
  EXPECT_EQ(info.types.front().entities, 4U);
  EXPECT_EQ(info.types.front().attributes.front().kinds, std::vector{model::AttributeKind::kGeoProperty});
  const auto one = read(R"({"attributeName":"a","attributeCount":2,"typeNames":["A"]})");
  EXPECT_EQ(one.attributes.front().entities, 2U);
  EXPECT_EQ(one.attributes.front().types, std::vector{type("A")});
}

TEST_F(SourceDiscovery, WhatIsNotValidIsLeftOutAndSaid) {
  for (const auto* const body :
       {"", "7", "[7]", "{}", R"({"typeList":7})", R"({"typeList":["a b"]})", R"({"typeList":[7]})",
        R"([{"attributeName":7}])", R"({"typeName":"A","entityCount":-1})"}) {
    EXPECT_FALSE(read(body).trouble.empty()) << body;
  }
  EXPECT_EQ(read(R"({"typeList":["a b","A"]})").types.size(), 1U);
}

TEST_F(SourceDiscovery, TakesAtMostSoManyNames) {
  std::string body = R"({"typeList":[)";
  for (int i = 0; i < 10'001; ++i) body += (i > 0 ? ",\"T" : "\"T") + std::to_string(i) + '"';
  const auto found = read(body + "]}");
  EXPECT_EQ(found.types.size(), 10'000U);
  EXPECT_FALSE(found.trouble.empty());
}

TEST_F(SourceDiscovery, OnlyWhatWasRegisteredIsKept) {
  auto found = read(
      R"([{"typeName":"A","attributeNames":["a","b"]},{"typeName":"B","attributeNames":[]},
          {"attributeName":"a","typeNames":["A","B"]},{"attributeName":"b","typeNames":["A"]}])");
  Share share;
  share.types = {type("A")};
  share.attributes = {attribute("a")};
  keep_share(found, share);
  ASSERT_EQ(found.types.size(), 1U);
  EXPECT_EQ(found.types.front().attributes.size(), 1U);
  ASSERT_EQ(found.attributes.size(), 1U);
  EXPECT_EQ(found.attributes.front().types, std::vector{type("A")});
}

TEST_F(SourceDiscovery, PlacesAreUnitedAndNumbersSummed) {
  NameMerger all;
  all.add(read(R"({"typeName":"B","entityCount":1,"attributeNames":["b"]})"));
  all.add(read(R"([{"typeName":"B","entityCount":2,"attributeNames":["a","b"]},{"typeName":"A"}])"));
  const auto types = std::move(all).types(names);
  ASSERT_EQ(types.size(), 2U);
  EXPECT_EQ(types[0].name, type("A"));
  EXPECT_EQ(types[1].entities, 3U);
  ASSERT_EQ(types[1].attributes.size(), 2U);
  EXPECT_EQ(types[1].attributes[0].name, attribute("a"));
}

}  // namespace
}  // namespace horad::broker
