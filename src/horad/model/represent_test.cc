// SPDX-License-Identifier: Apache-2.0
// Whole answers against tests/golden/model; HORAD_GOLDEN_UPDATE=1 writes them anew.
#include "horad/model/represent.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "horad/base/time.h"
#include "horad/model/change.h"
#include "horad/model/geojson_out.h"
#include "horad/model/parse.h"
#include "horad/model/temporal.h"

namespace horad::model {
namespace {

/// The folder of this file is src/horad/model.
std::filesystem::path golden_folder() {
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "tests/golden/model";
}

void expect_golden(const std::string& name, std::string got) {
  got += '\n';
  const auto path = golden_folder() / name;
  if (std::getenv("HORAD_GOLDEN_UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << got;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string want{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(got, want) << "against " << name << "; HORAD_GOLDEN_UPDATE=1 writes it anew";
}

/// Every kind, with all that can stand in an attribute.
constexpr std::string_view kEverything =
    R"({"id":"urn:ngsi-ld:Everything:1","type":["Everything","ex:Thing"],"scope":["/north","/centre"],
  "whole":{"value":9223372036854775807},"double":1.0,"small":-1.5e-300,"yes":true,
  "text":"<a href=\"x\"> 'q' = ; ( ) \\ \u0001 \n Ў 漢 😀","list":[1,[2.0,"x"],{"a":false}],
  "address":{"value":{"street":"Рачная","type":"PostalAddress"}},
  "temperature":[{"value":21.5,"unitCode":"CEL","observedAt":"2026-11-22T19:17:22.123Z","quality":{"value":0.9,"by":{"object":"urn:x:2"}}},
                 {"value":22,"datasetId":"urn:ngsi-ld:Dataset:roof"}],
  "partOf":{"object":"urn:ngsi-ld:Town:1","objectType":"Town"},"sees":{"object":["urn:x:1","urn:x:2"]},
  "title":{"languageMap":{"be":"Горад","en":["City","Town"],"@none":"x"}},
  "state":{"vocab":"ex:open"},"states":{"vocab":["closed","ex:open"]},
  "raw":{"json":{"@id":null,"n":[1.0]}},"order":{"valueList":["b","a"]},"route":{"objectList":["urn:x:2","urn:x:1"]},
  "location":{"type":"Point","coordinates":[27.5,-53]},
  "area":{"value":{"type":"Polygon","coordinates":[[[0,0],[1.5,0],[1,1],[0,0]]]}},
  "notPlace":{"type":"Property","value":{"type":"Point","coordinates":[1,2]}}})";

class Represent : public testing::Test {
 protected:
  Names names;
  std::shared_ptr<Context> context = Context::make(names, R"({"ex":"https://example.org/ns#"})").value();
  Parser parser;

  static Timestamp at(std::int64_t seconds) { return Timestamp{std::chrono::seconds(seconds)}; }

  std::string document(std::string_view json) {
    EXPECT_TRUE(parser.load(json));
    const auto entity = parser.entity(0, *context);
    EXPECT_TRUE(entity) << (entity ? "" : entity.error().pointer + entity.error().detail);
    Change change;
    change.kind = ChangeKind::kCreated;
    change.types = entity->types;
    change.scopes = entity->scopes;
    change.set = entity->attributes;
    return apply_encoded(nullptr, entity->id, change, at(1'790'000'000));
  }
  std::string print(std::string_view bytes, const RepresentOptions& options) {
    std::string out;
    append_entity(out, DocumentView(bytes), *context, options);
    return out;
  }
  NameId name(std::string_view term) { return *context->resolve_attribute(term); }
};

TEST_F(Represent, Golden) {
  const auto bytes = document(kEverything);
  RepresentOptions options;
  expect_golden("normalized.json", print(bytes, options));
  options.with_context = true;
  options.sys_attrs = true;
  expect_golden("normalized-sysattrs-ld.json", print(bytes, options));
  options = {};
  options.form = Form::kConcise;
  expect_golden("concise.json", print(bytes, options));
  options.sys_attrs = true;
  expect_golden("concise-sysattrs.json", print(bytes, options));
  options = {};
  options.form = Form::kSimplified;
  expect_golden("simplified.json", print(bytes, options));
}

TEST_F(Represent, ShowsWhatWasAskedFor) {
  const auto bytes = document(
      R"({"id":"urn:x:1","type":"T","scope":"/s","a":1,"b":2,"c":[{"value":3,"datasetId":"urn:d:1"},{"value":4}]})");
  RepresentOptions options;
  options.form = Form::kSimplified;
  options.only_listed = true;
  options.listed = {name("a"), name("c")};
  EXPECT_EQ(print(bytes, options),
            R"({"id":"urn:x:1","type":"T","scope":"/s","a":1,"c":{"dataset":{"urn:d:1":3,"@none":4}}})");
  options.dataset_ids = {""};
  EXPECT_EQ(print(bytes, options), R"({"id":"urn:x:1","type":"T","scope":"/s","a":1,"c":4})");
  options = {};
  options.form = Form::kConcise;
  options.omitted = {name("a")};
  options.projected = true;
  options.id = options.type = options.scope = false;
  EXPECT_EQ(print(bytes, options), R"({"b":2,"c":[{"value":3,"datasetId":"urn:d:1"},{"value":4}]})");
  options.omitted.push_back(name("b"));
  options.dataset_ids = {"urn:d:2"};
  EXPECT_EQ(print(bytes, options), "{}");
  EXPECT_FALSE(shows_something(DocumentView(bytes), options));
  EXPECT_TRUE(shows_something(DocumentView(bytes), RepresentOptions{}));
}

TEST_F(Represent, GeoJson) {
  const std::vector<Document> documents{
      Document(document(R"({"id":"urn:x:1","type":"T","a":1,"location":{"type":"Point","coordinates":[1.5,2]}})")),
      Document(document(R"({"id":"urn:x:2","type":"T","place":"nowhere"})")),
      Document(document(R"({"id":"urn:x:3","type":"T"})"))};
  GeoJsonOptions options;
  options.geometry_property = *location_name(names);
  options.entity.with_context = true;
  std::string out;
  append_feature_collection(out, documents, *context, options);
  expect_golden("collection.geojson", out);
  out.clear();
  options.entity.form = Form::kSimplified;
  append_feature(out, documents[0].view(), *context, options);
  expect_golden("feature-simplified.geojson", out);
}

class TemporalForms : public Represent {
 protected:
  std::vector<Attribute> values;
  std::vector<NameId> types{name("T")};
  Attribute scope;
  TemporalEntity entity;

  Attribute value(std::string_view term, Value v, std::int64_t seconds) {
    Attribute a;
    a.name = name(term);
    a.value = std::move(v);
    a.observed_at = at(seconds);
    a.created_at = at(seconds + 1);
    a.modified_at = at(seconds + 2);
    return a;
  }
  std::string print(const TemporalOptions& options) {
    std::string out;
    append_temporal(out, entity, *context, options);
    return out;
  }
  void SetUp() override {
    entity.id = "urn:x:1";
    entity.types = types;
    scope.name = kScopeName;
    scope.value = std::string("/north");
    scope.observed_at = scope.created_at = scope.modified_at = at(1'790'000'000);
    entity.created_at = at(1'790'000'000);
    entity.modified_at = at(1'790'000'060);
  }
};

TEST_F(TemporalForms, Instances) {
  values = {value("temperature", 20.5, 1'790'000'000),
            value("temperature", std::int64_t{21}, 1'790'000'060),
            value("temperature", std::int64_t{7}, 1'790'000'000),
            value("title", JsonText{R"({"en":"x"})"}, 1'790'000'000),
            value("title", JsonText{"{}"}, 1'790'000'060),
            value("temperature", std::string("urn:x:2"), 1'790'000'090)};
  values[0].unit_code = "CEL";
  values[2].dataset_id = "urn:d:1";
  values[3].kind = values[4].kind = AttributeKind::kLanguageProperty;
  values[5].kind = AttributeKind::kRelationship;
  std::vector<TemporalSeries> series(5);
  series[0] = {name("temperature"),
               "",
               {{&values[0], {}, "urn:ngsi-ld:Instance:1"}, {&values[1], {}, ""}, {&values[5], {}, ""}},
               {}};
  series[1] = {name("title"), "", {{&values[3], {}, ""}, {&values[4], at(1'790'000'061), ""}}, {}};
  series[2] = {name("temperature"), "urn:d:1", {{&values[2], {}, ""}}, {}};
  series[3] = {name("nothing"), "", {}, {}};
  series[4] = {kScopeName, "", {{&scope, {}, ""}, {&scope, at(1'790'000'061), ""}}, {}};
  entity.series = series;
  TemporalOptions options;
  expect_golden("temporal-normalized.json", print(options));
  options.sys_attrs = true;
  options.with_context = true;
  expect_golden("temporal-normalized-sysattrs-ld.json", print(options));
  options = {};
  options.form = TemporalForm::kValues;
  expect_golden("temporal-values.json", print(options));
  options.time = TemporalTime::kModifiedAt;
  expect_golden("temporal-values-modified.json", print(options));
}

TEST_F(TemporalForms, Aggregates) {
  const std::vector<AggregateValue> first{20.5, std::uint64_t{2}, std::string("a")};
  const std::vector<AggregateValue> second{std::monostate{}, std::uint64_t{1}, std::string("b")};
  std::vector<TemporalSeries> series(2);
  series[0] = {name("temperature"), "", {}, {{at(0), at(3600), first}, {at(3600), at(7200), second}}};
  series[1] = {name("temperature"), "urn:d:1", {}, {{at(0), at(3600), first}}};
  entity.series = series;
  const std::vector<std::string_view> methods{"avg", "totalCount", "max"};
  TemporalOptions options;
  options.form = TemporalForm::kAggregated;
  options.methods = methods;
  expect_golden("temporal-aggregated.json", print(options));
}

}  // namespace
}  // namespace horad::model
