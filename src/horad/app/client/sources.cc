// SPDX-License-Identifier: Apache-2.0
#include "horad/app/client/sources.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zip.h>

#include <cerrno>
#include <cstring>
#include <memory>

extern char** environ;

namespace horad::app::client {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::size_t kMostLine = 64 << 20;

/// A file descriptor that closes itself; standard input stays open.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

Result<void> read_all(int fd, const std::string& what, const OnBytes& on_bytes) {
  const auto buffer = std::make_unique<char[]>(kPiece);
  for (;;) {
    const auto got = ::read(fd, buffer.get(), kPiece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", what, std::strerror(errno)));
    if (got == 0) return {};
    if (auto done = on_bytes({buffer.get(), static_cast<std::size_t>(got)}); !done) return done;
  }
}

/// Cuts bytes into lines.
class Lines {
 public:
  explicit Lines(const OnLine& on_line) : on_line_(on_line) {}
  Result<void> feed(std::string_view bytes) {
    for (;;) {
      const auto end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      if (auto done = hand_on(bytes.substr(0, end)); !done) return done;
      bytes.remove_prefix(end + 1);
    }
    rest_ += bytes;
    if (rest_.size() > kMostLine) return fail(ErrorCode::kTooLarge, "a line is longer than 64 MiB");
    return {};
  }
  Result<void> finish() { return rest_.empty() ? Result<void>{} : hand_on({}); }

 private:
  Result<void> hand_on(std::string_view tail) {
    std::string joined;
    std::string_view line = tail;
    if (!rest_.empty()) {
      joined = std::move(rest_).append(tail);
      rest_.clear();
      line = joined;
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    return on_line_(line);
  }
  const OnLine& on_line_;
  std::string rest_;
};

struct CloseArchive {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseMember {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

Result<Archive> open_archive(const std::string& path) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (archive) return archive;
  if (code == ZIP_ER_NOENT) return fail(ErrorCode::kNotFound, fmt::format("there is no file {}", path));
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return fail(ErrorCode::kDamaged, fmt::format("{} cannot be read as a zip archive: {}", path, text));
}

std::string_view without_folders(std::string_view name) {
  const auto slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

}  // namespace

Result<void> read_file(const std::string& path, const OnBytes& on_bytes) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", on_bytes);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0)
    return fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo,
                fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  return read_all(file.get(), path, on_bytes);
}

Result<void> read_lines(const std::string& path, const OnLine& on_line) {
  Lines lines(on_line);
  if (auto read = read_file(path, [&](std::string_view bytes) { return lines.feed(bytes); }); !read) return read;
  return lines.finish();
}

Result<void> read_program(const std::vector<std::string>& command, const OnLine& on_line) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::kIo, fmt::format("no pipe: {}", std::strerror(errno)));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int started = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (started != 0) {
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot run {}: {}; it is a Debian package, see packaging/packages.txt", command[0],
                            std::strerror(started)));
  }
  writing.reset();
  Lines lines(on_line);
  auto read = read_all(reading.get(), command[0], [&](std::string_view bytes) { return lines.feed(bytes); });
  if (read) read = lines.finish();
  if (!read) ::kill(child, SIGTERM);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (read && status != 0) return fail(ErrorCode::kIo, fmt::format("{} failed; its words stand above", command[0]));
  return read;
}

Result<std::vector<ArchiveMember>> list_archive(const std::string& path) {
  auto archive = open_archive(path);
  if (!archive) return std::unexpected(std::move(archive).error());
  std::vector<ArchiveMember> members;
  const auto count = zip_get_num_entries(archive->get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t fact;
    if (zip_stat_index(archive->get(), static_cast<zip_uint64_t>(i), 0, &fact) != 0) continue;
    members.push_back({std::string(without_folders(fact.name)), fact.size});
  }
  return members;
}

Result<void> read_archive(const std::string& path, const std::string& member, const OnBytes& on_bytes) {
  auto archive = open_archive(path);
  if (!archive) return std::unexpected(std::move(archive).error());
  const auto index = zip_name_locate(archive->get(), member.c_str(), ZIP_FL_NODIR);
  if (index < 0) return fail(ErrorCode::kNotFound, fmt::format("{} has no {}", path, member));
  const std::unique_ptr<zip_file_t, CloseMember> file(
      zip_fopen_index(archive->get(), static_cast<zip_uint64_t>(index), 0));
  if (!file) return fail(ErrorCode::kDamaged, fmt::format("{} in {}: {}", member, path, zip_strerror(archive->get())));
  const auto buffer = std::make_unique<char[]>(kPiece);
  for (;;) {
    const auto got = zip_fread(file.get(), buffer.get(), kPiece);
    if (got < 0)
      return fail(ErrorCode::kDamaged, fmt::format("{} in {}: {}", member, path, zip_file_strerror(file.get())));
    if (got == 0) return {};
    if (auto done = on_bytes({buffer.get(), static_cast<std::size_t>(got)}); !done) return done;
  }
}

}  // namespace horad::app::client
