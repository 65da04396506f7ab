// SPDX-License-Identifier: Apache-2.0
#include "horad/model/document.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <thread>

#include "horad/model/change.h"
#include "horad/model/model_samples.h"

namespace horad::model {
namespace {

bool holds(const std::string& what, auto law) { return rc::check(what, law); }

Timestamp at(std::int64_t seconds) { return Timestamp{std::chrono::seconds(seconds)}; }

class DocumentTest : public testing::Test {
 protected:
  Names names;
  std::vector<NameId> pool = samples::name_pool(names);
};

TEST_F(DocumentTest, DecodesToWhatWasEncoded) {
  EXPECT_TRUE(holds("encode, decode", [&] {
    const auto entity = samples::entity(pool);
    const auto bytes = encode(entity);
    RC_ASSERT(DocumentView(bytes).to_entity() == entity);
  }));
}

TEST_F(DocumentTest, DiskFormGivesTheSameBytesBack) {
  EXPECT_TRUE(holds("disk form", [&] {
    const auto bytes = encode(samples::entity(pool));
    std::string disk;
    append_disk_form(disk, DocumentView(bytes), names);
    const auto back = from_disk_form(disk, names);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == bytes);
  }));
}

TEST_F(DocumentTest, DiskFormReadsInAProcessWithOtherNumbers) {
  Names other;
  ASSERT_TRUE(other.intern("something:else"));
  EXPECT_TRUE(holds("other numbers", [&] {
    const auto bytes = encode(samples::entity(pool));
    std::string disk;
    append_disk_form(disk, DocumentView(bytes), names);
    const auto there = from_disk_form(disk, other);
    RC_ASSERT(there.has_value());
    std::string again;
    append_disk_form(again, DocumentView(*there), other);
    RC_ASSERT(again == disk);
  }));
}

TEST_F(DocumentTest, SingleAttributesComeBackFromDisk) {
  EXPECT_TRUE(holds("attribute on disk", [&] {
    const auto attribute = samples::attribute(pool);
    std::string disk;
    append_disk_form(disk, attribute, names);
    const auto back = attribute_from_disk_form(disk, names);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == attribute);
  }));
}

TEST_F(DocumentTest, DamagedBytesAreRefusedOrReadSafely) {
  EXPECT_TRUE(holds("damage", [&] {
    std::string disk;
    append_disk_form(disk, DocumentView(encode(samples::entity(pool))), names);
    const auto flips = *rc::gen::inRange(1, 4);
    for (int i = 0; i < flips; ++i) {
      disk[*rc::gen::inRange<std::size_t>(0, disk.size())] = *rc::gen::arbitrary<char>();
    }
    disk.resize(*rc::gen::inRange<std::size_t>(disk.size() / 2, disk.size() + 1));
    if (const auto back = from_disk_form(disk, names)) RC_ASSERT(!DocumentView(*back).to_entity().id.empty());
    static_cast<void>(attribute_from_disk_form(disk, names));  // any answer is fine, a crash is not
  }));
}

TEST_F(DocumentTest, AnotherVersionIsNamed) {
  const auto back = from_disk_form(std::string("\x82") + "xxxxxxxx", names);
  ASSERT_FALSE(back.has_value());
  EXPECT_EQ(back.error().code, ErrorCode::kDamaged);
  EXPECT_NE(back.error().detail.find("version"), std::string::npos);
}

TEST_F(DocumentTest, FindsInstancesByNameAndDataset) {
  Entity e{"urn:x:1", {pool[0]}, {}, at(5), at(6), {}};
  e.attributes.push_back(samples::plain(pool[1], std::int64_t{1}));
  e.attributes.push_back(samples::plain(pool[1], std::int64_t{2}, "urn:d:1"));
  const auto bytes = encode(e);
  const DocumentView view(bytes);
  EXPECT_EQ(view.find(pool[1])->value().as_integer(), 1);
  EXPECT_EQ(view.find(pool[1], "urn:d:1")->value().as_integer(), 2);
  EXPECT_FALSE(view.find(pool[1], "urn:d:2"));
  EXPECT_FALSE(view.find(pool[0])) << "a type is not an attribute";
  EXPECT_FALSE(view.find(pool[2]));
}

struct PointCase {
  const char* json;
  bool point;
};

