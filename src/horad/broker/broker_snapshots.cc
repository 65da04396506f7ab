// SPDX-License-Identifier: Apache-2.0
// Snapshots: the document of a snapshot is stored first, then its space is filled while the caller has his answer.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <unordered_set>
#include <utility>

#include "horad/broker/broker_state.h"
#include "horad/broker/forwarding.h"

namespace horad::broker {
namespace {

constexpr std::size_t kCopiedTogether = 1'000;
constexpr int kTries = 8;                                // against others who change it at the same moment
constexpr Duration kUseNoted = std::chrono::minutes(1);  // lastUsedAt may be so much behind

std::string as_text(json::object object) { return to_text(json::value(std::move(object))); }

model::Query everything(std::size_t limit) {
  model::Query query;
  query.limit = limit;
  return query;
}

json::object detail_of(const Result<void>& done) {
  json::object out;
  out["resultStatus"] = done ? "success" : "failure";
  if (!done) out["problemDetails"] = json::object{{"title", "The query failed"}, {"detail", done.error().detail}};
  return out;
}

store::Mutation forget() {
  return [](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
    model::Change change;
    if (current != nullptr) change.kind = model::ChangeKind::kDeleted;
    return change;
  };
}

Task<Result<void>> write_together(store::Store& store, std::vector<store::Write> writes) {
  const auto done = co_await ask<std::vector<Result<store::Written>>>(
      [&](auto answer) { store.write_all(std::move(writes), std::move(answer)); });
  for (const auto& one : done) {
    if (!one) co_return std::unexpected(one.error());
  }
  co_return Result<void>{};
}

std::string id_of(const json::object& snapshot) { return std::string{text_of(snapshot.at("id").as_string())}; }

}  // namespace

Task<Result<Broker::State::StoredSnapshot>> Broker::State::read_snapshot(std::string tenant, std::string id) {
  const auto read = co_await ask<Result<model::Document>>(
      [&](auto done) { store.read(kept_address(Kept::kSnapshot, tenant, id), std::move(done)); });
  if (!read && read.error().code == ErrorCode::kNotFound) co_return no_such(Kept::kSnapshot);
  if (!read) co_return std::unexpected(read.error());
  auto stored = read_stored(system, read->view());
  if (!stored) co_return std::unexpected(std::move(stored).error());
  StoredSnapshot out{std::move(stored->definition.body), stored->version};
  const auto expiry = expiry_of(out.body);
  if (!expiry) co_return std::unexpected(expiry.error());
  if (*expiry <= clock.now()) {
    if (auto dropped = co_await drop_snapshot(std::move(tenant), std::move(out)); !dropped) {
      co_return std::unexpected(std::move(dropped).error());
    }
    co_return no_such(Kept::kSnapshot);
  }
  // Who was to fill it is gone: what it has is not what was asked for.
  if (status_of(out.body) == "preparing" && !snapshot_numbers.filling(tenant, number_of(out.body))) {
    out.body["snapshotStatus"] = "failure";
  }
  co_return out;
}

Task<Result<std::vector<Broker::State::StoredSnapshot>>> Broker::State::all_snapshots(std::string tenant) {
  auto query = everything(kMostSnapshots * 2);
  query.types = model::TypeSelection::of(system.snapshot);
  const auto page = co_await ask<Result<store::Page>>(
      [&](auto done) { store.query({std::move(tenant), store::Space::kSystem}, std::move(query), std::move(done)); });
  if (!page) co_return std::unexpected(page.error());
  std::vector<StoredSnapshot> out;
  for (const auto& document : page->documents) {
    auto stored = read_stored(system, document.view());
    if (!stored) co_return std::unexpected(std::move(stored).error());
    out.push_back({std::move(stored->definition.body), stored->version});
  }
  co_return out;
}

Task<Result<json::object>> Broker::State::modify_snapshot(std::string tenant, std::string id,
                                                          std::function<Result<void>(json::object&)> change) {
  Error last;
  for (int i = 0; i < kTries; ++i) {
    auto snapshot = co_await read_snapshot(tenant, id);
    if (!snapshot) co_return std::unexpected(std::move(snapshot).error());
    if (auto changed = change(snapshot->body); !changed) co_return std::unexpected(std::move(changed).error());
    const auto written = co_await ask<Result<store::Written>>([&](auto done) {
      store.write(kept_address(Kept::kSnapshot, tenant, id),
                  update_stored(system, Kept::kSnapshot, {snapshot->body, {}}, snapshot->version), std::move(done));
    });
    if (written) co_return std::move(snapshot->body);
    last = written.error();
    if (last.code != ErrorCode::kConflict) break;
  }
  co_return std::unexpected(std::move(last));
}

Task<Result<void>> Broker::State::empty_space(store::Tenant whose) {
  for (;;) {
    const auto page = co_await ask<Result<store::Page>>(
        [&](auto done) { store.query(whose, everything(kCopiedTogether), std::move(done)); });
    if (!page) co_return std::unexpected(page.error());
    if (page->documents.empty()) co_return Result<void>{};
    std::vector<store::Write> writes;
    for (const auto& document : page->documents) {
      writes.push_back({{whose, std::string{document.view().id()}}, forget()});
    }
    if (auto done = co_await write_together(store, std::move(writes)); !done) co_return done;
  }
}

Task<Result<void>> Broker::State::drop_snapshot(std::string tenant, StoredSnapshot snapshot) {
  const auto number = number_of(snapshot.body);
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    store.write(kept_address(Kept::kSnapshot, tenant, id_of(snapshot.body)), remove_stored(system, Kept::kSnapshot),
                std::move(done));
  });
  if (!written) co_return std::unexpected(written.error());
  if (snapshot_numbers.filling(tenant, number)) co_return Result<void>{};  // it empties the space when it notices
  // The snapshot is gone. What is left of its space, should this fail, is emptied before the number is used again.
  auto emptied = co_await empty_space(entities_of(snapshot_space(tenant, number)));
  snapshot_numbers.release(tenant, number);
  co_return emptied;
}

