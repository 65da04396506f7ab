// SPDX-License-Identifier: Apache-2.0
// For tests: seeded changes to a small set of entities, and questions about them, that reach every index of the store.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "horad/base/sim_world.h"
#include "horad/model/change.h"
#include "horad/model/geo_query.h"
#include "horad/model/id_pattern.h"
#include "horad/model/ordering.h"
#include "horad/model/q.h"
#include "horad/model/q_testing.h"
#include "horad/model/query.h"
#include "horad/model/scope_query.h"
#include "horad/model/type_selection.h"
#include "horad/store/store.h"

namespace horad::store::testing {

class RandomCity {
 public:
  RandomCity(model::Names& names, std::uint64_t seed, std::size_t ids = 30)
      : random_(seed), ids_(ids), resolver_(names) {
    for (int i = 0; i < 4; ++i) types_.push_back(*resolver_.resolve_type(fmt::format("T{}", i)));
    for (int i = 0; i < 4; ++i) attributes_.push_back(*resolver_.resolve_attribute(fmt::format("a{}", i)));
    location_ = *resolver_.resolve_attribute("location");
  }

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  bool one_in(std::uint64_t n) { return random_.below(n) == 0; }

  Tenant tenant() {
    switch (below(6)) {
      case 0:
        return {"brest", Space::kCity};
      case 1:
        return {"", Space::kSystem};
      default:
        return {};
    }
  }
  Address address() { return {tenant(), fmt::format("urn:x:{}", below(ids_))}; }

  /// A change that can be made to an entity that is there, or not.
  model::Change change(bool there) {
    model::Change change;
    if (there && one_in(8)) {
      change.kind = model::ChangeKind::kHistory;
      change.history = some_edit();
      return change;
    }
    if (!there || one_in(12)) {
      change.kind = model::ChangeKind::kCreated;
      change.types = some_types();
      change.set = some_attributes();
      if (one_in(6)) change.expires_at = expiry();
    } else if (one_in(6)) {
      change.kind = model::ChangeKind::kDeleted;
    } else {
      if (one_in(5)) change.types = some_types();
      if (one_in(8)) change.scopes = std::vector<std::string>{fmt::format("/d{}", below(3))};
      if (one_in(4)) change.removed.push_back({attributes_[below(attributes_.size())], dataset()});
      if (one_in(8)) change.removed.push_back({location_, {}});
      if (one_in(10)) change.expires_at = one_in(3) ? model::kNoExpiry : expiry();
      change.set = some_attributes();
    }
    return change;
  }

  model::Query query() {
    model::Query query;
    if (one_in(2))
      query.types =
          *model::TypeSelection::parse(pick({"T0", "T1", "T0,T2", "T1;T3", "(T0|T1);T2,T3", "*", "T9"}), resolver_);
    if (one_in(3)) {
      const auto text = pick({"a0>5", "a1", "!a1;a0", "a0==3", "a2==\"x1\"", "a1==\"x2\",\"x4\"", "a3==2..4",
                              "a0>3;a1<8", "a2==\"x3\"|a0==1", "a0..3", "a3!=2", "createdAt>2000-01-01T00:00:00Z"});
      if (auto parsed = model::QFilter::parse(text, resolver_)) query.q = *parsed;
    }
    if (one_in(3)) query.geo = geo();
    if (one_in(6)) query.attributes = {attributes_[below(4)], attributes_[below(4)]};
    if (one_in(8)) {
      query.ids = {fmt::format("urn:x:{}", below(ids_)), fmt::format("urn:x:{}", below(ids_)), "urn:none"};
      std::ranges::sort(query.ids);
    }
    if (one_in(8)) query.id_pattern = *model::IdPattern::parse("[02468]$");
    if (one_in(6)) query.scope = *model::ScopeQuery::parse(pick({"/d1", "/d0|/d2", "/#", "/d0;/d1"}));
    if (one_in(10)) query.remains = remains();
    if (one_in(10)) query.any_of = {selector(), selector()};
    if (one_in(3)) {
      const auto order = pick({"a0", "a1;desc", "type,a2;desc", "modifiedAt;desc", "id;desc", "a3.x,id"});
      query.order = *model::Ordering::parse({order, {}, {}, {}}, resolver_);
    } else if (one_in(8)) {
      query.order = *model::Ordering::parse({"location;dist-asc,id", {}, {}, "[27.5,53.5]"}, resolver_);
    }
    query.limit = below(12);
    query.offset = one_in(2) ? 0 : below(10);
    query.count = one_in(2);
    return query;
  }

