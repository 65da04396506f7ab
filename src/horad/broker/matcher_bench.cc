// SPDX-License-Identifier: Apache-2.0
// What stored subscriptions cost a change that only one of them is about.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "horad/broker/contexts.h"
#include "horad/broker/matcher.h"
#include "horad/model/context.h"
#include "horad/model/id_pattern.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

struct World {
  model::Names names;
  Contexts contexts{names};
  Matcher matcher;

  model::NameId name(const std::string& text) { return contexts.core()->resolve_attribute(text).value(); }

  /// A third by entity id, a third by type and attribute among 1 000 of each, the rest on one type but other
  /// attributes.
  void fill(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto subscription = std::make_shared<Subscription>();
      subscription->id = fmt::format("urn:s:{}", i);
      model::Query selector;
      if (i % 3 == 0) selector.ids = {fmt::format("urn:other:{}", i)};
      selector.types = model::TypeSelection::of(i % 3 == 1 ? name(fmt::format("Type{}", i % 1'000)) : name("Station"));
      if (i % 3 != 0) subscription->watched = {name(fmt::format("attribute{}", i % 1'000))};
      subscription->selectors = {selector};
      matcher.put(std::move(subscription));
    }
    auto mine = std::make_shared<Subscription>();
    mine->id = "urn:s:mine";
    mine->selectors.emplace_back().types = model::TypeSelection::of(name("Station"));
    mine->watched = {name("temperature")};
    matcher.put(std::move(mine));
  }
};

void match_one(benchmark::State& state) {
  World world;
  world.fill(static_cast<std::size_t>(state.range(0)));
  model::Entity entity;
  entity.id = "urn:ngsi-ld:Station:1";
  entity.types = {world.name("Station")};
  model::Attribute temperature;
  temperature.name = world.name("temperature");
  temperature.value = 21.5;
  entity.attributes = {temperature};
  const auto bytes = model::encode(entity);
  const Touched touched[] = {{temperature.name, kAttributeUpdated}};
  const Event event{.document = model::DocumentView{bytes}, .created = false, .deleted = false, .touched = touched};
  std::vector<Matcher::Ptr> found;
  for (auto _ : state) {
    found.clear();
    world.matcher.match(event, found);
    if (found.size() != 1) state.SkipWithError("it should match exactly one");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(match_one)->RangeMultiplier(10)->Range(1, 1'000'000);

}  // namespace
}  // namespace horad::broker
