// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/snapshots.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "horad/broker/members.h"
#include "horad/model/q.h"

namespace horad::broker {
namespace {

constexpr std::int64_t kDefaultPriority = 5;
constexpr std::string_view kNumber = "horadNumber";
constexpr std::array<std::string_view, 6> kAsked{"id",        "snapshotPriority", "snapshotStatus",
                                                 "expiresAt", "lastUsedAt",       "snapshotLifetime"};

std::unexpected<Error> unsupported(std::string_view member, std::string_view what) {
  return fail(ErrorCode::kNotSupported, fmt::format("'{}' is not supported: {}.", member, what),
              "/" + std::string{member});
}

Result<void> read_priority(const json::object& body, json::object& snapshot) {
  const auto* const value = member(body, "snapshotPriority");
  if (value == nullptr) return {};
  const auto* const number = value->if_int64();
  if (number == nullptr || *number < 0) {
    return wrong("snapshotPriority", "'snapshotPriority' is a whole number, 0 or more.");
  }
  snapshot["snapshotPriority"] = *number;
  return {};
}

Result<void> read_lifetime(const json::object& body, json::object& snapshot, Timestamp now) {
  const auto* const value = member(body, "snapshotLifetime");
  if (value == nullptr) return {};
  const auto lifetime = value->is_string() ? base::parse_duration(text_of(value->get_string()))
                                           : Result<Duration>{fail(ErrorCode::kBadRequestData, "")};
  if (!lifetime || *lifetime <= Duration{}) {
    return wrong("snapshotLifetime", "'snapshotLifetime' is an ISO 8601 duration, like P1D.");
  }
  snapshot["snapshotLifetime"] = *value;
  snapshot["expiresAt"] = base::format_time(now + std::min(*lifetime, kLongestSnapshotLifetime));
  return {};
}

/// Refuses members that a body may not have.
Result<void> check_members(const json::object& body, std::span<const std::string_view> known) {
  for (const auto& one : body) {
    const std::string_view name{one.key().data(), one.key().size()};
    if (name == "endpoint" || name == "receiverInfo") {
      return unsupported(name, "ask for snapshotStatus instead of being told");
    }
    if (name == "snapshotTemporalQueries") return unsupported(name, "snapshots hold no history");
    if (std::ranges::find(known, name) == known.end()) {
      return wrong(name, fmt::format("'{}' cannot be given here.", name));
    }
  }
  const auto* const type = member(body, "type");
  if (type != nullptr && (!type->is_string() || text_of(type->get_string()) != "Snapshot"))
    return wrong("type", "The type of the body is 'Snapshot'.");
  return {};
}

/// The members of snapshots as attributes of a document that a q can be asked of.
class MemberNames final : public model::NameResolver {
 public:
  explicit MemberNames(model::Names& names) : names_(names) {}
  Result<model::NameId> resolve_type(std::string_view name) override { return resolve_attribute(name); }
  Result<model::NameId> resolve_attribute(std::string_view name) override {
    if (std::ranges::find(kAsked, name) == kAsked.end()) {
      return fail(ErrorCode::kBadRequestData, fmt::format("'{}' is no member of a snapshot that q may ask.", name),
                  "q");
    }
    return names_.intern("urn:horad:system:" + std::string{name});
  }
  std::string expand(std::string_view term) const override { return std::string{term}; }
  const model::Names& names() const noexcept override { return names_; }

