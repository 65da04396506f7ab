// SPDX-License-Identifier: Apache-2.0
// Blocks and questions over a seeded city: sensors of 5 attributes every 10 s, walks of 2 decimals reflected at bounds
// (temperature, humidity, PM2.5, noise, battery). Labels carry bytes per point, each block with its names left out.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <random>

#include "horad/base/sim_world.h"
#include "horad/store/history/block.h"
#include "horad/store/history/history_store.h"

namespace horad::store::history {
namespace {

constexpr std::size_t kAttributes = 5;
constexpr std::int64_t kStep = 10'000'000'000;  // ns
constexpr std::int64_t kStart = 1'795'219'200'000'000'000;

class City {
 public:
  explicit City(std::uint64_t seed) : random_(seed) {
    for (std::size_t a = 0; a < kAttributes; ++a) at_[a] = static_cast<int>(1000 + random_() % 4000);
  }
  std::array<int, kAttributes> next() {
    constexpr std::array<int, 4> kSpread = {4, 15, 40, 90};
    for (std::size_t a = 0; a < 4; ++a) at_[a] = std::abs(at_[a] + step(kSpread[a]));
    if (random_() % 50 == 0) --at_[4];
    return at_;
  }
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
  }

 private:
  int step(int spread) {
    int sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<int>(random_() % static_cast<unsigned>(2 * spread + 1)) - spread;
    return sum / 2;
  }
  std::mt19937_64 random_;
  std::array<int, kAttributes> at_{};
};

enum class Arrival { kRegular, kMicroseconds };  // exactly 5 ms after the observation, or up to 20 ms after at random

BlockBuilder city_rows(std::size_t rows, std::int64_t jitter_ms, Arrival arrival) {
  City city(1);
  BlockBuilder out;
  for (std::size_t row = 0; row < rows; ++row) {
    std::int64_t observed = kStart + static_cast<std::int64_t>(row) * kStep;
    if (jitter_ms > 0) observed += (city.below(2 * jitter_ms + 1) - jitter_ms) * 1'000'000;
    const std::int64_t delay = arrival == Arrival::kRegular ? 5'000'000 : 1'000 * (3'000 + city.below(20'000));
    out.begin_row(observed + delay, observed);
    const auto values = city.next();
    for (std::size_t a = 0; a < kAttributes; ++a) {
      const Descriptor descriptor{model::AttributeKind::kProperty, false, "CEL", std::nullopt};
      Scalar value;
      value.tag = Tag::kNumber;
      value.number = Number::of(values[a] / 100.0);
      out.add(std::nullopt, model::NameId{static_cast<std::uint32_t>(a)}, {}, descriptor, value);
    }
  }
  return out;
}

void label(benchmark::State& state, std::size_t rows, std::size_t bytes) {
  const auto points = static_cast<double>(rows * kAttributes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows * kAttributes));
  state.counters["bytes_per_point"] = static_cast<double>(bytes) / points;
}

void encode_block(benchmark::State& state) {
  const auto rows = city_rows(1024, state.range(0), static_cast<Arrival>(state.range(1)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    const Block block = rows.finish(1, 1024);
    bytes = block.bytes.size();
    benchmark::DoNotOptimize(block);
  }
  label(state, 1024, bytes);
}
BENCHMARK(encode_block)->ArgNames({"jitter_ms", "arrival"})->Args({0, 0})->Args({50, 0})->Args({0, 1})->Args({50, 1});

void collect_rows(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(city_rows(1024, 0, Arrival::kRegular).rows());
  state.SetItemsProcessed(state.iterations() * 1024 * static_cast<std::int64_t>(kAttributes));
}
BENCHMARK(collect_rows);

void decode_block(benchmark::State& state) {
  const Block block = city_rows(1024, 0, Arrival::kRegular).finish(1, 1024);
  for (auto _ : state) {
    const auto reader = BlockReader::open(block);
    benchmark::DoNotOptimize(reader->times());
    for (std::size_t c = 0; c < kAttributes; ++c) benchmark::DoNotOptimize(reader->cells(c));
  }
  label(state, 1024, block.bytes.size());
}
BENCHMARK(decode_block);

struct Sensors {
  base::SimDisk disk;
  model::Names names;
  std::unique_ptr<HistoryStore> store;
  std::vector<model::NameId> attributes;
  std::uint64_t position = 0;

  Sensors() : store(*HistoryStore::open(disk, "/history", names)) {
    for (std::size_t a = 0; a < kAttributes; ++a)
      attributes.push_back(*names.intern("https://example.org/attribute" + std::to_string(a)));
  }
  model::Change message(City& city, std::int64_t observed) {
    model::Change change;
    const auto values = city.next();
    for (std::size_t a = 0; a < kAttributes; ++a) {
      model::Attribute attribute;
      attribute.name = attributes[a];
      attribute.value = values[a] / 100.0;
      attribute.unit_code = "CEL";
      attribute.observed_at = Timestamp{Duration{observed}};
      change.set.push_back(std::move(attribute));
    }
    return change;
  }
  void fill(std::string_view id, std::size_t rows) {
    City city(2);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::int64_t observed = kStart + static_cast<std::int64_t>(row) * kStep;
      store->append("city", id, message(city, observed), Timestamp{Duration{observed + 5'000'000}}, ++position);
    }
  }
};

void append_message(benchmark::State& state) {
  Sensors sensors;
  City city(3);
  std::vector<model::Change> changes;
  for (int i = 0; i < 4096; ++i) changes.push_back(sensors.message(city, kStart + i * kStep));
  std::int64_t at = kStart;
  for (auto _ : state) {
    sensors.store->append("city", "urn:ngsi-ld:Sensor:1", changes[sensors.position % changes.size()],
                          Timestamp{Duration{at += 1000}}, sensors.position + 1);
    ++sensors.position;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kAttributes));
}
BENCHMARK(append_message);

