// SPDX-License-Identifier: Apache-2.0
#include "horad/store/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

#include "horad/model/ordering.h"
#include "horad/model/q_testing.h"
#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using testing::always;
using testing::created;
using testing::deleted;
using testing::Harness;
using testing::number_attribute;
using testing::updated;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { open(); }
  void open() {
    const auto opened = h.open();
    ASSERT_TRUE(opened) << opened.error().detail;
  }
  void reopen() {
    h.close();
    open();
  }
  std::int64_t speed(const std::string& id) {
    const auto document = h.read(id);
    EXPECT_TRUE(document) << id;
    if (!document) return -1;
    const auto attribute = document->view().find(speed_);
    return attribute ? attribute->value().as_integer() : -1;
  }
  Result<Written> create(const std::string& id, std::int64_t speed = 0) {
    return h.write(id, created({bus_}, {number_attribute(speed_, speed)}));
  }
  model::Query of_type(model::NameId type) {
    model::Query query;
    query.types = model::TypeSelection::of(type);
    return query;
  }
  static std::vector<std::string> ids(const Page& page) {
    std::vector<std::string> out;
    for (const auto& document : page.documents) out.emplace_back(document.view().id());
    return out;
  }

  Harness h;
  model::NameId bus_ = h.name("Bus");
  model::NameId tram_ = h.name("Tram");
  model::NameId speed_ = h.name("speed");
};

