// SPDX-License-Identifier: Apache-2.0
// Where a shard keeps its entities for the next start, so that the log can be trimmed. Format:
// docs/formats/checkpoint.md.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/model/document.h"
#include "horad/model/names.h"
#include "horad/store/store.h"

namespace horad::store {

/// What a whole checkpoint promises: every record up to `position` is in it.
struct CheckpointMark {
  Position position = 0;
  Timestamp last_at{};  // of the newest record before it
};

/// Changes on their way into a checkpoint.
struct CheckpointSlice {
  struct Kept {
    Tenant tenant;
    model::Document document;
    Position position;
  };
  struct Gone {
    Address address;
    Position position;  // of the record that deleted it; 0: take the marker away, too
  };
  struct Head {
    std::string key;
    std::string bytes;  // empty: there is none any more
  };
  std::vector<Kept> kept;
  std::vector<Gone> gone;
  std::vector<Head> heads;
  std::vector<Tenant> tenants;
  std::size_t size() const noexcept { return kept.size() + gone.size() + heads.size() + tenants.size(); }
};

/// Gets what a checkpoint holds, in this order: tenants, entities and markers by key, heads by key.
class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;
  virtual Result<void> tenant(Tenant tenant) = 0;
  virtual Result<void> entity(const Tenant& tenant, model::Document document, Position position) = 0;
  virtual Result<void> deleted(Address address, Position position) = 0;
  virtual Result<void> head(std::string_view key, std::string_view bytes) = 0;
};

/// One thread at a time. Memory: about 32 MiB while it is written.
class Checkpoint {
 public:
  /// Opens or makes it. Errors: kDamaged, kIo, kStorageFull.
  static Result<std::unique_ptr<Checkpoint>> open(base::Disk& disk, const std::string& directory, model::Names& names);
  virtual ~Checkpoint() = default;

  /// The mark of the last whole checkpoint; a mark of zeros when there is none. Errors: kDamaged, kIo.
  virtual Result<CheckpointMark> mark() = 0;
  /// Gives everything to `reader`. Errors: kDamaged, kIo, what the reader answers.
  virtual Result<void> load(CheckpointReader& reader) = 0;

  /// Not durable before finish(). Errors: kIo, kStorageFull.
  virtual Result<void> write(const CheckpointSlice& slice) = 0;
  /// Declares the position, last, not yet durable.
  virtual Result<void> declare(CheckpointMark mark) = 0;
  /// Returns when everything is durable.
  virtual Result<void> flush() = 0;
};

}  // namespace horad::store