 private:
  model::Names& names_;
};

Result<model::Value> value_of(const json::value& value) {
  if (const auto* const number = value.if_int64()) return *number;
  if (value.is_string()) return std::string{text_of(value.get_string())};
  return model::JsonText{to_text(value)};
}

}  // namespace

std::string snapshot_space(std::string_view tenant, std::size_t number) { return fmt::format("{}/{}", tenant, number); }

store::Tenant entities_of(std::string name) {
  const auto space = name.find('/') == std::string::npos ? store::Space::kCity : store::Space::kSnapshot;
  return {std::move(name), space};
}

void SnapshotNumbers::take(const std::string& tenant, std::size_t number) {
  const std::lock_guard lock{mutex_};
  taken_[tenant].insert(number);
}

std::optional<std::size_t> SnapshotNumbers::take_any(const std::string& tenant) {
  const std::lock_guard lock{mutex_};
  auto& taken = taken_[tenant];
  for (std::size_t number = 0; number < kMostSnapshots; ++number) {
    if (taken.insert(number).second) return number;
  }
  return std::nullopt;
}

void SnapshotNumbers::release(const std::string& tenant, std::size_t number) {
  const std::lock_guard lock{mutex_};
  taken_[tenant].erase(number);
}

void SnapshotNumbers::begin_filling(const std::string& tenant, std::size_t number) {
  const std::lock_guard lock{mutex_};
  filling_.emplace(tenant, number);
}

void SnapshotNumbers::end_filling(const std::string& tenant, std::size_t number) {
  const std::lock_guard lock{mutex_};
  filling_.erase({tenant, number});
}

bool SnapshotNumbers::filling(const std::string& tenant, std::size_t number) {
  const std::lock_guard lock{mutex_};
  return filling_.contains({tenant, number});
}

model::Change copy_of(model::DocumentView document) {
  auto entity = document.to_entity();
  model::Change change;
  change.kind = model::ChangeKind::kCreated;
  change.types = std::move(entity.types);
  change.scopes = std::move(entity.scopes);
  change.set = std::move(entity.attributes);
  if (entity.expires_at != model::kNoExpiry) change.expires_at = entity.expires_at;
  change.times = {entity.created_at, entity.modified_at};
  return change;
}

Result<json::object> define_snapshot(std::string_view body, std::string id, std::size_t number, Timestamp now,
                                     bool clone) {
  static constexpr std::array<std::string_view, 6> kKnown{
      "id", "type", "snapshotPriority", "snapshotLifetime", "@context", "snapshotQueries"};
  const auto given = parse_json_object(body);
  if (!given) return std::unexpected(given.error());
  if (auto good = check_members(*given, std::span{kKnown}.first(clone ? 5 : 6)); !good) {
    return std::unexpected(std::move(good).error());
  }
  Members members{*given, {}};
  if (const auto own = members.text("id"); !own.empty()) id = own;
  members.keep(model::check_entity_id(id));
  if (!members.state()) return std::unexpected(members.state().error());
  json::object out;
  out["id"] = id;
  out["type"] = "Snapshot";
  if (const auto* const queries = member(*given, "snapshotQueries")) out["snapshotQueries"] = *queries;
  out["snapshotStatus"] = "preparing";
  out["snapshotPriority"] = kDefaultPriority;
  out["lastUsedAt"] = base::format_time(now);
  out["expiresAt"] = base::format_time(now + kSnapshotLifetime);
  out[json::string_view{kNumber.data(), kNumber.size()}] = number;
  if (auto good = read_priority(*given, out); !good) return std::unexpected(std::move(good).error());
  if (auto good = read_lifetime(*given, out, now); !good) return std::unexpected(std::move(good).error());
  return out;
}

Result<void> patch_snapshot(json::object& snapshot, std::string_view body, Timestamp now) {
  static constexpr std::array<std::string_view, 4> kKnown{"type", "snapshotPriority", "snapshotLifetime", "@context"};
  const auto given = parse_json_object(body);
  if (!given) return std::unexpected(given.error());
  if (auto good = check_members(*given, kKnown); !good) return good;
  if (auto good = read_priority(*given, snapshot); !good) return good;
  return read_lifetime(*given, snapshot, now);
}

json::object shown_snapshot(json::object snapshot) {
  snapshot.erase(json::string_view{kNumber.data(), kNumber.size()});
  return snapshot;
}

std::size_t number_of(const json::object& snapshot) {
  const auto* const value = member(snapshot, kNumber);
  json::error_code trouble;
  return value == nullptr ? 0 : value->to_number<std::size_t>(trouble);
}

std::string_view status_of(const json::object& snapshot) {
  const auto* const value = member(snapshot, "snapshotStatus");
  return value == nullptr || !value->is_string() ? std::string_view{} : text_of(value->get_string());
}

Result<Timestamp> expiry_of(const json::object& snapshot) {
  const auto* const value = member(snapshot, "expiresAt");
  if (value == nullptr || !value->is_string()) {
    return fail(ErrorCode::kDamaged, "A stored snapshot does not say when it expires.");
  }
  return base::parse_time(text_of(value->get_string()));
}

std::string_view outcome(std::size_t entities, std::size_t queries, std::size_t failed) noexcept {
  if (failed > 0) return failed == queries ? "failure" : "partial";
  return entities == 0 ? "empty" : "success";
}

Result<SnapshotFilter> SnapshotFilter::parse(std::string_view q, model::Names& names) {
  MemberNames members{names};
  auto filter = model::QFilter::parse(q, members);
  if (!filter) return std::unexpected(std::move(filter).error());
  if (!(*filter)->has_attribute()) {
    return fail(ErrorCode::kBadRequestData, "A purge of snapshots asks their own members.", "q");
  }
  SnapshotFilter out;
  out.filter_ = std::move(*filter);
  return out;
}

Result<bool> SnapshotFilter::matches(const json::object& snapshot, model::Names& names) const {
  MemberNames members{names};
  model::Entity entity;
  for (const auto name : kAsked) {
    const auto* const given = member(snapshot, name);
    if (given == nullptr) continue;
    const auto id = members.resolve_attribute(name);
    if (!id) return std::unexpected(id.error());
    auto value = value_of(*given);
    if (!value) return std::unexpected(std::move(value).error());
    model::Attribute attribute;
    attribute.name = *id;
    attribute.value = std::move(*value);
    entity.attributes.push_back(std::move(attribute));
  }
  const auto bytes = model::encode(entity);
  return filter_->matches(model::DocumentView{bytes});
}

}  // namespace horad::broker