// range(0): points of one attribute; range(1): bucket in seconds, 0 for one over all.
void aggregate_points(benchmark::State& state) {
  Sensors sensors;
  const auto points = static_cast<std::size_t>(state.range(0));
  sensors.fill("urn:ngsi-ld:Sensor:1", points);
  if (!sensors.store->write_segments()) return state.SkipWithError("segments");
  HistoryQuery query;
  query.ids = {"urn:ngsi-ld:Sensor:1"};
  query.attributes = {sensors.attributes[0]};
  query.aggregation = Aggregation{{Aggregate::kMax, Aggregate::kAvg, Aggregate::kTotalCount}, {}};
  if (state.range(1) > 0) query.aggregation->period.fixed = std::chrono::seconds(state.range(1));
  for (auto _ : state) {
    const auto answer = evaluate(*sensors.store->collect("city", query), query);
    std::uint64_t counted = 0;
    for (const auto& bucket : answer->entities.at(0).series.at(0).buckets)
      counted += std::get<std::uint64_t>(bucket.values[2]);
    if (counted != points) return state.SkipWithError("wrong count");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(aggregate_points)
    ->ArgNames({"points", "bucket_s"})
    ->Args({10'000, 0})
    ->Args({10'000, 3600})
    ->Args({1'000'000, 0})
    ->Args({1'000'000, 3600})
    ->Unit(benchmark::kMicrosecond);

void last_of_each(benchmark::State& state) {
  Sensors sensors;
  HistoryQuery query;
  query.last_n = 1;
  for (int i = 0; i < 400; ++i) {
    query.ids.push_back("urn:ngsi-ld:Sensor:" + std::to_string(i));
    sensors.fill(query.ids.back(), 300);
  }
  for (auto _ : state) benchmark::DoNotOptimize(evaluate(*sensors.store->collect("city", query), query));
  state.SetItemsProcessed(state.iterations() * 400 * static_cast<std::int64_t>(kAttributes));
}
BENCHMARK(last_of_each)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace horad::store::history
