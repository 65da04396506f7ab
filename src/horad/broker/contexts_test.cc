// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/contexts.h"

#include <gtest/gtest.h>

#include <thread>

#include "horad/base/sim_world.h"
#include "horad/model/context.h"

namespace horad::broker {
namespace {

class ContextsOfRequests : public testing::Test {
 protected:
  model::Names names;
  base::SimClock clock;
  Contexts contexts{names,
                    {.pinned = {{"https://pin.example/c", R"({"@context":{"Lamp":"https://pin.example/Lamp"}})"}},
                     .own_urls = {"http://me.example:81", "http://localhost:81"},
                     .fetch = {}},
                    &clock};

  void put(ContextKind kind, std::string tenant, std::string name, std::string text) {
    auto document = std::make_shared<ContextDocument>();
    document->kind = kind;
    document->tenant = std::move(tenant);
    document->id = kind == ContextKind::kCached ? context_id_of(name) : name;
    if (kind == ContextKind::kCached) document->url = name;
    document->text = std::move(text);
    ASSERT_TRUE(contexts.shelf().put(std::move(document)));
    contexts.forget();
  }
  /// What `Lamp` means in `json` for the tenant, or the code of the error.
  std::string lamp(std::string tenant, std::string_view json) {
    unknown.clear();
    Caller caller{std::move(tenant), contexts.core()};
    caller.unknown_context = &unknown;
    const auto context = contexts.get(caller, json);
    return context ? (*context)->expand("Lamp") : "error " + std::to_string(static_cast<int>(context.error().code));
  }
  std::string not_here = "error " + std::to_string(static_cast<int>(ErrorCode::kContextNotAvailable));
  std::string unknown;
};

TEST_F(ContextsOfRequests, TellWhatHasToBeFetched) {
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), not_here);
  EXPECT_EQ(unknown, R"("https://far.example/c")");
  put(ContextKind::kCached, "", "https://far.example/c", R"({"@context":{"Lamp":"https://far.example/Lamp"}})");
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), "https://far.example/Lamp");
  EXPECT_EQ(unknown, "");
}

TEST_F(ContextsOfRequests, DoNotAskAgainForWhatFailedJustNow) {
  contexts.shelf().note_failure("https://far.example/c", {ErrorCode::kContextNotAvailable, "down", {}},
                                clock.now() + std::chrono::seconds(5));
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), not_here);
  EXPECT_EQ(unknown, "");
  clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), not_here);
  EXPECT_NE(unknown, "");
}

