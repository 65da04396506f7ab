// SPDX-License-Identifier: Apache-2.0
#include "horad/app/commands/demo_play.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <deque>
#include <map>
#include <set>
#include <string>

namespace horad::app {
namespace {

using namespace std::chrono_literals;

const city::town::Town& novahrad() {
  static const auto kTown = city::town::make_town(city::town::kNovahradSeed);
  return kTown;
}

/// Stands in for the server and for time: sleeping moves the clock, and so does each request, by a millisecond.
struct Stage {
  Timestamp clock{std::chrono::sys_days{std::chrono::year{2026} / 11 / 18} + 9h};
  std::atomic<bool> stopped = false;
  std::deque<Result<base::OutboundResponse>> answers;  // before the usual ones
  std::set<std::string> known;
  std::map<std::string, std::vector<Timestamp>> observed;  // per entity, in the order of arrival
  std::optional<Timestamp> weather;                        // what the server knows of it
  std::vector<std::string> paths;
  Duration slept{};

  PlayWorld world() {
    return {.request = [this](base::OutboundRequest r) { return serve(r); },
            .now = [this] { return clock; },
            .sleep = [this](Duration d) { clock += d, slept += d; },
            .stopped = stopped};
  }

  Result<base::OutboundResponse> serve(const base::OutboundRequest& request) {
    clock += 1ms;
    paths.push_back(request.url);
    if (!answers.empty()) {
      auto answer = std::move(answers.front());
      answers.pop_front();
      return answer;
    }
    return request.method == "GET" ? tell() : take(request.body);
  }
  base::OutboundResponse tell() const {
    if (!weather) return {200, {}, "{}"};
    return {200, {}, R"({"temperature":{"value":1,"observedAt":")" + base::format_time(*weather) + "\"}}"};
  }
  base::OutboundResponse take(const std::string& body) {
    simdjson::dom::parser parser;
    bool made = false;
    for (const auto entity : parser.parse(body).get_array().value()) {
      const std::string id{entity["id"].get_string().value()};
      made = known.insert(id).second || made;
      for (const auto [name, attribute] : entity.get_object().value()) {
        std::string_view at;
        if (attribute["observedAt"].get(at) != simdjson::SUCCESS) continue;
        observed[id].push_back(*base::parse_time(at));
        break;
      }
    }
    return {made ? 201 : 204, {}, ""};
  }
};

PlayOptions options(Duration backfill, Duration play_for) {
  PlayOptions out;
  out.backfill = backfill;
  out.play_for = play_for;
  out.quiet = true;
  return out;
}

TEST(DemoPlay, MakesDevicesThenHistoryThenTheNow) {
  Stage stage;
  const Timestamp start = stage.clock;
  auto world = stage.world();
  const auto report = play_demo(novahrad(), options(2h, 60s), world);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(stage.known.size(), report->devices);
  EXPECT_GT(report->history, report->devices * 2);
  EXPECT_GT(report->readings, 35u * 28);
  EXPECT_EQ(report->refused, 0u);
  for (const auto& [id, times] : stage.observed) {
    for (std::size_t i = 1; i < times.size(); ++i) ASSERT_LT(times[i - 1], times[i]) << id;
    EXPECT_GE(times.front(), start - 2h) << id;
    EXPECT_LE(times.back(), stage.clock) << id;
  }
}

TEST(DemoPlay, TellsOnlyTheHistoryThatIsMissing) {
  Stage stage;
  stage.weather = stage.clock - 10min;
  auto world = stage.world();
  const auto report = play_demo(novahrad(), options(24h, 1s), world);
  ASSERT_TRUE(report);
  for (const auto& [id, times] : stage.observed) EXPECT_GT(times.front(), *stage.weather) << id;
}

TEST(DemoPlay, WaitsAsLongAsTheServerAsks) {
  Stage stage;
  stage.answers.push_back(base::OutboundResponse{503, {{"retry-after", "7"}}, ""});
  stage.answers.push_back(fail(ErrorCode::kIo, "connection refused"));
  auto world = stage.world();
  const auto report = play_demo(novahrad(), options(0s, 1s), world);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->retries, 2u);
  EXPECT_GE(stage.slept, 7s);
  EXPECT_EQ(stage.known.size(), report->devices) << "what was refused for a while was sent again";
}

TEST(DemoPlay, StopsWhileTheServerIsAway) {
  Stage stage;
  auto world = stage.world();
  world.request = [&](const base::OutboundRequest&) -> Result<base::OutboundResponse> {
    return fail(ErrorCode::kIo, "refused");
  };
  world.sleep = [&](Duration d) {
    stage.slept += d;
    if (stage.slept > 20s) stage.stopped = true;
  };
  const auto report = play_demo(novahrad(), options(24h, 0s), world);
  ASSERT_TRUE(report);
  EXPECT_LT(report->retries, 12u) << "pauses grow";
  EXPECT_EQ(report->readings, 0u);
}

TEST(DemoPlay, GivesUpWhenTheServerRefuses) {
  Stage stage;
  stage.answers.push_back(base::OutboundResponse{400, {}, R"({"title":"no"})"});
  auto world = stage.world();
  const auto report = play_demo(novahrad(), options(0s, 1s), world);
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().detail.find("400"), std::string::npos);
}

TEST(DemoPlay, CountsWhatIsRefusedOneByOne) {
  Stage stage;
  stage.answers.push_back(
      base::OutboundResponse{207, {}, R"({"success":[],"errors":[{"entityId":"a"},{"entityId":"b"}]})"});
  auto world = stage.world();
  const auto report = play_demo(novahrad(), options(0s, 1s), world);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->refused, 2u);
}

TEST(DemoPlay, GivesALostServerItsDevicesAgain) {
  Stage stage;
  auto world = stage.world();
  int upserts = 0;
  world.request = [&](const base::OutboundRequest& r) {
    if (r.method == "POST" && ++upserts == 6) stage.known.clear();  // it was started anew with an empty directory
    return stage.serve(r);
  };
  const auto report = play_demo(novahrad(), options(0s, 10s), world);
  ASSERT_TRUE(report);
  EXPECT_EQ(stage.known.size(), report->devices);
}

}  // namespace
}  // namespace horad::app