TEST_F(StoreTest, CreatesReadsUpdatesDeletes) {
  const auto made = create("urn:a", 5);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_TRUE(made->created);
  EXPECT_TRUE(made->changed);
  EXPECT_EQ(speed("urn:a"), 5);
  const auto changed = h.write("urn:a", updated({number_attribute(speed_, 7)}));
  ASSERT_TRUE(changed);
  EXPECT_FALSE(changed->created);
  EXPECT_GT(changed->at, made->at);
  EXPECT_EQ(speed("urn:a"), 7);
  ASSERT_TRUE(h.write("urn:a", deleted()));
  EXPECT_EQ(h.read("urn:a").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(h.write("urn:a", updated({number_attribute(speed_, 7)})).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(h.store->counters().entities.value(), 0);
}

TEST_F(StoreTest, TimesGrowStrictlyEvenWhenTheClockDoesNot) {
  const auto a = create("urn:a");
  const auto b = create("urn:b");
  h.clock.set(Timestamp{});
  const auto c = create("urn:c");
  EXPECT_LT(a->at, b->at);
  EXPECT_LT(b->at, c->at);
  reopen();
  EXPECT_LT(c->at, create("urn:d")->at);
}

TEST_F(StoreTest, AMutationSeesWhatIsThereAndMayDecline) {
  create("urn:a", 5);
  const auto refused =
      h.write({{}, "urn:a"}, [](const model::DocumentView* current, Timestamp) -> Result<model::Change> {
        EXPECT_NE(current, nullptr);
        return fail(ErrorCode::kAlreadyExists, "it is there");
      });
  EXPECT_EQ(refused.error().code, ErrorCode::kAlreadyExists);
  const auto nothing = h.write("urn:a", updated({}));
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->changed);
  EXPECT_EQ(h.store->counters().records.value(), 1u);
  const auto thrown = h.write(
      {{}, "urn:a"}, [](const model::DocumentView*, Timestamp) -> Result<model::Change> { throw std::bad_alloc{}; });
  EXPECT_EQ(thrown.error().code, ErrorCode::kInternal);
}

TEST_F(StoreTest, ABatchAnswersEachInOrderAndEachSeesTheOneBefore) {
  std::vector<Write> writes;
  writes.push_back({{{}, "urn:a"}, always(created({bus_}))});
  writes.push_back({{{}, "urn:b"}, always(updated({number_attribute(speed_, 1)}))});
  writes.push_back({{{}, "urn:a"}, always(updated({number_attribute(speed_, 2)}))});
  const auto results = h.write_all(std::move(writes));
  ASSERT_EQ(results.size(), 3u);
  EXPECT_TRUE(results[0]->created);
  EXPECT_EQ(results[1].error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(results[2]->created);
  EXPECT_EQ(speed("urn:a"), 2);
  EXPECT_EQ(h.store->counters().syncs.value(), 1u);
}

TEST_F(StoreTest, ComesBackFromTheLog) {
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(create(fmt::format("urn:{}", i % 100), i));
  ASSERT_TRUE(h.write("urn:7", deleted()));
  h.crash(1);  // nothing but the log survives
  open();
  EXPECT_EQ(speed("urn:99"), 299);
  EXPECT_FALSE(h.read("urn:7"));
  EXPECT_EQ(h.store->counters().entities.value(), 99);
}

TEST_F(StoreTest, ComesBackFromCheckpointAndTheLogBehindIt) {
  for (int i = 0; i < 100; ++i) create(fmt::format("urn:{}", i), i);
  h.write("urn:1", deleted());
  const auto done = h.checkpoint();
  ASSERT_TRUE(done) << done.error().detail;
  h.write("urn:2", updated({number_attribute(speed_, 1002)}));
  h.write("urn:3", deleted());
  create("urn:1", 1001);
  h.crash(2);
  open();
  EXPECT_EQ(speed("urn:0"), 0);
  EXPECT_EQ(speed("urn:1"), 1001);
  EXPECT_EQ(speed("urn:2"), 1002);
  EXPECT_FALSE(h.read("urn:3"));
  EXPECT_EQ(h.store->counters().entities.value(), 99);
}

TEST_F(StoreTest, KeepsThePageOrderOverARestart) {
  for (const char* const id : {"urn:z", "urn:a", "urn:m", "urn:b"}) create(id);
  const std::vector<std::string> want{"urn:z", "urn:a", "urn:m", "urn:b"};
  EXPECT_EQ(ids(*h.query(of_type(bus_))), want);
  reopen();
  EXPECT_EQ(ids(*h.query(of_type(bus_))), want);
}

TEST(Store, OrdersOverAllShards) {
  Harness h{5};
  ASSERT_TRUE(h.open());
  const auto speed = h.name("speed");
  std::vector<std::string> want;
  for (std::int64_t i = 0; i < 200; ++i) {
    want.push_back(fmt::format("urn:{}", i * 77 % 200));
    ASSERT_TRUE(h.write(fmt::format("urn:{}", i), created({h.name("Bus")}, {number_attribute(speed, i * 13 % 200)})));
  }
  model::testing::PlainResolver resolve{h.names};
  model::Query query;
  query.order = *model::Ordering::parse({h.names.text(speed), {}, {}, {}}, resolve);
  query.limit = 30;
  query.count = true;
  std::vector<std::string> got;
  for (query.offset = 0;; query.offset += query.limit) {
    const auto page = h.query(query);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->count, 200u);
    if (page->documents.empty()) break;
    for (const auto& document : page->documents) got.emplace_back(document.view().id());
  }
  EXPECT_EQ(got, want);
}

TEST_F(StoreTest, PagesAndCounts) {
  for (int i = 0; i < 50; ++i) h.write(fmt::format("urn:{}", i), created({i % 2 == 0 ? bus_ : tram_}));
  auto query = of_type(bus_);
  query.limit = 5;
  query.offset = 20;
  query.count = true;
  const auto page = h.query(query);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->count, 25u);
  EXPECT_EQ(ids(*page), (std::vector<std::string>{"urn:40", "urn:42", "urn:44", "urn:46", "urn:48"}));
  query.offset = 100;
  EXPECT_TRUE(h.query(query)->documents.empty());
  EXPECT_EQ(h.query(query)->count, 25u);
  query.count = false;
  query.limit = 0;
  EXPECT_FALSE(h.query(query)->count);
}

