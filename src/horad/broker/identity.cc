// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/identity.h"

#include <fmt/format.h>

#include <future>

#include "horad/broker/broker_state.h"

namespace horad::broker {

std::string alias_of(std::string_view broker, std::string_view tenant) {
  return tenant.empty() ? std::string{broker} : fmt::format("{}.{}", broker, tenant);
}

store::Address identity_address() { return {{"", store::Space::kSystem}, "urn:horad:system:identity"}; }

store::Mutation keep_alias(const SystemNames& names, std::string alias) {
  return [names, alias = std::move(alias)](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
    model::Change change;
    if (current != nullptr) return change;
    change.kind = model::ChangeKind::kCreated;
    change.types = {names.identity};
    change.scopes.emplace();
    model::Attribute attribute;
    attribute.name = names.alias;
    attribute.value = alias;
    change.set.push_back(std::move(attribute));
    return change;
  };
}

Result<std::string> read_alias(const SystemNames& names, model::DocumentView document) {
  const auto found = document.find(names.alias);
  if (!found || found->value().type() != model::ValueType::kString) {
    return fail(ErrorCode::kDamaged, "The stored identity of this broker lacks its alias.");
  }
  return std::string{found->value().as_text()};
}

Result<std::optional<std::string>> stored_alias(store::Store& store, const SystemNames& names) {
  auto promise = std::make_shared<std::promise<Result<model::Document>>>();
  auto answer = promise->get_future();
  store.read(identity_address(), [promise](Result<model::Document> read) { promise->set_value(std::move(read)); });
  const auto read = answer.get();
  if (!read && read.error().code == ErrorCode::kNotFound) return std::optional<std::string>{};
  if (!read) return std::unexpected(read.error());
  auto alias = read_alias(names, read->view());
  if (!alias) return std::unexpected(std::move(alias).error());
  return std::optional{std::move(*alias)};
}

Task<Result<SourceIdentity>> Broker::identity(std::string tenant) {
  auto& state = *state_;
  state.counters.operations.add();
  if (state.limits.alias.empty() && !state.alias_kept) {  // others will rely on it
    const auto kept = co_await ask<Result<store::Written>>([&](auto done) {
      state.store.write(identity_address(), keep_alias(state.system, state.alias), std::move(done));
    });
    if (!kept) co_return std::unexpected(kept.error());
    state.alias_kept = true;
  }
  co_return SourceIdentity{alias_of(state.alias, tenant), state.clock.steady() - state.started, state.clock.now()};
}

}  // namespace horad::broker
