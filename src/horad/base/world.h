// SPDX-License-Identifier: Apache-2.0
// The interfaces of the world. Everything that is not a pure function of its arguments comes through one of these four,
// so that the engine runs unchanged on real hardware (real_world.h) and under a seeded simulator (sim_world.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"

namespace horad::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;    // wall clock, UTC; may step
  virtual Duration steady() const = 0;  // since some fixed point; never goes back
};

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;  // 64 uniform bits; thread-safe
};

/// One open file. Not thread-safe but for concurrent reads. Closing loses nothing that was synced.
class File {
 public:
  virtual ~File() = default;
  /// Fills `into` from `offset`; returns the bytes read, fewer only at the end of the file. Errors: kIo.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const = 0;
  /// Writes all of `data`, growing the file as needed. Errors: kIo, kStorageFull (part may have been written).
  virtual Result<void> write_at(std::uint64_t offset, std::span<const std::byte> data) = 0;
  /// Returns once data and size are on stable storage. After an error the handle must not be used again: the kernel may
  /// have dropped the pages, and a second call would lie. Errors: kIo, kStorageFull.
  virtual Result<void> sync() = 0;
  /// Reserves space so that writes below `size` cannot fail for lack of it; the new part reads as zeros.
  virtual Result<void> allocate(std::uint64_t size) = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

enum class OpenMode : std::uint8_t { kRead, kReadWrite, kCreate /* read-write; truncates what is there */ };

/// A tree of files. Paths are given whole, with `/`.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path,
                                             OpenMode mode) = 0;  // kNotFound, kIo, kStorageFull
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Result<std::vector<std::string>> list(const std::string& dir) = 0;        // names only, ascending
  virtual Result<void> make_dir(const std::string& path) = 0;                       // parents too; fine when it exists
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;  // atomic; durable after sync_dir
  virtual Result<void> remove(const std::string& path) = 0;                         // file or empty directory
  virtual Result<void> sync_dir(const std::string& path) = 0;                       // makes names in it durable
  virtual Result<std::uint64_t> free_space(const std::string& path) = 0;            // bytes
  /// Holds the file at `path` exclusively until the result is destroyed. Errors: kBusy, with the holder's process id.
  virtual Result<std::unique_ptr<File>> lock(const std::string& path) = 0;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

struct OutboundRequest {
  std::string method;  // GET, POST, ...
  std::string url;     // absolute http or https; what else there may be, the implementation says
  Headers headers;
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // of the whole exchange
  std::size_t body_limit = 0;                   // bytes of the answer; beyond: kTooLarge. 0: that of the implementation
  bool public_only =
      false;  // true: not to loopback, private, link-local or multicast addresses, whatever the name says
};
struct OutboundResponse {
  int status = 0;
  Headers headers;   // names in lower case
  std::string body;  // bounded by the implementation; longer ones are an error
};

/// What Horad asks of other machines: one HTTP exchange at a time.
class Net {
 public:
  using Done = std::move_only_function<void(Result<OutboundResponse>)>;
  virtual ~Net() = default;
  /// Never blocks. Calls `done` exactly once, on a thread of the implementation, also when the Net is destroyed before
  /// the answer came. Errors: kOverloaded (too many in flight), kTimeout, kIo (also an address that `public_only`
  /// forbids), kTooLarge, kInvalidRequest (URL).
  virtual void exchange(OutboundRequest request, Done done) = 0;
};

}  // namespace horad::base
