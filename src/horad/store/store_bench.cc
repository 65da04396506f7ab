// SPDX-License-Identifier: Apache-2.0
// The engine on the real disk (the folder of TMPDIR, else /tmp): durable writes, reads, queries, memory, restart.
// The CPU column is that of all threads of the process. HORAD_BENCH_ENTITIES sets how many entities there are (100
// 000).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "horad/base/real_world.h"
#include "horad/model/geo_query.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"
#include "horad/store/store_harness.h"

namespace horad::store {
namespace {

using testing::always;
using testing::created;
using testing::number_attribute;
using testing::updated;
using testing::wait_for;

std::size_t entity_count() {
  const char* const text = std::getenv("HORAD_BENCH_ENTITIES");
  return text ? std::strtoull(text, nullptr, 10) : 100'000;
}

/// At most `bound` calls on their way; finish() waits for the last.
class InFlight {
 public:
  explicit InFlight(std::size_t bound) : bound_(bound) {}
  void enter() {
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [this] { return flying_ < bound_; });
    ++flying_;
  }
  void leave() {
    const std::lock_guard lock{mutex_};
    --flying_;
    moved_.notify_all();
  }
  void finish() {
    std::unique_lock lock{mutex_};
    moved_.wait(lock, [this] { return flying_ == 0; });
  }

 private:
  const std::size_t bound_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::size_t flying_ = 0;
};

/// A store with a town in it, made once: 5 attributes each, one of them a point; 10 types.
class Town {
 public:
  Town() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/horad-bench-XXXXXX";
    options_.directory = ::mkdtemp(pattern.data());
    open();
    fill();
  }
  ~Town() {
    store.reset();
    std::filesystem::remove_all(options_.directory);
  }
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  void open() {
    auto opened = Store::open(disk_, clock_, names, options_);
    if (!opened) std::abort();
    store = std::move(*opened);
  }
  void close() { store.reset(); }

  model::NameId name(std::string_view text) { return names.intern("https://example.org/" + std::string{text}).value(); }
  static std::string id(std::size_t i) {
    return fmt::format("urn:ngsi-ld:AirQualityObserved:Novahrad-station-{:07}", i);
  }

  model::Names names;
  std::unique_ptr<Store> store;

