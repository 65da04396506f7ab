// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "horad/base/time.h"
#include "horad/model/document.h"
#include "horad/model/model_samples.h"
#include "horad/model/represent.h"

namespace horad::model {
namespace {

constexpr std::string_view kHead = R"("id":"urn:x:1","type":"T")";

class Parse : public testing::Test {
 protected:
  Names names;
  std::shared_ptr<Context> context = Context::core(names);
  Parser parser;

  Result<Entity> entity(std::string_view json, ParseOptions options = {}) {
    if (auto loaded = parser.load(json); !loaded) return std::unexpected(loaded.error());
    return parser.entity(0, *context, options);
  }
  /// An entity with one attribute `a`, given as JSON.
  Result<Attribute> attribute(std::string_view json, ParseOptions options = {}) {
    auto parsed = entity("{" + std::string(kHead) + R"(,"a":)" + std::string(json) + "}", options);
    if (!parsed) return std::unexpected(parsed.error());
    if (parsed->attributes.size() != 1) return fail(ErrorCode::kInternal, "not one attribute");
    return parsed->attributes[0];
  }
  static std::string printed(const Result<Attribute>& attribute) {
    if (!attribute) return attribute.error().pointer + " " + attribute.error().detail;
    if (const auto* text = std::get_if<std::string>(&attribute->value)) return "\"" + *text + "\"";
    if (const auto* json = std::get_if<JsonText>(&attribute->value)) return json->text;
    if (const auto* integer = std::get_if<std::int64_t>(&attribute->value)) return std::to_string(*integer);
    if (const auto* number = std::get_if<double>(&attribute->value)) return fmt::format("double {}", *number);
    return std::get<bool>(attribute->value) ? "true" : "false";
  }
};

struct Accepted {
  const char* json;
  AttributeKind kind;
  const char* value;
};
using enum AttributeKind;

TEST_F(Parse, ReadsEveryKindNormalizedAndConcise) {
  const Accepted cases[] = {
      {R"({"type":"Property","value":20})", kProperty, "20"},
      {R"({"value":20.0})", kProperty, "double 20"},
      {"-9223372036854775808", kProperty, "-9223372036854775808"},
      {R"j("a < b > \" ' = ; ( )")j", kProperty, "\"a < b > \" ' = ; ( )\""},
      {"true", kProperty, "true"},
      {"[1, 2]", kProperty, "[1,2]"},
      {R"({"street":"x", "no": 5})", kProperty, R"({"street":"x","no":5})"},
      {R"({"value":{"type":"Home"}})", kProperty, R"({"type":"Home"})"},
      {R"({"@type":"Property","value":{"coordinates":1}})", kProperty, R"({"coordinates":1})"},
      {R"({"type":"Relationship","object":"urn:x:2"})", kRelationship, "\"urn:x:2\""},
      {R"({"object":["urn:x:2", "urn:x:3"]})", kRelationship, R"(["urn:x:2","urn:x:3"])"},
      {R"({"type":"Point","coordinates":[1, 2.50]})", kGeoProperty, R"({"type":"Point","coordinates":[1,2.5]})"},
      {R"({"value":{"coordinates":[1,2],"type":"Point"}})", kGeoProperty, R"({"type":"Point","coordinates":[1,2]})"},
      {R"({"type":"GeoProperty","value":"{\"type\":\"Point\",\"coordinates\":[1,2]}"})", kGeoProperty,
       R"({"type":"Point","coordinates":[1,2]})"},
      {R"({"type":"Property","value":{"type":"Point","coordinates":[1,2]}})", kProperty,
       R"({"type":"Point","coordinates":[1,2]})"},
      {R"({"languageMap":{"be":"Горад","@none":["a"]}})", kLanguageProperty, R"({"be":"Горад","@none":["a"]})"},
      {R"({"vocab":"open"})", kVocabProperty, "\"https://uri.etsi.org/ngsi-ld/default-context/open\""},
      {R"({"type":"JsonProperty","json":{"@id":null}})", kJsonProperty, R"({"@id":null})"},
      {R"({"valueList":[1,"x"]})", kListProperty, R"([1,"x"])"},
      {R"({"objectList":["urn:x:2",{"object":"urn:x:2"}]})", kListRelationship, R"(["urn:x:2","urn:x:2"])"},
  };
  for (const auto& c : cases) {
    const auto got = attribute(c.json);
    EXPECT_EQ(printed(got), c.value) << c.json;
    if (got) EXPECT_EQ(got->kind, c.kind) << c.json;
  }
}

