// SPDX-License-Identifier: Apache-2.0
#include "horad/model/context.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace horad::model {
namespace {

/// Documents in memory, as a source of contexts.
class Shelf : public ContextSource {
 public:
  std::map<std::string, std::string, std::less<>> documents;
  Result<std::string> context_document(std::string_view url) override {
    const auto found = documents.find(url);
    if (found == documents.end()) return fail(ErrorCode::kContextNotAvailable, "no " + std::string(url));
    return found->second;
  }
};

class Contexts : public testing::Test {
 protected:
  Names names;
  Shelf shelf;

  std::shared_ptr<Context> make(std::string_view json) {
    auto made = Context::make(names, json, &shelf);
    EXPECT_TRUE(made) << json << ": " << (made ? "" : made.error().detail);
    return made ? *made : Context::core(names);
  }
};

struct Mapping {
  const char* term;
  const char* iri;
};

TEST_F(Contexts, TheCoreHasItsTermsAndTheDefaultVocabulary) {
  const Mapping mappings[] = {{"location", "https://uri.etsi.org/ngsi-ld/location"},
                              {"description", "http://purl.org/dc/terms/description"},
                              {"Point", "https://purl.org/geojson/vocab#Point"},
                              {"json", "https://uri.etsi.org/ngsi-ld/hasJSON"},
                              {"temperature", "https://uri.etsi.org/ngsi-ld/default-context/temperature"},
                              {"якасць", "https://uri.etsi.org/ngsi-ld/default-context/якасць"},
                              {"ngsi-ld:own", "https://uri.etsi.org/ngsi-ld/own"},
                              {"unknown:thing", "unknown:thing"},
                              {"https://schema.org/name", "https://schema.org/name"}};
  const auto core = Context::core(names);
  for (const auto& m : mappings) {
    EXPECT_EQ(core->expand(m.term), m.iri);
    EXPECT_EQ(core->compact(m.iri), m.term);
  }
  EXPECT_EQ(core->json(), "\"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld\"");
}

TEST_F(Contexts, KnowsTheCoreOfEveryVersion) {
  for (const char* url : {"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld",
                          "http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld",
                          "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.1.jsonld",
                          "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"}) {
    EXPECT_TRUE(is_core_context(url)) << url;
    EXPECT_TRUE((*Context::from_url(names, url))->is_core_only()) << url;
  }
  for (const char* url : {"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1..jsonld.evil",
                          "https://example.org/ngsi-ld-core-context.jsonld", "uri.etsi.org", ""}) {
    EXPECT_FALSE(is_core_context(url)) << url;
  }
}

TEST_F(Contexts, TakesTermsPrefixesAndArrays) {
  const auto context =
      make(R"([{"ex":"https://example.org/ns#","Lamp":"ex:StreetLamp","lux":{"@id":"ex:lux","@type":"ex:Number"},
    "glow":"lux","loose":{"@type":"@id"}},"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",
    {"@vocab":"https://vocab.example/","bare":"word","Lamp":"ex:Lamp2"}])");
  const Mapping mappings[] = {{"Lamp", "https://example.org/ns#Lamp2"},
                              {"lux", "https://example.org/ns#lux"},
                              {"ex:other", "https://example.org/ns#other"},
                              {"bare", "https://vocab.example/word"},
                              {"loose", "https://uri.etsi.org/ngsi-ld/default-context/loose"}};
  for (const auto& m : mappings) {
    EXPECT_EQ(context->expand(m.term), m.iri);
    EXPECT_EQ(context->compact(m.iri), m.term);
  }
  EXPECT_EQ(context->expand("glow"), "https://example.org/ns#lux");
  EXPECT_EQ(context->expand("unmapped"), "https://uri.etsi.org/ngsi-ld/default-context/unmapped")
      << "the core comes last";
  EXPECT_EQ(context->compact("https://example.org/ns#StreetLamp"), "ex:StreetLamp");
  EXPECT_FALSE(context->is_core_only());
}

