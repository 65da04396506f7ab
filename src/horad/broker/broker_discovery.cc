// SPDX-License-Identifier: Apache-2.0
// Which attributes there are: found by looking at the entities, up to a bound.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "horad/broker/broker_state.h"

namespace horad::broker {
namespace {

constexpr std::size_t kSlice = 1'000;

class Collected {
 public:
  void add(model::DocumentView document) {
    std::vector<model::NameId> seen;
    for (const auto attribute : document.attributes()) {
      auto& info = by_name_[attribute.name()];
      insert(info.kinds, attribute.kind());
      if (std::ranges::find(seen, attribute.name()) != seen.end()) continue;
      seen.push_back(attribute.name());
      ++info.entities;
      for (std::size_t i = 0; i < document.type_count(); ++i) insert(info.types, document.type(i));
    }
  }
  std::vector<AttributeInfo> by_text(const model::Names& names) && {
    std::vector<AttributeInfo> out;
    for (auto& [name, info] : by_name_) {
      info.name = name;
      out.push_back(std::move(info));
    }
    std::ranges::sort(out, {}, [&](const AttributeInfo& one) { return names.text(one.name); });
    return out;
  }

 private:
  template <class T>
  static void insert(std::vector<T>& sorted, T value) {
    const auto at = std::ranges::lower_bound(sorted, value);
    if (at == sorted.end() || *at != value) sorted.insert(at, value);
  }
  std::map<model::NameId, AttributeInfo> by_name_;
};

/// Looks at every entity that matches, slice by slice.
Task<Result<Collected>> collect(store::Store& store, store::Tenant tenant, model::Query query, std::size_t most) {
  Collected out;
  query.limit = kSlice;
  for (query.offset = 0;; query.offset += kSlice) {
    if (query.offset >= most) {
      co_return fail(
          ErrorCode::kTooComplexQuery,
          fmt::format("More than {} entities would have to be looked at; ask for one type, or query entities.", most));
    }
    auto page = co_await ask<Result<store::Page>>([&](auto done) { store.query(tenant, query, std::move(done)); });
    if (!page) co_return std::unexpected(std::move(page).error());
    for (const auto& document : page->documents) out.add(document.view());
    if (page->documents.size() < kSlice) co_return out;
  }
}

}  // namespace

Task<Result<TypeInfo>> Broker::type_info(std::string tenant, model::NameId type) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto whose = entities_of(std::move(tenant));
  const auto counts = co_await ask<Result<std::vector<store::TypeCount>>>(
      [&](auto done) { state_->store.types(whose, std::move(done)); });
  if (!counts) co_return std::unexpected(counts.error());
  const auto found = std::ranges::find(*counts, type, &store::TypeCount::type);
  if (found == counts->end() || found->entities == 0)
    co_return fail(ErrorCode::kNotFound, "There are no entities of this type.");
  model::Query query;
  query.types = model::TypeSelection::of(type);
  auto collected = co_await collect(state_->store, whose, std::move(query), state_->limits.discovery_entities);
  if (!collected) co_return std::unexpected(std::move(collected).error());
  co_return TypeInfo{type, found->entities, std::move(*collected).by_text(state_->names)};
}

Task<Result<std::vector<AttributeInfo>>> Broker::attributes(std::string tenant) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  auto collected = co_await collect(state_->store, entities_of(std::move(tenant)), model::Query{},
                                    state_->limits.discovery_entities);
  if (!collected) co_return std::unexpected(std::move(collected).error());
  co_return std::move(*collected).by_text(state_->names);
}

}  // namespace horad::broker
