// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/public_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>

namespace horad::edge {
namespace {

bool is_public_text(const char* text) {
  sockaddr_storage storage{};
  auto& four = reinterpret_cast<sockaddr_in&>(storage);
  auto& six = reinterpret_cast<sockaddr_in6&>(storage);
  if (::inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    EXPECT_EQ(::inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  return is_public(reinterpret_cast<const sockaddr&>(storage));
}

TEST(PublicAddress, KnowsWhatLeadsInside) {
  for (const auto* const text :
       {"127.0.0.1",       "127.255.255.254",   "10.1.2.3",      "172.16.0.1",  "172.31.255.255",
        "192.168.1.1",     "169.254.169.254",   "100.64.0.1",    "0.0.0.0",     "224.0.0.1",
        "255.255.255.255", "192.0.2.1",         "198.18.0.1",    "::1",         "::",
        "fe80::1",         "fc00::1",           "fd12::1",       "ff02::1",     "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2001:db8::1", "2001::1"}) {
    EXPECT_FALSE(is_public_text(text)) << text;
  }
}

TEST(PublicAddress, KnowsWhatDoesNot) {
  for (const auto* const text : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "11.0.0.1", "193.0.0.1",
                                 "2a00:1450:4001::1", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"}) {
    EXPECT_TRUE(is_public_text(text)) << text;
  }
}

}  // namespace
}  // namespace horad::edge
