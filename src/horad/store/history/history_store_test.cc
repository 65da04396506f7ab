// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/history_store.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "horad/base/sim_world.h"
#include "horad/store/history/history_twin.h"
#include "horad/store/history/totals.h"

namespace horad::store::history {
namespace {

using namespace std::chrono_literals;

const std::string kDirectory = "/data/history";

HistoryOptions small_blocks() { return {.rows_per_part = 4, .rows_per_block = 16}; }

/// A shard as the store sees it: a log that is never lost, and a checkpoint of heads.
class Shard {
 public:
  explicit Shard(std::uint64_t seed, HistoryOptions options = small_blocks())
      : weather(seed, names), options_(options) {
    reopen();
  }

  void step() {
    log_.push_back(weather.next());
    if (weather.below(8) == 0) edit(log_.back());
    apply(log_.size());
    twin.append(log_.back().tenant, log_.back().id, log_.back().change, log_.back().at);
  }

  void heads(std::size_t most = 1'000'000) {
    store->start_heads();
    const auto position = log_.size();
    for (std::size_t taken = 0; taken < most;) {
      const auto slice = store->take_dirty(2);
      if (slice.empty()) {
        checkpoint_ = position;
        return;
      }
      for (const auto& head : slice) saved_[head.key] = head.bytes;
      taken += slice.size();
    }
  }

  void checkpoint() {
    ASSERT_TRUE(store->write_segments());
    heads();
  }

  /// `overlap` more records than needed are replayed.
  void reopen(std::size_t overlap = 0) {
    store.reset();
    auto opened = HistoryStore::open(disk, kDirectory, names, options_);
    ASSERT_TRUE(opened) << opened.error().detail;
    store = std::move(*opened);
    for (const auto& [key, bytes] : saved_) {
      const auto loaded = store->load_head(key, bytes);
      ASSERT_TRUE(loaded) << loaded.error().detail;
    }
    for (std::size_t i = checkpoint_ - std::min(checkpoint_, overlap); i < log_.size(); ++i) apply(i + 1);
  }

  void compare(const HistoryQuery& query, const std::string& tenant) {
    const auto answer = evaluate(*store->collect(tenant, query), query);
    const auto mine = answer ? Result<std::vector<EntityHistory>>{answer->entities} : std::unexpected(answer.error());
    const auto wanted = twin.evaluate(tenant, query, names);
    ASSERT_EQ(mine.has_value(), wanted.has_value()) << (mine ? "" : mine.error().detail);
    if (!mine) {
      ASSERT_EQ(mine.error().code, wanted.error().code);
      return;
    }
    ASSERT_EQ(difference(*mine, *wanted), "")
        << "property " << static_cast<int>(query.time_property) << " last_n " << query.last_n << " bounded "
        << query.from.has_value() << query.to.has_value();
  }

  void compare_some(int questions) {
    for (int i = 0; i < questions && !testing::Test::HasFatalFailure(); ++i)
      compare(weather.question(), weather.tenant());
  }

  base::SimDisk disk;
  model::Names names;
  HistoryTwin twin;
  Weather weather;
  std::unique_ptr<HistoryStore> store;

 private:
  /// Makes an edit of the past of the step: of instances that are there, and new ones.
  void edit(Weather::Step& step) {
    HistoryQuery all;
    all.ids = {step.id};
    const auto answer = evaluate(*store->collect(step.tenant, all), all);
    if (!answer || answer->entities.empty()) return;
    step.change = weather.edit(answer->entities.front());
  }

  void apply(std::size_t position) {
    const auto& step = log_[position - 1];
    store->append(step.tenant, step.id, step.change, step.at, position);
  }

