// SPDX-License-Identifier: Apache-2.0
// Immutable files of sealed blocks and the manifest that names them (docs/formats/history.md, "Segment file").
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "horad/base/world.h"
#include "horad/model/names.h"
#include "horad/store/history/block.h"

namespace horad::store::history {

/// Keeps the files used last open, up to a bound. Any thread.
class OpenFiles {
 public:
  explicit OpenFiles(base::Disk& disk, std::size_t most = 64) : disk_(disk), most_(most) {}
  Result<std::shared_ptr<const base::File>> get(const std::string& path);

 private:
  using Entry = std::pair<std::string, std::shared_ptr<const base::File>>;
  base::Disk& disk_;
  const std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> used_;  // newest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_path_;
};

/// Where a sealed block lies.
struct StoredBlock {
  std::uint32_t segment = 0;  // index in the store's list
  std::uint32_t size = 0;     // of the whole record
  std::uint64_t offset = 0;
  BlockSummary summary;
};

/// A file in use. Immutable; any thread.
struct Segment {
  std::string path;
  std::string name;
  std::uint64_t bytes = 0;
  std::vector<model::NameId> names;
  std::shared_ptr<OpenFiles> files;

  /// Reads and checks one block. Errors: kDamaged, kIo.
  Result<Block> read(const StoredBlock& where) const;
};

struct SegmentIndex {
  std::string tenant;
  std::vector<std::pair<std::string, std::vector<StoredBlock>>> entities;
};

/// Reads the index of a file and fills `segment.names`. Errors: kDamaged, kWrongVersion, kIo, kOverloaded (name table
/// full).
Result<SegmentIndex> read_segment_index(Segment& segment, model::Names& names);

/// Blocks for one file, entities ascending by id, blocks of an entity in order of position.
struct SegmentContent {
  std::string tenant;
  std::vector<std::pair<std::string, std::vector<std::shared_ptr<const Block>>>> entities;
};
/// Writes and syncs the file `segment.path`; fills bytes and names, and answers where each block came to lie, in the
/// order given.
Result<std::vector<StoredBlock>> write_segment(base::Disk& disk, Segment& segment, const SegmentContent& content,
                                               const model::Names& names);

struct Manifest {
  std::uint64_t next_sequence = 1;
  std::vector<std::pair<std::string, std::uint64_t>> segments;  // name and bytes
};
/// Empty when there is none. Errors: kDamaged, kWrongVersion, kIo.
Result<Manifest> read_manifest(base::Disk& disk, const std::string& directory);
/// Durable when it returns.
Result<void> write_manifest(base::Disk& disk, const std::string& directory, const Manifest& manifest);

inline constexpr std::string_view kManifestName = "MANIFEST";
inline constexpr std::string_view kSegmentSuffix = ".history";

}  // namespace horad::store::history