struct Refused {
  const char* json;
  const char* pointer;
  ErrorCode code = ErrorCode::kBadRequestData;
};

TEST_F(Parse, RefusesWithTheRightPlace) {
  const Refused cases[] = {
      {"null", "/a"},
      {R"({"value":null})", "/a/value"},
      {R"({"value":[1,null]})", "/a/value/1"},
      {R"({"type":"Property"})", "/a"},
      {R"({"type":"Lamp","value":1})", "/a/type"},
      {R"({"type":"Property","object":"urn:x:2"})", "/a/object"},
      {R"({"value":1,"object":"urn:x:2"})", "/a/object"},
      {R"({"value":1,"value":2})", "/a/value"},
      {R"({"observedAt":"2026-01-01T00:00:00Z"})", "/a"},
      {R"({"value":1,"observedAt":"2026-01-01T00:00:00+03:00"})", "/a/observedAt"},
      {R"({"value":1,"observedAt":5})", "/a/observedAt"},
      {R"({"value":1,"unitCode":""})", "/a/unitCode"},
      {R"({"object":"urn:x:2","unitCode":"CEL"})", "/a/unitCode"},
      {R"({"value":1,"objectType":"T"})", "/a/objectType"},
      {R"({"object":"not a uri"})", "/a/object"},
      {R"({"object":[]})", "/a/object"},
      {R"({"value":1,"datasetId":"x"})", "/a/datasetId"},
      {R"({"value":1,"deletedAt":"2026-01-01T00:00:00Z"})", "/a/deletedAt"},
      {R"({"value":1,"previousValue":2})", "/a/previousValue"},
      {R"({"value":1,"expiresAt":"soon"})", "/a/expiresAt"},
      {R"({"value":1,"expiresAt":"2027-13-01T00:00:00Z"})", "/a/expiresAt"},
      {R"({"value":1,"expiresAt":"urn:ngsi-ld:null"})", "/a/expiresAt"},
      {R"({"value":1,"sub":[{"value":2,"datasetId":"urn:d:1"},{"value":3,"datasetId":"urn:d:1"}]})", "/a"},
      {R"({"value":1,"valueType":5})", "/a/valueType"},
      {R"({"object":"urn:x:2","valueType":"xsd:string"})", "/a/valueType"},
      {R"({"languageMap":{"en":"x"},"valueType":"xsd:string"})", "/a/valueType"},
      {R"({"value":1,"entityIdSealed":"urn:x:1"})", "/a/entityIdSealed"},
      {R"({"value":1,"entityTypeSealed":"T"})", "/a/entityTypeSealed"},
      {R"({"object":"urn:x:2","objectType":[]})", "/a/objectType"},
      {R"({"object":"urn:x:2","objectType":["T",5]})", "/a/objectType/1"},
      {R"({"json":5})", "/a/json"},
      {R"({"value":1,"bad name":2})", "/a/bad name"},
      {R"({"value":1,"s/x~y":2})", "/a/s~1x~0y"},
      {R"([{"value":1},{"value":2}])", ""},
      {R"([{"value":1,"datasetId":"urn:d:1"},{"value":2,"datasetId":"urn:d:1"}])", ""},
      {R"("urn:ngsi-ld:null")", "/a"},
      {R"({"value":{"x":"urn:ngsi-ld:null"}})", "/a/value"},
      {R"({"languageMap":{"en":5}})", "/a/languageMap/en"},
      {R"({"languageMap":{"not a tag":"x"}})", "/a/languageMap/not a tag"},
      {R"({"valueList":5})", "/a/valueList"},
      {R"({"objectList":["x"]})", "/a/objectList/0"},
      {"18446744073709551615", "/a"},
      {R"({"type":"Point","coordinates":[181,0]})", "/a/coordinates"},
      {R"({"type":"Point","coordinates":[0,90.5]})", "/a/coordinates"},
      {R"({"type":"Point","coordinates":[0]})", "/a/coordinates"},
      {R"({"type":"Point","coordinates":["0",1]})", "/a/coordinates"},
      {R"({"type":"LineString","coordinates":[[0,0]]})", "/a/coordinates"},
      {R"({"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]})", "/a/coordinates/0"},
      {R"({"type":"Polygon","coordinates":[]})", "/a/coordinates"},
      {R"({"type":"GeometryCollection","coordinates":[]})", "/a"},
      {R"({"type":"GeoProperty","value":{"type":"Circle","coordinates":[1,2]}})", "/a/value"},
      {R"({"type":"GeoProperty","value":5})", "/a/value"},
  };
  for (const auto& c : cases) {
    const auto got = attribute(c.json);
    ASSERT_FALSE(got) << c.json;
    EXPECT_EQ(got.error().pointer, c.pointer) << c.json << ": " << got.error().detail;
    EXPECT_EQ(got.error().code, c.code) << c.json;
  }
}