 private:
  std::string_view pick(std::initializer_list<std::string_view> texts) {
    return *(texts.begin() + below(texts.size()));
  }
  Timestamp expiry() { return Timestamp{std::chrono::seconds{2'000'000'000 + below(90)}}; }  // never reached

  model::Remains remains() {
    model::Remains out;
    out.only_picked = one_in(2);
    if (one_in(2)) out.picked = {attributes_[below(2)], attributes_[2 + below(2)]};
    if (one_in(2)) out.omitted = {attributes_[below(4)]};
    out.scope = one_in(3);
    std::ranges::sort(out.picked);
    return out;
  }

  model::Selector selector() {
    model::Selector out;
    if (one_in(2)) out.types = model::TypeSelection::of(types_[below(4)]);
    if (one_in(2)) out.ids = {fmt::format("urn:x:{}", below(ids_))};
    if (one_in(4)) out.id_pattern = *model::IdPattern::parse("[13579]$");
    return out;
  }

  std::string dataset() { return one_in(5) ? "urn:ds:1" : ""; }

  std::vector<model::NameId> some_types() {
    std::vector<model::NameId> types{types_[below(4)]};
    const auto second = types_[below(4)];
    if (second != types[0]) types.push_back(second);
    return types;
  }

  std::shared_ptr<const model::HistoryEdit> some_edit() {
    auto edit = std::make_shared<model::HistoryEdit>();
    const Timestamp somewhen{std::chrono::seconds{below(1'000'000)}};
    for (const auto& attribute : some_attributes()) {
      if (one_in(6)) edit->erased.push_back({attribute.name, attribute.dataset_id, {somewhen, 1}});
      edit->added.push_back({attribute, one_in(6), std::nullopt});
      edit->added.back().attribute.observed_at = somewhen;
      if (one_in(6)) edit->added.back().instead_of = model::InstancePlace{somewhen, 2};
    }
    return edit;
  }

  std::vector<model::Attribute> some_attributes() {
    std::vector<model::Attribute> set;
    for (const auto name : attributes_) {
      if (!one_in(3)) continue;
      model::Attribute attribute;
      attribute.name = name;
      attribute.dataset_id = dataset();
      if (one_in(2)) {
        attribute.value = static_cast<std::int64_t>(below(10));
      } else {
        attribute.value = fmt::format("x{}", below(5));
      }
      if (one_in(12)) attribute.extras.make().expires_at = expiry();
      set.push_back(std::move(attribute));
    }
    if (one_in(3)) set.push_back(place());
    return set;
  }

  model::Attribute place() {
    model::Attribute attribute;
    attribute.name = location_;
    attribute.kind = one_in(10) ? model::AttributeKind::kProperty : model::AttributeKind::kGeoProperty;
    const double lng = 27.0 + static_cast<double>(below(100)) / 100;
    const double lat = 53.0 + static_cast<double>(below(100)) / 100;
    attribute.value = model::JsonText{
        one_in(12)
            ? fmt::format(R"({{"type":"Polygon","coordinates":[[[{0},{1}],[{2},{1}],[{2},{3}],[{0},{3}],[{0},{1}]]]}})",
                          lng, lat, lng + 0.3, lat + 0.3)
            : fmt::format(R"({{"type":"Point","coordinates":[{},{}]}})", lng, lat)};
    return attribute;
  }

  std::shared_ptr<const model::GeoQuery> geo() {
    const double lng = 27.0 + static_cast<double>(below(100)) / 100;
    const double lat = 53.0 + static_cast<double>(below(100)) / 100;
    const std::string point = fmt::format("[{},{}]", lng, lat);
    const std::string square =
        fmt::format("[[[{0},{1}],[{2},{1}],[{2},{3}],[{0},{3}],[{0},{1}]]]", lng, lat, lng + 0.2, lat + 0.2);
    switch (below(4)) {
      case 0:
        return *model::GeoQuery::parse({"near;maxDistance==20000", "Point", point}, location_);
      case 1:
        return *model::GeoQuery::parse({"near;minDistance==20000", "Point", point}, location_);
      case 2:
        return *model::GeoQuery::parse({"intersects", "Polygon", square}, location_);
      default:
        return *model::GeoQuery::parse({"within", "Polygon", square}, location_);
    }
  }

  base::SeededRandom random_;
  const std::size_t ids_;
  model::testing::PlainResolver resolver_;
  std::vector<model::NameId> types_;
  std::vector<model::NameId> attributes_;
  model::NameId location_;
};

}  // namespace horad::store::testing
