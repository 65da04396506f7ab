// SPDX-License-Identifier: Apache-2.0
#include "horad/base/real_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "horad/base/bytes.h"

namespace horad::base {
namespace {

/// A folder of its own for each test, gone afterwards.
class PosixDiskTest : public testing::Test {
 protected:
  PosixDiskTest() {
    std::string pattern = testing::TempDir() + "/horad-disk-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(dir_); }
  std::string path(std::string_view name) const { return fmt::format("{}/{}", dir_, name); }

  PosixDisk disk_;
  std::string dir_;
};

TEST_F(PosixDiskTest, WritesReadsGrowsAndCuts) {
  auto file = disk_.open(path("a"), OpenMode::kCreate);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write_at(3, as_bytes("abc")));
  ASSERT_TRUE((*file)->sync());
  std::string got(10, '?');
  EXPECT_EQ(*(*file)->read_at(0, std::as_writable_bytes(std::span{got})), 6u);
  EXPECT_EQ(got.substr(0, 6), (std::string{"\0\0\0abc", 6}));
  ASSERT_TRUE((*file)->allocate(4096));
  EXPECT_EQ(*(*file)->size(), 4096u);
  ASSERT_TRUE((*file)->truncate(2));
  EXPECT_EQ(*(*file)->size(), 2u);
}

TEST_F(PosixDiskTest, TellsWhatIsMissing) {
  EXPECT_EQ(disk_.open(path("none"), OpenMode::kRead).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(disk_.list(path("none")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(*disk_.exists(path("none")));
}

TEST_F(PosixDiskTest, NamesComeAndGo) {
  ASSERT_TRUE(disk_.make_dir(path("x/y/z")));
  ASSERT_TRUE(disk_.make_dir(path("x/y/z")));
  ASSERT_TRUE(disk_.open(path("x/b"), OpenMode::kCreate));
  ASSERT_TRUE(disk_.rename(path("x/b"), path("x/a")));
  ASSERT_TRUE(disk_.sync_dir(path("x")));
  EXPECT_EQ(*disk_.list(path("x")), (std::vector<std::string>{"a", "y"}));
  EXPECT_FALSE(disk_.remove(path("x")));
  ASSERT_TRUE(disk_.remove(path("x/a")));
  EXPECT_FALSE(*disk_.exists(path("x/a")));
}

TEST_F(PosixDiskTest, OneHolderOfALockNamedByItsProcess) {
  auto first = disk_.lock(path("LOCK"));
  ASSERT_TRUE(first);
  const auto second = disk_.lock(path("LOCK"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
  EXPECT_NE(second.error().detail.find(std::to_string(::getpid())), std::string::npos) << second.error().detail;
  first->reset();
  EXPECT_TRUE(disk_.lock(path("LOCK")));
}

TEST_F(PosixDiskTest, KnowsTheFreeSpace) { EXPECT_GT(*disk_.free_space(dir_), 0u); }

TEST(SystemClock, SteadyNeverGoesBack) {
  const SystemClock clock;
  auto last = clock.steady();
  for (int i = 0; i < 1000; ++i) {
    const auto now = clock.steady();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(SystemRandom, DoesNotRepeat) {
  SystemRandom random;
  EXPECT_NE(random.next(), random.next());
}

}  // namespace
}  // namespace horad::base