TEST_F(DocumentTest, PointsThatPrintTheSameAreTwoNumbers) {
  const PointCase cases[] = {{R"({"type":"Point","coordinates":[27.5,53.9]})", true},
                             {R"({"type":"Point","coordinates":[27,-53]})", true},
                             {R"({"type":"Point","coordinates":[27.0,-0.0]})", true},
                             {R"({"type":"Point","coordinates":[0,0]})", true},
                             {R"({"type":"Point","coordinates":[-0,0]})", false},
                             {R"({"type":"Point","coordinates":[27.50,53.9]})", false},
                             {R"({"type":"Point","coordinates":[1e-300,53.9]})", true},
                             {R"({"type":"Point","coordinates":[27.5,53.9,100]})", false},
                             {R"({"type":"Point","coordinates":[27.5,53.9],"x":1})", false}};
  for (const auto& c : cases) {
    Entity e{"urn:x:1", {pool[0]}, {}, at(5), at(6), {}};
    e.attributes.push_back(samples::plain(pool[1], JsonText{c.json}));
    e.attributes[0].kind = AttributeKind::kGeoProperty;
    const auto bytes = encode(e);
    const auto value = DocumentView(bytes).find(pool[1])->value();
    EXPECT_EQ(value.type() == ValueType::kPoint, c.point) << c.json;
    std::string printed;
    value.append_json(printed);
    EXPECT_EQ(printed, c.json);
  }
}

TEST_F(DocumentTest, IsSmall) {
  Entity e{"urn:ngsi-ld:AirQualityObserved:novahrad:north:station:0000001",
           {pool[0]},
           {},
           at(1'790'000'000),
           at(1'790'000'600),
           {}};
  for (std::size_t i = 2; i < 7; ++i) {
    auto a = samples::plain(pool[i], 21.5 + static_cast<double>(i));
    a.unit_code = "CEL";
    a.observed_at = at(1'790'000'590);
    a.created_at = at(1'790'000'000);
    a.modified_at = at(1'790'000'600);
    e.attributes.push_back(a);
  }
  EXPECT_LE(encode(e).size(), 320u);
}

TEST_F(DocumentTest, IsSharedByCounting) {
  const auto bytes = encode(Entity{"urn:x:1", {pool[0]}, {}, at(5), at(6), {}});
  Document one(bytes);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([one] {
      for (int i = 0; i < 1000; ++i) {
        Document copy = one;
        Document moved = std::move(copy);
        EXPECT_EQ(moved.view().id(), "urn:x:1");
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(one.view().bytes(), bytes);
  EXPECT_FALSE(Document());
}

TEST_F(DocumentTest, ChangingTheBytesEqualsChangingTheEntity) {
  EXPECT_TRUE(holds("apply_encoded == encode(apply)", [&] {
    auto entity = samples::entity(pool);
    auto bytes = encode(entity);
    for (int i = 0; i < 4; ++i) {
      const auto change = samples::change(pool, entity);
      const auto when = *samples::time();
      const DocumentView view(bytes);
      auto next = apply_encoded(&view, entity.id, change, when);
      entity = apply(&entity, entity.id, change, when);
      RC_ASSERT(next == encode(entity));
      bytes = std::move(next);
    }
  }));
}

TEST_F(DocumentTest, CreatingEqualsChangingNothing) {
  EXPECT_TRUE(holds("creation", [&] {
    const auto old = samples::entity(pool);
    auto change = samples::change(pool, old);
    change.kind = ChangeKind::kCreated;
    change.removed.clear();
    change.types = old.types;
    const auto when = *samples::time();
    const auto bytes = encode(old);
    const DocumentView before(bytes);
    const auto made = apply_encoded(&before, "urn:x:9", change, when);
    RC_ASSERT(made == encode(apply(nullptr, "urn:x:9", change, when)));
    RC_ASSERT(DocumentView(made).created_at() == when);
  }));
}

TEST_F(DocumentTest, ApplyingTwiceGivesTheSame) {
  EXPECT_TRUE(holds("idempotent", [&] {
    const auto entity = samples::entity(pool);
    auto change = samples::change(pool, entity);
    for (const auto& set : change.set) {  // removed and set again: the second time it would be new again
      std::erase(change.removed, AttributeKey{set.name, set.dataset_id});
    }
    const auto when = *samples::time();
    const auto once = apply(&entity, entity.id, change, when);
    RC_ASSERT(apply(&once, entity.id, change, when) == once);
  }));
}

}  // namespace
}  // namespace horad::model
