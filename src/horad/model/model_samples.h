// SPDX-License-Identifier: Apache-2.0
// Random entities for tests of this room.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/entity.h"

namespace horad::model::samples {

/// A few names of types and attributes, so that random entities meet.
inline std::vector<NameId> name_pool(Names& names) {
  std::vector<NameId> pool;
  for (const char* name :
       {"https://uri.etsi.org/ngsi-ld/default-context/temperature", "https://uri.etsi.org/ngsi-ld/location",
        "https://uri.etsi.org/ngsi-ld/default-context/humidity", "https://schema.org/name",
        "https://uri.etsi.org/ngsi-ld/default-context/якасць", "http://purl.org/dc/terms/description",
        "https://uri.etsi.org/ngsi-ld/default-context/q2", "https://uri.etsi.org/ngsi-ld/default-context/belongsTo"}) {
    pool.push_back(*names.intern(name));
  }
  return pool;
}

inline Attribute plain(NameId name, Value value, std::string dataset_id = {}) {
  Attribute a;
  a.name = name;
  a.value = std::move(value);
  a.dataset_id = std::move(dataset_id);
  return a;
}

inline rc::Gen<std::string> text() {
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(rc::gen::elementOf(std::vector<char32_t>{
                          U'a', U'Z', U'0',  U' ',      U'"', U'\\', U'\n', U'<', U'>', U'\'', U'=', U';',
                          U'(', U')', U'\t', U'\u0001', U'ў', U'漢', U'😀', U'/', U'%', U'{',  U'}'})),
                      [](const std::vector<char32_t>& points) {
                        std::string out;
                        for (const char32_t c : points) {
                          const auto put = [&](unsigned long byte) { out.push_back(static_cast<char>(byte)); };
                          if (c < 0x80) {
                            put(c);
                          } else if (c < 0x800) {
                            put(0xc0u | (c >> 6)), put(0x80u | (c & 0x3fu));
                          } else if (c < 0x10000) {
                            put(0xe0u | (c >> 12)), put(0x80u | ((c >> 6) & 0x3fu)), put(0x80u | (c & 0x3fu));
                          } else {
                            put(0xf0u | (c >> 18)), put(0x80u | ((c >> 12) & 0x3fu)), put(0x80u | ((c >> 6) & 0x3fu)),
                                put(0x80u | (c & 0x3fu));
                          }
                        }
                        return out;
                      });
}

/// A finite double: any bit pattern that is one.
inline rc::Gen<double> number() {
  return rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t bits) {
    const double mixed = static_cast<double>(bits) / 1000.0;
    double raw = 0;
    std::memcpy(&raw, &bits, sizeof raw);
    return bits % 2 == 0 || !(raw - raw == 0) ? mixed : raw;
  });
}

inline rc::Gen<Timestamp> time() {  // 1990 to 2116, with nanoseconds now and then
  return rc::gen::apply([](std::int64_t seconds,
                           std::int64_t nanos) { return Timestamp{std::chrono::seconds(seconds) + Duration(nanos)}; },
                        rc::gen::inRange<std::int64_t>(631152000, 4607182800),
                        rc::gen::element<std::int64_t>(0, 0, 500'000'000, 123'456'000, 999'999'999));
}

inline rc::Gen<std::string> uri() {
  return rc::gen::map(rc::gen::inRange(0, 50), [](int i) { return "urn:ngsi-ld:Thing:" + std::to_string(i); });
}

inline Value value_of(AttributeKind kind) {
  using rc::gen::element;
  switch (kind) {
    case AttributeKind::kProperty:
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
          return *rc::gen::arbitrary<bool>();
        case 1:
          return *rc::gen::arbitrary<std::int64_t>();
        case 2:
          return *number();
        case 3:
          return JsonText{*element<std::string>("{}", "[]", R"({"a":[1,2.5,{"b":"c"}]})", R"([1,"x",true])",
                                                R"({"type":"Home","street":"x"})")};
        default:
          return *text();
      }
    case AttributeKind::kRelationship:
      if (*rc::gen::inRange(0, 3) == 0) return JsonText{R"(["urn:a:1","urn:a:2"])"};
      return *uri();
    case AttributeKind::kGeoProperty:
      return JsonText{*element<std::string>(
          R"({"type":"Point","coordinates":[27.5,53.9]})", R"({"type":"Point","coordinates":[-8,40.0]})",
          R"({"type":"Point","coordinates":[0,-90]})", R"({"type":"Point","coordinates":[1e-07,5.0,3]})",
          R"({"type":"LineString","coordinates":[[1.5,2.5],[3.5,4.5]]})",
          R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]})")};
    case AttributeKind::kLanguageProperty:
      return JsonText{*element<std::string>(R"({"be":"Горад","en":"City"})", R"({"@none":["a","b"]})", "{}")};
    case AttributeKind::kVocabProperty:
      if (*rc::gen::inRange(0, 2) == 0)
        return JsonText{R"(["https://uri.etsi.org/ngsi-ld/default-context/open","https://schema.org/x"])"};
      return std::string("https://uri.etsi.org/ngsi-ld/default-context/closed");
    case AttributeKind::kJsonProperty:
      return JsonText{*element<std::string>(R"({"a":null,"@id":5})", R"([null,{"x":[]}])")};
    case AttributeKind::kListProperty:
      return JsonText{*element<std::string>("[]", "[1,2,3]", R"(["x",{"y":1.0}])")};
    case AttributeKind::kListRelationship:
      return JsonText{*element<std::string>(R"(["urn:a:1"])", R"(["urn:a:2","urn:a:1","urn:a:2"])")};
  }
  return false;
}

