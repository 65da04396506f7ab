// SPDX-License-Identifier: Apache-2.0
// Appending, updating, replacing and removing attributes as whole instances.
#include <algorithm>
#include <utility>

#include "horad/broker/decide.h"

namespace horad::broker {
namespace {

using model::Attribute;
using model::Change;
using model::DocumentView;
using model::EntityFragment;
using model::NameId;

/// Scopes of the entity that are kept stand before those given.
void add_missing(const std::vector<std::string_view>& kept, std::vector<std::string>& given) {
  std::vector<std::string> all(kept.begin(), kept.end());
  for (auto& scope : given) {
    if (std::ranges::find(all, scope) == all.end()) all.push_back(std::move(scope));
  }
  given = std::move(all);
}

/// 5.6.2: what is not there is not updated, the scope neither.
void update_scopes(const std::vector<std::string_view>& current, std::vector<std::string> given, Decision& out) {
  if (current.empty()) {
    out.result.scope_not_updated = "The entity has no scope.";
    return;
  }
  out.result.scope_updated = true;
  if (!std::ranges::equal(current, given)) out.change.scopes = std::move(given);
}

}  // namespace

void note(std::vector<NameId>& names, NameId name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

void note(std::vector<NotUpdated>& list, NameId name, std::string_view reason) {
  const auto same = [name](const NotUpdated& one) { return one.name == name; };
  if (std::ranges::none_of(list, same)) list.push_back({name, std::string{reason}});
}

std::optional<Timestamp> changed_expiry(const DocumentView& current, Timestamp given) noexcept {
  return given == current.expires_at() ? std::nullopt : std::optional{given};
}

Result<Decision> decide_append(const DocumentView* current, EntityFragment fragment, bool overwrite) {
  if (current == nullptr) return no_such_entity();
  Decision out;
  out.change.types = added_types(*current, fragment.types);
  const auto scopes = current->scopes();
  if (fragment.scopes) {
    out.result.scope_updated = true;
    if (!overwrite) add_missing(scopes, *fragment.scopes);
    if (!std::ranges::equal(scopes, *fragment.scopes)) out.change.scopes = std::move(fragment.scopes);
  }
  if (fragment.expires_at && (overwrite || current->expires_at() == model::kNoExpiry)) {
    out.change.expires_at = changed_expiry(*current, *fragment.expires_at);
  }
  for (auto& attribute : fragment.attributes) {
    if (!overwrite && current->find(attribute.name, attribute.dataset_id)) {
      note(out.result.not_updated, attribute.name, "The attribute exists already and is not to be overwritten.");
      continue;
    }
    note(out.result.updated, attribute.name);
    out.change.set.push_back(std::move(attribute));
  }
  return out;
}

Result<Decision> decide_update(const DocumentView* current, EntityFragment fragment) {
  if (current == nullptr) return no_such_entity();
  Decision out;
  out.change.types = added_types(*current, fragment.types);
  if (fragment.scopes) update_scopes(current->scopes(), std::move(*fragment.scopes), out);
  if (fragment.expires_at) out.change.expires_at = changed_expiry(*current, *fragment.expires_at);
  for (auto& key : fragment.removed) {
    if (!current->find(key.name, key.dataset_id)) {
      note(out.result.not_updated, key.name, "The entity has no such attribute.");
      continue;
    }
    note(out.result.updated, key.name);
    out.change.removed.push_back(std::move(key));
  }
  for (auto& attribute : fragment.attributes) {
    note(out.result.updated, attribute.name);
    out.change.set.push_back(std::move(attribute));
  }
  return out;
}

Result<Change> decide_replace_attribute(const DocumentView* current, NameId name, std::vector<Attribute> instances,
                                        bool all) {
  if (current == nullptr) return no_such_entity();
  Change change;
  bool there = false;
  for (const auto attribute : current->attributes()) {
    if (attribute.name() != name) continue;
    if (!all) {
      there = there || attribute.dataset_id() == instances.front().dataset_id;
      continue;
    }
    there = true;
    const auto given_again = [&](const Attribute& one) { return one.dataset_id == attribute.dataset_id(); };
    if (std::ranges::none_of(instances, given_again))
      change.removed.push_back({name, std::string{attribute.dataset_id()}});
  }
  if (!there) return no_such_attribute();
  change.set = std::move(instances);
  return change;
}

Result<Change> decide_remove_attribute(const DocumentView* current, NameId name, const DeleteAttribute& which) {
  if (current == nullptr) return no_such_entity();
  Change change;
  for (const auto attribute : current->attributes()) {
    if (attribute.name() != name) continue;
    if (which.all || attribute.dataset_id() == which.dataset_id) {
      change.removed.push_back({name, std::string{attribute.dataset_id()}});
    }
  }
  if (change.removed.empty()) return no_such_attribute();
  return change;
}

Result<Change> decide_remove_scopes(const DocumentView* current) {
  if (current == nullptr) return no_such_entity();
  if (current->scopes().empty()) return fail(ErrorCode::kNotFound, "The entity has no scope.");
  Change change;
  change.scopes.emplace();
  return change;
}

}  // namespace horad::broker
