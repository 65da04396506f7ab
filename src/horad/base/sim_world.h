// SPDX-License-Identifier: Apache-2.0
// The world as a test wants it: a clock that is told the time, random numbers from a seed, and a disk in memory that
// forgets what was not synced, tears, fills up, breaks and flips bits on request. For tests of every room; no program
// links it in.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/world.h"

namespace horad::base {

/// Stands still until told otherwise. Any thread.
class SimClock final : public Clock {
 public:
  explicit SimClock(Timestamp start = Timestamp{std::chrono::seconds{1'700'000'000}})
      : now_(start.time_since_epoch().count()) {}
  Timestamp now() const override { return Timestamp{Duration{now_.load()}}; }
  Duration steady() const override { return Duration{steady_.load()}; }
  void advance(Duration by) {
    now_ += by.count();
    steady_ += by.count();
  }
  /// Steps the wall clock only, also backwards.
  void set(Timestamp at) { now_ = at.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_;
  std::atomic<std::int64_t> steady_{0};
};

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed, in the order of the calls. Any thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override;
  /// Uniform in [0, bound); 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

 private:
  std::atomic<std::uint64_t> state_;
};

enum class SimCall : std::uint8_t { kOpen, kRead, kWrite, kSync, kAllocate, kRename, kSyncDir };

/// A disk in memory that keeps apart what is visible now and what would survive a power cut.
///   * write, truncate, allocate: visible at once, durable after File::sync.
///   * create, rename, remove: visible at once, durable after sync_dir of the folder.
///   * crash(): each unsynced write survives, is lost, or survives in some of its 512-byte sectors; of the unsynced
///   name changes of
///     each folder a prefix survives. All by the seed. Open files and locks of before are dead: they answer kIo.
///   * a sync that fails has dropped what it should have kept: it stays visible, and is gone after a crash.
/// Any thread; every call takes one lock.
class SimDisk final : public Disk {
 public:
  SimDisk();
  ~SimDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& dir) override;
  Result<void> make_dir(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_dir(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;

  /// The `nth` call (1 is the next) of this kind on a path that contains `path_part` fails with `code`, once.
  void fail(SimCall call, std::size_t nth, ErrorCode code, std::string path_part = {});
  /// After `calls` more calls that change something, every call fails with kIo until crash().
  void cut_power_after(std::size_t calls);
  void cut_power() { cut_power_after(0); }
  /// The machine goes down and comes up again, see above. Ends every fault that was asked for but the capacity.
  void crash(std::uint64_t seed);
  /// Room for so many bytes in all files together, names not counted.
  void set_capacity(std::uint64_t bytes);
  /// Flips one bit in the file, visibly and durably. The file must be that long.
  void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);

  struct State;  // inside sim_world.cc

 private:
  std::shared_ptr<State> state_;
};

}  // namespace horad::base
