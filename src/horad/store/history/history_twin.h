// SPDX-License-Identifier: Apache-2.0
// For tests: history as a plain list of instances, answered by looking at each, and random city data to feed both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "horad/model/change.h"
#include "horad/store/history.h"

namespace horad::store::history {

/// The referee: slow and obvious.
class HistoryTwin {
 public:
  void append(const std::string& tenant, const std::string& id, const model::Change& change, Timestamp at);
  Result<std::vector<EntityHistory>> evaluate(const std::string& tenant, const HistoryQuery& query,
                                              const model::Names& names) const;

 private:
  struct Entry {
    model::Attribute attribute;
    bool deleted = false;
    Timestamp at{};
    std::size_t order = 0;
    model::InstancePlace place;  // by which it is known
  };
  struct Entity {
    std::vector<model::NameId> types;
    std::vector<std::string> scopes;
    std::optional<Timestamp> created, modified, deleted;
    std::vector<Entry> entries;
    bool erased = false;  // and nothing has happened since
  };
  static void add_earlier_scope(const Entity& entity, const HistoryQuery& query, const model::Names& names,
                                EntityHistory& answer);
  static void edit(Entity& entity, const model::HistoryEdit& edit, Timestamp at, std::uint32_t rows);
  std::map<std::string, std::map<std::string, Entity>> tenants_;
};

/// Empty when both answers are the same (sums within rounding, instance ids apart), else what differs.
std::string difference(const std::vector<EntityHistory>& a, const std::vector<EntityHistory>& b);

/// Seeded changes of a few entities: walks, late and unobserved values, changes of type, sub-attributes, data sets,
/// deletions.
class Weather {
 public:
  Weather(std::uint64_t seed, model::Names& names);
  struct Step {
    std::string tenant;
    std::string id;
    model::Change change;
    Timestamp at{};
  };
  Step next();
  HistoryQuery question();
  /// A change of the past alone.
  model::Change edit(const EntityHistory& of);
  std::string tenant();
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  model::Value value(std::size_t kind);

 private:
  model::Attribute attribute(std::size_t which, std::size_t depth);
  std::mt19937_64 random_;
  std::vector<model::NameId> attributes_;
  std::vector<model::NameId> types_;
  std::vector<model::NameId> subs_;
  Timestamp now_;
  std::int64_t walk_ = 2000;
};

}  // namespace horad::store::history
