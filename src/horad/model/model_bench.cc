// SPDX-License-Identifier: Apache-2.0
// The hot paths of this room, on a reading as a device sends it. One item is one entity.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "horad/model/change.h"
#include "horad/model/document.h"
#include "horad/model/parse.h"
#include "horad/model/represent.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

constexpr std::string_view kBody =
    R"({"id":"urn:ngsi-ld:AirQualityObserved:novahrad:station:000017","type":"AirQualityObserved",)"
    R"("temperature":{"type":"Property","value":21.4,"unitCode":"CEL","observedAt":"2026-11-22T19:17:22Z"},)"
    R"("relativeHumidity":{"type":"Property","value":0.61,"unitCode":"P1","observedAt":"2026-11-22T19:17:22Z"},)"
    R"("NO2":{"type":"Property","value":41,"unitCode":"GQ","observedAt":"2026-11-22T19:17:22Z"},)"
    R"("refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:novahrad:air:17"},)"
    R"("location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[27.5618,53.9023]}}})";
constexpr std::string_view kPatch =
    R"({"temperature":{"type":"Property","value":21.9,"unitCode":"CEL","observedAt":"2026-11-22T19:18:22Z"}})";

const Timestamp kAt{std::chrono::seconds(1'790'000'000)};

struct World {
  model::Names names;
  std::shared_ptr<model::Context> context = model::Context::core(names);
  model::Parser parser;
  model::Entity entity;
  model::Change change;
  std::string document;

  World() {
    if (!parser.load(kBody)) std::abort();
    entity = parser.entity(0, *context).value();
    model::Change create{model::ChangeKind::kCreated, entity.types, std::nullopt, entity.attributes, {}};
    document = model::apply_encoded(nullptr, entity.id, create, kAt);
    if (!parser.load(kPatch)) std::abort();
    change.set = parser.fragment(*context).value().attributes;
  }
};

void parse_entity(benchmark::State& state) {
  World w;
  for (auto _ : state) {
    if (!w.parser.load(kBody)) std::abort();
    auto entity = w.parser.entity(0, *w.context);
    if (!entity || entity->attributes.size() != 5) std::abort();
    benchmark::DoNotOptimize(entity);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kBody.size()));
}

void parse_one_attribute(benchmark::State& state) {
  World w;
  for (auto _ : state) {
    if (!w.parser.load(kPatch)) std::abort();
    auto fragment = w.parser.fragment(*w.context);
    if (!fragment || fragment->attributes.size() != 1) std::abort();
    benchmark::DoNotOptimize(fragment);
  }
  state.SetItemsProcessed(state.iterations());
}

void encode_entity(benchmark::State& state) {
  World w;
  for (auto _ : state) benchmark::DoNotOptimize(model::encode(w.entity));
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(model::encode(w.entity).size());
}

void apply_one_attribute(benchmark::State& state) {
  World w;
  const model::DocumentView before(w.document);
  const auto after = model::apply_encoded(&before, w.entity.id, w.change, kAt + std::chrono::seconds(60));
  if (model::DocumentView(after).find(w.change.set[0].name)->value().as_number() != 21.9) std::abort();
  for (auto _ : state) {
    benchmark::DoNotOptimize(model::apply_encoded(&before, w.entity.id, w.change, kAt + std::chrono::seconds(60)));
  }
  state.SetItemsProcessed(state.iterations());
}

void find_attribute(benchmark::State& state) {
  World w;
  const model::DocumentView document(w.document);
  const auto last = w.entity.attributes.back().name;
  for (auto _ : state) benchmark::DoNotOptimize(document.find(last)->value().lng());
  state.SetItemsProcessed(state.iterations());
}

void represent(benchmark::State& state, model::Form form) {
  World w;
  model::RepresentOptions options;
  options.form = form;
  std::string out;
  for (auto _ : state) {
    out.clear();
    model::append_entity(out, model::DocumentView(w.document), *w.context, options);
    benchmark::DoNotOptimize(out);
  }
  if (form == model::Form::kNormalized && out != kBody) std::abort();
  state.SetItemsProcessed(state.iterations());
}

void disk_round_trip(benchmark::State& state) {
  World w;
  std::string disk;
  for (auto _ : state) {
    disk.clear();
    model::append_disk_form(disk, model::DocumentView(w.document), w.names);
    auto back = model::from_disk_form(disk, w.names);
    if (!back || back->size() != w.document.size()) std::abort();
    benchmark::DoNotOptimize(back);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes"] = static_cast<double>(disk.size());
}

BENCHMARK(parse_entity);
BENCHMARK(parse_one_attribute);
BENCHMARK(encode_entity);
BENCHMARK(apply_one_attribute);
BENCHMARK(find_attribute);
BENCHMARK_CAPTURE(represent, normalized, model::Form::kNormalized);
BENCHMARK_CAPTURE(represent, concise, model::Form::kConcise);
BENCHMARK_CAPTURE(represent, simplified, model::Form::kSimplified);
BENCHMARK(disk_round_trip);

}  // namespace
