// SPDX-License-Identifier: Apache-2.0
// Creation, replacement and removal of whole entities.
#include <algorithm>
#include <utility>

#include "horad/broker/decide.h"

namespace horad::broker {

using model::Change;
using model::ChangeKind;
using model::DocumentView;
using model::Entity;

std::unexpected<Error> no_such_entity() { return fail(ErrorCode::kNotFound, "There is no entity with this id."); }
std::unexpected<Error> no_such_attribute() { return fail(ErrorCode::kNotFound, "The entity has no such attribute."); }

std::optional<std::vector<model::NameId>> added_types(const DocumentView& current,
                                                      const std::vector<model::NameId>& given) {
  const auto is_new = [&](model::NameId type) { return !current.has_type(type); };
  if (std::ranges::none_of(given, is_new)) return std::nullopt;
  std::vector<model::NameId> all;
  for (std::size_t i = 0; i < current.type_count(); ++i) all.push_back(current.type(i));
  std::ranges::copy_if(given, std::back_inserter(all), is_new);
  return all;
}

model::EntityFragment fragment_of(Entity entity) {
  model::EntityFragment out;
  out.id = std::move(entity.id);
  out.types = std::move(entity.types);
  if (!entity.scopes.empty()) out.scopes = std::move(entity.scopes);
  if (entity.expires_at != model::kNoExpiry) out.expires_at = entity.expires_at;
  out.attributes = std::move(entity.attributes);
  return out;
}

Result<Change> decide_create(const DocumentView* current, Entity entity) {
  if (current != nullptr)
    return fail(ErrorCode::kAlreadyExists, "An entity with the id '" + entity.id + "' exists already.");
  Change change;
  change.kind = ChangeKind::kCreated;
  change.types = std::move(entity.types);
  change.scopes = std::move(entity.scopes);
  if (entity.expires_at != model::kNoExpiry) change.expires_at = entity.expires_at;
  change.set = std::move(entity.attributes);
  return change;
}

Result<Change> decide_replace(const DocumentView* current, model::EntityFragment entity) {
  if (current == nullptr) return no_such_entity();
  Change change;
  change.types = added_types(*current, entity.types);
  auto scopes = std::move(entity.scopes).value_or(std::vector<std::string>{});
  if (!std::ranges::equal(current->scopes(), scopes)) change.scopes = std::move(scopes);
  const auto expires_at = entity.expires_at.value_or(model::kNoExpiry);
  if (expires_at != current->expires_at()) change.expires_at = expires_at;
  for (const auto attribute : current->attributes()) {
    const auto given_again = [&](const model::Attribute& one) {
      return one.name == attribute.name() && one.dataset_id == attribute.dataset_id();
    };
    if (std::ranges::any_of(entity.attributes, given_again)) continue;
    change.removed.push_back({attribute.name(), std::string{attribute.dataset_id()}});
  }
  change.set = std::move(entity.attributes);
  return change;
}

Change decide_purge(const DocumentView& current, const PurgeWhat& what) {
  Change change;
  if (what.kind == PurgeWhat::Kind::kEntities) {
    change.kind = ChangeKind::kDeleted;
    return change;
  }
  for (const auto attribute : current.attributes()) {
    const bool listed = std::ranges::find(what.attributes, attribute.name()) != what.attributes.end();
    if (listed != (what.kind == PurgeWhat::Kind::kListed)) continue;
    change.removed.push_back({attribute.name(), std::string{attribute.dataset_id()}});
  }
  return change;
}

Result<Change> decide_remove(const DocumentView* current) {
  if (current == nullptr) return no_such_entity();
  Change change;
  change.kind = ChangeKind::kDeleted;
  return change;
}

}  // namespace horad::broker
