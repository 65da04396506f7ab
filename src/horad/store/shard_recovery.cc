// SPDX-License-Identifier: Apache-2.0
// From checkpoint and log to a shard that is ready.
#include <fmt/format.h>

#include <algorithm>

#include "horad/store/record.h"
#include "horad/store/shard.h"
#include "horad/store/shard_checkpoint.h"

namespace horad::store {
namespace {

constexpr std::size_t kRecentRecords = 16'384;
constexpr std::size_t kRecentBytes = 32u << 20;

}  // namespace

/// Takes a checkpoint in. Entities are numbered by age, so that pages keep their order over a restart: the times of one
/// shard grow strictly, so no two were created at the same.
class Shard::Loader final : public CheckpointReader {
 public:
  explicit Loader(Shard& shard) : shard_(shard) {}

  Result<void> tenant(Tenant tenant) override {
    shard_.find_or_make(tenant).seen = true;
    return {};
  }
  Result<void> entity(const Tenant& tenant, model::Document document, Position position) override {
    if (!last_ || last_->tenant != tenant) last_ = &shard_.find_or_make(tenant);
    waiting_[last_].push_back({document.view().created_at(), std::move(document), position});
    return {};
  }
  Result<void> deleted(Address address, Position position) override {
    shard_.find_or_make(address.tenant).markers.insert_or_assign(std::move(address.id), Marker{position, 1});
    return {};
  }
  Result<void> head(std::string_view key, std::string_view bytes) override {
    return shard_.history_->load_head(key, bytes);
  }

  void finish() {
    for (auto& [collection, entities] : waiting_) {
      std::ranges::sort(entities, {}, &Waiting::created_at);
      collection->table.reserve(entities.size());
      for (auto& one : entities) {
        const Number number = collection->table.insert(std::move(one.document), one.position);
        const auto view = collection->table.document(number).view();
        collection->indexes.add(number, view);
        shard_.expiries_.add(*collection, number, view);
      }
      shard_.around_.counters.entities.add(static_cast<std::int64_t>(entities.size()));
      entities = {};
    }
  }

 private:
  struct Waiting {
    Timestamp created_at;
    model::Document document;
    Position position;
  };
  Shard& shard_;
  Collection* last_ = nullptr;
  std::map<Collection*, std::vector<Waiting>> waiting_;
};

Result<std::unique_ptr<Shard>> Shard::open(Surroundings& around, std::size_t index, const std::string& directory) {
  std::unique_ptr<Shard> shard{new Shard(around, index)};
  if (auto recovered = shard->recover(directory); !recovered) return std::unexpected(recovered.error());
  return shard;
}

Result<void> Shard::recover(const std::string& directory) {
  auto checkpoint = Checkpoint::open(around_.disk, directory + "/checkpoint", around_.names);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  checkpoint_ = std::move(*checkpoint);
  auto history = HistoryStore::open(around_.disk, directory + "/history", around_.names);
  if (!history) return std::unexpected(history.error());
  history_ = std::move(*history);
  auto mark = checkpoint_->mark();
  if (!mark) return std::unexpected(mark.error());
  mark_ = *mark;
  last_at_ = mark_.last_at;
  LogOptions options{directory + "/log", static_cast<std::uint32_t>(index_), around_.options.segment_bytes,
                     around_.options.kill_point};
  auto log = Log::open(around_.disk, std::move(options), mark_.position);
  if (!log) return std::unexpected(log.error());
  log_ = std::move(*log);
  Loader loader{*this};
  if (auto loaded = checkpoint_->load(loader); !loaded) return loaded;
  loader.finish();
  recent_ = std::make_unique<RecentRecords>(log_->end(), kRecentRecords, kRecentBytes);
  if (auto synced = around_.disk.sync_dir(directory); !synced) return synced;
  auto replayed = replay(mark_.position);
  report();
  return replayed;
}

Result<void> Shard::replay(Position from) {
  Result<void> outcome;
  auto read = log_->read(from, [&](Position position, std::string_view payload) {
    outcome = replay_one(position, payload);
    return outcome.has_value();
  });
  if (!outcome) return outcome;
  if (!read && read.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kDamaged, fmt::format("the log of shard {} begins after its checkpoint", index_));
  }
  return read;
}

/// A record at or before the position stored with its entity is in the checkpoint already.
Result<void> Shard::replay_one(Position position, std::string_view payload) {
  auto record = decode_record(payload, around_.names);
  if (!record) {
    record.error().detail += fmt::format(" (shard {}, position {})", index_, position);
    return std::unexpected(record.error());
  }
  last_at_ = std::max(last_at_, record->at);
  Collection& collection = find_or_make(record->address.tenant);
  collection.seen = true;
  const auto number = collection.table.find(record->address.id);
  const auto marker = collection.markers.find(record->address.id);
  const bool known = (number && collection.table.position(*number) >= position) ||
                     (marker != collection.markers.end() && marker->second.position >= position);
  if (!known) {
    const auto kind = record->change.kind;
    if (!number && kind != model::ChangeKind::kCreated && kind != model::ChangeKind::kHistory) {
      return fail(ErrorCode::kDamaged, fmt::format("the log of shard {} changes {} at {}, which is not there", index_,
                                                   record->address.id, position));
    }
    apply(collection, record->address.id, record->change, record->at, position);
  }
  if (!collection.history_key.empty()) {
    history_->append(collection.history_key, record->address.id, record->change, record->at, position);
  }
  return {};
}

}  // namespace horad::store
