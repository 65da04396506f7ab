// SPDX-License-Identifier: Apache-2.0
#include "horad/base/real_world.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "horad/base/bytes.h"
#include "horad/base/text.h"

namespace horad::base {
namespace {

std::unexpected<Error> failed(const char* call, const std::string& path, int error = errno) {
  const bool full = error == ENOSPC || error == EDQUOT;
  const auto code = full ? ErrorCode::kStorageFull : error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  return fail(code, fmt::format("{} {}: {}", call, path, std::strerror(error)));
}

/// Calls until it is not interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~PosixFile() override { ::close(descriptor_); }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const auto n = uninterrupted([&] { return ::pread(descriptor_, into.data() + done, into.size() - done, at); });
      if (n < 0) return failed("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> data) override {
    std::size_t done = 0;
    while (done < data.size()) {
      const auto at = static_cast<off_t>(offset + done);
      const auto n = uninterrupted([&] { return ::pwrite(descriptor_, data.data() + done, data.size() - done, at); });
      if (n < 0) return failed("write", path_);
      if (n == 0) return failed("write", path_, EIO);
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<void> sync() override {
    if (uninterrupted([&] { return ::fdatasync(descriptor_); }) != 0) return failed("fdatasync", path_);
    return {};
  }

  Result<void> allocate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)); }) == 0) return {};
    if (errno != EOPNOTSUPP) return failed("fallocate", path_);
    return fill_with_zeros(size);
  }

  Result<void> truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(descriptor_, static_cast<off_t>(size)); }) != 0) {
      return failed("ftruncate", path_);
    }
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return failed("fstat", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  /// For file systems that cannot reserve: writes what is not there yet.
  Result<void> fill_with_zeros(std::uint64_t size) {
    static constexpr std::array<std::byte, 65536> kZeros{};
    auto at = this->size();
    if (!at) return std::unexpected(at.error());
    while (*at < size) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kZeros.size(), size - *at));
      if (auto written = write_at(*at, std::span{kZeros}.first(n)); !written) return written;
      *at += n;
    }
    return {};
  }

  const int descriptor_;
  const std::string path_;
};

Result<std::unique_ptr<PosixFile>> open_file(const std::string& path, int flags) {
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
  if (descriptor < 0) return failed("open", path);
  return std::make_unique<PosixFile>(descriptor, path);
}

Result<void> make_one_dir(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return {};
  if (errno != EEXIST) return failed("mkdir", path);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return failed("stat", path);
  if (!S_ISDIR(status.st_mode)) return failed("mkdir", path, ENOTDIR);
  return {};
}

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const auto n = ::pread(descriptor, text.data(), text.size(), 0);
  return n > 0 ? std::string{trim({text.data(), static_cast<std::size_t>(n)})} : std::string{"unknown"};
}

}  // namespace

Timestamp SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

Duration SystemClock::steady() const {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

std::uint64_t SystemRandom::next() {
  std::uint64_t bits = 0;
  if (uninterrupted([&] { return ::getrandom(&bits, sizeof bits, 0); }) != sizeof bits) std::abort();
  return bits;
}

Result<std::unique_ptr<File>> PosixDisk::open(const std::string& path, OpenMode mode) {
  const int flags = mode == OpenMode::kRead        ? O_RDONLY
                    : mode == OpenMode::kReadWrite ? O_RDWR
                                                   : O_RDWR | O_CREAT | O_TRUNC;
  return open_file(path, flags);
}

Result<bool> PosixDisk::exists(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed("stat", path);
}

Result<std::vector<std::string>> PosixDisk::list(const std::string& dir) {
  DIR* const handle = ::opendir(dir.c_str());
  if (handle == nullptr) return failed("opendir", dir);
  std::vector<std::string> names;
  for (const dirent* entry = ::readdir(handle); entry != nullptr; entry = ::readdir(handle)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(handle);
  std::ranges::sort(names);
  return names;
}

Result<void> PosixDisk::make_dir(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    if (auto made = make_one_dir(path.substr(0, slash)); !made) return made;
  }
  return make_one_dir(path);
}

Result<void> PosixDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from);
  return {};
}

Result<void> PosixDisk::remove(const std::string& path) {
  if (::remove(path.c_str()) != 0) return failed("remove", path);
  return {};
}

Result<void> PosixDisk::sync_dir(const std::string& path) {
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (descriptor < 0) return failed("open", path);
  const int outcome = uninterrupted([&] { return ::fsync(descriptor); });
  const int error = errno;
  ::close(descriptor);
  if (outcome != 0) return failed("fsync", path, error);
  return {};
}

Result<std::uint64_t> PosixDisk::free_space(const std::string& path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) return failed("statvfs", path);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<std::unique_ptr<File>> PosixDisk::lock(const std::string& path) {
  const int descriptor = uninterrupted([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644); });
  if (descriptor < 0) return failed("open", path);
  auto file = std::make_unique<PosixFile>(descriptor, path);
  if (uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) != 0) {
    if (errno != EWOULDBLOCK) return failed("flock", path);
    return fail(ErrorCode::kBusy, fmt::format("{} is held by process {}", path, holder_of(descriptor)));
  }
  // The lock is held; the process id in it is for people, so a full disk must not keep Horad from starting.
  const std::string text = fmt::format("{}\n", ::getpid());
  if (file->truncate(0)) static_cast<void>(file->write_at(0, as_bytes(text)));
  return file;
}

}  // namespace horad::base
