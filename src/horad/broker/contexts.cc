// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/contexts.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "horad/model/context.h"

namespace horad::broker {

struct Contexts::State final : model::ContextSource {
  State(model::Names& all, ContextDocuments documents)
      : names(all), core(model::Context::core(all)), pinned(std::move(documents)) {}

  Result<std::string> context_document(std::string_view url) override {
    if (const auto found = pinned.find(url); found != pinned.end()) return found->second;
    return fail(ErrorCode::kContextNotAvailable, "The @context " + std::string{url} + " is not available here.",
                "@context");
  }

  model::Names& names;
  const std::shared_ptr<model::Context> core;
  const ContextDocuments pinned;
  std::shared_mutex mutex;  // guards by_text
  std::unordered_map<std::string, std::shared_ptr<model::Context>> by_text;
};

Contexts::Contexts(model::Names& names, ContextDocuments pinned)
    : state_(std::make_unique<State>(names, std::move(pinned))) {}
Contexts::~Contexts() = default;

const std::shared_ptr<model::Context>& Contexts::core() const noexcept { return state_->core; }

Result<std::shared_ptr<model::Context>> Contexts::get(std::string_view json) {
  if (json.empty() || json == state_->core->json()) return state_->core;
  if (json.size() > kMostBytes) return fail(ErrorCode::kTooLarge, "The @context is larger than 256 KiB.", "/@context");
  const std::string key{json};
  {
    const std::shared_lock lock{state_->mutex};
    const auto found = state_->by_text.find(key);
    if (found != state_->by_text.end()) return found->second;
  }
  auto made = model::Context::make(state_->names, json, state_.get());
  if (!made) return made;
  const std::unique_lock lock{state_->mutex};
  if (state_->by_text.size() >= kMost) state_->by_text.clear();  // those in use live on with their holders
  return state_->by_text.try_emplace(key, std::move(*made)).first->second;
}

}  // namespace horad::broker
