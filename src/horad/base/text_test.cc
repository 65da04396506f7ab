// SPDX-License-Identifier: Apache-2.0
#include "horad/base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <charconv>
#include <cmath>

namespace horad::base {
namespace {

TEST(Utf8, AcceptsWhatTheStandardAllows) {
  for (const std::string_view good :
       {"", "abc", "Гродна", "\xE2\x82\xAC", "\xF0\x9F\x9A\x8C", "\xED\x9F\xBF", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
}
TEST(Utf8, RefusesOverlongSurrogatesAndTails) {
  for (const std::string_view bad :
       {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\x80", "\xE2\x82"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Percent, DecodesWhatItEncoded) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "%", "+", " ", "/", "?", "\xD0\xB3", "\xE2\x82\xAC", "\x01", "~"));
    std::string raw;
    for (const auto& piece : pieces) raw += piece;
    RC_ASSERT(percent_decode(percent_encode(raw)).value() == raw);
  }));
}
TEST(Percent, RefusesBrokenEscapes) {
  for (const std::string_view bad : {"%", "%4", "%zz", "a%2", "%ff", "%c3%28"})
    EXPECT_FALSE(percent_decode(bad)) << bad;
  EXPECT_EQ(percent_decode("a+b%20c").value(), "a+b c");
}

TEST(Json, StringsAreEscapedWhereTheyMust) {
  std::string out;
  append_json_string(out, std::string_view("a\"\\\n\x01<>\xD0\xB3", 9));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001<>\xD0\xB3\"");
}
TEST(Json, NumbersReadBackExactly) {
  EXPECT_TRUE(rc::check("round trip", [](double value) {
    RC_PRE(std::isfinite(value));
    std::string out;
    append_json_number(out, value);
    double back = 0;
    std::from_chars(out.data(), out.data() + out.size(), back);
    RC_ASSERT(back == value);
    RC_ASSERT(std::signbit(back) == std::signbit(value));
    RC_ASSERT(out.find_first_of(".e") != std::string::npos);
  }));
}

TEST(Text, TrimAndLower) {
  EXPECT_EQ(trim("  a b\r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(to_lower("NGSILD-Tenant"), "ngsild-tenant");
}

TEST(Urls, AreResolvedAgainstTheDocumentTheyStandIn) {
  const std::string base = "https://a.example:81/x/y.jsonld?v=1#top";
  EXPECT_EQ(resolve_url(base, "http://b.example/c"), "http://b.example/c");
  EXPECT_EQ(resolve_url(base, "urn:a:b"), "urn:a:b");
  EXPECT_EQ(resolve_url(base, "//b.example/c"), "https://b.example/c");
  EXPECT_EQ(resolve_url(base, "/c"), "https://a.example:81/c");
  EXPECT_EQ(resolve_url(base, "z.jsonld"), "https://a.example:81/x/z.jsonld");
  EXPECT_EQ(resolve_url(base, "z:1/q"), "z:1/q");
  EXPECT_EQ(resolve_url(base, "?v=2"), "https://a.example:81/x/y.jsonld?v=2");
  EXPECT_EQ(resolve_url("http://a.example", "c"), "http://a.example/c");
  EXPECT_EQ(resolve_url("http://a.example", "/c"), "http://a.example/c");
}

}  // namespace
}  // namespace horad::base
