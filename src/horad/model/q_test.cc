// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::at_second;
using testing::attribute;
using testing::PlainResolver;
using testing::property;

/// One entity with an attribute of every kind.
class Q : public ::testing::Test {
 protected:
  Q() : name_(names_) {
    Attribute speed = property(name_("speed"), std::int64_t{50});
    speed.unit_code = "KMH";
    speed.observed_at = *base::parse_time("2026-11-22T07:30:00Z");
    speed.sub_attributes.push_back(property(name_("accuracy"), 0.5));
    speed.sub_attributes[0].sub_attributes.push_back(property(name_("method"), std::string("gps")));
    Attribute speed_by_radar = property(name_("speed"), std::int64_t{80});
    speed_by_radar.dataset_id = "urn:radar";
    Entity e = testing::entity(
        "urn:ngsi-ld:Vehicle:1", {name_("Vehicle")},
        {
            speed,
            speed_by_radar,
            property(name_("brand"), std::string("Audi")),
            property(name_("note"), std::string("say \"hi\"; a|b")),
            property(name_("open"), true),
            property(name_("ratio"), 2.5),
            property(name_("big"), std::int64_t{9007199254740993}),
            property(name_("date"), std::string("2026-11-22")),
            property(name_("seen"), JsonText{R"({"@type":"DateTime","@value":"2026-11-22T07:30:00Z"})"}),
            property(name_("colours"), JsonText{R"(["red","gr\u00fcn",3,true])"}),
            property(name_("none"), JsonText{"[]"}),
            property(name_("address"),
                     JsonText{R"({"city":{"name":"Minsk","zip":[220000,220001]},"no\"te":"q","gone":null})"}),
            attribute(name_("owner"), AttributeKind::kRelationship, std::string("urn:ngsi-ld:Person:1")),
            attribute(name_("drivers"), AttributeKind::kRelationship, JsonText{R"(["urn:a","urn:b"])"}),
            attribute(name_("stops"), AttributeKind::kListRelationship,
                      JsonText{R"([{"object":"urn:s1"},{"object":"urn:s2"}])"}),
            attribute(name_("name"), AttributeKind::kLanguageProperty,
                      JsonText{R"({"be":"Вада","en":["Water","Aqua"]})"}),
            attribute(name_("vocab"), AttributeKind::kVocabProperty, std::string("nonCommercial")),
            attribute(name_("raw"), AttributeKind::kJsonProperty, JsonText{R"({"a":[{"b":1},{"b":"x"}]})"}),
            attribute(name_("list"), AttributeKind::kListProperty, JsonText{"[1,2,3]"}),
            attribute(name_("location"), AttributeKind::kGeoProperty,
                      JsonText{R"({"type":"Point","coordinates":[27.5,53.9]})"}),
        });
    bytes_ = encode(e);
  }
  bool holds(std::string_view q) {
    const auto filter = QFilter::parse(q, name_);
    if (!filter) ADD_FAILURE() << q << ": " << filter.error().detail;
    return filter && (*filter)->matches(DocumentView(bytes_));
  }
  Error refused(std::string_view q) {
    const auto filter = QFilter::parse(q, name_);
    if (filter) ADD_FAILURE() << q << " is read";
    return filter ? Error{} : filter.error();
  }

  Names names_;
  PlainResolver name_;
  std::string bytes_;
};

