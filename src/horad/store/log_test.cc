// SPDX-License-Identifier: Apache-2.0
#include "horad/store/log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "horad/base/bytes.h"
#include "horad/base/sim_world.h"
#include "horad/store/log_frame.h"

namespace horad::store {
namespace {

using base::SeededRandom;
using base::SimCall;
using base::SimDisk;

LogOptions small(std::uint64_t segment_bytes = 4096) { return {"/log", 0, segment_bytes, {}}; }

std::unique_ptr<Log> open(SimDisk& disk, Position reach = 0) {
  auto log = Log::open(disk, small(), reach);
  EXPECT_TRUE(log) << log.error().detail;
  EXPECT_TRUE(disk.sync_dir(""));
  return log ? std::move(*log) : nullptr;
}

Position put(Log& log, std::string_view payload) {
  EXPECT_TRUE(log.reserve(payload.size()));
  return log.append(payload);
}

std::vector<std::string> payloads(const Log& log, Position from = 0) {
  std::vector<std::string> out;
  const auto done = log.read(from, [&](Position, std::string_view payload) {
    out.emplace_back(payload);
    return true;
  });
  EXPECT_TRUE(done) << done.error().detail;
  return out;
}

TEST(Log, GivesBackWhatWasCommittedAcrossSegmentsAndRestarts) {
  SimDisk disk;
  std::vector<std::string> want;
  auto log = open(disk);
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 5; ++i) {
      want.push_back(fmt::format("{}-{}", round, std::string(static_cast<std::size_t>(i) * 60 + 1, 'x')));
      put(*log, want.back());
    }
    ASSERT_TRUE(log->commit());
    if (round % 7 == 0) {
      const auto end = log->end();
      log = open(disk);
      EXPECT_EQ(log->end(), end);
    }
  }
  EXPECT_EQ(payloads(*log), want);
  EXPECT_GT(disk.list("/log")->size(), 3u);
}

TEST(Log, ShowsNothingBeforeItIsCommitted) {
  SimDisk disk;
  const auto log = open(disk);
  put(*log, "a");
  EXPECT_TRUE(payloads(*log).empty());
  ASSERT_TRUE(log->commit());
  EXPECT_EQ(payloads(*log).size(), 1u);
}

TEST(Log, ReadsFromAPositionAndStopsWhenTold) {
  SimDisk disk;
  const auto log = open(disk);
  const Position a = put(*log, "a");
  const Position b = put(*log, "b");
  put(*log, "c");
  ASSERT_TRUE(log->commit());
  EXPECT_EQ(payloads(*log, a), (std::vector<std::string>{"b", "c"}));
  std::vector<Position> seen;
  ASSERT_TRUE(log->read(0, [&](Position after, std::string_view) {
    seen.push_back(after);
    return seen.size() < 2;
  }));
  EXPECT_EQ(seen, (std::vector<Position>{a, b}));
  EXPECT_EQ(log->read(a + 1, [](Position, std::string_view) { return true; }).error().code, ErrorCode::kDamaged);
}

TEST(Log, TakesRecordsLargerThanASegmentAndRefusesTooLargeOnes) {
  SimDisk disk;
  const auto log = open(disk);
  const std::string large(3 << 20, 'L');
  put(*log, "before");
  put(*log, large);
  put(*log, "after");
  ASSERT_TRUE(log->commit());
  EXPECT_EQ(payloads(*log), (std::vector<std::string>{"before", large, "after"}));
  EXPECT_EQ(log->reserve(Log::kMostPayload + 1).error().code, ErrorCode::kTooLarge);
}

TEST(Log, TrimsWholeSegmentsAndSaysWhatIsGone) {
  SimDisk disk;
  const auto log = open(disk);
  Position middle = 0;
  for (int i = 0; i < 100; ++i) {
    const Position after = put(*log, std::string(200, 'x'));
    ASSERT_TRUE(log->commit());
    if (i == 50) middle = after;
  }
  log->trim(middle);
  EXPECT_LE(log->begin(), middle);
  EXPECT_GT(log->begin(), 0u);
  EXPECT_EQ(log->read(0, [](Position, std::string_view) { return true; }).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(payloads(*log, middle).size(), 49u);
  log->trim(log->end());
  EXPECT_EQ(disk.list("/log")->size(), 1u);
}

TEST(Log, NeverLosesWhatWasCommittedInAnyCrash) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SimDisk disk;
    SeededRandom random{seed};
    std::vector<std::string> committed;
    std::vector<std::string> loose;
    auto log = open(disk);
    disk.cut_power_after(random.below(60));
    for (int i = 0; i < 200; ++i) {
      const std::string payload = fmt::format("{}:{}", i, std::string(random.below(900), 'p'));
      if (!log->reserve(payload.size())) break;
      log->append(payload);
      loose.push_back(payload);
      if (random.below(3) != 0) continue;
      if (!log->commit()) break;
      committed.insert(committed.end(), loose.begin(), loose.end());
      loose.clear();
    }
    disk.crash(seed);
    log = open(disk);
    ASSERT_TRUE(log) << "seed " << seed;
    auto got = payloads(*log);
    ASSERT_GE(got.size(), committed.size()) << "seed " << seed;
    committed.insert(committed.end(), loose.begin(), loose.end());
    ASSERT_LE(got.size(), committed.size()) << "seed " << seed;
    committed.resize(got.size());  // some of the last group may have survived: a prefix, whole
    EXPECT_EQ(got, committed) << "seed " << seed;
    put(*log, "next");
    ASSERT_TRUE(log->commit());
    disk.crash(seed + 1);
    log = open(disk);
    got.push_back("next");
    EXPECT_EQ(payloads(*log), got) << "seed " << seed;
  }
}

