// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <random>

#include "horad/model/cells.h"
#include "horad/model/geo_query.h"

namespace horad::model {
namespace {

constexpr LngLat kCentre{27.56, 53.9};

std::string circle(int corners, double radius) {
  std::string out = "[[";
  for (int i = 0; i <= corners; ++i) {
    const double angle = 2 * std::numbers::pi * (i % corners) / corners;
    out += fmt::format("{}[{},{}]", i == 0 ? "" : ",", kCentre.lng + radius * std::cos(angle),
                       kCentre.lat + radius * std::sin(angle));
  }
  return out + "]]";
}

std::vector<LngLat> town() {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> off(-0.05, 0.05);
  std::vector<LngLat> points(1024);
  for (LngLat& p : points) p = {kCentre.lng + off(random), kCentre.lat + off(random)};
  return points;
}

void match_points(benchmark::State& state, const GeoQuery& query) {
  const auto points = town();
  std::size_t held = 0;
  for (auto _ : state) {
    held = 0;
    for (const LngLat p : points) held += query.matches_point(p) ? 1 : 0;
    benchmark::DoNotOptimize(held);
  }
  if (held == 0 || held == points.size()) state.SkipWithError("nothing to tell apart");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(points.size()));
}

void near_point(benchmark::State& state) {
  match_points(state, **GeoQuery::parse({"near;maxDistance==2000", "Point", "[27.56,53.9]"}, NameId{0}));
}
BENCHMARK(near_point);

void within_polygon(benchmark::State& state) {
  match_points(state,
               **GeoQuery::parse({"within", "Polygon", circle(static_cast<int>(state.range(0)), 0.03)}, NameId{0}));
}
BENCHMARK(within_polygon)->Arg(4)->Arg(100)->Arg(5000);

void near_line(benchmark::State& state) {
  match_points(state,
               **GeoQuery::parse({"near;maxDistance==500", "LineString", "[[27.5,53.88],[27.55,53.9],[27.6,53.92]]"},
                                 NameId{0}));
}
BENCHMARK(near_line);

void shape_in_polygon(benchmark::State& state) {
  const auto query = *GeoQuery::parse({"intersects", "Polygon", circle(16, 0.03)}, NameId{0});
  const std::string street =
      R"({"type":"LineString","coordinates":[[27.5,53.88],[27.55,53.9],[27.6,53.92],[27.61,53.93]]})";
  for (auto _ : state) benchmark::DoNotOptimize(query->matches_shape(street));
}
BENCHMARK(shape_in_polygon);

void parse_near(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(GeoQuery::parse({"near;maxDistance==1000", "Point", "[27.56,53.9]"}, NameId{0}));
}
BENCHMARK(parse_near);

void parse_polygon(benchmark::State& state) {
  const std::string coordinates = circle(static_cast<int>(state.range(0)), 0.03);
  for (auto _ : state) benchmark::DoNotOptimize(GeoQuery::parse({"within", "Polygon", coordinates}, NameId{0}));
}
BENCHMARK(parse_polygon)->Arg(4)->Arg(100)->Arg(5000);

void cell_of_a_point(benchmark::State& state) {
  const auto points = town();
  for (auto _ : state) {
    for (const LngLat p : points) benchmark::DoNotOptimize(cell_of(p.lng, p.lat));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(points.size()));
}
BENCHMARK(cell_of_a_point);

void cover_of_a_street(benchmark::State& state) {
  const std::string street =
      R"({"type":"LineString","coordinates":[[27.5,53.88],[27.55,53.9],[27.6,53.92],[27.61,53.93]]})";
  for (auto _ : state) benchmark::DoNotOptimize(cover_of_shape(street));
}
BENCHMARK(cover_of_a_street);

}  // namespace
}  // namespace horad::model