TEST_F(Q, HoldsForWhatIsThere) {
  for (const std::string_view q : {"speed",
                                   "!nothing",
                                   "!speed.nothing;speed",
                                   "!nothing|brand==\"x\"",
                                   "vocab==nonCommercial",
                                   "speed.accuracy",
                                   "speed.accuracy.method",
                                   "speed==50",
                                   "speed==80",
                                   "speed==50.0",
                                   "speed!=50",
                                   "speed>49",
                                   "speed>=80",
                                   "speed<51",
                                   "speed<=50",
                                   "speed==1,50,3",
                                   "speed==40..50",
                                   "speed==50..60",
                                   "speed!=1,2",
                                   "speed.accuracy==0.5",
                                   "speed.accuracy.method==\"gps\"",
                                   "speed.unitCode==\"KMH\"",
                                   "speed.datasetId==\"urn:radar\"",
                                   "speed.observedAt==2026-11-22T07:30:00Z",
                                   "speed.observedAt>\"2026-11-22T07:29:59Z\"",
                                   "speed.modifiedAt<2026-11-22T00:00:00Z",
                                   "createdAt<2026-01-01T00:00:00Z",
                                   "modifiedAt>1970-01-01T00:00:00Z",
                                   "brand==\"Audi\"",
                                   "brand!=\"BMW\"",
                                   "brand>\"Aud\"",
                                   "brand<\"B\"",
                                   "brand==\"BMW\",\"Audi\"",
                                   "brand==\"A\"..\"B\"",
                                   "brand~=\"^A\"",
                                   "brand~=^A.*i$",
                                   "brand!~=\"x\"",
                                   "brand~=(A|B)udi",
                                   "brand~=\"u\"",
                                   "brand~=[a-z]{3}",
                                   "note==\"say \\\"hi\\\"; a|b\"",
                                   "note~=\"say \\\"hi\\\"\"",
                                   "open==true",
                                   "open!=false",
                                   "open!=\"true\"",
                                   "open==false,true",
                                   "ratio==2.5",
                                   "ratio==25e-1",
                                   "ratio>2",
                                   "ratio<3",
                                   "big==9007199254740993",
                                   "big>9007199254740992",
                                   "big!=9007199254740992.0",
                                   "date==2026-11-22",
                                   "date>2026-11-21",
                                   "date==2026-11-01..2026-11-30",
                                   "date==\"2026-11-22\"",
                                   "seen==2026-11-22T07:30:00Z",
                                   "seen>=2026-11-22T07:30:00.000Z",
                                   "seen!=2026-11-22T07:30:01Z",
                                   "seen[@type]==\"DateTime\"",
                                   "colours==\"red\"",
                                   "colours==\"grün\"",
                                   "colours==3",
                                   "colours==true",
                                   "colours!=4",
                                   "colours~=\"^gr.n$\"",
                                   "colours[1]==\"grün\"",
                                   "none!=1",
                                   "none",
                                   "address[city.name]==\"Minsk\"",

                                   "address[city.zip]==220001",
                                   "address[city.zip.0]==220000",
                                   "address[gone]",
                                   "address[gone]!=1",
                                   "address[city]",
                                   "address!=1",
                                   "owner==urn:ngsi-ld:Person:1",
                                   "owner==\"urn:ngsi-ld:Person:1\"",
                                   "owner!=urn:x",
                                   "owner",
                                   "drivers==urn:b",
                                   "drivers==urn:c,urn:a",
                                   "drivers!=urn:c",
                                   "stops==urn:s2",
                                   "stops!=urn:s3",
                                   "name[be]==\"Вада\"",
                                   "name[EN]==\"Aqua\"",
                                   "name[*]==\"Water\"",
                                   "name==\"Water\"",
                                   "name[be]!=\"Water\"",
                                   "name[en]",
                                   "name!=\"Wasser\"",
                                   "name[be]~=\"^Ва\"",
                                   "vocab==\"nonCommercial\"",
                                   "raw[a.1.b]==\"x\"",
                                   "raw[a.0.b]<2",
                                   "list==2",
                                   "list!=4",
                                   "location",
                                   "location[type]==\"Point\"",
                                   "location[coordinates]==53.9",
                                   "speed;brand",
                                   "absent|speed",
                                   "absent;absent|speed",
                                   "speed|absent;absent",
                                   "(absent|speed);brand",
                                   "((speed))",
                                   "https://example.org/speed==50",
                                   "speed==50;brand==\"BMW\"|ratio==2.5"}) {
    EXPECT_TRUE(holds(q)) << q;
  }
}

