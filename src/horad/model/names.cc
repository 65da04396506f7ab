// SPDX-License-Identifier: Apache-2.0
#include "horad/model/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstring>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace horad::model {
namespace {

constexpr std::size_t kChunk = 1024;  // names in one chunk of the table
constexpr std::size_t kTextBlock = 64 * 1024;

using Chunk = std::array<std::string_view, kChunk>;

}  // namespace

/// `chunks` and the texts they point to are written once, before `count` is raised past them, and never moved: text()
/// reads them without a lock. `ids`, `blocks` and `room` belong to `mutex`.
struct Names::State {
  std::array<std::atomic<Chunk*>, (kMost + kChunk - 1) / kChunk> chunks{};
  std::atomic<std::size_t> count{0};
  mutable std::shared_mutex mutex;
  std::unordered_map<std::string_view, std::uint32_t> ids;
  std::vector<std::unique_ptr<char[]>> blocks;
  char* room = nullptr;
  std::size_t room_left = 0;

  ~State() {
    for (auto& chunk : chunks) delete chunk.load(std::memory_order_relaxed);
  }

  std::string_view keep(std::string_view text) {
    if (text.empty()) return "";
    if (text.size() > room_left) {
      const auto size = std::max(kTextBlock, text.size());
      blocks.push_back(std::make_unique<char[]>(size));
      room = blocks.back().get();
      room_left = size;
    }
    std::memcpy(room, text.data(), text.size());
    const std::string_view kept{room, text.size()};
    room += text.size();
    room_left -= text.size();
    return kept;
  }
};

Names::Names() : state_(std::make_unique<State>()) {
  [[maybe_unused]] const auto scope = intern("https://uri.etsi.org/ngsi-ld/scope");
  assert(scope == kScopeName);
}
Names::~Names() = default;

std::optional<NameId> Names::find(std::string_view text) const {
  const std::shared_lock lock(state_->mutex);
  const auto found = state_->ids.find(text);
  if (found == state_->ids.end()) return std::nullopt;
  return NameId{found->second};
}

Result<NameId> Names::intern(std::string_view text) {
  if (const auto known = find(text)) return *known;
  const std::lock_guard lock(state_->mutex);
  if (const auto found = state_->ids.find(text); found != state_->ids.end()) return NameId{found->second};
  const auto next = state_->count.load(std::memory_order_relaxed);
  if (next == kMost) {
    return fail(ErrorCode::kOverloaded,
                fmt::format("the table of names is full: {} different names are in use", kMost));
  }
  auto& slot = state_->chunks[next / kChunk];
  Chunk* chunk = slot.load(std::memory_order_relaxed);
  if (chunk == nullptr) {
    chunk = new Chunk;
    slot.store(chunk, std::memory_order_release);
  }
  const auto kept = state_->keep(text);
  (*chunk)[next % kChunk] = kept;
  state_->ids.emplace(kept, static_cast<std::uint32_t>(next));
  state_->count.store(next + 1, std::memory_order_release);
  return NameId{static_cast<std::uint32_t>(next)};
}

std::string_view Names::text(NameId id) const noexcept {
  const auto* chunk = state_->chunks[id.get() / kChunk].load(std::memory_order_acquire);
  return (*chunk)[id.get() % kChunk];
}

std::size_t Names::size() const noexcept { return state_->count.load(std::memory_order_acquire); }

}  // namespace horad::model
