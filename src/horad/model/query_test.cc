// SPDX-License-Identifier: Apache-2.0
#include "horad/model/query.h"

#include <gtest/gtest.h>

#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/q.h"
#include "horad/model/q_testing.h"
#include "horad/model/type_selection.h"

namespace horad::model {
namespace {

using testing::attribute;
using testing::PlainResolver;
using testing::property;

class QueryParsing : public ::testing::Test {
 protected:
  QueryParsing() : name_(names_) {}
  Error refused(const QueryText& text) {
    const auto query = parse_query(text, name_);
    if (query) ADD_FAILURE() << "accepted";
    return query ? Error{} : query.error();
  }
  Names names_;
  PlainResolver name_;
};

QueryText typed() {
  QueryText text;
  text.type = "Lamp";
  return text;
}

TEST_F(QueryParsing, TakesDefaults) {
  const auto query = parse_query(typed(), name_);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->limit, kDefaultLimit);
  EXPECT_EQ(query->offset, 0u);
  EXPECT_FALSE(query->count);
  EXPECT_TRUE(query->ids.empty());
  EXPECT_TRUE(query->types);
  EXPECT_FALSE(query->q || query->geo || query->id_pattern);
}

TEST_F(QueryParsing, ReadsEverything) {
  QueryText text = typed();
  text.id = "urn:b,urn:a,urn:b";
  text.id_pattern = "^urn";
  text.q = "a>1";
  text.georel = "near;maxDistance==10";
  text.geometry = "Point";
  text.coordinates = "[1,2]";
  text.geoproperty = "place";
  text.attrs = "y,x,y";
  text.limit = "1000";
  text.offset = "7";
  text.count = "true";
  const auto query = parse_query(text, name_);
  ASSERT_TRUE(query) << query.error().detail;
  EXPECT_EQ(query->ids, (std::vector<std::string>{"urn:a", "urn:b"}));
  EXPECT_EQ(query->geo->property(), name_("place"));
  EXPECT_EQ(query->attributes.size(), 2u);
  EXPECT_EQ(query->limit, 1000u);
  EXPECT_EQ(query->offset, 7u);
  EXPECT_TRUE(query->count);
}

TEST_F(QueryParsing, WantsToBeNarrow) {
  EXPECT_EQ(refused({}).code, ErrorCode::kBadRequestData);
  QueryText ids;
  ids.id = "urn:a";
  ids.id_pattern = "a";
  EXPECT_EQ(refused(ids).code, ErrorCode::kBadRequestData);
  QueryText system;
  system.q = "modifiedAt>2026-01-01T00:00:00Z";
  EXPECT_EQ(refused(system).code, ErrorCode::kBadRequestData);
  for (auto member : {&QueryText::type, &QueryText::attrs, &QueryText::q}) {
    QueryText text;
    text.*member = "a";
    EXPECT_TRUE(parse_query(text, name_));
  }
  QueryText any;
  any.type = "*";
  ASSERT_TRUE(parse_query(any, name_));
  EXPECT_FALSE(parse_query(any, name_)->types);
  QueryText local;
  local.local = true;
  EXPECT_TRUE(parse_query(local, name_));
}

TEST_F(QueryParsing, NamesTheParameterThatIsWrong) {
  struct Case {
    std::optional<std::string> QueryText::* member;
    std::string value;
    ErrorCode code;
    std::string pointer;
  };
  for (const Case& c : {Case{&QueryText::limit, "x", ErrorCode::kBadRequestData, "limit"},
                        {&QueryText::limit, "-1", ErrorCode::kBadRequestData, "limit"},
                        {&QueryText::limit, "", ErrorCode::kBadRequestData, "limit"},
                        {&QueryText::limit, "0", ErrorCode::kBadRequestData, "limit"},
                        {&QueryText::limit, "1001", ErrorCode::kTooManyResults, "limit"},
                        {&QueryText::limit, "99999999999999999999", ErrorCode::kBadRequestData, "limit"},
                        {&QueryText::offset, "1.5", ErrorCode::kBadRequestData, "offset"},
                        {&QueryText::count, "yes", ErrorCode::kBadRequestData, "count"},
                        {&QueryText::id, "", ErrorCode::kBadRequestData, "id"},
                        {&QueryText::id, "urn:a,", ErrorCode::kBadRequestData, "id"},
                        {&QueryText::id, "no uri", ErrorCode::kBadRequestData, "id"},
                        {&QueryText::id_pattern, "(", ErrorCode::kBadRequestData, "idPattern"},
                        {&QueryText::id_pattern, "", ErrorCode::kBadRequestData, "idPattern"},
                        {&QueryText::type, "a;", ErrorCode::kBadRequestData, "type"},
                        {&QueryText::type, "refused", ErrorCode::kBadRequestData, "type"},
                        {&QueryText::q, "a=1", ErrorCode::kBadRequestData, "q"},
                        {&QueryText::attrs, "a,,b", ErrorCode::kBadRequestData, "attrs"},
                        {&QueryText::attrs, "refused", ErrorCode::kBadRequestData, "attrs"},
                        {&QueryText::georel, "within", ErrorCode::kBadRequestData, "geometry"},
                        {&QueryText::geometry, "Point", ErrorCode::kBadRequestData, "georel"},
                        {&QueryText::coordinates, "[1,2]", ErrorCode::kBadRequestData, "georel"}}) {
    QueryText text = typed();
    text.*c.member = c.value;
    const Error error = refused(text);
    EXPECT_EQ(error.code, c.code) << c.value;
    EXPECT_EQ(error.pointer, c.pointer) << c.value << ": " << error.detail;
  }
  QueryText counted = typed();
  counted.limit = "0";
  counted.count = "true";
  EXPECT_TRUE(parse_query(counted, name_));
}

TEST_F(QueryParsing, BoundsLists) {
  QueryText text = typed();
  std::string ids = "urn:0";
  for (std::size_t i = 1; i <= kMostQueryIds; ++i) ids += ",urn:" + std::to_string(i);
  text.id = ids;
  EXPECT_EQ(refused(text).code, ErrorCode::kTooComplexQuery);
}

TEST_F(QueryParsing, MatchesWhenEveryPartDoes) {
  const std::string bytes = encode(testing::entity(
      "urn:b", {name_("Lamp")},
      {property(name_("a"), std::int64_t{5}), attribute(name_("location"), AttributeKind::kGeoProperty,
                                                        JsonText{R"({"type":"Point","coordinates":[1,2]})"})}));
  const DocumentView document(bytes);
  QueryText text;
  text.id = "urn:c,urn:b";
  text.type = "Lamp";
  text.q = "a==5";
  text.attrs = "absent,a";
  text.georel = "near;maxDistance==1";
  text.geometry = "Point";
  text.coordinates = "[1,2]";
  EXPECT_TRUE(matches(*parse_query(text, name_), document));
  text.id_pattern = "nothing";  // ids win
  EXPECT_TRUE(matches(*parse_query(text, name_), document));
  const auto fails_with = [&](std::optional<std::string> QueryText::* member, std::string value) {
    QueryText other = text;
    other.*member = std::move(value);
    return !matches(*parse_query(other, name_), document);
  };
  EXPECT_TRUE(fails_with(&QueryText::id, "urn:a,urn:c"));
  EXPECT_TRUE(fails_with(&QueryText::type, "Bench"));
  EXPECT_TRUE(fails_with(&QueryText::q, "a==6"));
  EXPECT_TRUE(fails_with(&QueryText::attrs, "absent"));
  EXPECT_TRUE(fails_with(&QueryText::coordinates, "[2,1]"));
  text.id.reset();
  EXPECT_FALSE(matches(*parse_query(text, name_), document));
  text.id_pattern = "b$";
  EXPECT_TRUE(matches(*parse_query(text, name_), document));
}

TEST(IdPattern, IsLookedForAnywhere) {
  for (const auto& [pattern, id, want] :
       {std::tuple<std::string_view, std::string_view, bool>{"Lamp", "urn:ngsi-ld:Lamp:17", true},
        {"^Lamp", "urn:ngsi-ld:Lamp:17", false},
        {"^urn:ngsi-ld:Lamp:1?7$", "urn:ngsi-ld:Lamp:7", true},
        {"^urn:a*b", "urn:b", true},
        {"^urn:é?x", "urn:x", true},
        {"^a|b", "urn:b", true},
        {".*", "urn:b", true},
        {"[[:digit:]]{2}", "urn:12", true},
        {"^urn:a{0}b", "urn:b", true}}) {
    EXPECT_EQ((*IdPattern::parse(pattern))->matches(id), want) << pattern << ' ' << id;
  }
  EXPECT_EQ((*IdPattern::parse("^urn:Lamp:"))->required_prefix(), "urn:Lamp:");
  EXPECT_EQ((*IdPattern::parse("^urn:Lamp.x"))->required_prefix(), "urn:Lamp");
  EXPECT_EQ((*IdPattern::parse("^urn:Lam?p"))->required_prefix(), "urn:La");
  EXPECT_EQ((*IdPattern::parse("^a|^b"))->required_prefix(), "");
  EXPECT_EQ(IdPattern::parse(std::string(2'000, 'a')).error().code, ErrorCode::kTooComplexQuery);
}

}  // namespace
}  // namespace horad::model