TEST_F(Q, DoesNotHoldOtherwise) {
  for (const std::string_view q : {"absent",
                                   "absent!=1",
                                   "speed.absent",
                                   "speed.absent!=1",
                                   "speed==51",
                                   "speed>80",
                                   "speed==51..79",
                                   "speed==\"50\"",
                                   "speed~=\"50\"",
                                   "speed!~=\"50\"",
                                   "speed==true",
                                   "speed>\"4\"",
                                   "speed[x]==1",
                                   "speed.observedAt<2026-11-22T07:30:00Z",
                                   "brand==\"audi\"",
                                   "brand!=\"Audi\"",
                                   "brand!=\"BMW\",\"Audi\"",
                                   "brand!=\"A\"..\"B\"",
                                   "brand==1",
                                   "brand>1",
                                   "brand~=\"^udi\"",
                                   "brand!~=\"A\"",
                                   "open==false",
                                   "open>\"a\"",
                                   "big==9007199254740992",
                                   "big==9007199254740992.0",
                                   "date==2026-11-23",
                                   "date==2026-11-22T00:00:00Z",
                                   "seen==2026-11-22",
                                   "seen==\"x\"",
                                   "colours==4",
                                   "colours!=3",
                                   "colours>2",
                                   "colours[4]",
                                   "none==1",
                                   "none>1",
                                   "address[city.street]",
                                   "address[city.zip.2]",
                                   "address==\"Minsk\"",
                                   "address[gone]==0",
                                   "address[city.zip]!=220000",
                                   "owner>\"a\"",
                                   "owner~=\"Person\"",
                                   "owner[x]==1",
                                   "drivers!=urn:a",
                                   "stops==urn:s3",
                                   "name[de]",
                                   "name[de]!=\"x\"",
                                   "name[be]==\"Water\"",
                                   "name!=\"Water\"",
                                   "name[be.x]",
                                   "raw[a.b]",
                                   "list!=2",
                                   "location==1",
                                   "location[type]==\"Polygon\"",
                                   "speed;absent",
                                   "absent|absent",
                                   "(speed|absent);absent",
                                   "brand.unitCode",
                                   "brand.observedAt"}) {
    EXPECT_FALSE(holds(q)) << q;
  }
}

struct Refusal {
  std::string_view q;
  std::size_t position;  // 1 is the first character
};

TEST_F(Q, ExpandsTheValuesOfSomeAttributes) {
  const auto e = testing::entity(
      "urn:x:1", {name_("T")},
      {attribute(name_("vocab"), AttributeKind::kVocabProperty, std::string("https://example.org/commercial")),
       property(name_("brand"), std::string("commercial"))});
  const auto bytes = encode(e);
  const auto expanded = [&](std::string_view q) {
    const auto filter = QFilter::parse(q, name_, {.expand_values = {name_("vocab")}});
    return filter && (*filter)->matches(DocumentView(bytes));
  };
  EXPECT_TRUE(expanded("vocab==commercial"));
  EXPECT_TRUE(expanded("vocab==\"commercial\""));
  EXPECT_TRUE(expanded("vocab==other,commercial;brand==\"commercial\""));
  EXPECT_FALSE(expanded("vocab!=commercial"));
  EXPECT_FALSE((*QFilter::parse("vocab==commercial", name_))->matches(DocumentView(bytes)));
}