  HistoryOptions options_;
  std::vector<Weather::Step> log_;  // the record i ends at position i + 1
  std::map<std::string, std::string> saved_;
  std::size_t checkpoint_ = 0;
};

class HistoryAgainstTwin : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, HistoryAgainstTwin, testing::Range<std::uint64_t>(1, 17));

TEST_P(HistoryAgainstTwin, AnswersAlikeWhileItGrows) {
  Shard shard(GetParam());
  for (int round = 0; round < 12 && !HasFatalFailure(); ++round) {
    for (int i = 0; i < 25; ++i) shard.step();
    shard.compare_some(12);
  }
}

TEST_P(HistoryAgainstTwin, AnswersAlikeAfterRestartsAtAnyPoint) {
  Shard shard(GetParam() + 1000);
  for (int round = 0; round < 14 && !HasFatalFailure(); ++round) {
    for (std::uint64_t i = shard.weather.below(40); i > 0; --i) shard.step();
    switch (shard.weather.below(5)) {
      case 0:
        shard.checkpoint();
        break;
      case 1:
        ASSERT_TRUE(shard.store->write_segments());
        break;  // then dies before any head is stored
      case 2:
        shard.heads(2);
        break;  // dies in the middle of the heads
      case 3:
        shard.heads();
        break;  // heads without segments
      default:
        break;
    }
    if (shard.weather.below(2) == 0) shard.step();
    shard.reopen(shard.weather.below(30));
    shard.compare_some(6);
  }
}

TEST_P(HistoryAgainstTwin, SurvivesDiskFailuresAndPowerCuts) {
  Shard shard(GetParam() + 2000);
  for (int round = 0; round < 10 && !HasFatalFailure(); ++round) {
    for (int i = 0; i < 30; ++i) shard.step();
    switch (shard.weather.below(4)) {
      case 0:
        shard.disk.fail(base::SimCall::kWrite, 1 + shard.weather.below(3), ErrorCode::kStorageFull);
        break;
      case 1:
        shard.disk.fail(base::SimCall::kSync, 1 + shard.weather.below(3), ErrorCode::kIo);
        break;
      case 2:
        shard.disk.fail(base::SimCall::kRename, 1, ErrorCode::kIo);
        break;
      default:
        shard.disk.cut_power_after(shard.weather.below(20));
        break;
    }
    const bool written = shard.store->write_segments().has_value();
    if (written) shard.heads();
    shard.disk.crash(GetParam() * 100 + static_cast<std::uint64_t>(round));
    shard.reopen();
    shard.compare_some(6);
  }
}

TEST(History, KeepsAnsweringAfterAFailedSegmentWrite) {
  Shard shard(7);
  for (int i = 0; i < 200; ++i) shard.step();
  shard.disk.fail(base::SimCall::kSync, 1, ErrorCode::kIo);
  ASSERT_FALSE(shard.store->write_segments());
  shard.compare_some(20);
  ASSERT_TRUE(shard.store->write_segments());
  EXPECT_GT(shard.store->counters().segments_written.value(), 0u);
  shard.compare_some(20);
}

TEST(History, SnapshotIsUntouchedByLaterWrites) {
  Shard shard(8);
  for (int i = 0; i < 150; ++i) shard.step();
  HistoryQuery all;
  all.ids = {"urn:ngsi-ld:Station:0", "urn:ngsi-ld:Station:1"};
  const auto snapshot = shard.store->collect("main", all);
  const auto wanted = shard.twin.evaluate("main", all, shard.names);
  for (int i = 0; i < 150; ++i) shard.step();
  ASSERT_TRUE(shard.store->write_segments());
  EXPECT_EQ(difference(evaluate(*snapshot, all)->entities, *wanted), "");
}

TEST(History, InstanceIdsAreUniqueAndOutliveARestart) {
  Shard shard(9);
  for (int i = 0; i < 200; ++i) shard.step();
  HistoryQuery all;
  all.ids = {"urn:ngsi-ld:Station:0"};
  const auto ids = [&] {
    std::vector<std::string> out;
    const auto answer = evaluate(*shard.store->collect("main", all), all);
    for (const auto& series : answer->entities.at(0).series) {
      for (const auto& instance : series.instances) out.push_back(instance.instance_id);
    }
    return out;
  };
  const auto before = ids();
  EXPECT_EQ(std::set(before.begin(), before.end()).size(), before.size());
  shard.checkpoint();
  shard.reopen(50);
  EXPECT_EQ(ids(), before);
}

TEST(History, ARecordTwiceIsHeldOnce) {
  Shard shard(10);
  for (int i = 0; i < 60; ++i) shard.step();
  shard.checkpoint();
  const auto rows = shard.store->counters().rows.value();
  shard.reopen(60);
  EXPECT_EQ(shard.store->counters().rows.value(), 0u);
  EXPECT_GT(rows, 0u);
  shard.compare_some(10);
}

TEST(History, SealsEarlyWhenMemoryIsShort) {
  HistoryOptions options;
  options.memory_bound = 1;
  Shard shard(11, options);
  for (int i = 0; i < 300; ++i) shard.step();
  const auto before = shard.store->memory_bytes();
  shard.checkpoint();
  EXPECT_LT(shard.store->memory_bytes(), before);
  EXPECT_GT(shard.store->counters().blocks_sealed.value(), 0u);
  shard.reopen();
  shard.compare_some(30);
}

TEST(History, TellsWhichFileIsDamaged) {
  Shard shard(12);
  for (int i = 0; i < 300; ++i) shard.step();
  shard.checkpoint();
  const auto files = shard.disk.list(kDirectory);
  const auto segment = kDirectory + "/" + files->front();
  shard.disk.flip_bit(segment, 40, 3);
  HistoryQuery all;
  all.ids = {"urn:ngsi-ld:Station:0", "urn:ngsi-ld:Station:1", "urn:ngsi-ld:Station:2"};
  bool damaged = false;
  for (const char* tenant : {"main", "other"}) {
    const auto answer = evaluate(*shard.store->collect(tenant, all), all);
    if (answer) continue;
    damaged = true;
    EXPECT_EQ(answer.error().code, ErrorCode::kDamaged);
    EXPECT_NE(answer.error().detail.find(segment), std::string::npos);
  }
  EXPECT_TRUE(damaged);
  shard.disk.flip_bit(kDirectory + "/MANIFEST", 30, 1);
  const auto opened = HistoryStore::open(shard.disk, kDirectory, shard.names);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kDamaged);
}

