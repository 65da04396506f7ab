// SPDX-License-Identifier: Apache-2.0
#include "horad/store/rocks_disk.h"

#include <rocksdb/file_system.h>

#include "horad/base/bytes.h"

namespace horad::store {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus to_status(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return IOStatus::PathNotFound(error.detail);
    case ErrorCode::kStorageFull:
      return IOStatus::NoSpace(error.detail);
    case ErrorCode::kBusy:
      return IOStatus::Busy(error.detail);
    default:
      return IOStatus::IOError(error.detail);
  }
}

template <class T>
IOStatus to_status(const Result<T>& result) {
  return result ? IOStatus::OK() : to_status(result.error());
}

IOStatus read_into(const base::File& file, std::uint64_t offset, std::size_t n, Slice* result, char* scratch) {
  const auto got = file.read_at(offset, {reinterpret_cast<std::byte*>(scratch), n});
  *result = Slice{scratch, got.value_or(0)};
  return to_status(got);
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    auto status = read_into(*file_, offset_, n, result, scratch);
    offset_ += result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t n) override {
    offset_ += n;
    return IOStatus::OK();
  }

 private:
  std::unique_ptr<base::File> file_;
  std::uint64_t offset_ = 0;
};

class RandomFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomFile(std::unique_ptr<base::File> file) : file_(std::move(file)) {}
  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return read_into(*file_, offset, n, result, scratch);
  }

 private:
  std::unique_ptr<base::File> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(std::unique_ptr<base::File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    auto status = to_status(file_->write_at(size_, base::as_bytes({data.data(), data.size()})));
    if (status.ok()) size_ += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    size_ = size;
    return to_status(file_->truncate(size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return to_status(file_->sync()); }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }

 private:
  std::unique_ptr<base::File> file_;
  std::uint64_t size_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(base::Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return to_status(disk_.sync_dir(path_)); }

 private:
  base::Disk& disk_;
  const std::string path_;
};

struct HeldLock final : rocksdb::FileLock {
  explicit HeldLock(std::unique_ptr<base::File> held) : file(std::move(held)) {}
  std::unique_ptr<base::File> file;
};

class DiskFileSystem final : public rocksdb::FileSystem {
 public:
  explicit DiskFileSystem(base::Disk& disk) : disk_(disk) {}
  const char* Name() const override { return "HoradDisk"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext*) override {
    auto file = disk_.open(path, base::OpenMode::kRead);
    if (file) *result = std::make_unique<SequentialFile>(std::move(*file));
    return to_status(file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result, IODebugContext*) override {
    auto file = disk_.open(path, base::OpenMode::kRead);
    if (file) *result = std::make_unique<RandomFile>(std::move(*file));
    return to_status(file);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    auto file = disk_.open(path, base::OpenMode::kCreate);
    if (file) *result = std::make_unique<WritableFile>(std::move(*file), 0);
    return to_status(file);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    auto file = disk_.open(path, base::OpenMode::kReadWrite);
    if (!file) return to_status(file);
    const auto size = (*file)->size();
    if (size) *result = std::make_unique<WritableFile>(std::move(*file), *size);
    return to_status(size);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext*) override {
    *result = std::make_unique<Directory>(disk_, path);
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const auto there = disk_.exists(path);
    if (there && !*there) return IOStatus::NotFound(path);
    return to_status(there);
  }
  IOStatus GetChildren(const std::string& dir, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    auto names = disk_.list(dir);
    if (names) *result = std::move(*names);
    return to_status(names);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_status(disk_.remove(path));
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_status(disk_.make_dir(path));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_status(disk_.make_dir(path));
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_status(disk_.remove(path));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size, IODebugContext*) override {
    const auto file = disk_.open(path, base::OpenMode::kRead);
    if (!file) return to_status(file);
    const auto got = (*file)->size();
    *size = got.value_or(0);
    return to_status(got);
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, std::uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;  // asked for statistics only
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return to_status(disk_.rename(from, to));
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, IODebugContext*) override {
    auto file = disk_.lock(path);
    if (file) *lock = new HeldLock(std::move(*file));
    return to_status(file);
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete static_cast<HeldLock*>(lock);
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
    return IOStatus::NotSupported("no test directory");
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>*,
                     IODebugContext*) override {
    return IOStatus::NotSupported("no log files");
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result, IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_dir, IODebugContext*) override {
    *is_dir = disk_.list(path).has_value();
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string& path, const IOOptions&, std::uint64_t* bytes, IODebugContext*) override {
    const auto room = disk_.free_space(path);
    *bytes = room.value_or(0);
    return to_status(room);
  }

 private:
  base::Disk& disk_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_rocks_env(base::Disk& disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<DiskFileSystem>(disk));
}

}  // namespace horad::store