TEST(Log, TellsDamageInTheMiddleFromATornEnd) {
  SimDisk disk;
  auto log = open(disk);
  for (int i = 0; i < 5; ++i) {
    put(*log, std::string(100, 'x'));
    ASSERT_TRUE(log->commit());
  }
  log.reset();
  const std::uint64_t record = kRecordHeaderBytes + 100;
  disk.flip_bit("/log/" + segment_name(0), kSegmentHeaderBytes + 2 * record + 50, 3);
  const auto reopened = Log::open(disk, small(), 0);
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code, ErrorCode::kDamaged);
  EXPECT_NE(reopened.error().detail.find(fmt::format("offset {}", kSegmentHeaderBytes + 2 * record)), std::string::npos)
      << reopened.error().detail;
}

TEST(Log, FindsDamageInAnEarlierSegmentWhenItReads) {
  SimDisk disk;
  auto log = open(disk);
  for (int i = 0; i < 60; ++i) {
    put(*log, std::string(100, 'x'));
    ASSERT_TRUE(log->commit());
  }
  disk.flip_bit("/log/" + segment_name(0), 500, 0);
  EXPECT_EQ(log->read(0, [](Position, std::string_view) { return true; }).error().code, ErrorCode::kDamaged);
}

TEST(Log, MustReachItsCheckpoint) {
  SimDisk disk;
  open(disk);
  EXPECT_EQ(Log::open(disk, small(), 100).error().code, ErrorCode::kDamaged);
  SimDisk empty;
  EXPECT_EQ(Log::open(empty, small(), 100).error().code, ErrorCode::kDamaged);
}

TEST(Log, RefusesAnotherFormatAndAnotherShard) {
  SimDisk disk;
  open(disk);
  auto file = disk.open("/log/" + segment_name(0), base::OpenMode::kReadWrite);
  ASSERT_TRUE((*file)->write_at(0, base::as_bytes(encode_segment_header({2, 0, 0}))));
  EXPECT_EQ(Log::open(disk, small(), 0).error().code, ErrorCode::kWrongVersion);
  ASSERT_TRUE((*file)->write_at(0, base::as_bytes(encode_segment_header({1, 7, 0}))));
  EXPECT_EQ(Log::open(disk, small(), 0).error().code, ErrorCode::kDamaged);
}

TEST(Log, AFailedSyncStopsItUntilItIsOpenedAgain) {
  SimDisk disk;
  auto log = open(disk);
  put(*log, "kept");
  ASSERT_TRUE(log->commit());
  put(*log, "lost");
  disk.fail(SimCall::kSync, 1, ErrorCode::kIo);
  EXPECT_EQ(log->commit().error().code, ErrorCode::kIo);
  EXPECT_EQ(log->reserve(1).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(log->commit().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(payloads(*log), std::vector<std::string>{"kept"});
  log.reset();
  disk.crash(1);
  EXPECT_EQ(payloads(*open(disk)), std::vector<std::string>{"kept"});
}

TEST(Log, AFullDiskRefusesAndHealsWithoutARestart) {
  SimDisk disk;
  disk.set_capacity(6000);
  const auto log = open(disk);
  std::size_t taken = 0;
  while (log->reserve(100)) {
    log->append(std::string(100, 'x'));
    ASSERT_TRUE(log->commit());
    ++taken;
  }
  EXPECT_EQ(log->reserve(100).error().code, ErrorCode::kStorageFull);
  EXPECT_FALSE(log->broken());
  EXPECT_TRUE(log->reserve(1).has_value() || !log->broken());
  disk.set_capacity(100'000);
  put(*log, "room again");
  ASSERT_TRUE(log->commit());
  EXPECT_EQ(payloads(*log).size(), taken + 1);
}

TEST(LogFrame, NamesAndHeadersReadBack) {
  EXPECT_EQ(parse_segment_name(segment_name(0x1234abcd)), Position{0x1234abcd});
  EXPECT_FALSE(parse_segment_name("log-1.seg"));
  EXPECT_FALSE(parse_segment_name("log-000000000000000G.seg"));
  const auto header = decode_segment_header(encode_segment_header({1, 3, 77}));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->shard, 3u);
  EXPECT_EQ(header->base, 77u);
}

}  // namespace
}  // namespace horad::store