Task<Result<void>> Broker::State::drop_expired_snapshots(std::string tenant) {
  auto all = co_await all_snapshots(tenant);
  if (!all) co_return std::unexpected(std::move(all).error());
  for (auto& snapshot : *all) {
    const auto expiry = expiry_of(snapshot.body);
    if (!expiry) co_return std::unexpected(expiry.error());
    if (*expiry > clock.now()) continue;
    auto dropped = co_await drop_snapshot(tenant, std::move(snapshot));
    if (!dropped && dropped.error().code != ErrorCode::kNotFound) co_return dropped;
  }
  co_return Result<void>{};
}

Task<Result<std::string>> Broker::State::start_snapshot(Broker& broker, Caller caller, json::object body,
                                                        std::vector<SnapshotSource> sources) {
  const auto id = id_of(body);
  const auto number = number_of(body);
  const auto written = co_await ask<Result<store::Written>>([&](auto done) {
    store.write(kept_address(Kept::kSnapshot, caller.tenant, id),
                create_stored(system, Kept::kSnapshot, {std::move(body), {}}, {}), std::move(done));
  });
  if (!written) {
    snapshot_numbers.release(caller.tenant, number);
    co_return std::unexpected(written.error());
  }
  snapshot_numbers.begin_filling(caller.tenant, number);
  auto tenant = caller.tenant;
  Filling filling{broker, std::move(caller), nullptr, id, number, std::move(sources)};
  if (filling.caller.forwarding != nullptr) {
    filling.forwarding = std::make_unique<Forwarding>(*filling.caller.forwarding);
    filling.caller.forwarding = filling.forwarding.get();
  }
  filling.caller.unknown_context = nullptr;  // the exchange has ended by then
  boost::asio::co_spawn(co_await boost::asio::this_coro::executor, fill_snapshot(std::move(filling)),
                        [this, tenant = std::move(tenant), number](const std::exception_ptr& error) {
                          if (error) snapshot_numbers.end_filling(tenant, number);  // its status is then "failure"
                        });
  co_return id;
}

