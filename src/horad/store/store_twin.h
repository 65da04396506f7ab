// SPDX-License-Identifier: Apache-2.0
// The referee of the engine's tests: the same promises kept in the plainest way, by a map and a full scan.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/ordering.h"
#include "horad/model/query.h"
#include "horad/store/store.h"

namespace horad::store::testing {

class StoreTwin {
 public:
  struct Entry {
    model::Entity entity;
    std::uint64_t age = 0;  // order of creation
  };

  const model::Entity* find(const Address& address) const {
    const auto found = entries_.find(address);
    return found == entries_.end() ? nullptr : &found->second.entity;
  }

  /// The change was accepted and made at `at`.
  void apply(const Address& address, const model::Change& change, Timestamp at) {
    const auto found = entries_.find(address);
    if (change.kind == model::ChangeKind::kHistory) return;
    if (change.kind == model::ChangeKind::kDeleted) {
      entries_.erase(address);
      return;
    }
    const bool anew = change.kind == model::ChangeKind::kCreated || found == entries_.end();
    auto after = model::apply(anew ? nullptr : &found->second.entity, address.id, change, at);
    entries_[address] = {std::move(after), anew ? ++clock_ : found->second.age};
  }

  /// The ids that match, in the order asked for, and then in order of age: of one shard the engine must give the same.
  std::vector<std::string> query(const Tenant& tenant, const model::Query& query) const {
    std::map<std::pair<std::string, std::uint64_t>, std::string> matching;
    for (const auto& [address, entry] : entries_) {
      if (address.tenant != tenant) continue;
      const std::string bytes = model::encode(entry.entity);
      const model::DocumentView document{bytes};
      if (!model::matches(query, document)) continue;
      std::string key;
      if (query.order) query.order->append_key(key, document);
      matching.emplace(std::pair{std::move(key), entry.age}, address.id);
    }
    std::vector<std::string> ids;
    for (auto& [place, id] : matching) ids.push_back(std::move(id));
    return ids;
  }

  const std::map<Address, Entry>& entries() const noexcept { return entries_; }
  friend bool operator==(const StoreTwin& a, const StoreTwin& b) {
    return std::ranges::equal(a.entries_, b.entries_, [](const auto& x, const auto& y) {
      return x.first == y.first && x.second.entity == y.second.entity;
    });
  }

 private:
  std::map<Address, Entry> entries_;
  std::uint64_t clock_ = 0;
};

}  // namespace horad::store::testing
