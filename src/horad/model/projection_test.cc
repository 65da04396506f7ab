// SPDX-License-Identifier: Apache-2.0
#include "horad/model/projection.h"

#include <gtest/gtest.h>

namespace horad::model {
namespace {

std::string shape(const Projected& terms) {
  std::string out;
  for (const auto& term : terms) {
    out += (out.empty() ? "" : " ") + term.name;
    if (!term.linked.empty()) out += "(" + shape(term.linked) + ")";
  }
  return out;
}

TEST(Projection, IsAListOfNames) {
  EXPECT_EQ(shape(parse_projection("", "pick").value()), "");
  EXPECT_EQ(shape(parse_projection("id", "pick").value()), "id");
  EXPECT_EQ(shape(parse_projection("id, name|https://example.org/a", "pick").value()), "id name https://example.org/a");
}

TEST(Projection, BracesSayWhatIsShownOfLinkedEntities) {
  const auto terms = parse_projection("id,at{name|in{id},x},y", "pick").value();
  EXPECT_EQ(shape(terms), "id at(name in(id) x) y");
  EXPECT_EQ(depth_of(terms), 2u);
  EXPECT_EQ(depth_of(parse_projection("a,b", "pick").value()), 0u);
}

TEST(Projection, RefusesWhatIsNoList) {
  for (const auto* const text :
       {",", "a,", ",a", "a,,b", "a||b", "a{", "a{}", "a{b", "a}", "a{b}}", "{b}", "a{b,}", "a{b}c"}) {
    const auto terms = parse_projection(text, "omit");
    ASSERT_FALSE(terms) << text;
    EXPECT_EQ(terms.error().code, ErrorCode::kBadRequestData) << text;
    EXPECT_EQ(terms.error().pointer, "omit") << text;
  }
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "a{";
  EXPECT_FALSE(parse_projection(deep + "a" + std::string(40, '}'), "pick"));
  std::string wide = "a";
  for (std::size_t i = 0; i < kMostProjected; ++i) wide += ",a";
  EXPECT_FALSE(parse_projection(wide, "pick"));
}

}  // namespace
}  // namespace horad::model
