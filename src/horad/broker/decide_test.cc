// SPDX-License-Identifier: Apache-2.0
// Each write on one small entity: what was there, what was asked, what is there then. Entities stand in the concise
// form.
#include "horad/broker/decide.h"

#include <gtest/gtest.h>

#include "horad/model/context.h"
#include "horad/model/parse.h"
#include "horad/model/represent.h"

namespace horad::broker {
namespace {

constexpr Timestamp kBefore{std::chrono::seconds{1'000}};
constexpr Timestamp kAt{std::chrono::seconds{2'000}};

enum class Op {
  kCreate,
  kReplace,
  kRemove,
  kAppend,
  kAppendNoOverwrite,
  kUpdate,
  kPartial,
  kMerge,
  kPut,
  kDrop,
  kDropAll
};

struct Case {
  const char* name;
  Op op;
  const char* before;  // concise; empty: there is none
  const char* input;   // the body; for kDrop the dataset id
  const char* after;   // concise; empty: there is none; "=" followed by an error code's name
  const char* not_updated = "";
};

/// Makes documents of text and text of documents, all under the core context.
class World {
 public:
  std::string document(std::string_view text) {
    EXPECT_TRUE(parser_.load(text)) << text;
    auto entity = parser_.entity(0, *context_);
    EXPECT_TRUE(entity) << entity.error().detail << "\n" << text;
    auto change = decide_create(nullptr, *entity);
    return model::encode(model::apply(nullptr, entity->id, *change, kBefore));
  }
  std::string text(std::string_view document) {
    std::string out;
    model::RepresentOptions options;
    options.form = model::Form::kConcise;
    model::append_entity(out, model::DocumentView{document}, *context_, options);
    return out;
  }
  model::EntityFragment fragment(std::string_view body, bool nulls = false) {
    EXPECT_TRUE(parser_.load(body)) << body;
    auto read = parser_.fragment(*context_, {.type_required = false, .nulls = nulls});
    EXPECT_TRUE(read) << read.error().detail;
    return read.value();
  }
  Result<model::Change> run(const Case& c, const model::DocumentView* current, UpdateResult& result) {
    const auto keep = [&result](Result<Decision> decision) -> Result<model::Change> {
      if (!decision) return std::unexpected(decision.error());
      result = decision->result;
      return decision->change;
    };
    const auto speed = context_->resolve_attribute("speed").value();
    EXPECT_TRUE(c.op == Op::kDrop || c.op == Op::kDropAll || c.op == Op::kRemove || parser_.load(c.input)) << c.input;
    switch (c.op) {
      case Op::kCreate:
        return decide_create(current, parser_.entity(0, *context_).value());
      case Op::kReplace:
        return decide_replace(current, fragment(c.input));
      case Op::kRemove:
        return decide_remove(current);
      case Op::kAppend:
        return keep(decide_append(current, fragment(c.input), true));
      case Op::kAppendNoOverwrite:
        return keep(decide_append(current, fragment(c.input), false));
      case Op::kUpdate:
        return keep(decide_update(current, fragment(c.input, true)));
      case Op::kPartial:
        return decide_partial_update(current, parser_.attribute_patch(speed, *context_).value());
      case Op::kMerge:
        return keep(decide_merge(current, parser_.entity_patch(0, *context_, {.type_required = false}).value(), {}));
      case Op::kPut:
        return decide_replace_attribute(current, speed, parser_.attribute(speed, *context_).value(),
                                        parser_.is_array());
      case Op::kDrop:
        return decide_remove_attribute(current, speed, {.dataset_id = c.input, .all = false});
      case Op::kDropAll:
        return decide_remove_attribute(current, speed, {.dataset_id = {}, .all = true});
    }
    return fail(ErrorCode::kInternal, "no such operation");
  }
  std::string names(const UpdateResult& result) {
    std::string out;
    for (const auto& one : result.not_updated) (out += out.empty() ? "" : ",") += context_->compact(one.name);
    return out;
  }

 private:
  model::Names names_;
  std::shared_ptr<model::Context> context_ = model::Context::core(names_);
  model::Parser parser_;
};

class Decide : public testing::TestWithParam<Case> {};

TEST_P(Decide, Makes) {
  const auto& c = GetParam();
  World world;
  const bool there = *c.before != 0;
  const std::string before = there ? world.document(c.before) : std::string{};
  const model::DocumentView view{before};
  UpdateResult result;
  const auto change = world.run(c, there ? &view : nullptr, result);
  if (*c.after == '=') {
    ASSERT_FALSE(change) << "expected " << c.after;
    const auto want = std::string_view{c.after} == "=exists"      ? ErrorCode::kAlreadyExists
                      : std::string_view{c.after} == "=not found" ? ErrorCode::kNotFound
                                                                  : ErrorCode::kBadRequestData;
    EXPECT_EQ(change.error().code, want) << change.error().detail;
    return;
  }
  ASSERT_TRUE(change) << change.error().detail;
  EXPECT_EQ(world.names(result), c.not_updated);
  if (*c.after == 0) {
    EXPECT_EQ(change->kind, model::ChangeKind::kDeleted);
    return;
  }
  const auto after = model::apply_encoded(there ? &view : nullptr, "urn:a:1", *change, kAt);
  EXPECT_EQ(world.text(after), world.text(world.document(c.after)));
}

constexpr const char* kCar =
    R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":"x"})";
constexpr const char* kTwo =
    R"({"id":"urn:a:1","type":"Car","speed":[{"value":5},{"value":6,"datasetId":"urn:d:1"}],"name":"x"})";

INSTANTIATE_TEST_SUITE_P(
    Table, Decide,
    testing::Values(
        Case{"CreateNew", Op::kCreate, "", kCar, kCar}, Case{"CreateTwice", Op::kCreate, kCar, kCar, "=exists"},
        Case{"RemoveThere", Op::kRemove, kCar, "", ""}, Case{"RemoveMissing", Op::kRemove, "", "", "=not found"},
        Case{"ReplaceExchangesAttributes", Op::kReplace, kCar, R"({"type":"Car","colour":"red"})",
             R"({"id":"urn:a:1","type":"Car","colour":"red"})"},
        Case{"ReplaceAddsTypes", Op::kReplace, kCar, R"({"type":"Vehicle","colour":"red"})",
             R"({"id":"urn:a:1","type":["Car","Vehicle"],"colour":"red"})"},
        Case{"ReplaceDropsScopes", Op::kReplace, R"({"id":"urn:a:1","type":"Car","scope":"/a"})",
             R"({"type":"Car","n":1})", R"({"id":"urn:a:1","type":"Car","n":1})"},
        Case{"ReplaceMissing", Op::kReplace, "", R"({"type":"Car"})", "=not found"},
        Case{
            "AppendNew", Op::kAppend, kCar, R"({"colour":"red"})",
            R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":"x","colour":"red"})"},
        Case{"AppendReplacesWhole", Op::kAppend, kCar, R"({"speed":{"value":7}})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":7},"name":"x"})"},
        Case{
            "AppendTypeAndScope", Op::kAppend, kCar, R"({"type":"Taxi","scope":["/a/b"],"name":"y"})",
            R"({"id":"urn:a:1","type":["Car","Taxi"],"scope":"/a/b","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":"y"})"},
        Case{
            "AppendNoOverwriteKeeps", Op::kAppendNoOverwrite, kCar, R"({"speed":{"value":7},"colour":"red"})",
            R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":"x","colour":"red"})",
            "speed"},
        Case{
            "AppendSecondInstance", Op::kAppendNoOverwrite, kCar, R"({"name":{"value":"z","datasetId":"urn:d:1"}})",
            R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":[{"value":"x"},{"value":"z","datasetId":"urn:d:1"}]})"},
        Case{"AppendMissing", Op::kAppend, "", R"({"a":1})", "=not found"},
        Case{"UpdateReplacesWhole", Op::kUpdate, kCar, R"({"speed":{"value":7}})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":7},"name":"x"})"},
        Case{
            "UpdateUnknownIsAdded", Op::kUpdate, kCar, R"({"name":"y","colour":"red"})",
            R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":"y","colour":"red"})"},
        Case{
            "UpdateNewDatasetIsAdded", Op::kUpdate, kCar, R"({"name":{"value":"z","datasetId":"urn:d:1"}})",
            R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":1},"name":[{"value":"x"},{"value":"z","datasetId":"urn:d:1"}]})"},
        Case{"UpdateNullRemoves", Op::kUpdate, kTwo,
             R"({"name":"urn:ngsi-ld:null","speed":{"value":"urn:ngsi-ld:null","datasetId":"urn:d:1"}})",
             R"({"id":"urn:a:1","type":"Car","speed":5})"},
        Case{"UpdateNullOfMissingIsNamed", Op::kUpdate, kTwo, R"({"colour":"urn:ngsi-ld:null"})", kTwo, "colour"},
        Case{"PartialKeepsTheRest", Op::kPartial, kCar, R"({"value":9})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":9,"unitCode":"KMH","accuracy":1},"name":"x"})"},
        Case{"PartialSubAttribute", Op::kPartial, kCar, R"({"accuracy":2})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH","accuracy":2},"name":"x"})"},
        Case{"PartialNullRemovesMember", Op::kPartial, kCar, R"({"unitCode":"urn:ngsi-ld:null"})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"accuracy":1},"name":"x"})"},
        Case{"PartialNullRemovesSubAttribute", Op::kPartial, kCar, R"({"accuracy":"urn:ngsi-ld:null"})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":5,"unitCode":"KMH"},"name":"x"})"},
        Case{"PartialNullValueRemovesTheInstance", Op::kPartial, kCar, R"({"value":"urn:ngsi-ld:null"})",
             R"({"id":"urn:a:1","type":"Car","name":"x"})"},
        Case{"PartialByDataset", Op::kPartial, kTwo, R"({"value":9,"datasetId":"urn:d:1"})",
             R"({"id":"urn:a:1","type":"Car","speed":[{"value":5},{"value":9,"datasetId":"urn:d:1"}],"name":"x"})"},
        Case{"PartialUnknownDataset", Op::kPartial, kCar, R"({"value":9,"datasetId":"urn:d:1"})", "=not found"},
        Case{"PartialMissingAttribute", Op::kPartial, R"({"id":"urn:a:1","type":"Car"})", R"({"value":9})",
             "=not found"},
        Case{"MergeReplacesAddsAndRemoves", Op::kMerge, kCar,
             R"({"speed":{"value":8},"name":"urn:ngsi-ld:null","colour":"red"})",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":8,"unitCode":"KMH","accuracy":1},"colour":"red"})"},
        Case{"MergeNullOfMissingIsNamed", Op::kMerge, kCar, R"({"colour":"urn:ngsi-ld:null"})", kCar, "colour"},
        Case{"MergeMissing", Op::kMerge, "", R"({"a":1})", "=not found"},
        Case{"PutReplacesTheInstance", Op::kPut, kTwo, R"({"value":1})",
             R"({"id":"urn:a:1","type":"Car","speed":[{"value":1},{"value":6,"datasetId":"urn:d:1"}],"name":"x"})"},
        Case{"PutReplacesTheInstanceByDataset", Op::kPut, kTwo, R"({"value":1,"datasetId":"urn:d:1"})",
             R"({"id":"urn:a:1","type":"Car","speed":[{"value":5},{"value":1,"datasetId":"urn:d:1"}],"name":"x"})"},
        Case{"PutOfAListReplacesAllInstances", Op::kPut, kTwo, R"([{"value":1}])",
             R"({"id":"urn:a:1","type":"Car","speed":1,"name":"x"})"},
        Case{"PutUnknownDataset", Op::kPut, kTwo, R"({"value":1,"datasetId":"urn:d:9"})", "=not found"},
        Case{"AppendScopesNoOverwriteAdds", Op::kAppendNoOverwrite, R"({"id":"urn:a:1","type":"Car","scope":"/a"})",
             R"({"scope":["/b","/a"]})", R"({"id":"urn:a:1","type":"Car","scope":["/a","/b"]})"},
        Case{"UpdateDoesNotAddAScope", Op::kUpdate, R"({"id":"urn:a:1","type":"Car"})", R"({"scope":"/b"})",
             R"({"id":"urn:a:1","type":"Car"})"},
        Case{"UpdateAddsANewDatasetOfANewAttribute", Op::kUpdate, R"({"id":"urn:a:1","type":"Car"})",
             R"({"n":{"value":1,"datasetId":"urn:d:1"}})",
             R"({"id":"urn:a:1","type":"Car","n":{"value":1,"datasetId":"urn:d:1"}})"},
        Case{"PutMissingAttribute", Op::kPut, R"({"id":"urn:a:1","type":"Car"})", R"({"value":1})", "=not found"},
        Case{"DropDefaultOnly", Op::kDrop, kTwo, "",
             R"({"id":"urn:a:1","type":"Car","speed":{"value":6,"datasetId":"urn:d:1"},"name":"x"})"},
        Case{"DropByDataset", Op::kDrop, kTwo, "urn:d:1", R"({"id":"urn:a:1","type":"Car","speed":5,"name":"x"})"},
        Case{"DropUnknownDataset", Op::kDrop, kTwo, "urn:d:2", "=not found"},
        Case{"DropAll", Op::kDropAll, kTwo, "", R"({"id":"urn:a:1","type":"Car","name":"x"})"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST(DecideMerge, GivesItsTimeToWhatItTouches) {
  model::Names names;
  const auto context = model::Context::core(names);
  World world;
  const auto before = world.document(kCar);
  const model::DocumentView view{before};
  model::Parser parser;
  ASSERT_TRUE(parser.load(R"({"speed":{"value":8}})"));
  const auto patch = parser.entity_patch(0, *context, {.type_required = false});
  ASSERT_TRUE(patch);
  const auto decision = decide_merge(&view, *patch, {.observed_at = kAt, .lang = {}});
  ASSERT_TRUE(decision);
  ASSERT_EQ(decision->change.set.size(), 1u);
  EXPECT_EQ(decision->change.set[0].observed_at, kAt);
}

TEST(DecideExpiry, IsSetKeptAndTakenBackByEachWrite) {
  World world;
  const auto before = world.document(R"({"id":"urn:a:1","type":"Car","expiresAt":"2099-01-01T00:00:00Z","speed":5})");
  const model::DocumentView current{before};
  const auto later = R"({"expiresAt":"2100-01-01T00:00:00Z"})";
  const auto same = R"({"expiresAt":"2099-01-01T00:00:00Z"})";
  ASSERT_NE(current.expires_at(), model::kNoExpiry);
  EXPECT_TRUE(decide_append(&current, world.fragment(later), true)->change.expires_at);
  EXPECT_FALSE(decide_append(&current, world.fragment(later), false)->change.expires_at);
  EXPECT_TRUE(decide_update(&current, world.fragment(later))->change.expires_at);
  EXPECT_TRUE(decide_update(&current, world.fragment(same))->change.empty());
  EXPECT_EQ(decide_replace(&current, world.fragment(R"({"type":"Car"})"))->expires_at, model::kNoExpiry);
  EXPECT_FALSE(decide_replace(&current, world.fragment(same))->expires_at);
}

TEST(DecidePurge, TakesTheEntityOrAttributes) {
  World world;
  const auto before = world.document(kTwo);
  const model::DocumentView current{before};
  const auto speed = current.find((*current.attributes().begin()).name())->name();
  EXPECT_EQ(decide_purge(current, {}).kind, model::ChangeKind::kDeleted);
  EXPECT_EQ(decide_purge(current, {PurgeWhat::Kind::kListed, {speed}}).removed.size(), 2u);
  EXPECT_EQ(decide_purge(current, {PurgeWhat::Kind::kOthers, {speed}}).removed.size(), 1u);
}

TEST(DecideScopes, CanBeRemovedOnce) {
  World world;
  const auto with = world.document(R"({"id":"urn:a:1","type":"Car","scope":["/a"]})");
  const auto without = world.document(R"({"id":"urn:a:1","type":"Car"})");
  const model::DocumentView a{with};
  const model::DocumentView b{without};
  ASSERT_TRUE(decide_remove_scopes(&a));
  EXPECT_TRUE(decide_remove_scopes(&a)->scopes->empty());
  EXPECT_EQ(decide_remove_scopes(&b).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(decide_remove_scopes(nullptr).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace horad::broker