TEST_F(StoreTest, TypesAreCounted) {
  create("urn:a");
  create("urn:b");
  h.write("urn:c", created({tram_, bus_}));
  const auto counts =
      testing::wait_for<std::vector<TypeCount>>([&](auto done) { h.store->types({}, std::move(done)); });
  ASSERT_EQ(counts->size(), 2u);
  EXPECT_EQ((*counts)[0].entities, 3u);
  EXPECT_EQ((*counts)[1].entities, 1u);
}

TEST_F(StoreTest, TenantsAndSpacesNeverMeet) {
  const Tenant minsk{"minsk", Space::kCity};
  const Tenant minsk_system{"minsk", Space::kSystem};
  EXPECT_TRUE(h.store->tenants().empty());
  h.write({minsk, "urn:a"}, always(created({bus_}, {number_attribute(speed_, 1)})));
  h.write({minsk_system, "urn:a"}, always(created({bus_}, {number_attribute(speed_, 2)})));
  create("urn:a", 3);
  EXPECT_EQ(h.read({minsk, "urn:a"})->view().find(speed_)->value().as_integer(), 1);
  EXPECT_EQ(h.read({minsk_system, "urn:a"})->view().find(speed_)->value().as_integer(), 2);
  EXPECT_EQ(h.query(of_type(bus_), minsk)->documents.size(), 1u);
  h.write({minsk, "urn:a"}, always(deleted()));
  EXPECT_TRUE(h.query(of_type(bus_), minsk)->documents.empty());
  ASSERT_TRUE(h.checkpoint());
  reopen();
  EXPECT_EQ(h.store->tenants(), (std::vector<Tenant>{{}, minsk, minsk_system}));
  EXPECT_TRUE(h.query(of_type(bus_), {"nobody", Space::kCity})->documents.empty());
}

TEST_F(StoreTest, ManyAreReadTogetherInTheOrderAsked) {
  const Tenant other{"minsk", Space::kCity};
  for (int i = 0; i < 20; ++i) create("urn:" + std::to_string(i), i);
  const auto read = [&](const Tenant& tenant, std::vector<std::string> ids) {
    return *testing::wait_for<std::vector<model::Document>>(
        [&](auto done) { h.store->read_all(tenant, std::move(ids), std::move(done)); });
  };
  const auto found = read({}, {"urn:7", "urn:none", "urn:3", "urn:7"});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].view().id(), "urn:7");
  EXPECT_FALSE(found[1]);
  EXPECT_EQ(found[2].view().id(), "urn:3");
  EXPECT_EQ(found[3].view().id(), "urn:7");
  EXPECT_TRUE(read({}, {}).empty());
  EXPECT_FALSE(read(other, {"urn:7"})[0]);
}

TEST_F(StoreTest, ACopyInASnapshotKeepsItsTimesOverARestart) {
  const Tenant snapshot{"minsk/3", Space::kSnapshot};
  auto change = created({bus_}, {number_attribute(speed_, 5)});
  change.set[0].created_at = Timestamp{std::chrono::seconds{10}};
  change.set[0].modified_at = Timestamp{std::chrono::seconds{20}};
  change.times = {Timestamp{std::chrono::seconds{1}}, Timestamp{std::chrono::seconds{2}}};
  ASSERT_TRUE(h.write({snapshot, "urn:a"}, always(std::move(change))));
  const auto check = [&] {
    const auto document = h.read({snapshot, "urn:a"});
    ASSERT_TRUE(document) << document.error().detail;
    EXPECT_EQ(document->view().created_at(), Timestamp{std::chrono::seconds{1}});
    EXPECT_EQ(document->view().modified_at(), Timestamp{std::chrono::seconds{2}});
    EXPECT_EQ(document->view().find(speed_)->created_at(), Timestamp{std::chrono::seconds{10}});
    EXPECT_EQ(document->view().find(speed_)->modified_at(), Timestamp{std::chrono::seconds{20}});
    EXPECT_EQ(h.query(of_type(bus_), snapshot)->documents.size(), 1u);
  };
  check();
  reopen();
  check();
  ASSERT_TRUE(h.checkpoint());
  reopen();
  check();
  EXPECT_TRUE(h.query(of_type(bus_), {"minsk", Space::kCity})->documents.empty());
}