 private:
  model::Change entity(std::size_t i) {
    std::vector<model::Attribute> set;
    for (const char* const text : {"temperature", "humidity", "pm25"}) {
      auto attribute = number_attribute(name(text), static_cast<std::int64_t>(i % 1000));
      attribute.observed_at = Timestamp{std::chrono::seconds{1'700'000'000 + static_cast<std::int64_t>(i)}};
      attribute.unit_code = "CEL";
      set.push_back(std::move(attribute));
    }
    model::Attribute text;
    text.name = name("name");
    text.value = fmt::format("Station {}", i);
    set.push_back(std::move(text));
    model::Attribute place;
    place.name = name("location");
    place.kind = model::AttributeKind::kGeoProperty;
    place.value = model::JsonText{fmt::format(R"({{"type":"Point","coordinates":[{},{}]}})",
                                              27.0 + static_cast<double>(i % 1000) / 1000,
                                              53.0 + static_cast<double>(i / 1000) / 1000)};
    set.push_back(std::move(place));
    return created({name(fmt::format("Type{}", i % 10))}, std::move(set));
  }

  void fill() {
    InFlight flying{20};
    for (std::size_t i = 0; i < entity_count(); i += 100) {
      std::vector<Write> writes;
      for (std::size_t k = i; k < std::min(i + 100, entity_count()); ++k)
        writes.push_back({{{}, id(k)}, always(entity(k))});
      flying.enter();
      store->write_all(std::move(writes), [&](const std::vector<Result<Written>>& results) {
        for (const auto& result : results) {
          if (!result) std::abort();
        }
        flying.leave();
      });
    }
    flying.finish();
  }

  base::PosixDisk disk_;
  base::SystemClock clock_;
  Options options_;
};

Town& town() {
  static Town one;
  return one;
}

void durable_update(benchmark::State& state) {
  Town& t = town();
  const auto name = t.name("temperature");
  InFlight flying{static_cast<std::size_t>(state.range(0))};
  std::size_t i = 0;
  std::atomic<std::size_t> failed = 0;
  for (auto _ : state) {
    flying.enter();
    auto attribute = number_attribute(name, static_cast<std::int64_t>(i));
    attribute.observed_at = Timestamp{std::chrono::seconds{1'800'000'000} + std::chrono::milliseconds{i}};
    t.store->write({{}, Town::id(++i * 7919 % entity_count())}, always(updated({std::move(attribute)})),
                   [&](const Result<Written>& written) {
                     if (!written) ++failed;
                     flying.leave();
                   });
  }
  flying.finish();
  if (failed > 0) state.SkipWithError("a write was refused");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(durable_update)->Arg(1)->Arg(64)->Arg(256)->MeasureProcessCPUTime()->UseRealTime();

void batch_of_100(benchmark::State& state) {
  Town& t = town();
  const auto name = t.name("humidity");
  InFlight flying{8};
  std::size_t i = 0;
  for (auto _ : state) {
    std::vector<Write> writes;
    for (int k = 0; k < 100; ++k) {
      writes.push_back({{{}, Town::id(++i * 7919 % entity_count())},
                        always(updated({number_attribute(name, static_cast<std::int64_t>(i))}))});
    }
    flying.enter();
    t.store->write_all(std::move(writes), [&](const std::vector<Result<Written>>&) { flying.leave(); });
  }
  flying.finish();
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(batch_of_100)->MeasureProcessCPUTime()->UseRealTime();

void read_one(benchmark::State& state) {
  Town& t = town();
  InFlight flying{64};
  std::size_t i = 0;
  for (auto _ : state) {
    flying.enter();
    t.store->read({{}, Town::id(++i * 7919 % entity_count())}, [&](const Result<model::Document>& document) {
      if (!document) std::abort();
      flying.leave();
    });
  }
  flying.finish();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(read_one)->MeasureProcessCPUTime()->UseRealTime();

class Resolver final : public model::NameResolver {
 public:
  Result<model::NameId> resolve_type(std::string_view name) override { return town().name(name); }
  Result<model::NameId> resolve_attribute(std::string_view name) override { return town().name(name); }
  std::string expand(std::string_view term) const override { return std::string(term); }
  const model::Names& names() const noexcept override { return town().names; }
};

void ask(benchmark::State& state, const model::Query& query, std::size_t least) {
  Town& t = town();
  for (auto _ : state) {
    const auto page = wait_for<Page>([&](auto done) { t.store->query({}, query, std::move(done)); });
    if (!page || page->documents.size() < least) state.SkipWithError("the answer is not right");
  }
  state.SetItemsProcessed(state.iterations());
}

void page_of_20_by_type(benchmark::State& state) {
  model::Query query;
  query.types = model::TypeSelection::of(town().name("Type3"));
  ask(state, query, 20);
}
BENCHMARK(page_of_20_by_type)->MeasureProcessCPUTime()->UseRealTime();

void page_by_type_counted(benchmark::State& state) {
  model::Query query;
  query.types = model::TypeSelection::of(town().name("Type3"));
  query.count = true;
  ask(state, query, 20);
}
BENCHMARK(page_by_type_counted)->MeasureProcessCPUTime()->UseRealTime();

void page_by_number(benchmark::State& state) {
  Resolver resolver;
  model::Query query;
  query.types = model::TypeSelection::of(town().name("Type3"));
  query.q = *model::QFilter::parse("pm25>500", resolver);
  ask(state, query, 20);
}
BENCHMARK(page_by_number)->MeasureProcessCPUTime()->UseRealTime();

void one_hit(benchmark::State& state) {
  Resolver resolver;
  model::Query query;
  query.types = model::TypeSelection::of(town().name("Type3"));
  query.q = *model::QFilter::parse("name==\"Station 4243\"", resolver);
  ask(state, query, 1);
}
BENCHMARK(one_hit)->MeasureProcessCPUTime()->UseRealTime();

void near_1_km(benchmark::State& state) {
  model::Query query;
  query.geo = *model::GeoQuery::parse({"near;maxDistance==1000", "Point", "[27.5,53.05]"}, town().name("location"));
  ask(state, query, 20);
}
BENCHMARK(near_1_km)->MeasureProcessCPUTime()->UseRealTime();

void checkpoint_and_restart(benchmark::State& state) {
  Town& t = town();
  t.close();
  for (auto _ : state) {
    t.open();
    state.PauseTiming();
    t.close();
    state.ResumeTiming();
  }
  t.open();
  state.counters["entities"] = static_cast<double>(t.store->counters().entities.value());
  state.counters["bytes_per_entity"] = static_cast<double>(t.store->counters().memory_bytes.value()) /
                                       static_cast<double>(t.store->counters().entities.value());
}
BENCHMARK(checkpoint_and_restart)->Iterations(1)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace horad::store
