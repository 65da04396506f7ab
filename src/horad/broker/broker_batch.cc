// SPDX-License-Identifier: Apache-2.0
// Batches: every item is read and written for itself, all under one sync.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"

namespace horad::broker {
namespace {

/// By item, what a write with noOverwrite left as it was; each mutation fills its own place.
using Left = std::shared_ptr<std::vector<std::string>>;

/// What can be written, in order, and which item of the body each write is.
struct Prepared {
  std::vector<store::Write> writes;
  std::vector<std::size_t> items;
  std::vector<std::pair<std::size_t, BatchError>> errors;  // of items that could not be read
};

/// The batch as a whole (5.6.7.4): an array that is not empty, not too long, and has no null in it.
Result<void> check_batch(const model::Parser& parser, std::size_t most) {
  if (!parser.is_array()) return fail(ErrorCode::kInvalidRequest, "The body of a batch is a JSON array.");
  const auto items = parser.size();
  if (items == 0) return fail(ErrorCode::kBadRequestData, "The batch has no items.");
  if (items > most) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("The batch has {} items; at most {} are taken at a time.", items, most));
  }
  for (std::size_t i = 0; i < items; ++i) {
    if (parser.is_null(i)) {
      return fail(ErrorCode::kBadRequestData, "An item of the batch is null; nothing was done.", fmt::format("/{}", i));
    }
  }
  return {};
}

/// Names what was not overwritten, in the words of the request.
std::string left_out(const UpdateResult& result, const model::Context& context) {
  std::string names;
  for (const auto& one : result.not_updated) (names += names.empty() ? "" : ", ") += context.compact(one.name);
  return names;
}

Result<model::Change> change_of(Result<Decision> decision) {
  if (!decision) return std::unexpected(std::move(decision).error());
  return std::move(decision->change);
}

Result<model::Change> decide_item(BatchKind kind, const model::DocumentView* current, model::Entity entity) {
  switch (kind) {
    case BatchKind::kCreate:
      return decide_create(current, std::move(entity));
    case BatchKind::kUpsertReplace:
      if (current == nullptr) return decide_create(current, std::move(entity));
      return decide_replace(current, fragment_of(std::move(entity)));
    case BatchKind::kUpsertUpdate:
      if (current == nullptr) return decide_create(current, std::move(entity));
      return change_of(decide_append(current, fragment_of(std::move(entity)), true));
    case BatchKind::kUpdate:
      return change_of(decide_append(current, fragment_of(std::move(entity)), true));
    case BatchKind::kUpdateNoOverwrite:
    case BatchKind::kDelete:
    case BatchKind::kMerge:
      break;  // have their own writes
  }
  return fail(ErrorCode::kInternal, "unknown kind of batch");
}

/// Reads one item after the other into the write that it asks for.
class ItemReader {
 public:
  ItemReader(Broker::State& state, const model::Parser& parser, const Caller& caller, BatchKind kind,
             const MergeOptions& merge)
      : state_(state),
        parser_(parser),
        caller_(caller),
        kind_(kind),
        merge_(merge),
        left_(std::make_shared<std::vector<std::string>>(parser.size())) {}
  const Left& left() const noexcept { return left_; }

  Result<store::Write> read(std::size_t i) const {
    switch (kind_) {
      case BatchKind::kDelete:
        return deletion(i);
      case BatchKind::kMerge:
        return merge(i);
      default:
        return entity(i);
    }
  }
  /// The id of an item that could not be read, as far as it can be told.
  std::string id_of(std::size_t i) const {
    return std::string{kind_ == BatchKind::kDelete ? parser_.text(i).value_or("") : parser_.raw_id(i)};
  }

 private:
  model::ParseOptions options(bool type_required) const {
    return {.form = caller_.simplified ? model::InputForm::kSimplified : model::InputForm::kNormalized,
            .type_required = type_required};
  }

  Result<store::Write> deletion(std::size_t i) const {
    const auto id = parser_.text(i);
    if (!id) return fail(ErrorCode::kBadRequestData, "An item of a batch deletion is the id of an entity.");
    if (auto good = model::check_entity_id(*id); !good) return std::unexpected(std::move(good).error());
    return store::Write{city_address(caller_.tenant, std::string{*id}),
                        [](const model::DocumentView* current, Timestamp) { return decide_remove(current); }};
  }

  Result<store::Write> merge(std::size_t i) const {
    const auto context = state_.context_of(caller_, parser_, i);
    if (!context) return std::unexpected(context.error());
    auto patch = parser_.entity_patch(i, **context, options(false));
    if (!patch) return std::unexpected(std::move(patch).error());
    if (patch->id.empty()) return fail(ErrorCode::kBadRequestData, "an entity has an id", fmt::format("/{}/id", i));
    auto address = city_address(caller_.tenant, patch->id);
    return store::Write{std::move(address),
                        [patch = std::move(*patch), options = merge_](const model::DocumentView* current, Timestamp) {
                          return change_of(decide_merge(current, patch, options));
                        }};
  }