TEST_F(Contexts, CoreTermsAlwaysWin) {
  const auto context = make(
      R"({"id":"@id","type":"@type","location":"https://evil.example/location","value":"https://evil.example/v"})");
  EXPECT_EQ(context->expand("location"), "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(context->expand("value"), "https://uri.etsi.org/ngsi-ld/hasValue");
}

TEST_F(Contexts, CompactionNeverLies) {
  const auto context = make(
      R"({"a":"https://x.example/a","taken":"https://x.example/t","p":"https://uri.etsi.org/ngsi-ld/default-context/ta"})");
  // "taken" means something else here, so the default name of that word cannot be used.
  const std::string other = "https://uri.etsi.org/ngsi-ld/default-context/taken";
  EXPECT_EQ(context->expand(context->compact(other)), other);
  EXPECT_EQ(context->compact("https://x.example/b"), "https://x.example/b");
  EXPECT_EQ(context->compact("https://uri.etsi.org/ngsi-ld/default-context/"), "ngsi-ld:default-context/");
  const std::string colon = "https://uri.etsi.org/ngsi-ld/default-context/x:y";
  EXPECT_EQ(context->expand(context->compact(colon)), colon);
}

TEST_F(Contexts, ShortensWithAPrefixWhereTheWordIsTaken) {
  const auto context = make(R"({"taken":"https://x.example/t"})");
  const auto id = context->resolve_attribute("https://uri.etsi.org/ngsi-ld/default-context/taken");
  ASSERT_TRUE(id);
  EXPECT_EQ(context->compact(*id), "ngsi-ld:default-context/taken");
  EXPECT_EQ(context->resolve_attribute("ngsi-ld:default-context/taken").value(), *id);
}

TEST_F(Contexts, ShortensNamesOnlyToValidNames) {
  const auto core = Context::core(names);
  const std::string odd = "https://uri.etsi.org/ngsi-ld/default-context/U@context";
  const auto id = core->resolve_attribute(odd);
  ASSERT_TRUE(id);
  EXPECT_EQ(core->compact(*id), odd);
  EXPECT_EQ(core->compact("https://uri.etsi.org/ngsi-ld/default-context/two words"), "two words")
      << "a vocab may be any text";
}

TEST_F(Contexts, AsksTheSourceForOtherDocuments) {
  shelf.documents["https://a.example/c"] = R"({"@context":["https://b.example/c",{"one":"b:one"}]})";
  shelf.documents["https://b.example/c"] = R"({"@context":{"b":"https://b.example/ns/"}})";
  EXPECT_EQ(make("\"https://a.example/c\"")->expand("one"), "https://b.example/ns/one");
  const auto context = make(R"(["https://a.example/c"])");
  EXPECT_EQ(context->expand("b:two"), "https://b.example/ns/two");
  EXPECT_EQ(context->json(), R"(["https://a.example/c"])");
}

TEST_F(Contexts, ReadsOverWhatNgsiLdHasNoUseFor) {
  shelf.documents["https://a.example/base/c"] = R"({"@context":["more",{"@base":"https://x.example/"}]})";
  shelf.documents["https://a.example/base/more"] =
      R"({"@context":{"@version":1.1,"nearby":"https://a.example/nearby"}})";
  const auto context =
      make(R"([{"gone":"https://a.example/gone"},null,{"@version":1.1,"@propagate":true,"@language":"be",
    "schema":"http://schema.org/","@vocab":"https://words.example/",
    "graph":"@graph","ident":"@id","nothing":null,"nothing2":{"@id":null},"back":{"@reverse":"schema:parent"},
    "name":{"@id":"schema:name","@container":"@language","@protected":true},
    "kind":{"@id":"schema:kind","@type":"@vocab","@nest":"inner","@index":"i","@direction":"ltr"},
    "loc":{"@type":"@json","@id":"schema:loc"}},{"@import":"https://a.example/base/c"},{"@vocab":"schema:"},{"own":"own"},
    {"@vocab":null,"plain":"plain"}])");
  const Mapping mappings[] = {{"name", "http://schema.org/name"},     {"kind", "http://schema.org/kind"},
                              {"loc", "http://schema.org/loc"},       {"schema:x", "http://schema.org/x"},
                              {"nearby", "https://a.example/nearby"}, {"own", "http://schema.org/own"}};
  for (const auto& m : mappings) EXPECT_EQ(context->expand(m.term), m.iri);
  for (const char* term : {"gone", "graph", "ident", "nothing", "nothing2", "back", "plain"})
    EXPECT_EQ(context->expand(term), std::string{"https://uri.etsi.org/ngsi-ld/default-context/"} + term);
}

TEST_F(Contexts, KnowTheOneUrlThatMeansTheSame) {
  const std::string core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld";
  shelf.documents["https://a.example/c"] = R"({"@context":{}})";
  shelf.documents["https://b.example/c"] = R"({"@context":{}})";
  EXPECT_EQ(make(R"("https://a.example/c")")->url(), "https://a.example/c");
  EXPECT_EQ(make(R"(["https://a.example/c"])")->url(), "https://a.example/c");
  EXPECT_EQ(make(R"(["https://a.example/c",")" + core + R"("])")->url(), "https://a.example/c");
  EXPECT_EQ(make(R"(["https://a.example/c","https://b.example/c"])")->url(), "");
  EXPECT_EQ(make(R"({"a":"https://a.example/a"})")->url(), "");
  EXPECT_EQ(make("\"" + core + "\"")->url(), kCoreContextUrl);
}

TEST_F(Contexts, CheckDocumentsWithoutTheOnesTheyName) {
  EXPECT_TRUE(Context::check_document(R"({"@context":["https://far.example/c",{"a":"x:y"}],"more":1})"));
  EXPECT_EQ(Context::check_document("{").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(Context::check_document("[]").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(Context::check_document(R"({"a":"x:y"})").error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(Context::check_document(R"({"@context":42})").error().code, ErrorCode::kBadRequestData);
}

struct Wrong {
  const char* json;
  ErrorCode code;
  const char* pointer;
};

TEST_F(Contexts, RefusesClearly) {
  shelf.documents["https://loop.example/c"] = R"({"@context":"https://loop.example/c"})";
  shelf.documents["https://junk.example/c"] = "junk";
  const Wrong cases[] = {
      {"\"https://far.example/c\"", ErrorCode::kContextNotAvailable, ""},
      {"\"https://loop.example/c\"", ErrorCode::kBadRequestData, "/@context"},
      {"\"https://junk.example/c\"", ErrorCode::kBadRequestData, "/@context"},
      {"5", ErrorCode::kBadRequestData, "/@context"},
      {"{", ErrorCode::kInvalidRequest, ""},
      {R"(["https://far.example/c", 7])", ErrorCode::kBadRequestData, "/@context/1"},
      {R"({"a":5})", ErrorCode::kBadRequestData, "/@context/a"},
      {R"({"a":{"@id":"x:y","@context":{}}})", ErrorCode::kBadRequestData, "/@context/a/@context"},
      {R"({"a":"b","b":"a"})", ErrorCode::kBadRequestData, ""},
      {R"({"@import":5})", ErrorCode::kBadRequestData, "/@context/@import"},
      {R"({"@vocab":5})", ErrorCode::kBadRequestData, "/@context/@vocab"},
      {R"({"a":""})", ErrorCode::kBadRequestData, "/@context/a"},
  };
  for (const auto& c : cases) {
    const auto made = Context::make(names, c.json, &shelf);
    ASSERT_FALSE(made) << c.json;
    EXPECT_EQ(made.error().code, c.code) << c.json << ": " << made.error().detail;
    if (*c.pointer != '\0') EXPECT_EQ(made.error().pointer, c.pointer) << c.json;
  }
  EXPECT_NE(Context::make(names, "\"https://far.example/c\"").error().detail.find("https://far.example/c"),
            std::string::npos);
}

TEST(ValidNames, AreLettersDigitsAndUnderscores) {
  for (const char* good : {"a", "Temperature_2", "тэмпература", "ўзровень", "水位", "ex:speed", "urn:x:y",
                           "https://schema.org/name", "smart-data:x"}) {
    EXPECT_TRUE(is_valid_name(good)) << good;
  }
  for (const char* bad :
       {"",   ".",  "..", "1a",   "_a",    "a b",  "a-b",     "a.b",     "a%2e",    "a/b",         "a<",
        "@a", ":a", "a:", "a:1b", "a:b:c", "\xff", "a\u200b", "a\u202e", "a\u2026", "http://x/ y", "😀"}) {
    EXPECT_FALSE(is_valid_name(bad)) << bad;
  }
  EXPECT_FALSE(is_valid_name(std::string(3000, 'a')));
}

TEST(EntityIds, AreUris) {
  for (const char* good : {"urn:ngsi-ld:Lamp:17", "https://a.example/x?y=z;(1)#f", "a:b", "urn:горад:1"}) {
    EXPECT_TRUE(check_entity_id(good)) << good;
  }
  for (const char* bad : {"", "lamp", ":x", "urn:", "1a:x", "urn:a b", "urn:<x>", "urn:\"x", "urn:'x", "urn:x\n",
                          "urn:\xff", "urn:x\u200b", "urn:x\u202e", "urn:x\u00a0"}) {
    EXPECT_FALSE(check_entity_id(bad)) << bad;
  }
  EXPECT_FALSE(check_entity_id("urn:" + std::string(600, 'x')));
}

TEST_F(Contexts, ResolvesTheSameFromManyThreads) {
  const auto context = make(R"({"ex":"https://example.org/ns#"})");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 3000; ++i) {  // more names than the context remembers
        const auto name = "ex:n" + std::to_string(i);
        const auto id = context->resolve_attribute(name);
        ASSERT_TRUE(id);
        ASSERT_EQ(context->compact(*id), name);
        ASSERT_EQ(context->quoted(*id), "\"" + name + "\"");
        ASSERT_EQ(names.text(*id), "https://example.org/ns#n" + std::to_string(i));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(names.size(), 3001u);  // with the scope, which every table knows
}

TEST(NameTable, RefusesWhenFull) {
  Names names;
  ASSERT_EQ(names.size(), 1u);  // the scope
  for (std::size_t i = 1; i < Names::kMost; ++i) ASSERT_TRUE(names.intern(std::to_string(i)));
  EXPECT_EQ(names.intern("one more").error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(names.intern("77")->get(), 77u);
  EXPECT_EQ(names.text(NameId{999'999}), "999999");
  EXPECT_FALSE(names.find("one more"));
}

}  // namespace
}  // namespace horad::model
