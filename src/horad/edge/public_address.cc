// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/public_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace horad::edge {
namespace {

struct Range4 {
  std::uint32_t first;
  int bits;
};

constexpr std::array<Range4, 15> kNotPublic{{
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local, where clouds keep their metadata
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // relays of 6to4
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // measuring
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast
}};

bool is_public4(std::uint32_t address) noexcept {
  return std::ranges::none_of(kNotPublic, [&](const Range4& range) {
    const int shift = 32 - range.bits;
    return address >> shift == range.first >> shift;
  });
}

std::uint32_t four_at(const std::uint8_t* bytes) noexcept {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

bool is_public6(const std::uint8_t* bytes) noexcept {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr std::uint8_t kTranslated[12] = {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (std::memcmp(bytes, kMapped, 12) == 0 || std::memcmp(bytes, kTranslated, 12) == 0) {
    return is_public4(four_at(bytes + 12));
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return is_public4(four_at(bytes + 2));  // 6to4
  const bool documentation = four_at(bytes) == 0x20010db8;
  const bool assignments = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02;  // Teredo and others
  return (bytes[0] & 0xe0) == 0x20 && !documentation && !assignments;  // 2000::/3 is all there is of unicast
}

}  // namespace

bool is_public(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return is_public4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    return is_public6(six.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace horad::edge