TEST(History, RefusesHeadsThatAreDamaged) {
  Shard shard(13);
  for (int i = 0; i < 30; ++i) shard.step();
  shard.store->start_heads();
  const auto heads = shard.store->take_dirty(1);
  ASSERT_EQ(heads.size(), 1u);
  base::SimDisk other;
  const auto store = *HistoryStore::open(other, "/d", shard.names);
  for (std::size_t i = 0; i < heads[0].bytes.size(); i += 7) {
    std::string bytes = heads[0].bytes;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    EXPECT_FALSE(store->load_head(heads[0].key, bytes));
  }
  EXPECT_FALSE(store->load_head("no separator", heads[0].bytes));
}

TEST(History, HeadsThatCouldNotBeStoredComeBack) {
  Shard shard(14);
  for (int i = 0; i < 30; ++i) shard.step();
  const auto all = shard.store->dirty();
  shard.store->start_heads();
  const auto taken = shard.store->take_dirty(100);
  EXPECT_EQ(taken.size(), all);
  EXPECT_EQ(shard.store->dirty(), 0u);
  shard.store->mark_dirty(taken);
  EXPECT_EQ(shard.store->dirty(), all);
}

// --- Single answers

struct Reading {
  std::int64_t second;
  model::Value value;
};

class OneSensor {
 public:
  OneSensor() : store(*HistoryStore::open(disk, kDirectory, names)), name(*names.intern("https://example.org/level")) {}
  void read(const Reading& reading, bool observed = true) {
    model::Change change;
    change.kind = position == 0 ? model::ChangeKind::kCreated : model::ChangeKind::kUpdated;
    model::Attribute a;
    a.name = name;
    a.value = reading.value;
    if (observed) a.observed_at = Timestamp{std::chrono::seconds(reading.second)};
    change.set.push_back(a);
    ++position;
    store->append("t", "urn:a:1", change, Timestamp{1'000'000s} + std::chrono::seconds(position), position);
  }
  Result<std::vector<EntityHistory>> ask(HistoryQuery query) {
    query.ids = {"urn:a:1"};
    auto answer = evaluate(*store->collect("t", query), query);
    if (!answer) return std::unexpected(std::move(answer).error());
    return std::move(answer->entities);
  }
  base::SimDisk disk;
  model::Names names;
  std::unique_ptr<HistoryStore> store;
  model::NameId name;
  std::uint64_t position = 0;
};

HistoryQuery aggregate_of(std::vector<Aggregate> methods, Duration period = Duration{}) {
  HistoryQuery q;
  q.aggregation = Aggregation{std::move(methods), {0, period}};
  return q;
}

TEST(History, SumsDoNotDependOnTheBucketWidth) {
  OneSensor sensor;
  std::mt19937_64 random(5);
  for (int i = 0; i < 5000; ++i) sensor.read({i, static_cast<double>(random() % 1000) / 10.0});
  const auto total = [&](Duration period) {
    const auto answer = sensor.ask(aggregate_of({Aggregate::kSum}, period));
    // each bucket's sum is exact at one decimal: tenths add up as integers
    std::int64_t tenths = 0;
    for (const auto& bucket : answer->at(0).series.at(0).buckets)
      tenths += std::llround(std::get<double>(bucket.values[0]) * 10);
    return tenths;
  };
  EXPECT_EQ(total(7s), total(5000s));
  EXPECT_EQ(total(60s), total(1s));
}

