// SPDX-License-Identifier: Apache-2.0
// The process is stopped dead at each named point, on the real disk, and started again: nothing acknowledged is
// missing.
#include "horad/store/kill_points.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>

#include "horad/base/real_world.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using testing::always;
using testing::created;
using testing::number_attribute;
using testing::wait_for;

constexpr int kStopped = 77;
constexpr std::int64_t kWrites = 400;
constexpr std::int64_t kIds = 40;
constexpr std::int64_t kLife = 1'000'000;  // values of the nth child begin at nth * kLife

struct Acknowledged {  // what the child tells its parent, as bytes in a pipe
  std::int64_t id;
  std::int64_t value;
};

Options options_in(const std::string& directory) {
  Options options;
  options.directory = directory;
  options.segment_bytes = 4 << 10;
  options.checkpoint_every_bytes = 6 << 10;
  return options;
}

std::string id_of(std::int64_t id) { return fmt::format("urn:{}", id); }

/// Runs in the child: writes until the kill point stops it for the `nth` time it comes by.
[[noreturn]] void write_until_stopped(const std::string& directory, std::string_view point, int nth, int pipe) {
  base::PosixDisk disk;
  base::SystemClock clock;
  model::Names names;
  const auto value_name = *names.intern("https://example.org/value");
  const auto type = *names.intern("https://example.org/T");
  auto options = options_in(directory);
  std::atomic<int> left = nth;
  options.kill_point = [&](std::string_view name) {
    if (name == point && --left == 0) ::_exit(kStopped);
  };
  auto store = Store::open(disk, clock, names, options);
  if (!store) ::_exit(1);
  for (std::int64_t i = nth * kLife; i < nth * kLife + kWrites; ++i) {
    const auto written = wait_for<Written>([&](auto done) {
      (*store)->write({{}, id_of(i % kIds)}, always(created({type}, {number_attribute(value_name, i)})),
                      std::move(done));
    });
    const Acknowledged told{i % kIds, i};
    if (!written || ::write(pipe, &told, sizeof told) != sizeof told) ::_exit(2);
  }
  ::_exit(3);
}

/// The child's body: this program starts itself again for it, because threads (RocksDB's) do not survive a fork.
class ChildBody : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* const directory = std::getenv("HORAD_KILL_DIRECTORY");
    if (!directory) return;
    write_until_stopped(directory, std::getenv("HORAD_KILL_POINT"), std::atoi(std::getenv("HORAD_KILL_NTH")),
                        std::atoi(std::getenv("HORAD_KILL_PIPE")));
  }
};
const ::testing::Environment* const kChildBody = ::testing::AddGlobalTestEnvironment(new ChildBody);

/// What was acknowledged before the child stopped, in order.
std::vector<Acknowledged> run_child(const std::string& directory, std::string_view point, int nth, int& status) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  std::vector<std::string> variables{"HORAD_KILL_DIRECTORY=" + directory, fmt::format("HORAD_KILL_POINT={}", point),
                                     fmt::format("HORAD_KILL_NTH={}", nth), fmt::format("HORAD_KILL_PIPE={}", ends[1])};
  std::vector<std::string> words{"horad_store_test", "--gtest_filter=LogFrame.*", "--gtest_brief=1"};
  const auto pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  };
  pid_t child = 0;
  EXPECT_EQ(
      ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, pointers(words).data(), pointers(variables).data()), 0);
  ::close(ends[1]);
  std::vector<Acknowledged> all;
  Acknowledged told{};
  while (::read(ends[0], &told, sizeof told) == sizeof told) all.push_back(told);
  ::close(ends[0]);
  ::waitpid(child, &status, 0);
  return all;
}

class KillPoints : public ::testing::TestWithParam<std::string_view> {
 protected:
  KillPoints() {
    std::string pattern = ::testing::TempDir() + "/horad-kill-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~KillPoints() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_P(KillPoints, LosesNothingAcknowledged) {
  std::map<std::int64_t, std::int64_t> newest;
  for (const int nth : {1, 2}) {
    int status = 0;
    const auto acknowledged = run_child(directory_, GetParam(), nth, status);
    for (const auto& [id, value] : acknowledged) newest[id] = value;
    const std::int64_t unanswered = acknowledged.empty() ? nth * kLife : acknowledged.back().value + 1;
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), kStopped) << "the point was not reached";
    base::PosixDisk disk;
    base::SystemClock clock;
    model::Names names;
    const auto value_name = *names.intern("https://example.org/value");
    auto store = Store::open(disk, clock, names, options_in(directory_));
    ASSERT_TRUE(store) << store.error().detail;
    for (const auto& [id, value] : newest) {
      const auto document =
          wait_for<model::Document>([&](auto done) { (*store)->read({{}, id_of(id)}, std::move(done)); });
      ASSERT_TRUE(document) << id;
      const auto found = document->view().find(value_name)->value().as_integer();
      EXPECT_TRUE(found == value || (found == unanswered && unanswered % kIds == id))
          << found << " instead of " << value;
      if (found == unanswered) newest[id] = found;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, KillPoints, ::testing::ValuesIn(kill::kAll),
                         [](const auto& point) { return std::string{point.param}; });

}  // namespace
}  // namespace horad::store
