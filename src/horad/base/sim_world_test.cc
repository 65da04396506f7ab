// SPDX-License-Identifier: Apache-2.0
#include "horad/base/sim_world.h"

#include <gtest/gtest.h>

#include <set>

#include "horad/base/bytes.h"

namespace horad::base {
namespace {

std::string content(Disk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::kRead);
  if (!file) return "<" + file.error().detail + ">";
  std::string bytes((*file)->size().value_or(0), '\0');
  const auto n = (*file)->read_at(0, std::as_writable_bytes(std::span{bytes}));
  return n ? bytes.substr(0, *n) : "<" + n.error().detail + ">";
}

std::unique_ptr<File> make(Disk& disk, const std::string& path, std::string_view text) {
  auto file = disk.open(path, OpenMode::kCreate);
  EXPECT_TRUE(file);
  EXPECT_TRUE((*file)->write_at(0, as_bytes(text)));
  return std::move(*file);
}

TEST(SimDisk, KeepsWhatWasSyncedThroughEveryCrash) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(disk.make_dir("/d"));
    ASSERT_TRUE(disk.sync_dir(""));
    const auto file = make(disk, "/d/a", "hello");
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.sync_dir("/d"));
    disk.crash(seed);
    EXPECT_EQ(content(disk, "/d/a"), "hello");
  }
}

TEST(SimDisk, MayLoseKeepOrTearWhatWasNot) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    SimDisk disk;
    const auto file = make(disk, "/a", std::string(1024, 'o'));
    ASSERT_TRUE(file->sync());
    ASSERT_TRUE(disk.sync_dir(""));
    ASSERT_TRUE(file->write_at(0, as_bytes(std::string(1024, 'n'))));
    disk.crash(seed);
    const auto after = content(disk, "/a");
    seen.insert({after.front(), after.back()});
    EXPECT_EQ(after.find_first_not_of(after[0], 0) % 512,
              after.find_first_not_of(after[0], 0) == std::string::npos ? 511u : 0u);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"oo", "on", "no", "nn"}));
}

TEST(SimDisk, NamesNeedTheFolderSynced) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SimDisk disk;
    ASSERT_TRUE(make(disk, "/a", "old")->sync());
    ASSERT_TRUE(disk.sync_dir(""));
    ASSERT_TRUE(make(disk, "/b", "new")->sync());
    ASSERT_TRUE(disk.rename("/b", "/a"));
    disk.crash(seed);
    seen.insert(content(disk, "/a"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"old", "new"}));
}

TEST(SimDisk, HandlesOfBeforeACrashAreDead) {
  SimDisk disk;
  const auto file = make(disk, "/a", "x");
  disk.crash(1);
  EXPECT_EQ(file->write_at(0, as_bytes("y")).error().code, ErrorCode::kIo);
}

TEST(SimDisk, FailsTheNthCallOnThatPathOnce) {
  SimDisk disk;
  const auto file = make(disk, "/a", "x");
  const auto other = make(disk, "/b", "x");
  disk.fail(SimCall::kSync, 2, ErrorCode::kIo, "/a");
  EXPECT_TRUE(other->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(other->sync());
  EXPECT_EQ(file->sync().error().code, ErrorCode::kIo);
  EXPECT_TRUE(file->sync());
}

TEST(SimDisk, AFailedSyncHasLostTheBytesEvenIfTheNextOneSucceeds) {
  SimDisk disk;
  const auto file = make(disk, "/a", "old");
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(disk.sync_dir(""));
  ASSERT_TRUE(file->write_at(0, as_bytes("new")));
  disk.fail(SimCall::kSync, 1, ErrorCode::kIo);
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(content(disk, "/a"), "new");
  disk.crash(3);
  EXPECT_EQ(content(disk, "/a"), "old");
}

TEST(SimDisk, FillsUpAndHasRoomAgain) {
  SimDisk disk;
  disk.set_capacity(10);
  const auto file = make(disk, "/a", "12345");
  EXPECT_EQ(*disk.free_space("/"), 5u);
  EXPECT_EQ(file->allocate(11).error().code, ErrorCode::kStorageFull);
  EXPECT_TRUE(file->allocate(10));
  ASSERT_TRUE(disk.remove("/a"));
  EXPECT_EQ(*disk.free_space("/"), 10u);
}

TEST(SimDisk, PowerCutStopsEverythingUntilTheCrash) {
  SimDisk disk;
  const auto file = make(disk, "/a", "x");
  disk.cut_power_after(1);
  EXPECT_TRUE(file->sync());
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(disk.exists("/a"));
  disk.crash(1);
  EXPECT_TRUE(disk.exists("/a"));
}

TEST(SimDisk, OneHolderOfALock) {
  SimDisk disk;
  auto first = disk.lock("/LOCK");
  ASSERT_TRUE(first);
  EXPECT_EQ(disk.lock("/LOCK").error().code, ErrorCode::kBusy);
  first->reset();
  EXPECT_TRUE(disk.lock("/LOCK"));
}

TEST(SimDisk, ListsOneLevelInOrder) {
  SimDisk disk;
  ASSERT_TRUE(disk.make_dir("/d/e"));
  make(disk, "/d/z", "");
  make(disk, "/d/a", "");
  make(disk, "/d/e/inner", "");
  EXPECT_EQ(*disk.list("/d"), (std::vector<std::string>{"a", "e", "z"}));
}

TEST(SimClock, StandsStillUntilTold) {
  SimClock clock;
  const auto start = clock.now();
  EXPECT_EQ(clock.now(), start);
  clock.advance(std::chrono::seconds{5});
  EXPECT_EQ(clock.now() - start, std::chrono::seconds{5});
  EXPECT_EQ(clock.steady(), std::chrono::seconds{5});
}

TEST(SeededRandom, RepeatsItself) {
  SeededRandom a{7};
  SeededRandom b{7};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

}  // namespace
}  // namespace horad::base