inline Attribute attribute(const std::vector<NameId>& pool, int depth = 0) {
  Attribute a;
  a.name = *rc::gen::elementOf(pool);
  a.kind = static_cast<AttributeKind>(
      *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {3, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}}));
  a.value = value_of(a.kind);
  const bool linked = a.kind == AttributeKind::kRelationship || a.kind == AttributeKind::kListRelationship;
  const bool no_unit = linked || a.kind == AttributeKind::kJsonProperty;
  if (!no_unit && *rc::gen::inRange(0, 2) == 0) a.unit_code = *rc::gen::element<std::string>("CEL", "P1", "ЗЗ");
  if (*rc::gen::inRange(0, 2) == 0) a.observed_at = *time();
  if (linked && *rc::gen::inRange(0, 2) == 0) a.object_type = *rc::gen::elementOf(pool);
  if (*rc::gen::inRange(0, 8) == 0) a.extras.make().expires_at = *time();
  if (!linked && *rc::gen::inRange(0, 8) == 0) a.extras.make().value_type = *rc::gen::elementOf(pool);
  if (a.object_type && *rc::gen::inRange(0, 3) == 0) a.extras.make().more_object_types = {*rc::gen::elementOf(pool)};
  if (*rc::gen::inRange(0, 16) == 0) a.extras.make().entity_id_sealed = *uri();
  if (*rc::gen::inRange(0, 16) == 0) a.extras.make().entity_types_sealed = {*rc::gen::elementOf(pool)};
  a.created_at = *time();
  a.modified_at = *time();
  if (*rc::gen::inRange(0, 4 + 4 * depth) == 0) a.dataset_id = *uri();
  const int subs = depth < 3 ? *rc::gen::weightedElement<int>({{6, 0}, {2, 1}, {1, 2}}) : 0;
  for (int i = 0; i < subs; ++i) {
    auto sub = attribute(pool, depth + 1);
    const bool there = std::ranges::any_of(
        a.sub_attributes, [&](const Attribute& o) { return o.name == sub.name && o.dataset_id == sub.dataset_id; });
    if (!there) a.sub_attributes.push_back(std::move(sub));
  }
  return a;
}

inline std::vector<Attribute> attributes(const std::vector<NameId>& pool, int most) {
  std::vector<Attribute> list;
  const int count = *rc::gen::inRange(0, most + 1);
  for (int i = 0; i < count; ++i) {
    auto a = attribute(pool);
    const auto same = [&](const Attribute& o) { return o.name == a.name && o.dataset_id == a.dataset_id; };
    if (std::ranges::none_of(list, same)) list.push_back(std::move(a));
  }
  return list;
}

inline Entity entity(const std::vector<NameId>& pool) {
  Entity e;
  e.id = *uri();
  e.types.push_back(*rc::gen::elementOf(pool));
  if (const auto more = *rc::gen::elementOf(pool); more != e.types[0] && *rc::gen::inRange(0, 3) == 0)
    e.types.push_back(more);
  if (*rc::gen::inRange(0, 3) == 0) e.scopes = {"/Novahrad/Centre", "/Novahrad"};
  e.created_at = *time();
  e.modified_at = *time();
  if (*rc::gen::inRange(0, 6) == 0) e.expires_at = *time();
  e.attributes = attributes(pool, 6);
  return e;
}

inline Change change(const std::vector<NameId>& pool, const Entity& before) {
  Change c;
  c.set = attributes(pool, 3);
  if (!before.attributes.empty() && *rc::gen::inRange(0, 2) == 0) {  // an update of what is there, of the same shape
    auto same = *rc::gen::elementOf(before.attributes);
    const auto clash = [&](const Attribute& o) { return o.name == same.name && o.dataset_id == same.dataset_id; };
    std::erase_if(c.set, clash);
    same.value = value_of(same.kind);
    c.set.push_back(std::move(same));
  }
  if (*rc::gen::inRange(0, 4) == 0) c.types = std::vector{*rc::gen::elementOf(pool)};
  if (*rc::gen::inRange(0, 4) == 0) c.scopes = std::vector<std::string>{"/x"};
  if (*rc::gen::inRange(0, 6) == 0) c.expires_at = *rc::gen::element(kNoExpiry, *time());
  if (*rc::gen::inRange(0, 8) == 0) {
    c.expired = *time();
    c.set.clear();
  }
  if (!before.attributes.empty() && *rc::gen::inRange(0, 3) == 0) {
    const auto& gone = *rc::gen::elementOf(before.attributes);
    c.removed.push_back({gone.name, gone.dataset_id});
  }
  return c;
}

}  // namespace horad::model::samples
