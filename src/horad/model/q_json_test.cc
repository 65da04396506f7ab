// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q_json.h"

#include <gtest/gtest.h>

#include <random>

namespace horad::model::q {
namespace {

TEST(JsonItems, WalksWhatIsInside) {
  JsonItems items(R"([1, "a,]", {"x":[1,2]} ,[ ],null])");
  std::vector<std::string_view> seen;
  while (items.next()) seen.push_back(items.value());
  EXPECT_EQ(seen, (std::vector<std::string_view>{"1", R"("a,]")", R"({"x":[1,2]})", "[ ]", "null"}));
  JsonItems nothing("17");
  EXPECT_FALSE(nothing.next());
}

TEST(Json, FindsMembersAndElements) {
  constexpr std::string_view kJson = R"({"a":1,"b\"c":{"d":[10,20,{"e":true}]},"a":2})";
  EXPECT_EQ(json_member(kJson, "a"), "1");
  EXPECT_EQ(json_element(*json_member(*json_member(kJson, "b\"c"), "d"), 1), "20");
  EXPECT_FALSE(json_member(kJson, "e"));
  EXPECT_FALSE(json_member("[1]", "0"));
  EXPECT_FALSE(json_element("[1]", 1));
  EXPECT_FALSE(json_element("{}", 0));
}

TEST(Json, ReadsStringsWithEscapes) {
  std::string buffer;
  EXPECT_EQ(json_string(R"("plain")", buffer), "plain");
  EXPECT_EQ(json_string(R"("\"\\\/\b\f\n\r\t")", buffer), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(json_string(R"("gr\u00fcn \u20ac \ud83d\ude00")", buffer), "grün € 😀");
  EXPECT_EQ(json_string(R"("\ud83d")", buffer), "\xEF\xBF\xBD");  // half a pair
  EXPECT_TRUE(json_string_equals(R"("gr\u00fcn")", "grün"));
  EXPECT_FALSE(json_string_equals(R"("gr\u00fcn")", "grün!"));
  EXPECT_FALSE(json_string_equals(R"("gr\u00fcn!")", "grün"));
  EXPECT_FALSE(json_string_equals("\"", ""));
}

TEST(Json, ReadsNumbersAsTheGrammarSays) {
  for (const std::string_view text :
       {"0", "-0", "1.5", "-1e5", "1E+2", "9223372036854775807", "12345678901234567890", "1e-999"}) {
    EXPECT_TRUE(read_number(text)) << text;
  }
  for (const std::string_view text :
       {"", "-", "01", "1.", ".5", "+1", "1e", "0x10", "1.e5", "nan", "inf", "1e999", "--1", "1 ", "1-2"}) {
    EXPECT_FALSE(read_number(text)) << text;
  }
  EXPECT_EQ(read_number("9223372036854775807")->whole, INT64_MAX);
  EXPECT_FALSE(read_number("9223372036854775808")->integer);
}

TEST(Number, ComparesExactly) {
  std::mt19937_64 random(1);
  const auto number = [&]() -> Number {
    const auto whole = static_cast<std::int64_t>(random()) >> (random() % 64);
    if (random() % 2 == 0) return {true, whole, 0};
    const double near = static_cast<double>(whole);
    return {false, 0, random() % 3 == 0 ? near + 0.5 : near};
  };
  for (int i = 0; i < 100'000; ++i) {
    const Number a = number();
    const Number b = number();
    const auto exact = [](const Number& n) {
      return n.integer ? static_cast<long double>(n.whole) : static_cast<long double>(n.real);
    };
    ASSERT_EQ(compare(a, b), exact(a) <=> exact(b));
  }
}

/// Damaged text may give any answer, but ends.
TEST(Json, SurvivesDamage) {
  constexpr std::string_view kJson = R"({"a":[1,{"b\"":"c\u00e9"},true],"d":null,"e":"f"})";
  std::mt19937_64 random(2);
  std::string buffer;
  for (int i = 0; i < 50'000; ++i) {
    std::string text(kJson.substr(0, random() % (kJson.size() + 1)));
    for (int k = 0; k < 2 && !text.empty(); ++k) text[random() % text.size()] = R"([]{},:"\u1a)"[random() % 11];
    JsonItems items(text);
    std::size_t count = 0;
    while (items.next()) ++count;
    EXPECT_LE(count, text.size());
    (void)json_member(text, "e");
    (void)json_element(text, 1);
    (void)json_string(text, buffer);
  }
}

}  // namespace
}  // namespace horad::model::q