TEST_F(Parse, RefusesEntitiesWithTheRightPlace) {
  const Refused cases[] = {
      {R"({"type":"T"})", "/id"},
      {R"({"id":"urn:x:1"})", "/type"},
      {R"({"id":"no scheme","type":"T"})", "/id"},
      {R"({"id":"urn:x:1","type":"bad type"})", "/type"},
      {R"({"id":"urn:x:1","type":[]})", "/type"},
      {R"({"id":"urn:x:1","@id":"urn:x:1","type":"T"})", "/@id"},
      {R"({"id":"urn:x:1","type":"T","value":1})", "/value"},
      {R"({"id":"urn:x:1","type":"T","datasetId":{"value":1}})", "/datasetId"},
      {R"({"id":"urn:x:1","type":"T","..":{"value":1}})", "/.."},
      {R"({"id":"urn:x:1","type":"T","@foo":{"value":1}})", "/@foo"},
      {R"({"id":"urn:x:1","type":"T","1a":{"value":1}})", "/1a"},
      {R"({"id":"urn:x:1","type":"T","a":1,"a":2})", ""},
      {R"({"id":"urn:x:1","type":"T","a":1,"https://uri.etsi.org/ngsi-ld/default-context/a":2})", ""},
      {R"({"id":"urn:x:1","type":"T","scope":"/1x"})", "/scope"},
      {R"({"id":"urn:x:1","type":"T","scope":["/a","b//c"]})", "/scope/1"},
      {R"({"id":"urn:x:1","type":"T","scope":"/a-b"})", "/scope"},
      {R"({"id":"urn:x:1","type":"urn:ngsi-ld:null"})", "/type"},
      {R"({"id":"urn:x:1","type":"T","expiresAt":"tomorrow"})", "/expiresAt"},
      {R"({"id":"urn:x:1","type":"T","expiresAt":"urn:ngsi-ld:null"})", "/expiresAt"},
      {R"({"id":"urn:x:1","type":"T","instanceId":{"value":1}})", "/instanceId"},
      {R"({"id":"urn:x:1","type":"T","valueType":"x"})", "/valueType"},
      {R"({"id":"urn:x:1","type":"T","location":{"type":"Property","value":7}})", "/location"},
      {R"({"id":"urn:x:1","type":"T","ngsildproof":{"type":"Property","value":"x"}})", "/ngsildproof"},
      {R"({"id":"urn:x:1","type":"T","ngsildproof":{"value":{"type":"P"},"entityTypeSealed":42}})",
       "/ngsildproof/entityTypeSealed"},
      {"{\"id\":\"urn:x:\xE2\xA0\x80\",\"type\":\"T\"}", "/id"},
      {"{\"id\":\"urn:x:\xEF\xB7\x90\",\"type\":\"T\"}", "/id"},
      {"[]", "", ErrorCode::kInvalidRequest},
      {"", "", ErrorCode::kInvalidRequest},
      {"{", "", ErrorCode::kInvalidRequest},
      {"5", "", ErrorCode::kInvalidRequest},
      {"{\"id\":\"urn:x:\xff\"}", "", ErrorCode::kInvalidRequest},
  };
  for (const auto& c : cases) {
    auto loaded = parser.load(c.json);
    Result<void> got = loaded;
    if (loaded && parser.is_array()) got = fail(ErrorCode::kInvalidRequest, "array");
    if (got) {
      const auto parsed = parser.entity(0, *context);
      ASSERT_FALSE(parsed) << c.json;
      got = std::unexpected(parsed.error());
    }
    EXPECT_EQ(got.error().pointer, c.pointer) << c.json << ": " << got.error().detail;
    EXPECT_EQ(got.error().code, c.code) << c.json;
  }
}

TEST_F(Parse, ReadsMembersAroundTheAttributes) {
  const auto got = entity(R"({"@id":"urn:x:1","@type":["T","U","T"],"scope":["city/north","/city"],"@context":[],
    "createdAt":"2020-01-01T00:00:00Z","modifiedAt":"junk","тэмпература":{"value":1,"createdAt":5,"instanceId":7}})");
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->types.size(), 2u);
  EXPECT_EQ(got->scopes, (std::vector<std::string>{"/city/north", "/city"}));
  EXPECT_EQ(names.text(got->attributes[0].name), "https://uri.etsi.org/ngsi-ld/default-context/тэмпература");
  EXPECT_EQ(got->created_at, Timestamp{});
}