TEST(History, ATenthTenTimesIsOne) {
  OneSensor sensor;
  for (int i = 0; i < 10; ++i) sensor.read({i, 0.1});
  const auto answer = sensor.ask(aggregate_of({Aggregate::kSum, Aggregate::kAvg, Aggregate::kStddev}));
  const auto& values = answer->at(0).series.at(0).buckets.at(0).values;
  EXPECT_EQ(std::get<double>(values[0]), 1.0);
  EXPECT_EQ(std::get<double>(values[1]), 0.1);
  EXPECT_EQ(std::get<double>(values[2]), 0.0);
}

TEST(History, GreatNumbersThatCancelLeaveTheSmallOne) {
  NumberTotal total;
  const Number both[] = {Number::of(20.95), Number::of(std::numeric_limits<std::int64_t>::max())};
  total.add(statistics_of(to_decimals(both)));
  total.add(Number::of(std::numeric_limits<std::int64_t>::min()));
  EXPECT_EQ(total.sum(), 19.95);
}

TEST(History, BordersOfTheWindow) {
  OneSensor sensor;
  for (int i = 0; i < 10; ++i) sensor.read({i, std::int64_t{i}});
  HistoryQuery q;
  q.from = Timestamp{3s};
  q.to = Timestamp{6s};
  const auto answer = sensor.ask(q);
  const auto& found = answer->at(0).series.at(0).instances;
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found.front().attribute.value, model::Value{std::int64_t{3}});
  EXPECT_EQ(found.back().attribute.value, model::Value{std::int64_t{5}});
}

TEST(History, BucketsBeginAtFrom) {
  OneSensor sensor;
  for (int i = 0; i < 10; ++i) sensor.read({i, std::int64_t{i}});
  HistoryQuery q = aggregate_of({Aggregate::kMax, Aggregate::kTotalCount}, 4s);
  q.from = Timestamp{1s};
  const auto answer = sensor.ask(q);
  const auto& buckets = answer->at(0).series.at(0).buckets;
  ASSERT_EQ(buckets.size(), 3u);
  EXPECT_EQ(buckets[1].start, Timestamp{5s});
  EXPECT_EQ(buckets[1].end, Timestamp{9s});
  EXPECT_EQ(std::get<double>(buckets[1].values[0]), 8.0);
  EXPECT_EQ(std::get<std::uint64_t>(buckets[2].values[1]), 1u);
}

TEST(History, UnobservedValuesAreFoundByModifiedAtOnly) {
  OneSensor sensor;
  sensor.read({0, std::int64_t{1}}, false);
  HistoryQuery q;
  q.from = Timestamp{Duration{0}};
  EXPECT_TRUE(sensor.ask(q)->at(0).series.empty());
  q.time_property = TimeProperty::kModifiedAt;
  EXPECT_EQ(sensor.ask(q)->at(0).series.size(), 1u);
  EXPECT_EQ(sensor.ask({})->at(0).series.size(), 1u);
}

TEST(History, TooManyIsRefusedAndNeverCut) {
  OneSensor sensor;
  for (int i = 0; i < 101; ++i) sensor.read({i, std::int64_t{i}});
  HistoryQuery q;
  q.most_instances = 100;
  EXPECT_EQ(sensor.ask(q).error().code, ErrorCode::kTooManyResults);
  q.most_instances = 101;
  EXPECT_TRUE(sensor.ask(q));
  q.most_instances = 5;
  q.last_n = 5;
  EXPECT_TRUE(sensor.ask(q));
}

TEST(History, BooleansAreOnesAndArraysTheirLengths) {
  OneSensor sensor;
  for (const bool on : {true, false, true, true}) sensor.read({0, on});
  auto answer = sensor.ask(aggregate_of({Aggregate::kSum, Aggregate::kAvg, Aggregate::kMin}));
  EXPECT_EQ(std::get<double>(answer->at(0).series.at(0).buckets.at(0).values[0]), 3.0);
  EXPECT_EQ(std::get<double>(answer->at(0).series.at(0).buckets.at(0).values[1]), 0.75);
  EXPECT_EQ(std::get<double>(answer->at(0).series.at(0).buckets.at(0).values[2]), 0.0);
  OneSensor lists;
  for (const char* list : {"[]", "[1,[2,3]]", R"([{"a":[1,2]},"],","x"])"}) lists.read({0, model::JsonText{list}});
  answer = lists.ask(aggregate_of({Aggregate::kSum, Aggregate::kMax}));
  EXPECT_EQ(std::get<double>(answer->at(0).series.at(0).buckets.at(0).values[0]), 5.0);
  EXPECT_EQ(std::get<double>(answer->at(0).series.at(0).buckets.at(0).values[1]), 3.0);
}

