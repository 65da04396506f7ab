// SPDX-License-Identifier: Apache-2.0
// What comes in of the past that sources speak of, and how the pasts of several places become one.
#include "horad/broker/source_history.h"

#include <gtest/gtest.h>

namespace horad::broker {
namespace {

class SourceHistory : public ::testing::Test {
 protected:
  SourceHistories read(std::string_view body, std::size_t most = 10) {
    return read_source_histories(body, contexts.core(), contexts, "", most);
  }
  store::EntityHistory one(std::string_view body) {
    auto all = read(body);
    EXPECT_EQ(all.trouble, "");
    return std::move(all.entities.at(0));
  }
  /// The past of urn:a:1 with these instances of `a`.
  store::EntityHistory with(const std::string& instances) {
    return one(R"({"id":"urn:a:1","type":"A","a":[)" + instances + "]}");
  }
  store::EntityHistory merged(std::vector<store::EntityHistory> pieces, const store::HistoryQuery& query = {}) {
    HistoryMerger merger;
    for (auto& piece : pieces) merger.add({nullptr, std::move(piece)});
    const auto ids = merger.ids();
    auto out = std::move(merger).take(ids, query, names);
    EXPECT_EQ(out.size(), 1U);
    return std::move(out.at(0));
  }
  static std::string observed(const store::Series& series) {
    std::string out;
    for (const auto& instance : series.instances)
      out += base::format_time(*instance.attribute.observed_at).substr(8, 3);
    return out;
  }
  static Timestamp at(std::string_view text) { return base::parse_time(text).value(); }

  model::Names names;
  Contexts contexts{names};
};

TEST_F(SourceHistory, ReadsTimesAndIdsAsTheSourceSaysThem) {
  const auto read = one(
      R"({"id":"urn:a:1","type":["A","B"],"createdAt":"2026-01-01T00:00:00Z","scope":"/x","a":[
          {"type":"Property","value":1,"observedAt":"2026-01-02T00:00:00Z","createdAt":"2026-01-03T00:00:00Z",
           "modifiedAt":"2026-01-04T00:00:00Z","instanceId":"urn:i:1"},
          {"type":"Property","value":"urn:ngsi-ld:null","deletedAt":"2026-01-05T00:00:00Z","instanceId":"no uri"},
          {"type":"Property","value":2,"datasetId":"urn:d:1"}],"b":[]})");
  EXPECT_EQ(read.types.size(), 2U);
  EXPECT_EQ(read.scopes, std::vector<std::string>{"/x"});
  EXPECT_EQ(read.created_at, at("2026-01-01T00:00:00Z"));
  ASSERT_EQ(read.series.size(), 3U) << "b has instances behind the end of the answer";
  const auto a = std::ranges::find_if(read.series, [](const auto& series) { return series.instances.size() == 2; });
  ASSERT_NE(a, read.series.end());
  EXPECT_EQ(a->instances[0].attribute.created_at, at("2026-01-03T00:00:00Z"));
  EXPECT_EQ(a->instances[0].attribute.modified_at, at("2026-01-04T00:00:00Z"));
  EXPECT_EQ(a->instances[0].instance_id, "urn:i:1");
  EXPECT_EQ(a->instances[1].deleted_at, at("2026-01-05T00:00:00Z"));
  EXPECT_EQ(a->instances[1].instance_id, "");
}

TEST_F(SourceHistory, WhatIsNotValidIsLeftOutAndSaid) {
  for (const auto* const body : {"", "7", "[7]", "{}", R"({"id":"no uri","type":"A"})", R"({"id":"urn:a:1"})",
                                 R"({"id":"urn:a:1","type":"A","a":[{"type":"Property"}]})"}) {
    const auto all = read(body);
    EXPECT_FALSE(all.trouble.empty()) << body;
    EXPECT_TRUE(all.entities.empty()) << body;
  }
  EXPECT_EQ(read(R"([{"id":"urn:a:1","type":"A"},{"id":"urn:a:2","type":"A"}])", 1).entities.size(), 1U);
}

TEST_F(SourceHistory, MergesInOrderOfTime) {
  const auto first =
      R"({"value":1,"observedAt":"2026-01-01T00:00:00Z"},{"value":3,"observedAt":"2026-01-03T00:00:00Z"})";
  const auto second = R"({"value":2,"observedAt":"2026-01-02T00:00:00Z"})";
  EXPECT_EQ(observed(merged({with(first), with(second)}).series.at(0)), "01T02T03T");
  store::HistoryQuery newest;
  newest.last_n = 2;
  EXPECT_EQ(observed(merged({with(first), with(second)}, newest).series.at(0)), "03T02T");
}

TEST_F(SourceHistory, AnInstanceOfTwoPlacesIsThereOnceAsItWasModifiedLast) {
  const auto older =
      R"({"value":1,"observedAt":"2026-01-01T00:00:00Z","instanceId":"urn:i:1","modifiedAt":"2026-01-01T00:00:00Z"})";
  const auto newer =
      R"({"value":2,"observedAt":"2026-01-01T00:00:00Z","instanceId":"urn:i:1","modifiedAt":"2026-01-02T00:00:00Z"})";
  for (const auto& all : {merged({with(older), with(newer)}), merged({with(newer), with(older)})}) {
    ASSERT_EQ(all.series.at(0).instances.size(), 1U);
    EXPECT_EQ(all.series.at(0).instances[0].attribute.value, model::Value{std::int64_t{2}});
  }
}

TEST_F(SourceHistory, AnEntityIsGoneWhenItIsGoneEverywhere) {
  const auto gone = R"({"id":"urn:a:1","type":"A","deletedAt":"2026-01-01T00:00:00Z"})";
  EXPECT_TRUE(merged({one(gone), one(gone)}).deleted_at);
  EXPECT_FALSE(merged({one(gone), one(R"({"id":"urn:a:1","type":"A"})")}).deleted_at);
}

TEST_F(SourceHistory, KeepsTheWindowThatWasAsked) {
  auto all = with(
      R"({"value":1,"observedAt":"2026-01-01T00:00:00Z"},{"value":2,"observedAt":"2026-01-02T00:00:00Z"},
         {"value":3,"observedAt":"2026-01-03T00:00:00Z"},{"value":4})");
  store::HistoryQuery query;
  query.from = at("2026-01-02T00:00:00Z");
  query.to = at("2026-01-03T00:00:00Z");
  keep_window(all, query);
  EXPECT_EQ(observed(all.series.at(0)), "02T");
}

TEST_F(SourceHistory, ReadsWhereAnAnswerEnds) {
  const auto cut = cut_of({{"content-range", "date-time 2026-01-01T00:00:00Z-2026-01-02T00:00:00.5Z/*"}});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->first, at("2026-01-01T00:00:00Z"));
  EXPECT_EQ(cut->last, at("2026-01-02T00:00:00.5Z"));
  for (const auto* const odd : {"bytes 0-1/2", "date-time ", "date-time x-y/*", "date-time 2026-01-01T00:00:00Z/*"}) {
    EXPECT_FALSE(cut_of({{"content-range", odd}})) << odd;
  }
  EXPECT_FALSE(cut_of({}));
}

}  // namespace
}  // namespace horad::broker
