// SPDX-License-Identifier: Apache-2.0
#include "horad/store/shard_checkpoint.h"

#include <algorithm>

#include "horad/store/kill_points.h"

namespace horad::store {
namespace {

constexpr std::size_t kEntitiesPerSlice = 4'096;
constexpr std::size_t kHeadsPerSlice = 256;

}  // namespace

void Shard::start_checkpoint(Done<void> done) { checkpoint_wanted_.push_back(std::move(done)); }

void Shard::begin_checkpoint() {
  auto run = std::make_unique<CheckpointRun>();
  run->mark = {log_->end(), last_at_};
  CheckpointSlice tenants;
  for (auto& [tenant, collection] : collections_) {
    if (!collection->dirty.empty()) run->entities.emplace_back(collection.get(), std::exchange(collection->dirty, {}));
    for (const auto& [id, marker] : collection->markers) run->markers.emplace_back(collection.get(), id);
    if (collection->seen) tenants.tenants.push_back(tenant);
  }
  checkpoint_run_ = std::move(run);
  if (tenants.size() > 0) hand_over(std::move(tenants));
}

void Shard::hand_over(CheckpointSlice slice) {
  hand_over([this, kept = std::move(slice)] { return checkpoint_->write(kept); });
}

/// Runs `job` on the keeper's thread, then wakes this shard. Jobs run in the order given; the shard waits for all of
/// them before it goes, so `this` outlives them.
void Shard::hand_over(std::move_only_function<Result<void>()> job) {
  auto link = checkpoint_run_->link;
  {
    const std::lock_guard lock{link->mutex};
    ++link->in_flight;
  }
  Workers::Job work = [this, link, run = std::move(job)]() mutable {
    Result<void> outcome = [&]() -> Result<void> {
      {
        const std::lock_guard lock{link->mutex};
        if (link->error) return {};  // the run has failed: nothing more is written for it
      }
      return run();
    }();
    run = nullptr;
    Task wake = Call{[](Shard&) {}};
    const std::lock_guard lock{link->mutex};
    if (!outcome && !link->error) link->error = std::move(outcome).error();
    --link->in_flight;
    queue_.try_put(wake, 0);
    link->moved.notify_all();
  };
  if (!around_.keeper.try_run(work)) work();
}

bool Shard::take_entities(CheckpointSlice& slice) {
  CheckpointRun& run = *checkpoint_run_;
  while (run.collection_at < run.entities.size() && slice.kept.size() < kEntitiesPerSlice) {
    auto& [collection, numbers] = run.entities[run.collection_at];
    if (run.entity_at == numbers.size()) {
      ++run.collection_at;
      run.entity_at = 0;
      continue;
    }
    const Number number = numbers[run.entity_at++];
    if (!collection->table.alive(number)) continue;
    collection->table.clear_dirty(number);
    slice.kept.push_back({collection->tenant, collection->table.document(number), collection->table.position(number)});
  }
  return !slice.kept.empty();
}

/// Markers are written once, and taken away again by the second checkpoint after that: then no replay can meet them.
bool Shard::take_markers(CheckpointSlice& slice) {
  CheckpointRun& run = *checkpoint_run_;
  for (; run.marker_at < run.markers.size() && slice.gone.size() < kEntitiesPerSlice; ++run.marker_at) {
    auto& [collection, id] = run.markers[run.marker_at];
    const auto marker = collection->markers.find(id);
    if (marker == collection->markers.end()) continue;  // created again meanwhile
    if (marker->second.age == 1) continue;
    slice.gone.push_back({{collection->tenant, id}, marker->second.age == 0 ? marker->second.position : 0});
  }
  return !slice.gone.empty();
}

bool Shard::take_heads(CheckpointSlice& slice) {
  for (auto& head : history_->take_dirty(kHeadsPerSlice)) {
    checkpoint_run_->heads_taken.push_back({head.key, {}});
    slice.heads.push_back({std::move(head.key), std::move(head.bytes)});
  }
  return !slice.heads.empty();
}

void Shard::next_stage() {
  CheckpointRun& run = *checkpoint_run_;
  using Stage = CheckpointRun::Stage;
  switch (run.stage) {
    case Stage::kEntities:
      run.stage = Stage::kMarkers;
      break;
    case Stage::kMarkers:
      run.stage = Stage::kSegments;
      run.segments = history_->start_segments();
      if (run.segments) {
        hand_over([link = run.link, job = run.segments]() -> Result<void> {
          auto written = HistoryStore::write_segment_files(*job);
          if (!written) return std::unexpected(written.error());
          const std::lock_guard lock{link->mutex};
          link->written = std::move(*written);
          return {};
        });
      }
      break;
    case Stage::kSegments:
      if (run.segments) history_->finish_segments(run.link->written);
      run.segments = nullptr;
      run.stage = Stage::kHeads;
      history_->start_heads();
      break;
    case Stage::kHeads:
      run.stage = Stage::kDeclare;
      hand_over([this, mark = run.mark]() -> Result<void> {
        kill(kill::kCheckpointUnflushed);
        if (auto declared = checkpoint_->declare(mark); !declared) return declared;
        return checkpoint_->flush();
      });
      break;
    case Stage::kDeclare:
      run.stage = Stage::kDone;
      break;
    case Stage::kDone:
      break;
  }
}

/// Moves the checkpoint on as far as it goes without waiting.
void Shard::advance_checkpoint() {
  if (!checkpoint_run_) {
    const bool due =
        log_->end() - mark_.position >= around_.options.checkpoint_every_bytes && log_->end() >= retry_checkpoint_at_;
    if (log_->broken()) {
      for (auto& done : std::exchange(checkpoint_wanted_, {}))
        done(fail(ErrorCode::kUnavailable, "writes have stopped after a disk failure"));
      return;
    }
    if (!due && checkpoint_wanted_.empty()) return;
    begin_checkpoint();
  }
  while (checkpoint_run_ && checkpoint_run_->can_go_on()) {
    CheckpointRun& run = *checkpoint_run_;
    if (run.failed()) {
      end_checkpoint(run.link->error);
      return;
    }
    CheckpointSlice slice;
    using Stage = CheckpointRun::Stage;
    const bool more = (run.stage == Stage::kEntities && take_entities(slice)) ||
                      (run.stage == Stage::kMarkers && take_markers(slice)) ||
                      (run.stage == Stage::kHeads && take_heads(slice));
    if (more) {
      hand_over(std::move(slice));
      if (!std::exchange(run.half_told, true)) kill(kill::kCheckpointHalf);
      return;  // one slice a turn
    }
    run.drained = true;
    if (run.in_flight() > 0) return;
    if (run.failed()) continue;
    run.drained = false;
    next_stage();
    if (run.stage == Stage::kDone) end_checkpoint(std::nullopt);
  }
}

/// What was taken for a checkpoint that failed is marked again, for the next one.
void Shard::end_checkpoint(std::optional<Error> error) {
  const std::unique_ptr<CheckpointRun> run = std::move(checkpoint_run_);
  if (!error) {
    kill(kill::kCheckpointFlushed);
    mark_ = run->mark;
    for (auto& [collection, id] : run->markers) {
      const auto marker = collection->markers.find(id);
      if (marker == collection->markers.end()) continue;
      if (marker->second.age == 0 && marker->second.position > mark_.position) continue;  // newer than the run
      if (marker->second.age++ >= 2) collection->markers.erase(marker);
    }
    around_.counters.checkpoints.add();
    trim_log();
  } else {
    for (auto& [collection, numbers] : run->entities) {
      for (const Number number : numbers) {
        if (collection->table.alive(number) && collection->table.mark_dirty(number))
          collection->dirty.push_back(number);
      }
    }
    // Numbers that were not reached are still marked: they must be on the list again.
    for (std::size_t i = run->collection_at; i < run->entities.size(); ++i) {
      auto& [collection, numbers] = run->entities[i];
      const std::size_t from = i == run->collection_at ? run->entity_at : 0;
      collection->dirty.insert(collection->dirty.end(), numbers.begin() + static_cast<std::ptrdiff_t>(from),
                               numbers.end());
    }
    for (auto& [tenant, collection] : collections_) {
      for (auto& [id, marker] : collection->markers) marker.age = 0;
    }
    if (run->segments) history_->finish_segments(nullptr);
    history_->mark_dirty(run->heads_taken);
    retry_checkpoint_at_ = log_->end() + around_.options.checkpoint_every_bytes / 16;
  }
  for (auto& done : std::exchange(checkpoint_wanted_, {})) {
    if (error) {
      done(std::unexpected(*error));
    } else {
      done({});
    }
  }
}

void Shard::trim_log() {
  log_->trim(std::min(mark_.position, around_.held_from(index_, log_->end())));
  report();
}

/// At the end of the shard: lets a running checkpoint finish and makes a last one when there is anything new.
void Shard::finish_checkpoint() {
  bool last_made = false;
  for (;;) {
    if (checkpoint_run_) {
      std::unique_lock lock{checkpoint_run_->link->mutex};
      auto& link = *checkpoint_run_->link;
      const bool slices = checkpoint_run_->takes_slices() && !checkpoint_run_->drained;
      link.moved.wait(lock,
                      [&] { return link.in_flight == 0 || (slices && link.in_flight < CheckpointRun::kMostInFlight); });
    } else {
      if (last_made || log_->broken() || log_->end() == mark_.position) return;
      if (!around_.disk.free_space(around_.options.directory)) return;  // the disk is gone
      last_made = true;
      begin_checkpoint();
    }
    advance_checkpoint();
  }
}

}  // namespace horad::store
