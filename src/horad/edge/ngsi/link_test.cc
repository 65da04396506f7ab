// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/link.h"

#include <gtest/gtest.h>

namespace horad::edge::ngsi {
namespace {

TEST(ContextLink, FindsTheContextAmongOthers) {
  const auto got = context_link(
      R"(<https://a.example/x,y>; rel="next", <https://a.example/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json")");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->value_or("none"), "https://a.example/c.jsonld");
}

TEST(ContextLink, NoneWhenAbsent) {
  EXPECT_EQ(context_link("").value(), std::nullopt);
  EXPECT_EQ(context_link(R"(<https://a.example/>; rel="next")").value(), std::nullopt);
}

TEST(ContextLink, RefusesWhatIsBroken) {
  EXPECT_EQ(context_link("https://a.example/").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(context_link("<https://a.example/").error().code, ErrorCode::kInvalidRequest);
}

TEST(ContextLink, RefusesTwoContexts) {
  const auto one = context_link_header("https://a.example/1");
  EXPECT_EQ(context_link(one + ", " + one).error().code, ErrorCode::kInvalidRequest);
}

TEST(ContextLink, ReadsWhatItWrites) {
  EXPECT_EQ(context_link(context_link_header("https://a.example/1")).value(), "https://a.example/1");
}

}  // namespace
}  // namespace horad::edge::ngsi
