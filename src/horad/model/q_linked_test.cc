// SPDX-License-Identifier: Apache-2.0
// Linked entities in q: what is said of them before and after they are at hand.
#include <gtest/gtest.h>

#include "horad/model/q.h"
#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::attribute;
using testing::entity;
using testing::property;

class QLinked : public ::testing::Test {
 protected:
  QLinked() {
    add("urn:house", "House", {relationship("in", "urn:city"), relationship("near", "urn:gone")});
    add("urn:city", "City", {property(name_("name"), "Novahrad"), relationship("in", "urn:land")});
    add("urn:land", "Land", {property(name_("name"), "Palesse"), property(name_("area"), std::int64_t{61})});
  }

  Attribute relationship(std::string_view name, std::string target) {
    return attribute(name_(name), AttributeKind::kRelationship, std::move(target));
  }
  void add(const std::string& id, std::string_view type, std::vector<Attribute> attributes) {
    all_.add(Document{encode(entity(id, {name_(type)}, std::move(attributes)))});
  }
  std::shared_ptr<const QFilter> parse(std::string_view q, std::size_t levels = 3) {
    auto filter = QFilter::parse(q, name_, {.expand_values = {}, .levels = levels});
    EXPECT_TRUE(filter) << q << ": " << filter.error().detail;
    return filter ? *filter : nullptr;
  }
  DocumentView house() { return all_.find("urn:house")->view(); }
  bool holds(std::string_view q) { return parse(q)->matches(house(), all_); }
  bool may_hold(std::string_view q) { return parse(q)->matches(house()); }

  Names names_;
  testing::PlainResolver name_{names_};
  LinkedDocuments all_;
};

TEST_F(QLinked, AsksTheEntityARelationshipLeadsTo) {
  EXPECT_TRUE(holds(R"(in{name}=="Novahrad")"));
  EXPECT_FALSE(holds(R"(in{name}=="Palesse")"));
  EXPECT_TRUE(holds("in{name}"));
  EXPECT_FALSE(holds("in{height}"));
  EXPECT_TRUE(holds("in{in{area}}>60"));
  EXPECT_FALSE(holds("in{in{area}}>61"));
}

TEST_F(QLinked, WhatIsNotThereHoldsForNothing) {
  EXPECT_FALSE(holds(R"(near{name}!="x")"));
  EXPECT_FALSE(holds(R"(name{name}!="x")"));
}

TEST_F(QLinked, ATypeSaysWhichEntitiesAreMeant) {
  EXPECT_TRUE(holds(R"(in{City:name}=="Novahrad")"));
  EXPECT_FALSE(holds(R"(in{Village:name}=="Novahrad")"));
  EXPECT_TRUE(holds(R"(in{City}.name=="Novahrad")"));
  EXPECT_FALSE(holds(R"(in{Village}.name=="Novahrad")"));
  EXPECT_TRUE(holds("in{City:in{Land:area}}==61"));
  EXPECT_TRUE(holds("in{City}.in{Land}.area==61"));
}

TEST_F(QLinked, BeforeTheyAreAtHandTheRelationshipIsEnough) {
  EXPECT_TRUE(may_hold(R"(in{name}=="anything")"));
  EXPECT_FALSE(may_hold(R"(above{name}=="anything")"));
  EXPECT_FALSE(may_hold(R"(in{name}=="anything";above)"));
  EXPECT_EQ(parse(R"(in{name}=="x";near{name})")->required_attributes().size(), 2u);
  EXPECT_TRUE(parse("in{area}>1")->facts().empty());
}

TEST_F(QLinked, SaysWhatHasToBeFetched) {
  const auto filter = parse("in{name};in{in{area}}>1|near{name}");
  const auto& links = filter->links();
  ASSERT_EQ(links.names, (std::vector<NameId>{name_("in"), name_("near")}));
  EXPECT_EQ(links.below[0].names, std::vector<NameId>{name_("in")});
  EXPECT_TRUE(links.below[1].names.empty());
  EXPECT_TRUE(parse("in;name>1")->links().names.empty());
}

TEST_F(QLinked, GoesAsDeepAsItMay) {
  for (const auto* const q : {"in{name}", "in{in{name}}"}) {
    EXPECT_EQ(QFilter::parse(q, name_, {.expand_values = {}, .levels = 0}).error().code, ErrorCode::kBadRequestData) << q;
  }
  EXPECT_TRUE(QFilter::parse("in{name}", name_, {.expand_values = {}, .levels = 1}));
  EXPECT_FALSE(QFilter::parse("in{in{name}}", name_, {.expand_values = {}, .levels = 1}));
}

TEST_F(QLinked, RefusesWhatIsNoPath) {
  for (const auto* const q : {"in{", "in{name", "in{}", "in{name}}", "{name}", "in{name}x", "in.name{x}", "in{City:}",
                              "createdAt{name}", "in{name>5}"}) {
    EXPECT_FALSE(QFilter::parse(q, name_, {.expand_values = {}, .levels = 3})) << q;
  }
}

}  // namespace
}  // namespace horad::model
