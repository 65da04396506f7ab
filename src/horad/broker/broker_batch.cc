// SPDX-License-Identifier: Apache-2.0
// Batches: every item is read and written for itself, all under one sync.
#include <fmt/format.h>

#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/decide.h"
#include "horad/broker/json.h"

namespace horad::broker {
namespace {

/// The items that could be read, in order, and for each the place of its id in the answer.
struct Prepared {
  std::vector<store::Write> writes;
  BatchResult result;  // errors of those that could not
};

Result<void> check_size(std::size_t items, std::size_t most) {
  if (items == 0) return fail(ErrorCode::kBadRequestData, "The batch has no items.");
  if (items <= most) return {};
  return fail(ErrorCode::kTooLarge,
              fmt::format("The batch has {} items; at most {} are taken at a time.", items, most));
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
      return change_of(decide_append(current, fragment_of(std::move(entity)), false));
    case BatchKind::kDelete:
      return decide_remove(current);
  }
  return fail(ErrorCode::kInternal, "unknown kind of batch");
}

Result<model::Entity> read_item(Result<std::shared_ptr<model::Context>> context, const model::Parser& parser,
                                const Caller& caller, BatchKind kind, std::size_t i) {
  if (!context) return std::unexpected(std::move(context).error());
  const bool creates = kind != BatchKind::kUpdate && kind != BatchKind::kUpdateNoOverwrite;
  return parser.entity(i, **context,
                       {.form = caller.simplified ? model::InputForm::kSimplified : model::InputForm::kNormalized,
                        .type_required = creates});
}

store::Write write_of(const std::string& tenant, BatchKind kind, model::Entity entity) {
  auto address = city_address(tenant, entity.id);
  return {std::move(address),
          [kind, entity = std::move(entity)](const model::DocumentView* current, Timestamp) mutable {
            return decide_item(kind, current, std::move(entity));
          }};
}

Result<std::string> read_id(const json::value& item) {
  if (!item.is_string()) return fail(ErrorCode::kBadRequestData, "An item of a batch deletion is the id of an entity.");
  std::string id{text_of(item.get_string())};
  if (auto good = model::check_entity_id(id); !good) return std::unexpected(std::move(good).error());
  return id;
}

Result<Prepared> prepare_deletion(const Caller& caller, std::string_view body, std::size_t most) {
  const auto parsed = parse_json(body);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* const items = parsed->if_array();
  if (items == nullptr) return fail(ErrorCode::kInvalidRequest, "The body of a batch is a JSON array.");
  if (auto good = check_size(items->size(), most); !good) return std::unexpected(std::move(good).error());
  Prepared out;
  for (const auto& item : *items) {
    auto id = read_id(item);
    if (!id) {
      out.result.errors.push_back(
          {item.is_string() ? std::string{text_of(item.get_string())} : "", std::move(id).error()});
      continue;
    }
    model::Entity entity;
    entity.id = std::move(*id);
    out.writes.push_back(write_of(caller.tenant, BatchKind::kDelete, std::move(entity)));
  }
  return out;
}

}  // namespace

Task<Result<BatchResult>> Broker::batch(Caller caller, BatchKind kind, std::string_view body) {
  const bool creates =
      kind == BatchKind::kCreate || kind == BatchKind::kUpsertReplace || kind == BatchKind::kUpsertUpdate;
  if (!creates) {
    if (auto known = state_->known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  }
  Result<Prepared> prepared;
  if (kind == BatchKind::kDelete) {
    prepared = prepare_deletion(caller, body, state_->limits.batch_items);
  } else {
    auto& parser = this_threads_parser();
    if (auto loaded = parser.load(body); !loaded) co_return std::unexpected(std::move(loaded).error());
    if (!parser.is_array()) co_return fail(ErrorCode::kInvalidRequest, "The body of a batch is a JSON array.");
    if (auto good = check_size(parser.size(), state_->limits.batch_items); !good)
      co_return std::unexpected(std::move(good).error());
    prepared->writes.reserve(parser.size());
    for (std::size_t i = 0; i < parser.size(); ++i) {
      auto context = state_->context_of(caller, parser, i);
      if (!context && caller.unknown_context != nullptr && !caller.unknown_context->empty())
        co_return std::unexpected(std::move(context).error());  // nothing is done before every @context is here
      auto entity = read_item(std::move(context), parser, caller, kind, i);
      if (entity) {
        prepared->writes.push_back(write_of(caller.tenant, kind, std::move(*entity)));
      } else {
        prepared->result.errors.push_back({std::string{parser.raw_id(i)}, std::move(entity).error()});
      }
    }
  }
  if (!prepared) co_return std::unexpected(std::move(prepared).error());
  auto result = std::move(prepared->result);
  if (prepared->writes.empty()) co_return result;
  std::vector<std::string> ids;
  ids.reserve(prepared->writes.size());
  for (const auto& write : prepared->writes) ids.push_back(write.address.id);
  const auto written = co_await ask<std::vector<Result<store::Written>>>(
      [&](auto done) { state_->store.write_all(std::move(prepared->writes), std::move(done)); });
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!written[i]) {
      result.errors.push_back({std::move(ids[i]), written[i].error()});
      continue;
    }
    if (written[i]->created) result.created.push_back(ids[i]);
    result.succeeded.push_back(std::move(ids[i]));
  }
  co_return result;
}

}  // namespace horad::broker