  Result<store::Write> entity(std::size_t i) const {
    const auto context = state_.context_of(caller_, parser_, i);
    if (!context) return std::unexpected(context.error());
    const bool updates = kind_ == BatchKind::kUpdate || kind_ == BatchKind::kUpdateNoOverwrite;
    auto entity = parser_.entity(i, **context, options(!updates));
    if (!entity) return std::unexpected(std::move(entity).error());
    auto address = city_address(caller_.tenant, entity->id);
    if (kind_ == BatchKind::kUpdateNoOverwrite) {
      return store::Write{std::move(address),
                          [left = left_, i, context = *context, entity = std::move(*entity)](
                              const model::DocumentView* current, Timestamp) mutable -> Result<model::Change> {
                            auto decision = decide_append(current, fragment_of(std::move(entity)), false);
                            if (decision) (*left)[i] = left_out(decision->result, *context);
                            return change_of(std::move(decision));
                          }};
    }
    return store::Write{std::move(address), [kind = kind_, entity = std::move(*entity)](
                                                const model::DocumentView* current, Timestamp) mutable {
                          return decide_item(kind, current, std::move(entity));
                        }};
  }

  Broker::State& state_;
  const model::Parser& parser_;
  const Caller& caller_;
  BatchKind kind_;
  const MergeOptions& merge_;
  Left left_;
};

/// errors   of an item whose @context is not here yet, when the caller can fetch it: nothing is done before all are
/// here
Result<Prepared> prepare(const ItemReader& reader, const Caller& caller, std::size_t items) {
  Prepared out;
  out.writes.reserve(items);
  out.items.reserve(items);
  for (std::size_t i = 0; i < items; ++i) {
    auto write = reader.read(i);
    if (!write && caller.unknown_context != nullptr && !caller.unknown_context->empty()) {
      return std::unexpected(std::move(write).error());
    }
    if (!write) {
      out.errors.push_back({i, {reader.id_of(i), std::move(write).error()}});
      continue;
    }
    out.writes.push_back(std::move(*write));
    out.items.push_back(i);
  }
  return out;
}

/// The answers of the store and the items that could not be read, in the order of the body.
BatchResult gathered(Prepared prepared, std::vector<std::string> ids, const std::vector<Result<store::Written>>& all,
                     const std::vector<std::string>& left) {
  BatchResult out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!all[i]) {
      prepared.errors.push_back({prepared.items[i], {std::move(ids[i]), all[i].error()}});
      continue;
    }
    if (const auto& names = left[prepared.items[i]]; !names.empty()) {
      Error kept{ErrorCode::kAlreadyExists, "These attributes exist already and were not overwritten: " + names, {}};
      prepared.errors.push_back({prepared.items[i], {std::move(ids[i]), std::move(kept)}});
      continue;
    }
    if (all[i]->created) out.created.push_back(ids[i]);
    out.succeeded.push_back(std::move(ids[i]));
  }
  std::ranges::sort(prepared.errors, {}, [](const auto& one) { return one.first; });
  for (auto& [item, error] : prepared.errors) out.errors.push_back(std::move(error));
  return out;
}

}  // namespace

Task<Result<BatchResult>> Broker::batch(Caller caller, BatchKind kind, std::string_view body, MergeOptions options) {
  const bool creates =
      kind == BatchKind::kCreate || kind == BatchKind::kUpsertReplace || kind == BatchKind::kUpsertUpdate;
  if (!creates) {
    if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  }
  auto& parser = this_threads_parser();
  if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
  if (auto good = check_batch(parser, state_->limits.batch_items); !good) {
    co_return std::unexpected(std::move(good).error());
  }
  const ItemReader reader(*state_, parser, caller, kind, options);
  auto prepared = prepare(reader, caller, parser.size());
  if (!prepared) co_return std::unexpected(std::move(prepared).error());
  std::vector<std::string> ids;
  ids.reserve(prepared->writes.size());
  for (const auto& write : prepared->writes) ids.push_back(write.address.id);
  std::vector<Result<store::Written>> written;
  if (!ids.empty()) {
    written = co_await ask<std::vector<Result<store::Written>>>(
        [&](auto done) { state_->store.write_all(std::move(prepared->writes), std::move(done)); });
  }
  co_return gathered(std::move(*prepared), std::move(ids), written, *reader.left());
}

}  // namespace horad::broker
