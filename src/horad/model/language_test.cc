// SPDX-License-Identifier: Apache-2.0
#include "horad/model/language.h"

#include <gtest/gtest.h>

namespace horad::model {
namespace {

constexpr std::string_view kMap = R"({"fr":"Grand Place","nl":"Grote Markt","en-US":["Main Square"]})";

std::string chosen(std::string_view languages, std::string_view map = kMap) {
  const auto filter = LanguageFilter::parse(languages);
  if (!filter) return "refused";
  const auto choice = (*filter)->choose(map);
  return choice ? std::string(choice->tag) + std::string(choice->value) : "none";
}

TEST(LanguageFilter, TakesTheHeaviestThatIsThere) {
  EXPECT_EQ(chosen("nl"), R"("nl""Grote Markt")");
  EXPECT_EQ(chosen("fr;q=0.2,nl;q=0.9"), R"("nl""Grote Markt")");
  EXPECT_EQ(chosen("be,fr;q=0.9,nl;q=0.8,*;q=0.5"), R"("fr""Grand Place")");
  EXPECT_EQ(chosen("fr, nl"), R"("fr""Grand Place")");
}

TEST(LanguageFilter, ComparesWithoutCase) { EXPECT_EQ(chosen("FR"), R"("fr""Grand Place")"); }

TEST(LanguageFilter, LooksForLongerAndShorterTags) {
  EXPECT_EQ(chosen("nl-BE"), R"("nl""Grote Markt")");
  EXPECT_EQ(chosen("nl-x-local"), R"("nl""Grote Markt")");
  EXPECT_EQ(chosen("en"), R"("en-US"["Main Square"])");
  EXPECT_EQ(chosen("en-GB,nl;q=0.1"), R"("en-US"["Main Square"])");
}

TEST(LanguageFilter, FallsBackToAny) {
  EXPECT_EQ(chosen("*"), R"("fr""Grand Place")");
  EXPECT_EQ(chosen("pt"), R"("fr""Grand Place")");
  EXPECT_EQ(chosen("pt,fr;q=0"), R"("nl""Grote Markt")");
  EXPECT_EQ(chosen("pt", R"({"fr":"a","@none":"b"})"), R"("@none""b")");
  EXPECT_EQ(chosen("fr;q=0", R"({"fr":"a"})"), R"("fr""a")");
  EXPECT_EQ(chosen("fr", "{}"), "none");
}

TEST(LanguageFilter, RefusesWhatIsNoList) {
  for (const auto* text :
       {"", ",", "fr,", "f r", "fr;q=2", "fr;q=", "fr;w=1", "fr;q=0.1234", "fr--be", "-fr", "abcdefghi", "fr;q=1.5"}) {
    EXPECT_EQ(chosen(text), "refused") << text;
  }
  std::string many = "fr";
  for (std::size_t i = 0; i < LanguageFilter::kMostRanges; ++i) many += ",fr";
  EXPECT_EQ(LanguageFilter::parse(many).error().code, ErrorCode::kTooComplexQuery);
}

}  // namespace
}  // namespace horad::model
