// SPDX-License-Identifier: Apache-2.0
// Which types and attributes there are (5.7.5 to 5.7.10): here found by looking at the entities, up to a bound; and at
// registered sources.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/fan_out.h"
#include "horad/broker/forward.h"
#include "horad/broker/source_discovery.h"

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

Task<Result<std::vector<store::TypeCount>>> types_here(store::Store& store, store::Tenant whose) {
  auto counts = co_await ask<Result<std::vector<store::TypeCount>>>(
      [&](auto done) { store.types(std::move(whose), std::move(done)); });
  if (counts) std::erase_if(*counts, [](const store::TypeCount& one) { return one.entities == 0; });
  co_return counts;
}

Task<Result<TypeInfo>> type_here(Broker::State& state, store::Tenant whose, store::TypeCount count) {
  model::Query query;
  query.types = model::TypeSelection::of(count.type);
  auto collected = co_await collect(state.store, std::move(whose), std::move(query), state.limits.discovery_entities);
  if (!collected) co_return std::unexpected(std::move(collected).error());
  co_return TypeInfo{count.type, count.entities, std::move(*collected).by_text(state.names)};
}

Task<Result<std::vector<AttributeInfo>>> attributes_here(Broker::State& state, store::Tenant whose) {
  auto collected = co_await collect(state.store, std::move(whose), model::Query{}, state.limits.discovery_entities);
  if (!collected) co_return std::unexpected(std::move(collected).error());
  co_return std::move(*collected).by_text(state.names);
}

/// What sources are asked.
struct Question {
  std::string_view path;                   // "/types" or "/attributes"
  SourceOp op;                             // a source is asked for this
  std::optional<SourceOp> detailed = {};   // or, when it cannot do that, for a list with details
  std::optional<model::NameId> name = {};  // of one type or attribute
  bool details = false;                    // `op` is the one with details
};

Wanted wanted_by(const Question& question, const std::shared_ptr<const model::TypeSelection>& type) {
  Wanted out;
  out.types = type.get();
  if (!type && question.name) out.attributes = {&*question.name, 1};
  return out;
}

Outgoing request_for(const Question& question, const Share& share, const Words& words, const Caller& caller,
                     std::string_view alias) {
  std::string path{question.path};
  if (question.name) path += "/" + path_part(words.context->compact(*question.name));
  auto out = outgoing(share, "GET", path, words, *caller.forwarding, alias);
  if (question.details || !share.source->operations.has(question.op)) add_parameter(out.request.url, "details", "true");
  return out;
}

/// Adds what registered sources have. Nothing is redirected here, for a list is about all that there is: a source that
/// would be asked in a circle is only left out.
Task<Result<void>> add_sources(Broker::State& state, const Caller& caller, Question question, NameMerger& into) {
  const auto sources = caller.forwarding == nullptr ? nullptr : state.registry.of(caller.tenant);
  if (!sources) co_return Result<void>{};
  auto& forwarding = *caller.forwarding;
  const auto alias = alias_of(state.alias, caller.tenant);
  const bool one_type = question.name && question.path == "/types";
  const auto type = one_type ? model::TypeSelection::of(*question.name) : nullptr;
  auto ops = SourceOps::of({question.op});
  if (question.detailed) ops.add(*question.detailed);
  const auto plan = plan_forward(*sources, wanted_by(question, type), ops, forwarding, alias, state.clock.now());
  std::vector<Words> words;
  std::vector<Outgoing> requests;
  for (const auto& share : plan.shares) {
    auto spoken = words_for(*share.source, caller.context, caller, state.contexts);
    if (!spoken) co_return std::unexpected(std::move(spoken).error());
    words.push_back(std::move(*spoken));
    requests.push_back(request_for(question, share, words.back(), caller, alias));
  }
  const auto replies = co_await ask_all(state.net, state.clock, std::move(requests));
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto& share = plan.shares[i];
    const auto* const body = body_of(*share.source, replies[i], forwarding);
    if (body == nullptr) continue;
    auto found = read_found_names(*body, words[i].context, state.contexts, caller.tenant);
    if (!found.trouble.empty()) warn(forwarding, unusable(*share.source, std::move(found.trouble)));
    keep_share(found, share);
    into.add(found);
  }
  co_return Result<void>{};
}

