// SPDX-License-Identifier: Apache-2.0
#include "horad/model/scope_query.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

bool holds(std::string_view query, std::vector<std::string_view> scopes) {
  const auto parsed = ScopeQuery::parse(query);
  EXPECT_TRUE(parsed) << query;
  return parsed && (*parsed)->matches(scopes);
}

TEST(ScopeQuery, ComparesWholeScopes) {
  EXPECT_TRUE(holds("/Minsk/Parks", {"/Minsk/Parks"}));
  EXPECT_TRUE(holds("Minsk/Parks", {"/Minsk/Parks"}));
  EXPECT_FALSE(holds("/Minsk", {"/Minsk/Parks"}));
  EXPECT_FALSE(holds("/Minsk/Parks", {"/Minsk"}));
  EXPECT_FALSE(holds("/Minsk/Park", {"/Minsk/Parks"}));
}

TEST(ScopeQuery, PlusIsOneLevel) {
  EXPECT_TRUE(holds("/Minsk/+/North", {"/Minsk/Parks/North"}));
  EXPECT_FALSE(holds("/Minsk/+", {"/Minsk"}));
  EXPECT_FALSE(holds("/Minsk/+", {"/Minsk/Parks/North"}));
  EXPECT_TRUE(holds("/+", {"/Minsk"}));
}

TEST(ScopeQuery, HashIsTheScopeAndAllBelow) {
  EXPECT_TRUE(holds("/Minsk/#", {"/Minsk/Parks/North"}));
  EXPECT_TRUE(holds("/Minsk/#", {"/Minsk"}));
  EXPECT_FALSE(holds("/Minsk/#", {"/Minskaja"}));
  EXPECT_TRUE(holds("/#", {"/Minsk"}));
  EXPECT_TRUE(holds("#", {"/Minsk"}));
  EXPECT_TRUE(holds("/+/Parks/#", {"/Minsk/Parks/North"}));
  EXPECT_FALSE(holds("/#", {}));
}

TEST(ScopeQuery, AndBindsStrongerThanOr) {
  EXPECT_TRUE(holds("/A;/B", {"/B", "/A"}));
  EXPECT_FALSE(holds("/A;/B", {"/A"}));
  EXPECT_TRUE(holds("/A,/B", {"/B"}));
  EXPECT_TRUE(holds("/A|/B;/C", {"/A"}));
  EXPECT_FALSE(holds("(/A|/B);/C", {"/A"}));
  EXPECT_TRUE(holds("(/A|/B);/C", {"/A", "/C"}));
  EXPECT_TRUE(holds("((/A))", {"/A"}));
}

TEST(ScopeQuery, RefusesWhatIsNone) {
  for (const auto* text : {"", "/", "/A/", "//A", "/A//B", "/A;", ";/A", "(/A", "/A)", "/A/#/B", "/1", "/A B", "/A+",
                           "()", "/A#", "/A,,/B"}) {
    const auto parsed = ScopeQuery::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kBadRequestData) << text;
    EXPECT_EQ(parsed.error().pointer, "scopeQ");
  }
}

TEST(ScopeQuery, IsBounded) {
  std::string many = "/A";
  for (std::size_t i = 0; i < ScopeQuery::kMostTerms; ++i) many += ",/A";
  EXPECT_EQ(ScopeQuery::parse(many).error().code, ErrorCode::kTooComplexQuery);
  const std::string deep(ScopeQuery::kMostDepth + 1, '(');
  EXPECT_EQ(ScopeQuery::parse(deep + "/A").error().code, ErrorCode::kTooComplexQuery);
  EXPECT_EQ(ScopeQuery::parse(std::string(ScopeQuery::kMostBytes + 1, 'A')).error().code, ErrorCode::kTooComplexQuery);
}

TEST(ScopeQuery, ReadsScopesOfADocument) {
  Names names;
  testing::PlainResolver resolve(names);
  auto entity = testing::entity("urn:a:1", {resolve("Lamp")}, {});
  const auto query = ScopeQuery::parse("/Minsk/#");
  EXPECT_FALSE((*query)->matches(DocumentView{encode(entity)}));
  entity.scopes = {"/Hrodna", "/Minsk/Parks"};
  const auto bytes = encode(entity);
  EXPECT_TRUE((*query)->matches(DocumentView{bytes}));
}

/// A pattern with wildcards means the same as the regular expression that one would write for it.
TEST(ScopeQuery, AgreesWithRegularExpressions) {
  std::mt19937 random(20261125);
  const auto pick = [&](std::initializer_list<const char*> from) { return *(from.begin() + random() % from.size()); };
  for (int round = 0; round < 3'000; ++round) {
    std::string scope;
    for (auto levels = 1 + random() % 4; levels > 0; --levels) scope.append("/").append(pick({"a", "b", "ab"}));
    std::string pattern;
    std::string regex;
    for (auto levels = random() % 4; levels > 0; --levels) {
      const std::string level = pick({"a", "b", "ab", "+"});
      pattern.append("/").append(level);
      regex.append("/").append(level == "+" ? "[^/]+" : level);
    }
    if (pattern.empty() || random() % 3 == 0) {
      pattern += "/#";
      regex += "(/.*)?";
    }
    EXPECT_EQ(holds(pattern, {scope}), std::regex_match(scope, std::regex(regex))) << pattern << " on " << scope;
  }
}

}  // namespace
}  // namespace horad::model
