// SPDX-License-Identifier: Apache-2.0
// The world as it is: the machine's clocks, the kernel's random bytes, a POSIX file system.
#pragma once

#include <memory>

#include "horad/base/world.h"

namespace horad::base {

class SystemClock final : public Clock {
 public:
  Timestamp now() const override;
  Duration steady() const override;
};

/// Bits from the kernel. Stops the program when the kernel has none to give, which does not happen after boot.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// Files of the operating system. Calls interrupted by signals are taken up again. `sync` is fdatasync. Any thread;
/// each File as world.h says. ENOSPC and EDQUOT become kStorageFull, ENOENT kNotFound, everything else kIo; the detail
/// names call and path.
class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& dir) override;
  Result<void> make_dir(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> sync_dir(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;
};

}  // namespace horad::base
