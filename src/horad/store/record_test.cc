// SPDX-License-Identifier: Apache-2.0
#include "horad/store/record.h"

#include <gtest/gtest.h>

#include "horad/store/random_city.h"

namespace horad::store {
namespace {

using testing::RandomCity;

bool same(const model::Change& a, const model::Change& b) {
  const bool same_past = !a.history ? !b.history : b.history && *a.history == *b.history;
  return a.kind == b.kind && a.types == b.types && a.scopes == b.scopes && a.set == b.set && a.removed == b.removed &&
         a.expires_at == b.expires_at && a.expired == b.expired && a.times == b.times && same_past;
}

TEST(Record, ReadsBackWhatWasWritten) {
  model::Names names;
  RandomCity city{names, 3};
  for (int i = 0; i < 500; ++i) {
    const auto address = city.address();
    const auto change = city.change(i % 2 == 0);
    const Timestamp at{std::chrono::nanoseconds{static_cast<std::int64_t>(city.below(1ULL << 60))}};
    std::string bytes;
    append_record(bytes, address, at, change, names);
    const auto record = decode_record(bytes, names);
    ASSERT_TRUE(record) << record.error().detail;
    EXPECT_EQ(record->address, address);
    EXPECT_EQ(record->at, at);
    EXPECT_TRUE(same(record->change, change));
  }
}

TEST(Record, KeepsTheTimesOfACopyInASnapshot) {
  model::Names names;
  RandomCity city{names, 5};
  const Address address{{"brest/7", Space::kSnapshot}, "urn:a"};
  auto change = city.change(false);  // only what is created can be a copy
  change.times = {Timestamp{std::chrono::seconds{1}}, Timestamp{std::chrono::seconds{-2}}};
  std::string bytes;
  append_record(bytes, address, Timestamp{}, change, names);
  const auto record = decode_record(bytes, names);
  ASSERT_TRUE(record) << record.error().detail;
  EXPECT_EQ(record->address, address);
  EXPECT_TRUE(same(record->change, change));
}

TEST(Record, RefusesDamagedBytesWithoutHarm) {
  model::Names names;
  RandomCity city{names, 4};
  for (int i = 0; i < 300; ++i) {
    std::string bytes;
    append_record(bytes, city.address(), Timestamp{}, city.change(false), names);
    for (int hit = 0; hit < 10; ++hit) {
      std::string damaged = bytes;
      if (city.one_in(3)) {
        damaged.resize(city.below(damaged.size()));
      } else {
        damaged[city.below(damaged.size())] ^= static_cast<char>(1 << city.below(8));
      }
      static_cast<void>(decode_record(damaged, names));  // any answer is fine, a crash is not
    }
    EXPECT_FALSE(decode_record(bytes + "x", names));
    EXPECT_FALSE(decode_record({}, names));
  }
}

TEST(Record, NamesTheVersionItCannotRead) {
  model::Names names;
  EXPECT_EQ(decode_record("\x07zzz", names).error().code, ErrorCode::kWrongVersion);
}

}  // namespace
}  // namespace horad::store
