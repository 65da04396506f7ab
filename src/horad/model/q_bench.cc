// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "horad/model/q.h"
#include "horad/model/q_testing.h"
#include "horad/model/type_selection.h"

namespace horad::model {
namespace {

/// Five attributes, the asked one in the middle; every second document holds.
struct World {
  World() {
    for (int i = 0; i < 64; ++i) {
      Attribute speed = testing::property(name("speed"), std::int64_t{i % 2 == 0 ? 40 : 60});
      speed.observed_at = testing::at_second(i);
      documents.push_back(encode(testing::entity(
          fmt::format("urn:ngsi-ld:Vehicle:{}", i), {name("Vehicle")},
          {testing::property(name("brand"), std::string(i % 2 == 0 ? "Audi" : "Skoda")),
           testing::property(name("plate"), fmt::format("1234 AB-{}", i)), speed,
           testing::property(name("address"), JsonText{R"({"street":"Main","city":"Minsk","zip":220000})"}),
           testing::attribute(name("location"), AttributeKind::kGeoProperty,
                              JsonText{R"({"type":"Point","coordinates":[27.5,53.9]})"})})));
    }
  }
  Names names;
  testing::PlainResolver name{names};
  std::vector<std::string> documents;
};

void match(benchmark::State& state, std::string_view q) {
  World world;
  const auto filter = *QFilter::parse(q, world.name);
  std::size_t held = 0;
  for (auto _ : state) {
    held = 0;
    for (const std::string& document : world.documents) held += filter->matches(DocumentView(document)) ? 1 : 0;
    benchmark::DoNotOptimize(held);
  }
  if (held != world.documents.size() / 2) state.SkipWithError("wrong answer");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world.documents.size()));
}
BENCHMARK_CAPTURE(match, number, "speed>50");
BENCHMARK_CAPTURE(match, text, "brand==\"Audi\"");
BENCHMARK_CAPTURE(match, path, "address[zip]==220000;speed>50");
BENCHMARK_CAPTURE(match, pattern, "brand~=\"^A\"");
BENCHMARK_CAPTURE(match, three_terms, "speed>=50;brand!=\"Audi\";(plate|location)");

void parse_filter(benchmark::State& state) {
  World world;
  for (auto _ : state)
    benchmark::DoNotOptimize(QFilter::parse("speed>=50;brand!=\"Audi\";(plate|location)", world.name));
}
BENCHMARK(parse_filter);

void match_type(benchmark::State& state) {
  World world;
  const auto selection = *TypeSelection::parse("Lamp,Vehicle", world.name);
  for (auto _ : state) {
    for (const std::string& document : world.documents)
      benchmark::DoNotOptimize(selection->matches(DocumentView(document)));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(world.documents.size()));
}
BENCHMARK(match_type);

}  // namespace
}  // namespace horad::model