TEST_F(ContextsOfRequests, HostedOnesAreOfOneTenant) {
  put(ContextKind::kHosted, "town", "urn:c:1", R"({"@context":{"Lamp":"https://town.example/Lamp"}})");
  put(ContextKind::kHosted, "city", "urn:c:1", R"({"@context":{"Lamp":"https://city.example/Lamp"}})");
  for (const char* url : {R"("http://me.example:81/ngsi-ld/v1/jsonldContexts/urn:c:1")",
                          R"("http://localhost:81/ngsi-ld/v1/jsonldContexts/urn%3Ac%3A1")"}) {
    EXPECT_EQ(lamp("town", url), "https://town.example/Lamp");
    EXPECT_EQ(lamp("city", url), "https://city.example/Lamp");
    EXPECT_EQ(lamp("town", url), "https://town.example/Lamp");
    EXPECT_EQ(lamp("", url), not_here);
    EXPECT_EQ(unknown, "") << "our own documents are not fetched";
  }
}

TEST_F(ContextsOfRequests, ForgetWhatWasCompiledWhenADocumentChanges) {
  put(ContextKind::kCached, "", "https://far.example/c", R"({"@context":{"Lamp":"https://one.example/Lamp"}})");
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), "https://one.example/Lamp");
  put(ContextKind::kCached, "", "https://far.example/c", R"({"@context":{"Lamp":"https://two.example/Lamp"}})");
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), "https://two.example/Lamp");
  std::thread([this] { EXPECT_EQ(lamp("", R"("https://far.example/c")"), "https://two.example/Lamp"); }).join();
}

TEST_F(ContextsOfRequests, PinsStandForTheirUrlAndAreListedOnceUsed) {
  EXPECT_TRUE(contexts.shelf().list("", std::nullopt).empty());
  EXPECT_EQ(lamp("", R"("https://pin.example/c")"), "https://pin.example/Lamp");
  ASSERT_EQ(contexts.shelf().list("", ContextKind::kCached).size(), 1u);
  EXPECT_TRUE(contexts.shelf().list("", ContextKind::kCached).front()->pinned);
  EXPECT_EQ(contexts.shelf().pin("https://pin.example/c", "{}").error().code, ErrorCode::kConflict);
  EXPECT_EQ(contexts.shelf().unpin("https://pin.example/c").error().code, ErrorCode::kConflict);
  EXPECT_EQ(contexts.shelf().unpin("https://other.example/c").error().code, ErrorCode::kNotFound);
}

TEST_F(ContextsOfRequests, WhatWasStoredFindsDroppedDocuments) {
  put(ContextKind::kCached, "", "https://far.example/c", R"({"@context":{"Lamp":"https://far.example/Lamp"}})");
  const auto document = contexts.find("", "https://far.example/c");
  ASSERT_TRUE(document);
  ASSERT_TRUE(contexts.shelf().drop(*document));
  contexts.forget();
  EXPECT_FALSE(contexts.find("", "https://far.example/c"));
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), not_here);
  const auto stored = contexts.get("", R"("https://far.example/c")", nullptr, true);
  ASSERT_TRUE(stored);
  EXPECT_EQ((*stored)->expand("Lamp"), "https://far.example/Lamp");
  EXPECT_EQ(lamp("", R"("https://far.example/c")"), not_here) << "what was compiled for it is not for others";
}

TEST_F(ContextsOfRequests, UsesAreCounted) {
  put(ContextKind::kCached, "", "https://far.example/c", R"({"@context":{}})");
  for (int i = 0; i < 3; ++i) lamp("", R"(["https://far.example/c",{"a":"x:y"}])");
  (void)contexts.get("", R"("https://far.example/c")", nullptr);
  EXPECT_EQ(contexts.find("", "https://far.example/c")->hits.load(), 3u);
}

TEST_F(ContextsOfRequests, EveryContextHasAUrl) {
  const auto inlined = contexts.get("town", R"({"a":"https://x.example/a"})", nullptr);
  ASSERT_TRUE(inlined);
  EXPECT_TRUE(
      contexts.url_of(**inlined).starts_with("http://me.example:81/ngsi-ld/v1/jsonldContexts/urn:ngsi-ld:Context:"));
  EXPECT_TRUE(contexts.needs_hosting("town", **inlined));
  ASSERT_TRUE(contexts.shelf().put(contexts.hosted("town", **inlined, clock.now())));
  EXPECT_FALSE(contexts.needs_hosting("town", **inlined));
  EXPECT_TRUE(contexts.needs_hosting("city", **inlined));
  EXPECT_EQ(contexts.url_of(*contexts.core()), model::kCoreContextUrl);
}

TEST(ContextShelves, LetTheOldestCachedDocumentGo) {
  ContextShelf shelf;
  for (std::size_t i = 0; i <= ContextShelf::kMostCached; ++i) {
    auto document = std::make_shared<ContextDocument>();
    document->kind = ContextKind::kCached;
    document->url = "https://a.example/" + std::to_string(i);
    document->created = Timestamp{std::chrono::seconds(i + 1)};
    const auto gone = shelf.put(document);
    ASSERT_TRUE(gone);
    EXPECT_EQ(*gone != nullptr, i == ContextShelf::kMostCached);
    if (*gone) EXPECT_EQ((*gone)->url, "https://a.example/0");
  }
}

TEST(ContextShelves, RefuseWhatIsTooMuch) {
  ContextShelf shelf;
  auto large = std::make_shared<ContextDocument>();
  large->text = std::string(ContextShelf::kMostBytes + 1, ' ');
  EXPECT_EQ(shelf.put(large).error().code, ErrorCode::kTooLarge);
  for (std::size_t i = 0; i <= ContextShelf::kMostOfTenant; ++i) {
    auto document = std::make_shared<ContextDocument>();
    document->tenant = "town";
    document->id = std::to_string(i);
    EXPECT_EQ(shelf.put(document).has_value(), i < ContextShelf::kMostOfTenant);
  }
  EXPECT_FALSE(shelf.recent_failure("https://a.example/c", Timestamp{}));
}

}  // namespace
}  // namespace horad::broker
