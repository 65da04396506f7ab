// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "horad/model/document.h"
#include "horad/store/store.h"

namespace horad::store {

/// The dense number of an entity within its tenant's part of a shard. Given in order of age, never given twice while
/// the process lives.
using Number = std::uint32_t;

/// The current entities of one tenant in one shard: number -> document, and id -> number. One thread.
/// Costs about 25 bytes per entity beside its document. Grows without a long pause: documents lie in chunks, ids in 64
/// hash tables.
class Table {
 public:
  Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  /// Room for so many entities in all, so that filling it does not hash them again and again.
  void reserve(std::size_t entities);

  std::optional<Number> find(std::string_view id) const;
  /// The id of `document` must not be there.
  Number insert(model::Document document, Position position);
  /// Same id, new content; returns what was there.
  model::Document replace(Number number, model::Document document, Position position);
  model::Document erase(Number number);

  bool alive(Number number) const noexcept {
    const auto& chunk = number < end_ ? chunks_[number / kChunk] : kNone;
    return chunk && chunk->slots[number % kChunk].document;
  }
  /// Only of one that is alive.
  const model::Document& document(Number number) const noexcept { return slot(number).document; }
  Position position(Number number) const noexcept { return slot(number).position; }

  /// A mark for the checkpoint; true when it was not set before.
  bool mark_dirty(Number number) noexcept;
  void clear_dirty(Number number) noexcept { slot(number).dirty = 0; }

  std::size_t size() const noexcept { return size_; }
  Number end() const noexcept { return end_; }  // above every number given
  std::size_t memory_bytes() const noexcept;    // documents included

 private:
  static constexpr std::size_t kChunk = 1024;
  static constexpr std::size_t kParts = 64;
  struct Slot {
    model::Document document;
    std::uint64_t position : 63 = 0;
    std::uint64_t dirty : 1 = 0;
  };
  struct Chunk {
    std::array<Slot, kChunk> slots;
    std::size_t alive = 0;
  };
  using Chunks = std::vector<std::unique_ptr<Chunk>>;
  struct Key {
    std::string_view id;
    std::size_t hash;
  };
  struct Hash {
    using is_transparent = void;
    const Chunks* chunks;
    std::size_t operator()(Number number) const { return hash_of(id_in(*chunks, number)); }
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Equal {
    using is_transparent = void;
    const Chunks* chunks;
    bool operator()(Number a, Number b) const { return a == b; }
    bool operator()(Number a, const Key& b) const { return id_in(*chunks, a) == b.id; }
    bool operator()(const Key& a, Number b) const { return id_in(*chunks, b) == a.id; }
  };
  using Ids = absl::flat_hash_set<Number, Hash, Equal>;

  static std::size_t hash_of(std::string_view id) { return absl::HashOf(id); }
  static std::string_view id_in(const Chunks& chunks, Number number) {
    return chunks[number / kChunk]->slots[number % kChunk].document.view().id();
  }
  const Slot& slot(Number number) const noexcept { return chunks_[number / kChunk]->slots[number % kChunk]; }
  Slot& slot(Number number) noexcept { return chunks_[number / kChunk]->slots[number % kChunk]; }
  Ids& part(std::size_t hash) { return ids_[hash >> 58]; }
  const Ids& part(std::size_t hash) const { return ids_[hash >> 58]; }

  static const std::unique_ptr<Chunk> kNone;
  Chunks chunks_;
  std::vector<Ids> ids_;
  Number end_ = 0;
  std::size_t size_ = 0;
  std::size_t document_bytes_ = 0;
};

}  // namespace horad::store
