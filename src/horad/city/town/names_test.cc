// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/names.h"

#include <gtest/gtest.h>

namespace horad::city::town {
namespace {

TEST(Names, RomanisesBelarusian) {
  EXPECT_EQ(romanise("Лясная"), "Lyasnaya");
  EXPECT_EQ(romanise("Чыгуначная"), "Chyhunachnaya");
  EXPECT_EQ(romanise("Вясёлка"), "Vyasyolka");
  EXPECT_EQ(romanise("Еўфрасіння"), "Yeufrasinnya");
  EXPECT_EQ(romanise("Магілеўская"), "Mahileuskaya") << "e stays e after a consonant";
  EXPECT_EQ(romanise("Паўднёвы, 7"), "Paudnyovy, 7") << "what is not Belarusian stays";
}

TEST(Names, FormsAgreeInGender) {
  EXPECT_EQ(adjective_street(0, StreetForm::kStreet, 0), (Name{"Садовая вуліца", "Садовая улица", "Sadovaya Street"}));
  EXPECT_EQ(adjective_street(0, StreetForm::kLane, 0), (Name{"Садовы завулак", "Садовый переулок", "Sadovy Lane"}));
  EXPECT_EQ(adjective_street(0, StreetForm::kLane, 2),
            (Name{"2-і Садовы завулак", "2-й Садовый переулок", "2nd Sadovy Lane"}));
  EXPECT_EQ(adjective_street(0, StreetForm::kDrive, 11).en, "11th Sadovy Drive");
}

TEST(Names, EveryAdjectiveHasItsEndings) {
  const auto ends = [](const std::string& text, std::string_view tail) { return text.ends_with(tail); };
  for (std::size_t i = 0; i < adjective_count(); ++i) {
    const Name street = adjective_street(i, StreetForm::kStreet, 0);
    const Name lane = adjective_street(i, StreetForm::kLane, 0);
    EXPECT_TRUE(ends(street.be, "ая вуліца") || ends(street.be, "яя вуліца")) << street.be;
    EXPECT_TRUE(ends(street.ru, "ая улица") || ends(street.ru, "яя улица")) << street.ru;
    EXPECT_TRUE(ends(lane.be, "ы завулак") || ends(lane.be, "і завулак")) << lane.be;
    EXPECT_TRUE(ends(lane.ru, "ый переулок") || ends(lane.ru, "ий переулок") || ends(lane.ru, "ой переулок"))
        << lane.ru;
  }
}

}  // namespace
}  // namespace horad::city::town
