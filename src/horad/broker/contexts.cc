// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/contexts.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "horad/model/context.h"

namespace horad::broker {

struct Contexts::State {
  explicit State(model::Names& all) : names(all), core(model::Context::core(all)) {}

  model::Names& names;
  const std::shared_ptr<model::Context> core;
  std::shared_mutex mutex;  // guards by_text
  std::unordered_map<std::string, std::shared_ptr<model::Context>> by_text;
};

Contexts::Contexts(model::Names& names) : state_(std::make_unique<State>(names)) {}
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
  auto made = model::Context::make(state_->names, json);
  if (!made) return made;
  const std::unique_lock lock{state_->mutex};
  if (state_->by_text.size() >= kMost) state_->by_text.clear();  // those in use live on with their holders
  return state_->by_text.try_emplace(key, std::move(*made)).first->second;
}

}  // namespace horad::broker
