// SPDX-License-Identifier: Apache-2.0
// Log records as a store would give them, for tests of the live feed.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "horad/edge/live_batch.h"
#include "horad/model/change.h"

namespace horad::edge {

/// Keeps the entities it tells of, so that each record has its entity before and after.
struct LiveSamples {
  using Values = std::vector<std::pair<std::string, double>>;

  model::Names names;
  std::map<std::string, model::Document> entities;
  std::shared_ptr<model::Context> context = model::Context::core(names);
  Timestamp at{std::chrono::seconds(1'000'000)};

  store::Record created(const std::string& id, const Values& values, std::optional<LivePlace> place = {}) {
    model::Change change;
    change.kind = model::ChangeKind::kCreated;
    change.types = {*context->resolve_type("Vehicle")};
    for (const auto& [name, value] : values) change.set.push_back(property(name, value));
    if (place) change.set.push_back(location(*place));
    return record(id, std::move(change));
  }
  store::Record updated(const std::string& id, const Values& values) {
    model::Change change;
    for (const auto& [name, value] : values) change.set.push_back(property(name, value));
    return record(id, std::move(change));
  }
  store::Record moved(const std::string& id, LivePlace place) {
    model::Change change;
    change.set.push_back(location(place));
    return record(id, std::move(change));
  }
  store::Record removed(const std::string& id, const std::string& name) {
    model::Change change;
    change.removed.push_back({*context->resolve_attribute(name), {}});
    return record(id, std::move(change));
  }
  store::Record deleted(const std::string& id) {
    model::Change change;
    change.kind = model::ChangeKind::kDeleted;
    return record(id, std::move(change));
  }

 private:
  model::Attribute property(const std::string& name, double value) {
    model::Attribute out;
    out.name = *context->resolve_attribute(name);
    out.value = value;
    out.observed_at = at;
    return out;
  }
  model::Attribute location(LivePlace place) {
    model::Attribute out;
    out.name = *context->resolve_attribute("location");
    out.kind = model::AttributeKind::kGeoProperty;
    out.value = model::JsonText{fmt::format("{{\"type\":\"Point\",\"coordinates\":[{},{}]}}", place.lng, place.lat)};
    return out;
  }
  store::Record record(const std::string& id, model::Change change) {
    at += std::chrono::seconds(1);
    store::Record out;
    out.address.id = id;
    out.at = at;
    out.before = entities[id];
    if (change.kind != model::ChangeKind::kDeleted) {
      std::optional<model::DocumentView> before;
      if (out.before) before = out.before.view();
      out.after = model::Document{model::apply_encoded(before ? &*before : nullptr, id, change, at)};
    }
    entities[id] = out.after;
    out.change = std::move(change);
    return out;
  }
};

}  // namespace horad::edge