TEST_F(Q, RefusesWithThePosition) {
  for (const auto& [q, position] : {Refusal{"speed=50", 6},
                                    {"speed==", 8},
                                    {"speed==\"Audi", 8},
                                    {"==5", 1},
                                    {";speed", 1},
                                    {"speed;", 7},
                                    {"speed;;speed", 7},
                                    {"speed|", 7},
                                    {"(speed", 7},
                                    {"speed)", 6},
                                    {"()", 2},
                                    {"speed>1,2", 7},
                                    {"speed>1..2", 7},
                                    {"speed>true", 7},
                                    {"speed>urn:a", 7},
                                    {"speed==1..2,3", 8},
                                    {"speed==3,1..2", 10},
                                    {"speed==1..\"a\"", 8},
                                    {"speed==2..1", 8},
                                    {"speed==1,,2", 10},
                                    {"speed==1..", 11},
                                    {"speed==1..2..3", 12},
                                    {"speed==01", 8},
                                    {"speed==1.", 8},
                                    {"speed==.5", 8},
                                    {"speed==1e999", 8},
                                    {"speed==2026-13-01", 8},
                                    {"speed==2026-11-22T00:00:00+01:00", 8},
                                    {"!speed>5", 9},
                                    {"!(speed)", 2},
                                    {"speed == 5", 1},
                                    {"speed==5 ", 8},
                                    {"speed[x==1", 11},
                                    {"speed[]==1", 7},
                                    {"speed[x].y==1", 9},
                                    {"speed[x][y]==1", 9},
                                    {"speed.==1", 7},
                                    {".speed", 1},
                                    {"speed.observedAt.x", 18},
                                    {"rel{Type}.attr==1", 4},
                                    {"speed~=", 8},
                                    {"speed~=(", 8},
                                    {"speed~=\"[\"", 8},
                                    {"speed==\"\\q\"", 8},
                                    {"speed==\"\\u12\"", 8},
                                    {"speed==\"a\nb\"", 8},
                                    {"speed!", 6},
                                    {"speed~5", 6},
                                    {"speed==5=6", 8}}) {
    const Error error = refused(q);
    EXPECT_EQ(error.code, ErrorCode::kBadRequestData) << q;
    EXPECT_EQ(error.pointer, "q") << q;
    EXPECT_NE(error.detail.find(fmt::format(" at character {}:", position)), std::string::npos)
        << q << ": " << error.detail;
  }
  EXPECT_EQ(refused("").code, ErrorCode::kBadRequestData);
  EXPECT_EQ(refused("refused==1").detail, "This name is refused.");
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

TEST_F(Q, IsBounded) {
  EXPECT_TRUE(holds(repeated("(", QFilter::kMostDepth) + "speed" + repeated(")", QFilter::kMostDepth)));
  EXPECT_TRUE(holds("speed" + repeated("|speed", QFilter::kMostTerms - 1)));
  EXPECT_TRUE(holds("speed==50" + repeated(",1", QFilter::kMostValues - 1)));
  for (const std::string& q : std::vector<std::string>{
           repeated("(", QFilter::kMostDepth + 1) + "speed" + repeated(")", QFilter::kMostDepth + 1),
           "speed" + repeated("|speed", QFilter::kMostTerms), "speed==50" + repeated(",1", QFilter::kMostValues),
           "a" + repeated(".a", QFilter::kMostSteps), "a[a" + repeated(".a", QFilter::kMostSteps) + "]",
           "a~=\"x\"" + repeated("|a~=\"x\"", QFilter::kMostPatterns), "a~=" + repeated("x", 2'000), "a~=\\pL{1000}",
           "a==\"" + std::string(QFilter::kMostBytes, 'x') + "\""}) {
    EXPECT_EQ(refused(q).code, ErrorCode::kTooComplexQuery) << q.substr(0, 40);
  }
}

TEST_F(Q, TellsWhatItNeeds) {
  const auto ask = [this](std::string_view q) { return *QFilter::parse(q, name_); };
  const auto named = [this](std::initializer_list<std::string_view> texts) {
    std::vector<NameId> ids;
    for (const auto text : texts) ids.push_back(name_(text));
    std::ranges::sort(ids);
    return ids;
  };
  std::vector<NameId> all;
  ask("a>1;b|a.c==2;modifiedAt>2026-01-01T00:00:00Z")->append_attributes(all);
  EXPECT_EQ(all, named({"a", "b"}));
  EXPECT_EQ(ask("a>1;b|a.c==2")->required_attributes(), named({"a"}));
  EXPECT_EQ(ask("a;(b|c);d")->required_attributes(), named({"a", "d"}));
  EXPECT_EQ(ask("a|b")->required_attributes(), named({}));
  EXPECT_EQ(ask("(a;b)|(b;c)")->required_attributes(), named({"b"}));
  EXPECT_TRUE(ask("a|modifiedAt>2026-01-01T00:00:00Z")->has_attribute());
  EXPECT_FALSE(ask("createdAt>2026-01-01T00:00:00Z")->has_attribute());
}

TEST_F(Q, StatesFactsOfConjunctionsOnly) {
  const auto facts = [this](std::string_view q) { return (*QFilter::parse(q, name_))->facts(); };
  EXPECT_TRUE(facts("speed>1|speed<0").empty());
  EXPECT_TRUE(facts("speed!=1;speed.accuracy>1;address[x]>1;open==true;modifiedAt>2026-01-01T00:00:00Z").empty());
  const auto range = facts("speed==3,1,2;(brand==\"a\",urn:b);speed<9007199254740993");
  ASSERT_EQ(range.size(), 3u);
  EXPECT_EQ(range[0].attribute, name_("speed"));
  EXPECT_EQ(std::get<QFact::NumberRange>(range[0].value).low, 1);
  EXPECT_EQ(std::get<QFact::NumberRange>(range[0].value).high, 3);
  EXPECT_EQ(std::get<std::vector<std::string>>(range[1].value), (std::vector<std::string>{"a", "urn:b"}));
  EXPECT_GE(std::get<QFact::NumberRange>(range[2].value).high, 9007199254740993.0);
}

}  // namespace
}  // namespace horad::model
