// SPDX-License-Identifier: Apache-2.0
#include "horad/store/table.h"

#include <cassert>
#include <utility>

namespace horad::store {

const std::unique_ptr<Table::Chunk> Table::kNone;

Table::Table() {
  ids_.reserve(kParts);
  for (std::size_t i = 0; i < kParts; ++i) ids_.emplace_back(0, Hash{&chunks_}, Equal{&chunks_});
}

void Table::reserve(std::size_t entities) {
  for (auto& ids : ids_) ids.reserve(entities / kParts + entities / kParts / 8 + 8);
}

std::optional<Number> Table::find(std::string_view id) const {
  const Key key{id, hash_of(id)};
  const auto& ids = part(key.hash);
  const auto found = ids.find(key);
  if (found == ids.end()) return std::nullopt;
  return *found;
}

Number Table::insert(model::Document document, Position position) {
  const Number number = end_++;
  if (number / kChunk >= chunks_.size()) chunks_.push_back(std::make_unique<Chunk>());
  Chunk& chunk = *chunks_[number / kChunk];
  document_bytes_ += document.memory();
  Slot& slot = chunk.slots[number % kChunk];
  slot.document = std::move(document);
  slot.position = position & ~(1ULL << 63);
  ++chunk.alive;
  ++size_;
  const bool is_new = part(hash_of(slot.document.view().id())).insert(number).second;
  assert(is_new);
  static_cast<void>(is_new);
  return number;
}

model::Document Table::replace(Number number, model::Document document, Position position) {
  Slot& slot = this->slot(number);
  document_bytes_ += document.memory();
  document_bytes_ -= slot.document.memory();
  slot.position = position & ~(1ULL << 63);
  return std::exchange(slot.document, std::move(document));
}

model::Document Table::erase(Number number) {
  const auto id = document(number).view().id();
  const Key key{id, hash_of(id)};
  part(key.hash).erase(number);
  Chunk& chunk = *chunks_[number / kChunk];
  auto gone = std::exchange(chunk.slots[number % kChunk].document, {});
  document_bytes_ -= gone.memory();
  --size_;
  const bool full_once = end_ / kChunk > number / kChunk;
  if (--chunk.alive == 0 && full_once) chunks_[number / kChunk].reset();
  return gone;
}

bool Table::mark_dirty(Number number) noexcept {
  Slot& slot = this->slot(number);
  if (slot.dirty) return false;
  slot.dirty = 1;
  return true;
}

std::size_t Table::memory_bytes() const noexcept {
  std::size_t bytes = document_bytes_ + chunks_.capacity() * sizeof(chunks_[0]);
  for (const auto& chunk : chunks_) bytes += chunk ? sizeof(Chunk) : 0;
  for (const auto& ids : ids_) bytes += ids.capacity() * (sizeof(Number) + 1);
  return bytes;
}

}  // namespace horad::store