/// The entry of this name.
template <class Info>
Result<Info> pick(std::vector<Info> all, model::NameId name, const char* nothing) {
  const auto found = std::ranges::find(all, name, &Info::name);
  if (found == all.end()) return fail(ErrorCode::kNotFound, nothing);
  return std::move(*found);
}

}  // namespace

Task<Result<std::vector<TypeInfo>>> Broker::types(const Caller& caller, bool details) {
  auto& state = *state_;
  if (auto known = state.known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  NameMerger all;
  const Question question{.path = "/types",
                          .op = details ? SourceOp::kRetrieveEntityTypeDetails : SourceOp::kRetrieveEntityTypes,
                          .detailed = SourceOp::kRetrieveEntityTypeDetails,
                          .details = details};
  const auto whose = entities_of(caller.tenant);
  const auto counts = co_await types_here(state.store, whose);
  if (!counts) co_return std::unexpected(counts.error());
  for (const auto& one : *counts) {
    if (!details) {
      all.add(TypeInfo{one.type, one.entities, {}});
      continue;
    }
    const auto info = co_await type_here(state, whose, one);
    if (!info) co_return std::unexpected(info.error());
    all.add(*info);
  }
  if (auto asked = co_await add_sources(state, caller, question, all); !asked) {
    co_return std::unexpected(std::move(asked).error());
  }
  co_return std::move(all).types(state.names);
}

Task<Result<TypeInfo>> Broker::type_info(const Caller& caller, model::NameId type) {
  auto& state = *state_;
  if (auto known = state.known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  NameMerger all;
  const auto whose = entities_of(caller.tenant);
  const auto counts = co_await types_here(state.store, whose);
  if (!counts) co_return std::unexpected(counts.error());
  if (const auto count = std::ranges::find(*counts, type, &store::TypeCount::type); count != counts->end()) {
    const auto info = co_await type_here(state, whose, *count);
    if (!info) co_return std::unexpected(info.error());
    all.add(*info);
  }
  const Question question{.path = "/types", .op = SourceOp::kRetrieveEntityTypeInfo, .name = type};
  if (auto asked = co_await add_sources(state, caller, question, all); !asked) {
    co_return std::unexpected(std::move(asked).error());
  }
  co_return pick(std::move(all).types(state.names), type, "There are no entities of this type.");
}

Task<Result<std::vector<AttributeInfo>>> Broker::attributes(const Caller& caller, bool details) {
  auto& state = *state_;
  if (auto known = state.known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  NameMerger all;
  const auto here = co_await attributes_here(state, entities_of(caller.tenant));
  if (!here) co_return std::unexpected(here.error());
  for (const auto& one : *here) all.add(one);
  const Question question{.path = "/attributes",
                          .op = details ? SourceOp::kRetrieveAttrTypeDetails : SourceOp::kRetrieveAttrTypes,
                          .detailed = SourceOp::kRetrieveAttrTypeDetails,
                          .details = details};
  if (auto asked = co_await add_sources(state, caller, question, all); !asked) {
    co_return std::unexpected(std::move(asked).error());
  }
  co_return std::move(all).attributes(state.names);
}

Task<Result<AttributeInfo>> Broker::attribute_info(const Caller& caller, model::NameId name) {
  auto& state = *state_;
  if (auto known = state.known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  NameMerger all;
  const auto here = co_await attributes_here(state, entities_of(caller.tenant));
  if (!here) co_return std::unexpected(here.error());
  for (const auto& one : *here) all.add(one);
  const Question question{.path = "/attributes", .op = SourceOp::kRetrieveAttrTypeInfo, .name = name};
  if (auto asked = co_await add_sources(state, caller, question, all); !asked) {
    co_return std::unexpected(std::move(asked).error());
  }
  co_return pick(std::move(all).attributes(state.names), name, "No entity has this attribute.");
}

}  // namespace horad::broker
