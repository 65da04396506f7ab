// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/entity_maps.h"

#include <gtest/gtest.h>

namespace horad::broker {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kNow{1'000h};

EntityMap map_of(const std::string& id, std::vector<std::string> ids, Timestamp ends = kNow + 1h) {
  EntityMap out{id, ends, {}};
  for (auto& one : ids) out.entries.push_back({std::move(one), {std::string{kLocalSource}}});
  return out;
}

TEST(EntityMaps, BelongToOneTenant) {
  EntityMaps maps;
  ASSERT_TRUE(maps.add("a", map_of("urn:m", {"urn:1"}), kNow));
  EXPECT_TRUE(maps.find("a", "urn:m", kNow));
  EXPECT_FALSE(maps.find("b", "urn:m", kNow));
  EXPECT_FALSE(maps.remove("b", "urn:m", kNow));
  EXPECT_TRUE(maps.remove("a", "urn:m", kNow));
  EXPECT_FALSE(maps.remove("a", "urn:m", kNow));
}

TEST(EntityMaps, EndByThemselves) {
  EntityMaps maps;
  ASSERT_TRUE(maps.add("", map_of("urn:m", {"urn:1"}, kNow + 5s), kNow));
  EXPECT_TRUE(maps.find("", "urn:m", kNow + 4s));
  EXPECT_FALSE(maps.find("", "urn:m", kNow + 5s));
  EXPECT_FALSE(maps.set_expiry("", "urn:m", kNow + 1h, kNow + 5s));
}

TEST(EntityMaps, LiveAtMostADay) {
  EXPECT_EQ(EntityMaps::expiry(kNow, std::nullopt), kNow + EntityMaps::kLifetime);
  EXPECT_EQ(EntityMaps::expiry(kNow, 5min), kNow + 5min);
  EXPECT_EQ(EntityMaps::expiry(kNow, 24h * 3650), kNow + 24h);
  EntityMaps maps;
  ASSERT_TRUE(maps.add("", map_of("urn:m", {}), kNow));
  ASSERT_TRUE(maps.set_expiry("", "urn:m", kNow + 24h * 365, kNow));
  EXPECT_EQ(maps.find("", "urn:m", kNow)->expires_at, kNow + 24h);
}

TEST(EntityMaps, GiveTheirEntriesInOrderAndForgetThoseThatAreGone) {
  EntityMaps maps;
  ASSERT_TRUE(maps.add("", map_of("urn:m", {"urn:3", "urn:1", "urn:2"}), kNow));
  const auto later = maps.part("", "urn:m", 1, 5, kNow);
  ASSERT_EQ(later->entries.size(), 2u);
  EXPECT_EQ(later->entries[0].id, "urn:1");
  EXPECT_EQ(later->entries[1].id, "urn:2");
  maps.prune("", "urn:m", {"urn:1", "urn:7"});
  const auto part = maps.part("", "urn:m", 0, 1, kNow);
  ASSERT_EQ(part->entries.size(), 1u);
  EXPECT_EQ(part->entries[0].id, "urn:3");
  EXPECT_EQ(part->count, 2u);
  EXPECT_FALSE(maps.part("", "urn:other", 0, 1, kNow));
}

TEST(EntityMaps, AreBounded) {
  EntityMaps maps;
  for (std::size_t i = 0; i < EntityMaps::kMostMaps; ++i) {
    ASSERT_TRUE(maps.add("", map_of("urn:" + std::to_string(i), {}, kNow + 1min), kNow));
  }
  EXPECT_EQ(maps.add("", map_of("urn:more", {}), kNow).error().code, ErrorCode::kOverloaded);
  EXPECT_TRUE(maps.add("other", map_of("urn:more", {}), kNow));
  EXPECT_TRUE(maps.add("", map_of("urn:more", {}), kNow + 1min));  // the others have ended
  EntityMap large{"urn:large", kNow + 1h, std::vector<MapEntry>(EntityMaps::kMostEntries + 1)};
  EXPECT_EQ(maps.add("", std::move(large), kNow).error().code, ErrorCode::kTooManyResults);
}

}  // namespace
}  // namespace horad::broker
