// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/store/store.h"

namespace horad::store {

/// The directory of a store, held for this process. Layout: docs/formats/data-directory.md.
class DataDirectory {
 public:
  /// Opens it, or makes it with `shards` shards when there is none.
  ///   errors   kBusy: another process has it; kWrongVersion: says which versions this program reads; kDamaged; kIo;
  ///   kStorageFull;
  ///            kInvalidRequest: no path, no shards
  static Result<std::unique_ptr<DataDirectory>> open(base::Disk& disk, const std::string& path, std::size_t shards);

  std::size_t shard_count() const noexcept { return shards_; }
  std::string shard_path(std::size_t shard) const;

 private:
  DataDirectory(base::Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  Result<void> make(std::size_t shards);
  Result<void> check_new() const;
  Result<void> read_version();
  Result<void> check_shards() const;

  base::Disk& disk_;
  const std::string path_;
  std::unique_ptr<base::File> lock_;
  std::size_t shards_ = 0;
};

/// Which of `shards` shards an entity belongs to. Stands on disk by where things are: never to be changed.
std::size_t shard_for(const Address& address, std::size_t shards) noexcept;

}  // namespace horad::store