TEST_F(StoreTest, FollowersSeeEveryRecordWithBeforeAndAfter) {
  create("urn:a", 1);
  h.write("urn:a", updated({number_attribute(speed_, 2)}));
  h.write("urn:a", deleted());
  const auto records = h.follow(0, 0);
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 3u);
  EXPECT_EQ((*records)[0].change.kind, model::ChangeKind::kCreated);
  EXPECT_FALSE((*records)[0].before);
  EXPECT_EQ((*records)[1].before.view().find(speed_)->value().as_integer(), 1);
  EXPECT_EQ((*records)[1].after.view().find(speed_)->value().as_integer(), 2);
  EXPECT_FALSE((*records)[2].after);
  EXPECT_EQ((*records)[2].position, h.store->end()[0]);
  EXPECT_EQ(h.follow(0, (*records)[1].position)->size(), 1u);
  EXPECT_EQ(h.follow(0, 0, 2)->size(), 2u);
  EXPECT_TRUE(h.follow(0, h.store->end()[0])->empty());
  EXPECT_EQ(h.follow(5, 0).error().code, ErrorCode::kInvalidRequest);
}

TEST_F(StoreTest, FollowersCatchUpFromTheDiskAfterARestart) {
  for (int i = 0; i < 100; ++i) create(fmt::format("urn:{}", i), i);
  const Cursor cursor{h.follow(0, 0, 10)->back().position};
  h.store->hold_log("rules", cursor);
  h.crash(1);
  open();
  const auto records = h.follow(0, cursor[0]);
  ASSERT_TRUE(records) << records.error().detail;
  ASSERT_EQ(records->size(), 90u);
  EXPECT_EQ(records->front().address.id, "urn:10");
  EXPECT_EQ(std::get<std::int64_t>(records->front().change.set[0].value), 10);
  EXPECT_FALSE(records->front().after);
}

TEST_F(StoreTest, TheLogIsTrimmedUpToTheSlowestFollower) {
  for (int i = 0; i < 400; ++i) create(fmt::format("urn:{}", i), i);
  const Position held = h.follow(0, 0, 200)->back().position;
  h.store->hold_log("slow", {held});
  ASSERT_TRUE(h.checkpoint());
  h.crash(3);
  open();
  EXPECT_EQ(h.follow(0, 0).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(h.follow(0, held)->size(), 200u);
  h.store->hold_log("slow", {});
  create("urn:more");
  ASSERT_TRUE(h.checkpoint());
  EXPECT_EQ(h.follow(0, held).error().code, ErrorCode::kNotFound);
}

TEST_F(StoreTest, AFollowerTooFarBehindNoLongerHoldsTheLog) {
  h.close();
  h.options.follower_keep_bytes = 20'000;
  open();
  h.store->hold_log("asleep", {0});
  for (int i = 0; i < 800; ++i) create(fmt::format("urn:{}", i), i);
  ASSERT_TRUE(h.checkpoint());
  h.crash(3);
  open();
  EXPECT_EQ(h.follow(0, 0).error().code, ErrorCode::kNotFound);
}

TEST_F(StoreTest, WakesWhoListensUntilTheTokenIsGone) {
  std::atomic<int> woken = 0;
  auto token = h.store->on_durable([&woken] { ++woken; });
  create("urn:a");
  EXPECT_EQ(woken, 1);
  token.reset();
  create("urn:b");
  EXPECT_EQ(woken, 1);
}

TEST_F(StoreTest, HistoryIsKeptAndComesBack) {
  create("urn:a", 0);
  for (int i = 1; i < 50; ++i) h.write("urn:a", updated({number_attribute(speed_, i)}));
  HistoryQuery query;
  query.ids = {"urn:a", "urn:unknown"};
  query.time_property = TimeProperty::kModifiedAt;
  const auto check = [&](const char* when) {
    const auto found = h.history(query);
    ASSERT_TRUE(found) << found.error().detail;
    ASSERT_EQ(found->size(), 1u) << when;
    ASSERT_EQ((*found)[0].series.size(), 1u);
    EXPECT_EQ((*found)[0].series[0].instances.size(), 50u);
  };
  check("at once");
  h.crash(5);
  open();
  check("from the log");
  ASSERT_TRUE(h.checkpoint());
  h.crash(6);
  open();
  check("from the checkpoint");
}

TEST_F(StoreTest, ASecondProcessIsTurnedAway) {
  const auto second = Store::open(h.disk, h.clock, h.names, h.options);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kBusy);
}

