// SPDX-License-Identifier: Apache-2.0
// Writes that registered sources take part in: see distribute.h.
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/distribute.h"

namespace horad::broker {
namespace {

/// The context of a body or of an item of a batch.
Result<std::shared_ptr<model::Context>> context_in(Contexts& contexts, const Caller& caller, const json::object& body) {
  const auto* const given = body.if_contains("@context");
  if (!caller.context_in_body || given == nullptr) return caller.context;
  return contexts.get(caller, to_text(*given));
}

}  // namespace

Result<WritePlan> Broker::plan_write(const Caller& caller, const WriteRequest& write) {
  const auto sources = state_->registry.of(caller.tenant);
  if (!sources) {
    WritePlan out;
    out.id = write.id;
    out.local_body = write.body;
    return out;
  }
  std::shared_ptr<model::Context> context = caller.context;
  if (!write.body.empty()) {
    const auto body = parse_json_object(write.body, kMostBody);
    if (!body) return std::unexpected(body.error());
    auto own = context_in(state_->contexts, caller, *body);
    if (!own) return std::unexpected(std::move(own).error());
    context = std::move(*own);
  }
  return broker::plan_write(*sources, write, caller, std::move(context), state_->contexts,
                            alias_of(state_->alias, caller.tenant), state_->clock.now());
}

Result<BatchPlan> Broker::plan_batch(const Caller& caller, const WriteRequest& write) {
  const auto sources = state_->registry.of(caller.tenant);
  if (!sources) {
    BatchPlan out;
    out.local_body = write.body;
    return out;
  }
  return broker::plan_batch(
      *sources, write, caller, [&](const json::object& item) { return context_in(state_->contexts, caller, item); },
      state_->contexts, alias_of(state_->alias, caller.tenant), state_->clock.now());
}

Task<std::vector<PlaceResult>> Broker::send_writes(std::vector<Outgoing> requests, std::vector<PlaceResult> places,
                                                   std::vector<std::string>* bodies) {
  auto replies = co_await ask_all(state_->net, state_->clock, std::move(requests));
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = result_of(std::move(places[i]), replies[i]);
    if (bodies != nullptr) bodies->push_back(replies[i] ? std::move(replies[i]->body) : std::string{});
  }
  co_return places;
}

}  // namespace horad::broker
