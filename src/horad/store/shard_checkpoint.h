// SPDX-License-Identifier: Apache-2.0
// A checkpoint on its way; see docs/formats/checkpoint.md for what must come before what.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "horad/store/shard.h"

namespace horad::store {

/// The shard hands slices to the keeper's thread and goes on with its turns; at most kMostInFlight are on their way, so
/// that a checkpoint holds on to little memory.
struct Shard::CheckpointRun {
  enum class Stage : std::uint8_t { kEntities, kMarkers, kSegments, kHeads, kDeclare, kDone };
  static constexpr std::size_t kMostInFlight = 2;

  /// What the keeper's thread tells the shard's.
  struct Link {
    std::mutex mutex;
    std::condition_variable moved;
    std::size_t in_flight = 0;
    std::optional<Error> error;
    std::shared_ptr<const WrittenSegments> written;
  };

  CheckpointMark mark;
  Stage stage = Stage::kEntities;
  std::vector<std::pair<Collection*, std::vector<Number>>> entities;
  std::size_t collection_at = 0;
  std::size_t entity_at = 0;
  std::vector<std::pair<Collection*, std::string>> markers;
  std::size_t marker_at = 0;
  std::shared_ptr<const SegmentJob> segments;
  std::vector<SavedHead> heads_taken;  // keys only, to mark them again when it fails
  bool drained = false;                // this stage has handed everything over
  bool half_told = false;
  std::shared_ptr<Link> link = std::make_shared<Link>();

  std::size_t in_flight() const {
    const std::lock_guard lock{link->mutex};
    return link->in_flight;
  }
  bool failed() const {
    const std::lock_guard lock{link->mutex};
    return link->error.has_value();
  }
  /// Entities and heads go in slices; the other stages wait for those before them.
  bool takes_slices() const { return stage == Stage::kEntities || stage == Stage::kMarkers || stage == Stage::kHeads; }
  bool can_go_on() const {
    const auto flying = in_flight();
    return takes_slices() && !drained && !failed() ? flying < kMostInFlight : flying == 0;
  }
};

}  // namespace horad::store