TEST(History, MonthsAreThoseOfTheCalendar) {
  OneSensor sensor;
  const auto second = [](const char* time) {
    return base::parse_time(time)->time_since_epoch().count() / 1'000'000'000;
  };
  for (const char* time :
       {"2026-01-31T00:00:00Z", "2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"})
    sensor.read({second(time), std::int64_t{1}});
  HistoryQuery q = aggregate_of({Aggregate::kTotalCount});
  q.aggregation->period = {1, Duration{}};
  const auto answer = sensor.ask(q);
  const auto& buckets = answer->at(0).series.at(0).buckets;
  ASSERT_EQ(buckets.size(), 3u);
  EXPECT_EQ(std::get<std::uint64_t>(buckets[0].values[0]), 2u);
  EXPECT_EQ(base::format_time(buckets[1].start), "2026-02-28T00:00:00Z");
  EXPECT_EQ(base::format_time(buckets[1].end), "2026-03-31T00:00:00Z");
}

TEST(History, TooManyInstancesAreCutAtWholeTimes) {
  OneSensor sensor;
  for (int i = 0; i < 3000; ++i) sensor.read({i / 2, std::int64_t{i}});
  HistoryQuery q;
  q.ids = {"urn:a:1"};
  q.page_instances = 7;
  auto answer = evaluate(*sensor.store->collect("t", q), q);
  ASSERT_TRUE(answer && answer->cut);
  EXPECT_EQ(answer->entities.at(0).series.at(0).instances.size(), 6u);
  EXPECT_EQ(answer->cut->first, Timestamp{0s});
  EXPECT_EQ(answer->cut->last, Timestamp{2s});
  q.last_n = 100;
  answer = evaluate(*sensor.store->collect("t", q), q);
  ASSERT_TRUE(answer && answer->cut);
  EXPECT_EQ(answer->cut->first, Timestamp{1499s});
  EXPECT_EQ(answer->cut->last, Timestamp{1497s});
  q.page_instances = 1;  // one time alone would never get on
  answer = evaluate(*sensor.store->collect("t", q), q);
  EXPECT_EQ(answer->entities.at(0).series.at(0).instances.size(), 4u);
  q.page_instances = 100;
  EXPECT_FALSE(evaluate(*sensor.store->collect("t", q), q)->cut);
}

TEST(History, TextsHaveOrderButNoSum) {
  OneSensor sensor;
  for (const char* text : {"b", "a", "c", "a"}) sensor.read({0, std::string{text}});
  const auto answer =
      sensor.ask(aggregate_of({Aggregate::kMin, Aggregate::kMax, Aggregate::kSum, Aggregate::kDistinctCount}));
  const auto& values = answer->at(0).series.at(0).buckets.at(0).values;
  EXPECT_EQ(std::get<std::string>(values[0]), "a");
  EXPECT_EQ(std::get<std::string>(values[1]), "c");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(values[2]));
  EXPECT_EQ(std::get<std::uint64_t>(values[3]), 3u);
}

TEST(History, AnEntityOfOneRowIsSmall) {
  base::SimDisk disk;
  model::Names names;
  const auto store = *HistoryStore::open(disk, kDirectory, names);
  model::Change change;
  change.kind = model::ChangeKind::kCreated;
  change.types = std::vector{*names.intern("https://example.org/AirQualityObserved")};
  for (int i = 0; i < 5; ++i) {
    model::Attribute a;
    a.name = *names.intern("https://example.org/a" + std::to_string(i));
    a.value = 21.53 + i;
    a.unit_code = "CEL";
    a.observed_at = Timestamp{1'795'219'200s};
    change.set.push_back(a);
  }
  constexpr std::size_t kEntities = 1000;
  for (std::size_t i = 0; i < kEntities; ++i) {
    const std::string id = "urn:ngsi-ld:AirQualityObserved:novahrad:station:" + std::to_string(100'000 + i);
    store->append("main", id, change, Timestamp{1'795'219'201s}, i + 1);
  }
  EXPECT_LE(store->memory_bytes() / kEntities, 260u);
}

}  // namespace
}  // namespace horad::store::history
