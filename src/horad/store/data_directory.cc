// SPDX-License-Identifier: Apache-2.0
#include "horad/store/data_directory.h"

#include <fmt/format.h>

#include <charconv>

#include "horad/base/bytes.h"

namespace horad::store {
namespace {

constexpr int kFormat = 1;
constexpr std::size_t kMostVersionBytes = 256;

/// The number behind `word` at the start of a line of `text`; none when it is not there.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
  std::size_t at = text.starts_with(word) ? 0 : text.find(fmt::format("\n{}", word));
  if (at == std::string_view::npos) return std::nullopt;
  if (at > 0) ++at;
  const std::string_view rest = text.substr(at + word.size());
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{} || end == rest.data() + rest.size() || *end != '\n') return std::nullopt;
  return value;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/', path.size() - 2);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> write_file(base::Disk& disk, const std::string& path, std::string_view text) {
  auto file = disk.open(path, base::OpenMode::kCreate);
  if (!file) return std::unexpected(file.error());
  if (auto written = (*file)->write_at(0, base::as_bytes(text)); !written) return written;
  return (*file)->sync();
}

}  // namespace

std::string DataDirectory::shard_path(std::size_t shard) const { return fmt::format("{}/shard-{:04}", path_, shard); }

Result<std::unique_ptr<DataDirectory>> DataDirectory::open(base::Disk& disk, const std::string& path,
                                                           std::size_t shards) {
  if (path.empty() || shards == 0)
    return fail(ErrorCode::kInvalidRequest, "a store needs a directory and at least one shard");
  std::unique_ptr<DataDirectory> self{new DataDirectory(disk, path)};
  if (auto made = disk.make_dir(path); !made) return std::unexpected(made.error());
  auto lock = disk.lock(path + "/LOCK");
  if (!lock) return std::unexpected(lock.error());
  self->lock_ = std::move(*lock);
  const auto there = disk.exists(path + "/VERSION");
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    if (auto made = self->make(shards); !made) return std::unexpected(made.error());
  }
  if (auto read = self->read_version(); !read) return std::unexpected(read.error());
  if (auto checked = self->check_shards(); !checked) return std::unexpected(checked.error());
  return self;
}

/// Nothing but what an interrupted make() leaves may stand in a directory without a version.
Result<void> DataDirectory::check_new() const {
  const auto names = disk_.list(path_);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    if (name == "LOCK" || name == "VERSION.new") continue;
    const auto inside = name.starts_with("shard-") ? disk_.list(path_ + "/" + name) : fail(ErrorCode::kDamaged, "");
    if (!inside || !inside->empty()) {
      return fail(ErrorCode::kDamaged, fmt::format("{} has no VERSION and is not empty: {} is there", path_, name));
    }
  }
  return {};
}

Result<void> DataDirectory::make(std::size_t shards) {
  if (auto empty = check_new(); !empty) return empty;
  for (std::size_t i = 0; i < shards; ++i) {
    if (auto made = disk_.make_dir(shard_path(i)); !made) return made;
  }
  const std::string draft = path_ + "/VERSION.new";
  if (auto written = write_file(disk_, draft, fmt::format("horad-data {}\nshards {}\n", kFormat, shards)); !written)
    return written;
  if (auto synced = disk_.sync_dir(path_); !synced) return synced;
  if (auto synced = disk_.sync_dir(parent_of(path_)); !synced) return synced;
  if (auto renamed = disk_.rename(draft, path_ + "/VERSION"); !renamed) return renamed;
  return disk_.sync_dir(path_);
}

Result<void> DataDirectory::read_version() {
  const std::string path = path_ + "/VERSION";
  const auto file = disk_.open(path, base::OpenMode::kRead);
  if (!file) return std::unexpected(file.error());
  std::string text(kMostVersionBytes, '\0');
  const auto size = (*file)->read_at(0, std::as_writable_bytes(std::span{text}));
  if (!size) return std::unexpected(size.error());
  text.resize(*size);
  const auto format = number_after(text, "horad-data ");
  if (!format) return fail(ErrorCode::kDamaged, fmt::format("{} is not a Horad version file", path));
  if (*format != kFormat) {
    return fail(ErrorCode::kWrongVersion,
                fmt::format("{} holds data of format {}; this program reads format {}", path_, *format, kFormat));
  }
  const auto shards = number_after(text, "shards ");
  if (!shards || *shards == 0 || *shards > 9999)
    return fail(ErrorCode::kDamaged, fmt::format("{} names no number of shards", path));
  shards_ = *shards;
  return {};
}

Result<void> DataDirectory::check_shards() const {
  for (std::size_t i = 0; i < shards_; ++i) {
    const auto there = disk_.exists(shard_path(i));
    if (!there) return std::unexpected(there.error());
    if (!*there) return fail(ErrorCode::kDamaged, fmt::format("{} is missing", shard_path(i)));
  }
  return {};
}

std::size_t shard_for(const Address& address, std::size_t shards) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3ULL; };
  if (shards <= 1) return 0;
  for (const char c : address.tenant.name) add(static_cast<unsigned char>(c));
  add(0);
  add(static_cast<unsigned char>(address.tenant.space));
  for (const char c : address.id) add(static_cast<unsigned char>(c));
  return hash % shards;
}

}  // namespace horad::store