TEST_F(Parse, ReadsMetadataAndSubAttributes) {
  const auto got = attribute(R"({"value":5,"unitCode":"CEL","observedAt":"2026-11-22T19:17:22.5Z","datasetId":"urn:d:1",
    "quality":{"value":"good","deep":{"object":"urn:x:9","objectType":"Sensor"}},"note":"bare"})");
  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->unit_code, "CEL");
  EXPECT_EQ(base::format_time(*got->observed_at), "2026-11-22T19:17:22.500Z");
  EXPECT_EQ(got->dataset_id, "urn:d:1");
  ASSERT_EQ(got->sub_attributes.size(), 2u);
  const auto& deep = got->sub_attributes[0].sub_attributes.at(0);
  EXPECT_EQ(deep.kind, kRelationship);
  EXPECT_EQ(names.text(*deep.object_type), "https://uri.etsi.org/ngsi-ld/default-context/Sensor");
}

TEST_F(Parse, BoundsTheDepthOfSubAttributesAndValues) {
  const auto nested = [](std::size_t levels) {
    std::string json = R"({"value":1})";
    for (std::size_t i = 1; i < levels; ++i) json = R"({"value":1,"s":)" + json + "}";
    return json;
  };
  EXPECT_TRUE(attribute(nested(kDeepestSubAttribute)));
  EXPECT_EQ(attribute(nested(kDeepestSubAttribute + 1)).error().code, ErrorCode::kTooLarge);
  EXPECT_TRUE(attribute(std::string(60, '[') + std::string(60, ']')));
  EXPECT_FALSE(attribute(std::string(80, '[') + std::string(80, ']')));
  EXPECT_EQ(attribute(std::string(5000, '[') + std::string(5000, ']')).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(Parse, ReadsTheSimplifiedForm) {
  const ParseOptions simplified{InputForm::kSimplified, true};
  EXPECT_EQ(printed(attribute(R"({"type":"PostalAddress","street":"x"})", simplified)),
            R"({"type":"PostalAddress","street":"x"})");
  EXPECT_EQ(attribute(R"({"type":"Point","coordinates":[1,2]})", simplified)->kind, kGeoProperty);
  EXPECT_EQ(attribute(R"({"languageMap":{"be":"x"}})", simplified)->kind, kLanguageProperty);
  EXPECT_EQ(attribute(R"({"vocab":"open"})", simplified)->kind, kVocabProperty);
  EXPECT_EQ(attribute(R"({"json":{"x":null}})", simplified)->kind, kJsonProperty);
  EXPECT_EQ(printed(attribute(R"({"value":5,"type":"x"})", simplified)), R"({"value":5,"type":"x"})");
  EXPECT_FALSE(attribute("null", simplified));
  EXPECT_FALSE(attribute(R"({"a":{"b":"urn:ngsi-ld:null"}})", simplified));
  const auto several = entity(R"({"id":"urn:x:1","type":"T","a":{"dataset":{"@none":1,"urn:d:1":2}}})", simplified);
  ASSERT_TRUE(several) << several.error().detail;
  ASSERT_EQ(several->attributes.size(), 2u);
  EXPECT_EQ(several->attributes[1].dataset_id, "urn:d:1");
}

TEST_F(Parse, ItemsOfABatchStandAlone) {
  ASSERT_TRUE(parser.load(R"([{"id":"urn:x:1","type":"T"},{"id":"bad","type":"T"},7,
    {"id":"urn:x:3","type":"T","@context":{"t":"http://x/t"}}])"));
  ASSERT_TRUE(parser.is_array());
  ASSERT_EQ(parser.size(), 4u);
  EXPECT_TRUE(parser.entity(0, *context));
  EXPECT_EQ(parser.entity(1, *context).error().pointer, "/1/id");
  EXPECT_EQ(parser.raw_id(1), "bad");
  EXPECT_EQ(parser.entity(2, *context).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(parser.raw_id(2), "");
  EXPECT_EQ(parser.context(3).value().value(), R"({"t":"http://x/t"})");
  EXPECT_FALSE(parser.context(0).value());
  EXPECT_FALSE(parser.context(2).value());
}

TEST_F(Parse, FragmentsNeedNeitherIdNorType) {
  ASSERT_TRUE(parser.load(R"({"a":{"value":1},"b":2,"scope":"/x"})"));
  const auto fragment = parser.fragment(*context);
  ASSERT_TRUE(fragment) << fragment.error().detail;
  EXPECT_EQ(fragment->attributes.size(), 2u);
  EXPECT_TRUE(fragment->id.empty() && fragment->types.empty());
  EXPECT_EQ(fragment->scopes, std::vector<std::string>{"/x"});
  ASSERT_TRUE(parser.load("[]"));
  EXPECT_EQ(parser.fragment(*context).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(Parse, ReadsTheBodyOfOneAttribute) {
  const auto name = *context->resolve_attribute("a");
  ASSERT_TRUE(parser.load(
      R"({"type":"Property","value":5,"@context":"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"})"));
  EXPECT_EQ(parser.attribute(name, *context)->at(0).value, Value(std::int64_t{5}));
  ASSERT_TRUE(parser.load(R"([{"value":5},{"value":6,"datasetId":"urn:d:1"}])"));
  EXPECT_EQ(parser.attribute(name, *context)->size(), 2u);
  ASSERT_TRUE(parser.load(R"({"unitCode":"CEL"})"));
  EXPECT_FALSE(parser.attribute(name, *context));
  EXPECT_TRUE(parser.attribute_patch(name, *context));
}

/// What partial update and merge make of an attribute.
class Patch : public Parse {
 protected:
  std::string result(std::string_view current, std::string_view change, PatchValue how) {
    const auto before = attribute(current);
    EXPECT_TRUE(before) << current;
    EXPECT_TRUE(parser.load(change));
    Result<AttributePatch> patch = fail(ErrorCode::kInternal, "not read");
    if (how == PatchValue::kReplace) {
      patch = parser.attribute_patch(before->name, *context);
    } else if (parser.load(R"({"a":)" + std::string(change) + "}")) {
      auto whole = parser.entity_patch(0, *context);
      patch = whole ? Result<AttributePatch>(whole->attributes.at(0)) : std::unexpected(whole.error());
    }
    if (!patch) return "refused: " + patch.error().detail;
    if (patch->remove_all) return "removed";
    const auto after = patched(*before, *patch, how);
    if (!after) return "refused: " + after.error().detail;
    Entity e;
    e.id = "urn:x:1";
    e.types = {before->name};
    e.attributes = {*after};
    const auto bytes = encode(e);
    std::string out;
    RepresentOptions options;
    options.form = Form::kConcise;
    append_attribute(out, *DocumentView(bytes).attributes().begin(), *context, options);
    return out;
  }
};

TEST_F(Patch, PutsGivenMembersOverTheOldOnes) {
  constexpr auto kHow = PatchValue::kReplace;
  EXPECT_EQ(result(R"({"value":1,"unitCode":"CEL","s":2})", R"({"value":5})", kHow),
            R"({"value":5,"unitCode":"CEL","s":2})");
  EXPECT_EQ(result(R"({"value":1,"unitCode":"CEL"})", R"({"unitCode":"urn:ngsi-ld:null"})", kHow), "1");
  EXPECT_EQ(result(R"({"value":1,"s":2,"t":3})", R"({"s":"urn:ngsi-ld:null","u":{"value":4}})", kHow),
            R"({"value":1,"t":3,"u":4})");
  EXPECT_EQ(result(R"({"value":1,"s":{"value":2,"unitCode":"P1"}})", R"({"s":{"value":3}})", kHow),
            R"({"value":1,"s":{"value":3,"unitCode":"P1"}})");
  EXPECT_EQ(result(R"({"value":{"a":1,"b":2}})", R"({"value":{"a":3}})", kHow), R"({"value":{"a":3}})");
  EXPECT_EQ(result("1", R"({"value":"urn:ngsi-ld:null"})", kHow), "removed");
  EXPECT_EQ(result("1", R"("urn:ngsi-ld:null")", kHow), "removed");
  EXPECT_EQ(result(R"({"languageMap":{"en":"x"}})", R"({"languageMap":{"@none":"urn:ngsi-ld:null"}})", kHow),
            "removed");
  EXPECT_TRUE(result("1", R"({"type":"Relationship"})", kHow).starts_with("refused"));
  EXPECT_TRUE(result("1", R"({"s":{"unitCode":"CEL"}})", kHow).starts_with("refused"));
  EXPECT_TRUE(result("1", R"({"type":"Relationship","object":"urn:x:2"})", kHow).starts_with("refused"));
  EXPECT_EQ(result("1", R"({"type":"Relationship","object":"urn:x:2"})", PatchValue::kMerge),
            R"({"object":"urn:x:2"})");
}

TEST_F(Patch, MergesObjectsDownIntoTheirMembers) {
  constexpr auto kHow = PatchValue::kMerge;
  EXPECT_EQ(
      result(R"({"value":{"a":1,"b":{"c":2,"d":3}}})", R"({"value":{"b":{"c":"urn:ngsi-ld:null","e":4},"a":5}})", kHow),
      R"({"value":{"a":5,"b":{"d":3,"e":4}}})");
  EXPECT_EQ(result(R"({"value":{"a":1}})", R"({"value":[1]})", kHow), R"({"value":[1]})");
  EXPECT_EQ(result(R"({"value":{"a":1}})", R"({"value":{"n":{"x":"urn:ngsi-ld:null","y":1}}})", kHow),
            R"({"value":{"a":1,"n":{"y":1}}})");
  EXPECT_EQ(result(R"({"languageMap":{"en":"x","be":"y"}})", R"({"languageMap":{"en":"urn:ngsi-ld:null"}})", kHow),
            R"({"languageMap":{"be":"y"}})");
  EXPECT_EQ(result(R"({"type":"Point","coordinates":[1,2]})",
                   R"({"type":"GeoProperty","value":{"type":"Point","coordinates":[3,4]}})", kHow),
            R"({"type":"Point","coordinates":[3,4]})");
}

/// Times are not part of what is parsed, and reading JSON gives them back as zero.
void forget_times(std::vector<Attribute>& attributes) {
  for (auto& a : attributes) {
    a.created_at = a.modified_at = Timestamp{};
    forget_times(a.sub_attributes);
  }
}

/// Extras that only some attributes may have: seals, which stand in ngsildproof alone.
void make_readable(std::vector<Attribute>& attributes) {
  for (auto& a : attributes) {
    if (a.extras) {
      auto& extras = a.extras.make();
      extras.entity_id_sealed.clear();
      extras.entity_types_sealed.clear();
      if (a.kind == AttributeKind::kLanguageProperty) extras.value_type.reset();
      if (a.object_type) std::erase(extras.more_object_types, *a.object_type);
    }
    tidy(a);
    make_readable(a.sub_attributes);
  }
}

void forget_expiry(std::vector<Attribute>& attributes) {
  for (auto& a : attributes) {
    if (a.extras) a.extras.make().expires_at = kNoExpiry;
    tidy(a);
    forget_expiry(a.sub_attributes);
  }
}
void forget_expiry(Entity& entity) {
  entity.expires_at = kNoExpiry;
  forget_expiry(entity.attributes);
}

class RoundTrip : public Parse {
 protected:
  std::vector<NameId> pool = samples::name_pool(names);

  bool holds(Form form) {
    return rc::check("represent, parse", [&] {
      const bool crowded = *rc::gen::arbitrary<bool>();  // then several instances share a name
      auto entity = samples::entity(crowded ? std::vector(pool.begin(), pool.begin() + 2) : pool);
      std::erase_if(entity.attributes, [&](const Attribute& a) {  // such a location is refused
        return a.kind != AttributeKind::kGeoProperty && names.text(a.name).ends_with("ngsi-ld/location");
      });
      make_readable(entity.attributes);
      std::string json;
      RepresentOptions options;
      options.form = form;
      options.sys_attrs = *rc::gen::arbitrary<bool>();
      const auto bytes = encode(entity);
      append_entity(json, DocumentView(bytes), *context, options);
      RC_ASSERT(parser.load(json));
      const auto back = parser.entity(0, *context);
      if (!back) RC_FAIL(back.error().pointer + " " + back.error().detail + " in " + json);
      entity.created_at = entity.modified_at = Timestamp{};
      forget_times(entity.attributes);
      if (!options.sys_attrs) forget_expiry(entity);
      const auto order = [](const Attribute& a, const Attribute& b) {
        return std::pair(a.name.get(), a.dataset_id) < std::pair(b.name.get(), b.dataset_id);
      };
      auto got = *back;
      std::ranges::sort(got.attributes, order);  // instances of one name are gathered
      std::ranges::sort(entity.attributes, order);
      if (!(got == entity)) RC_FAIL("another entity came back from " + json);
    });
  }
};

TEST_F(RoundTrip, Normalized) { EXPECT_TRUE(holds(Form::kNormalized)); }
TEST_F(RoundTrip, Concise) { EXPECT_TRUE(holds(Form::kConcise)); }

TEST_F(Parse, AnyBytesAreRefusedOrReadSafely) {
  EXPECT_TRUE(rc::check("any bytes", [&] {
    auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string(R"({}[]":,idtypevalue1e.\n-)")));
    if (parser.load(text) && parser.size() > 0) {
      const auto parsed = parser.entity(0, *context);
      RC_ASSERT((!parsed || !parsed->id.empty()));  // twice, as the macro takes || for its own
    }
  }));
}

}  // namespace
}  // namespace horad::model
