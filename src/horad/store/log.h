// SPDX-License-Identifier: Apache-2.0
// The change log of one shard: the only thing on the path of an acknowledgement. Format and recovery:
// docs/formats/log.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/store/store.h"

namespace horad::store {

struct LogOptions {
  std::string directory;  // made when missing
  std::uint32_t shard = 0;
  std::uint64_t segment_bytes = 64ull << 20;
  KillPoint kill_point;
};

/// One writer thread calls reserve, append, commit and trim. begin, end and read may be called from any thread.
class Log {
 public:
  static constexpr std::size_t kMostPayload = 64u << 20;

  /// Opens the log, finds its end, clears a torn end away.
  ///   reach    the checkpoint position: the log must reach it; where a log without segments begins
  ///   errors   kDamaged (file and offset), kWrongVersion, kIo, kStorageFull
  static Result<std::unique_ptr<Log>> open(base::Disk& disk, LogOptions options, Position reach);
  ~Log();

  /// Makes sure that a record with a payload of this size can be appended, with a new segment when it must be; what was
  /// appended before is then written and synced first.
  ///   errors   kStorageFull: no room for a segment, nothing changed, ask again later; kTooLarge;
  ///            kUnavailable: an earlier failure has stopped the log; kIo: this failure stopped it
  Result<void> reserve(std::size_t payload_bytes);
  /// Appends to memory; reserve() for it must have succeeded just before. Returns the position after the record.
  Position append(std::string_view payload);
  /// Writes what was appended, one write, and syncs, once. After an error the log takes nothing more until it is opened
  /// again: what the file holds is not known. Errors: kIo.
  Result<void> commit(bool sync = true);

  /// Deletes whole segments that end at or before `before`; the last one always stays.
  void trim(Position before);

  Position begin() const;  // position before the oldest record there is
  Position end() const noexcept { return end_.load(std::memory_order_acquire); }  // what commit() has brought home
  std::uint64_t synced_bytes() const noexcept { return synced_bytes_; }           // writer only
  std::uint64_t file_bytes() const;                                               // size of all segment files
  bool broken() const noexcept { return broken_; }                                // writer only

  /// Gives the committed records after `from` in order, each with the position after it, until `take` says false or the
  /// end.
  ///   errors   kNotFound: `from` is before begin(); kDamaged (file and offset), also when `from` is inside a record;
  ///   kIo
  Result<void> read(Position from, const std::function<bool(Position after, std::string_view payload)>& take) const;

 private:
  struct Segment {
    Position base = 0;
    std::uint64_t file_size = 0;
    std::string path;
  };
  Log(base::Disk& disk, LogOptions options);
  Result<void> find_segments();
  Result<void> open_last(Position reach);
  Result<void> check_header(const Segment& segment, std::string_view bytes) const;
  Result<void> clear_after(std::uint64_t offset, std::string_view bytes);
  Result<void> make_segment(Position base, std::uint64_t size);
  Result<void> fill_new_file(base::File& file, Position base, std::uint64_t size) const;
  Result<void> next_segment(std::size_t record_bytes);
  Result<Position> read_segment(const Segment& segment, Position from, Position limit, bool& more,
                                const std::function<bool(Position, std::string_view)>& take) const;
  Result<void> stop(Error error);
  void kill(std::string_view name) const {
    if (options_.kill_point) options_.kill_point(name);
  }

  base::Disk& disk_;
  const LogOptions options_;
  std::unique_ptr<base::File> file_;  // of the last segment
  std::string pending_;               // appended, not written
  Position next_ = 0;                 // position after the last appended record
  Position synced_ = 0;
  std::uint64_t synced_bytes_ = 0;
  bool broken_ = false;
  std::atomic<Position> end_{0};
  mutable std::mutex mutex_;  // guards segments_, which readers look at
  std::vector<Segment> segments_;
};

}  // namespace horad::store