/// Finds everything before it copies anything, so that the copies are of one moment as nearly as a query is.
Task<void> Broker::State::fill_snapshot(Filling filling) {
  const auto& tenant = filling.caller.tenant;
  const auto whose = entities_of(snapshot_space(tenant, filling.number));
  json::array details;
  std::size_t failed = 0;
  std::unordered_set<std::string> seen;
  std::vector<model::Document> found;
  for (auto& [from, asked] : filling.sources) {
    asked.query.limit = kMostSnapshotEntities + 1;
    auto caller = filling.caller;
    caller.tenant = from;
    auto page = co_await filling.broker.query(caller, std::move(asked.query), asked.text);
    Result<void> done;
    if (!page) {
      done = std::unexpected(std::move(page).error());
    } else if (found.size() + page->documents.size() > kMostSnapshotEntities) {
      done =
          fail(ErrorCode::kTooManyResults, fmt::format("A snapshot has at most {} entities.", kMostSnapshotEntities));
    } else {
      for (auto& document : page->documents) {
        if (seen.emplace(document.view().id()).second) found.push_back(std::move(document));
      }
    }
    failed += done ? 0 : 1;
    details.push_back(detail_of(done));
  }
  auto copied = co_await empty_space(whose);
  for (auto at = found.begin(); copied && at != found.end();) {
    const auto end = at + std::min<std::ptrdiff_t>(kCopiedTogether, found.end() - at);
    std::vector<store::Write> writes;
    for (; at != end; ++at) {
      writes.push_back({{whose, std::string{at->view().id()}},
                        [document = *at](const model::DocumentView*, Timestamp) -> Result<model::Change> {
                          return copy_of(document.view());
                        }});
    }
    copied = co_await write_together(store, std::move(writes));
  }
  const auto status = copied ? outcome(found.size(), filling.sources.size(), failed) : std::string_view{"failure"};
  const auto told = co_await modify_snapshot(tenant, filling.id, [&](json::object& snapshot) -> Result<void> {
    snapshot["snapshotStatus"] = json::string_view{status.data(), status.size()};
    if (!snapshot.contains("snapshotQueriesDetails")) snapshot["snapshotQueriesDetails"] = details;
    return {};
  });
  const bool removed = !told && told.error().code == ErrorCode::kNotFound;
  if (removed) static_cast<void>(co_await empty_space(whose));  // again before the number is used, should this fail
  snapshot_numbers.end_filling(tenant, filling.number);
  if (removed) snapshot_numbers.release(tenant, filling.number);
}