TEST_F(StoreTest, AnotherVersionIsTurnedAway) {
  h.close();
  auto file = h.disk.open("/data/VERSION", base::OpenMode::kCreate);
  const std::string text = "horad-data 9\nshards 1\n";
  ASSERT_TRUE((*file)->write_at(0, std::as_bytes(std::span{text})));
  const auto opened = h.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kWrongVersion);
  EXPECT_NE(opened.error().detail.find("reads format 1"), std::string::npos);
}

TEST_F(StoreTest, ADirectoryWithoutAVersionIsNotTakenOver) {
  h.close();
  ASSERT_TRUE(h.disk.remove("/data/VERSION"));
  EXPECT_EQ(h.open().error().code, ErrorCode::kDamaged);
}

TEST_F(StoreTest, TheNumberOfShardsStaysAsItWasMade) {
  create("urn:a", 4);
  h.close();
  h.options.shards = 8;
  open();
  EXPECT_EQ(h.store->shard_count(), 1u);
  EXPECT_EQ(speed("urn:a"), 4);
}

TEST_F(StoreTest, ADamagedByteIsFoundAndNamed) {
  for (int i = 0; i < 20; ++i) create(fmt::format("urn:{}", i));
  h.crash(1);
  h.disk.flip_bit("/data/shard-0000/log/log-0000000000000000.seg", 200, 2);
  const auto opened = h.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kDamaged);
  EXPECT_NE(opened.error().detail.find("log-0000000000000000.seg"), std::string::npos) << opened.error().detail;
}

TEST_F(StoreTest, AFullDiskRefusesWritesAndTakesThemAgainWhenThereIsRoom) {
  create("urn:a", 0);
  h.disk.set_capacity(200 << 10);
  std::int64_t last = 0;
  std::optional<Error> full;
  for (std::int64_t i = 1; i < 10'000 && !full; ++i) {
    const auto written = h.write("urn:a", updated({number_attribute(speed_, i)}));
    if (written) {
      last = i;
    } else {
      full = written.error();
    }
  }
  ASSERT_TRUE(full);
  EXPECT_EQ(full->code, ErrorCode::kStorageFull);
  EXPECT_EQ(speed("urn:a"), last);
  EXPECT_NE(h.store->trouble(), "");
  h.disk.set_capacity(10 << 20);
  EXPECT_TRUE(h.write("urn:a", updated({number_attribute(speed_, -5)})));
  EXPECT_EQ(h.store->trouble(), "");
  h.crash(7);
  open();
  EXPECT_EQ(speed("urn:a"), -5);
}

