// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "horad/model/document.h"
#include "horad/model/entity.h"
#include "horad/model/history_edit.h"

namespace horad::model {

enum class ChangeKind : std::uint8_t {  // the numbers stand on disk
  kCreated = 0,
  kUpdated = 1,
  kDeleted = 2,
  kHistory = 3,  // of the past alone: the present, if there is one, stays as it is
};

struct AttributeKey {
  NameId name;
  std::string dataset_id;
  AttributeKind kind = AttributeKind::kProperty;  // what it was; the store fills it in for Change::removed
  friend bool operator==(const AttributeKey& a, const AttributeKey& b) {
    return a.name == b.name && a.dataset_id == b.dataset_id;
  }
};

/// Of an entity that is taken over from elsewhere as it is.
struct EntityTimes {
  Timestamp created_at{};
  Timestamp modified_at{};
  friend bool operator==(const EntityTimes&, const EntityTimes&) = default;
};

/// What one accepted write did to one entity: the content of one log record. It says what *is* now, not what to
/// compute, so that applying it twice gives the same and a reader needs no other record to understand it.
struct Change {
  ChangeKind kind = ChangeKind::kUpdated;
  std::optional<std::vector<NameId>> types;              // when they changed; always for kCreated
  std::optional<std::vector<std::string>> scopes;        // when they changed
  std::optional<Timestamp> expires_at;                   // of the entity, when it changed; kNoExpiry: no longer
  std::optional<Timestamp> expired;                      // see expiry.h
  std::vector<Attribute> set;                            // instances written whole, new or replaced
  std::vector<AttributeKey> removed;                     // instances removed, before `set` is applied; of kDeleted: all
  std::shared_ptr<const HistoryEdit> history = nullptr;  // what else it says about the past; null: nothing
  std::optional<EntityTimes> times;  // with kCreated only: it is a copy that keeps these times, and `set` its own
  bool empty() const noexcept {
    return (kind == ChangeKind::kUpdated || kind == ChangeKind::kHistory) && !types && !scopes && !expires_at &&
           !expired && set.empty() && removed.empty() && !history;
  }
};

/// The entity after `change`, made at `at`. `before` is null for kCreated (and ignored for it: a creation starts anew).
/// Instances that existed keep their created_at; every instance in `set` gets modified_at = `at`. Not for kDeleted and
/// kHistory. With `change.times` all times are those of the change.
Entity apply(const Entity* before, std::string_view id, const Change& change, Timestamp at);

/// The same on the compact form: no Entity is built, bytes of untouched attributes are copied. Equal to
/// encode(apply(...)).
std::string apply_encoded(const DocumentView* before, std::string_view id, const Change& change, Timestamp at);

}  // namespace horad::model
