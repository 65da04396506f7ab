// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/preferences.h"

#include <gtest/gtest.h>

namespace horad::edge::ngsi {
namespace {

TEST(Preferences, AreReadAsRfc7240WritesThem) {
  for (const auto* const header :
       {"ngsi-ld=1.5", "NGSI-LD=1.5", "ngsi-ld=\"1.5\"", "ngsi-ld=1.5;q=0.1", "ngsi-ld = 1.5",
        "respond-async, ngsi-ld=1.5", "x=\"a,b;c\\\",\", ngsi-ld=1.5 ; x, ngsi-ld=1.7"}) {
    const auto read = read_preferences(header, true);
    EXPECT_EQ(read.version, 5) << header;
    EXPECT_EQ(read.applied, "ngsi-ld=1.5") << header;
    EXPECT_FALSE(read.body_json) << header;
  }
}

TEST(Preferences, OnlyWhatMeansSomethingIsFollowed) {
  for (const auto* const header : {"", ",", "=", "ngsi-ld", "ngsi-ld=", "ngsi-ld=2.0", "ngsi-ld=1.x", "ngsi-ld=1.55",
                                   "return=minimal", "body=xml", "\"", "ngsi-ld=\"1.5"}) {
    const auto read = read_preferences(header, true);
    EXPECT_FALSE(read.version) << header;
    EXPECT_EQ(read.applied, "") << header;
  }
  EXPECT_FALSE(read_preferences("body=json", false).body_json);
  EXPECT_EQ(read_preferences("body=json,ngsi-ld=1.6.1", true).applied, "body=json, ngsi-ld=1.6.1");
  EXPECT_EQ(read_preferences("ngsi-ld=1.0", false).version, 1);
}

}  // namespace
}  // namespace horad::edge::ngsi