TEST_F(StoreTest, AFailedSyncStopsWritesAndHidesWhatIsNotDurable) {
  create("urn:a", 1);
  h.disk.fail(base::SimCall::kSync, 1, ErrorCode::kIo, "/log/");
  EXPECT_EQ(h.write("urn:a", updated({number_attribute(speed_, 2)})).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(speed("urn:a"), 1);
  EXPECT_EQ(create("urn:b").error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(h.read("urn:b"));
  EXPECT_NE(h.store->trouble(), "");
  EXPECT_EQ(h.checkpoint().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(ids(*h.query(of_type(bus_))).size(), 1u);
  h.crash(1);
  open();
  EXPECT_EQ(speed("urn:a"), 1);
  EXPECT_TRUE(create("urn:b"));
}

TEST_F(StoreTest, AFailedCheckpointIsMadeUpForByTheNext) {
  for (int i = 0; i < 100; ++i) create(fmt::format("urn:{}", i), i);
  h.write("urn:5", deleted());
  h.disk.fail(base::SimCall::kSync, 1, ErrorCode::kIo, "/checkpoint/");
  EXPECT_FALSE(h.checkpoint());
  create("urn:new", 77);
  const auto again = h.checkpoint();
  EXPECT_TRUE(again) << again.error().detail;
  h.crash(4);
  open();
  EXPECT_EQ(speed("urn:99"), 99);
  EXPECT_EQ(speed("urn:new"), 77);
  EXPECT_FALSE(h.read("urn:5"));
}

TEST_F(StoreTest, AFullQueueSaysSo) {
  h.close();
  h.options.queue_bound = 4;
  open();
  std::promise<void> entered;
  std::promise<void> leave;
  h.store->write(
      {{}, "urn:a"},
      [&, left = leave.get_future()](const model::DocumentView*, Timestamp) -> Result<model::Change> {
        entered.set_value();
        left.wait();
        return fail(ErrorCode::kConflict, "no");
      },
      [](Result<Written>) {});
  entered.get_future().wait();
  std::atomic<int> overloaded = 0;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 6; ++i) {
    h.store->read({{}, "urn:a"}, [&](Result<model::Document> result) {
      overloaded += result.error().code == ErrorCode::kOverloaded ? 1 : 0;
      ++answered;
    });
  }
  EXPECT_EQ(overloaded, 2);
  leave.set_value();
  h.close();
  EXPECT_EQ(answered, 6);
}

TEST_F(StoreTest, UnsafeFastAnswersBeforeTheSync) {
  h.close();
  h.options.unsafe_fast = true;
  open();
  h.disk.fail(base::SimCall::kSync, 1, ErrorCode::kIo, "/log/");
  EXPECT_TRUE(create("urn:a", 1));
  EXPECT_EQ(speed("urn:a"), 1);
}

class ShardsTest : public ::testing::Test {
 protected:
  ShardsTest() : h(4) {}
  Harness h;
};

TEST_F(ShardsTest, PagesGoThroughTheShardsInOrder) {
  ASSERT_TRUE(h.open());
  const auto type = h.name("T");
  std::vector<Write> writes;
  for (int i = 0; i < 200; ++i) writes.push_back({{{}, fmt::format("urn:{}", i)}, always(created({type}))});
  for (const auto& result : h.write_all(std::move(writes))) ASSERT_TRUE(result);
  model::Query query;
  query.types = model::TypeSelection::of(type);
  query.limit = 1000;
  std::vector<std::string> all;
  for (const auto& document : h.query(query)->documents) all.emplace_back(document.view().id());
  ASSERT_EQ(all.size(), 200u);
  std::vector<std::string> paged;
  query.limit = 7;
  query.count = true;
  for (query.offset = 0; query.offset < 200; query.offset += 7) {
    const auto page = h.query(query);
    EXPECT_EQ(page->count, 200u);
    for (const auto& document : page->documents) paged.emplace_back(document.view().id());
  }
  EXPECT_EQ(paged, all);
  h.crash(1);
  ASSERT_TRUE(h.open());
  EXPECT_EQ(h.store->counters().entities.value(), 200);
}

TEST_F(ShardsTest, AMissingShardIsDamage) {
  ASSERT_TRUE(h.open());
  h.close();
  h.options.directory = "/other";
  ASSERT_TRUE(h.open());
  h.close();
  ASSERT_TRUE(h.disk.make_dir("/third"));
  auto file = h.disk.open("/third/VERSION", base::OpenMode::kCreate);
  const std::string text = "horad-data 1\nshards 2\n";
  ASSERT_TRUE((*file)->write_at(0, std::as_bytes(std::span{text})));
  h.options.directory = "/third";
  EXPECT_EQ(h.open().error().code, ErrorCode::kDamaged);
}

}  // namespace
}  // namespace horad::store
