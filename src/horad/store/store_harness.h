// SPDX-License-Identifier: Apache-2.0
// For tests and benchmarks: a store on a simulated disk whose calls wait for their answers.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "horad/base/sim_world.h"
#include "horad/model/change.h"
#include "horad/store/store.h"

namespace horad::store::testing {

/// Waits for the answer of one asynchronous call.
template <class T, class Start>
Result<T> wait_for(Start start) {
  std::promise<Result<T>> promise;
  auto future = promise.get_future();
  start([&promise](Result<T> result) { promise.set_value(std::move(result)); });
  return future.get();
}

inline model::Attribute number_attribute(model::NameId name, std::int64_t value) {
  model::Attribute attribute;
  attribute.name = name;
  attribute.value = value;
  return attribute;
}

inline model::Change created(std::vector<model::NameId> types, std::vector<model::Attribute> set = {}) {
  model::Change change;
  change.kind = model::ChangeKind::kCreated;
  change.types = std::move(types);
  change.set = std::move(set);
  return change;
}

inline model::Change updated(std::vector<model::Attribute> set) {
  model::Change change;
  change.set = std::move(set);
  return change;
}

inline model::Change deleted() {
  model::Change change;
  change.kind = model::ChangeKind::kDeleted;
  return change;
}

/// A mutation that answers the same whatever is there.
inline Mutation always(model::Change change) {
  return [change = std::move(change)](const model::DocumentView*, Timestamp) mutable -> Result<model::Change> {
    return std::move(change);
  };
}

class Harness {
 public:
  explicit Harness(std::size_t shards = 1) {
    options.directory = "/data";
    options.shards = shards;
    options.segment_bytes = 16 << 10;
    options.checkpoint_every_bytes = 1 << 20;
  }

  model::NameId name(std::string_view text) { return names.intern("https://example.org/" + std::string{text}).value(); }

  Result<void> open() {
    auto opened = Store::open(disk, clock, names, options);
    if (!opened) return std::unexpected(opened.error());
    store = std::move(*opened);
    return {};
  }
  void close() { store.reset(); }
  /// The machine goes down as it is, and comes up again.
  void crash(std::uint64_t seed) {
    disk.cut_power();
    store.reset();
    disk.crash(seed);
  }

  Result<Written> write(const Address& address, Mutation mutation) {
    return wait_for<Written>([&](auto done) { store->write(address, std::move(mutation), std::move(done)); });
  }
  Result<Written> write(const std::string& id, model::Change change) {
    return write({{}, id}, always(std::move(change)));
  }
  std::vector<Result<Written>> write_all(std::vector<Write> writes) {
    std::promise<std::vector<Result<Written>>> promise;
    auto future = promise.get_future();
    store->write_all(std::move(writes),
                     [&](std::vector<Result<Written>> results) { promise.set_value(std::move(results)); });
    return future.get();
  }
  Result<model::Document> read(const Address& address) {
    return wait_for<model::Document>([&](auto done) { store->read(address, std::move(done)); });
  }
  Result<model::Document> read(const std::string& id) { return read({{}, id}); }
  Result<Page> query(model::Query query, const Tenant& tenant = {}) {
    return wait_for<Page>([&](auto done) { store->query(tenant, std::move(query), std::move(done)); });
  }
  Result<std::vector<Record>> follow(std::size_t shard, Position from, std::size_t most = 1000) {
    return wait_for<std::vector<Record>>([&](auto done) { store->follow(shard, from, most, std::move(done)); });
  }
  Result<std::vector<EntityHistory>> history(HistoryQuery query, const Tenant& tenant = {}) {
    auto answer =
        wait_for<HistoryAnswer>([&](auto done) { store->history(tenant, std::move(query), std::move(done)); });
    if (!answer) return std::unexpected(answer.error());
    return std::move(answer->entities);
  }
  Result<void> checkpoint() {
    return wait_for<void>([&](auto done) { store->checkpoint(std::move(done)); });
  }

  base::SimDisk disk;
  base::SimClock clock;
  model::Names names;
  Options options;
  std::unique_ptr<Store> store;
};

}  // namespace horad::store::testing
