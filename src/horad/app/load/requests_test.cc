// SPDX-License-Identifier: Apache-2.0
#include "horad/app/load/requests.h"

#include <gtest/gtest.h>

namespace horad::app::load {
namespace {

TEST(ParseTarget, TakesLoopbackOnly) {
  EXPECT_EQ(parse_target("http://127.0.0.1:8080").value().port, "8080");
  EXPECT_EQ(parse_target("http://localhost/").value().port, "80");
  EXPECT_EQ(parse_target("http://[::1]:9").value().host, "::1");
  for (const auto* url :
       {"http://10.0.0.1:80", "https://127.0.0.1", "http://127.example.org", "http://example.org:80", "127.0.0.1:80"}) {
    EXPECT_FALSE(parse_target(url)) << url;
  }
}
TEST(ParseKind, NamesAllWhenItKnowsNone) {
  for (const auto& kind : kinds()) EXPECT_EQ(parse_kind(kind.name).value(), kind.kind);
  EXPECT_NE(parse_kind("nonsense").error().detail.find("one-hit"), std::string::npos);
}
TEST(Requests, BodiesHaveTheLengthTheyClaim) {
  for (const auto& kind : kinds()) {
    std::string text;
    append_request(text, kind.kind, Target{}, 7, 1000, 5000);
    const auto head = text.find("\r\n\r\n");
    ASSERT_NE(head, std::string::npos);
    const auto field = text.find("Content-Length: ");
    const std::size_t claimed = field == std::string::npos ? 0 : std::stoul(text.substr(field + 16));
    EXPECT_EQ(text.size() - head - 4, claimed) << kind.name;
  }
}
TEST(Requests, SameNumberSameBytes) {
  std::string a, b;
  append_request(a, Kind::kBatch, Target{}, 42, 1000, 0);
  append_request(b, Kind::kBatch, Target{}, 42, 1000, 0);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace horad::app::load