Task<Result<std::size_t>> Broker::State::new_snapshot_number(std::string tenant) {
  if (auto known = this->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  if (auto dropped = co_await drop_expired_snapshots(tenant); !dropped) {
    co_return std::unexpected(std::move(dropped).error());
  }
  const auto number = snapshot_numbers.take_any(tenant);
  if (number) co_return *number;
  co_return fail(ErrorCode::kTooLarge,
                 fmt::format("A tenant has at most {} snapshots; remove one first.", kMostSnapshots));
}

std::string Broker::State::new_snapshot_id() {
  return fmt::format("urn:ngsi-ld:Snapshot:{:016x}{:016x}", random.next(), random.next());
}

Task<Result<std::string>> Broker::create_snapshot(Caller caller, std::string_view body,
                                                  std::vector<SnapshotQuery> queries) {
  auto& state = *state_;
  const auto number = co_await state.new_snapshot_number(caller.tenant);
  if (!number) co_return std::unexpected(number.error());
  auto snapshot = define_snapshot(body, state.new_snapshot_id(), *number, state.clock.now(), false);
  if (!snapshot) {
    state.snapshot_numbers.release(caller.tenant, *number);
    co_return std::unexpected(std::move(snapshot).error());
  }
  std::vector<State::SnapshotSource> sources;
  for (auto& query : queries) sources.push_back({caller.tenant, std::move(query)});
  co_return co_await state.start_snapshot(*this, std::move(caller), std::move(*snapshot), std::move(sources));
}

Task<Result<std::string>> Broker::clone_snapshot(Caller caller, std::string id, std::string_view body) {
  auto& state = *state_;
  if (auto known = state.known(caller.tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto origin = co_await state.read_snapshot(caller.tenant, std::move(id));
  if (!origin) co_return std::unexpected(origin.error());
  if (status_of(origin->body) == "preparing") {
    co_return fail(ErrorCode::kConflict, "The snapshot is not ready yet.");
  }
  const auto number = co_await state.new_snapshot_number(caller.tenant);
  if (!number) co_return std::unexpected(number.error());
  auto snapshot = define_snapshot(body, state.new_snapshot_id(), *number, state.clock.now(), true);
  if (!snapshot) {
    state.snapshot_numbers.release(caller.tenant, *number);
    co_return std::unexpected(std::move(snapshot).error());
  }
  for (const auto* const taken_over : {"snapshotQueries", "snapshotQueriesDetails"}) {
    if (const auto* const value = origin->body.if_contains(taken_over)) (*snapshot)[taken_over] = *value;
  }
  std::vector<State::SnapshotSource> sources;
  sources.push_back({snapshot_space(caller.tenant, number_of(origin->body)), {}});
  co_return co_await state.start_snapshot(*this, std::move(caller), std::move(*snapshot), std::move(sources));
}

Task<Result<std::string>> Broker::show_snapshot(std::string tenant, std::string id) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  auto snapshot = co_await state_->read_snapshot(std::move(tenant), std::move(id));
  if (!snapshot) co_return std::unexpected(std::move(snapshot).error());
  co_return as_text(shown_snapshot(std::move(snapshot->body)));
}

Task<Result<std::string>> Broker::update_snapshot(std::string tenant, std::string id, std::string_view body) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto now = state_->clock.now();
  auto changed = co_await state_->modify_snapshot(
      std::move(tenant), std::move(id), [&](json::object& snapshot) { return patch_snapshot(snapshot, body, now); });
  if (!changed) co_return std::unexpected(std::move(changed).error());
  co_return as_text(shown_snapshot(std::move(*changed)));
}

Task<Result<void>> Broker::remove_snapshot(std::string tenant, std::string id) {
  if (auto known = state_->known(tenant); !known) co_return known;
  auto snapshot = co_await state_->read_snapshot(tenant, std::move(id));
  if (!snapshot) co_return std::unexpected(std::move(snapshot).error());
  co_return co_await state_->drop_snapshot(std::move(tenant), std::move(*snapshot));
}

Task<Result<void>> Broker::purge_snapshots(std::string tenant, std::string_view q) {
  if (auto known = state_->known(tenant); !known) co_return known;
  const auto filter = SnapshotFilter::parse(q, state_->names);
  if (!filter) co_return std::unexpected(filter.error());
  auto all = co_await state_->all_snapshots(tenant);
  if (!all) co_return std::unexpected(std::move(all).error());
  for (auto& snapshot : *all) {
    const auto meant = filter->matches(snapshot.body, state_->names);
    if (!meant) co_return std::unexpected(meant.error());
    if (!*meant) continue;
    auto dropped = co_await state_->drop_snapshot(tenant, std::move(snapshot));
    if (!dropped && dropped.error().code != ErrorCode::kNotFound) co_return dropped;
  }
  co_return Result<void>{};
}

Task<Result<std::string>> Broker::enter_snapshot(std::string tenant, std::string id) {
  if (auto known = state_->known(tenant); !known) co_return std::unexpected(std::move(known).error());
  const auto snapshot = co_await state_->read_snapshot(tenant, id);
  if (!snapshot) co_return std::unexpected(snapshot.error());
  const auto status = status_of(snapshot->body);
  if (status == "preparing" || status == "failure") {
    co_return fail(ErrorCode::kConflict, fmt::format("The snapshot cannot be used: its status is {}.", status));
  }
  const auto now = state_->clock.now();
  const auto used = base::parse_time(text_of(snapshot->body.at("lastUsedAt").as_string()));
  if (!used || now - *used >= kUseNoted) {
    // Only a note: that it could not be written is no reason to refuse a read.
    static_cast<void>(co_await state_->modify_snapshot(tenant, id, [now](json::object& body) -> Result<void> {
      body["lastUsedAt"] = base::format_time(now);
      return {};
    }));
  }
  co_return snapshot_space(tenant, number_of(snapshot->body));
}

}  // namespace horad::broker
