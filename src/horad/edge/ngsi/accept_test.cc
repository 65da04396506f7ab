// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/accept.h"

#include <gtest/gtest.h>

#include <array>

namespace horad::edge::ngsi {
namespace {

constexpr std::array kAll{Media::kJson, Media::kLdJson, Media::kGeoJson};

struct Case {
  const char* name;
  const char* accept;
  int want;  // index into kAll, -1 for not acceptable
};

class Negotiate : public testing::TestWithParam<Case> {};

TEST_P(Negotiate, Chooses) {
  const auto got = negotiate(GetParam().accept, kAll);
  if (GetParam().want < 0) {
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::kNotAcceptable);
  } else {
    ASSERT_TRUE(got) << got.error().detail;
    EXPECT_EQ(*got, kAll[static_cast<std::size_t>(GetParam().want)]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Accept, Negotiate,
    testing::Values(Case{"Nothing", "", 0}, Case{"Any", "*/*", 0}, Case{"Json", "application/json", 0},
                    Case{"LdJson", "application/ld+json", 1}, Case{"GeoJson", "application/geo+json", 2},
                    Case{"CaseDoesNotMatter", "Application/LD+JSON", 1},
                    Case{"OrderOfOursDecides", "application/geo+json, application/ld+json", 1},
                    Case{"WeightDecides", "application/json;q=0.5, application/ld+json", 1},
                    Case{"MostSpecificRangeGivesTheWeight",
                         "*/*;q=1, application/json;q=0.1, application/geo+json;q=0.2", 1},
                    Case{"ZeroForbids", "application/json;q=0, */*", 1},
                    Case{"Browser", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0},
                    Case{"Html", "text/html", -1}, Case{"AllForbidden", "*/*;q=0", -1},
                    Case{"OtherParametersAreAside", "application/ld+json;profile=x;q=0.3", 1},
                    Case{"BrokenWeightIsNone", "application/json;q=abc, application/ld+json;q=0.1", 0}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(MediaType, IgnoresParametersAndCase) {
  EXPECT_TRUE(is_media_type("Application/JSON; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/jsonx", "application/json"));
  EXPECT_FALSE(is_media_type("", "application/json"));
}

}  // namespace
}  // namespace horad::edge::ngsi
