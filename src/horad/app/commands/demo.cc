// SPDX-License-Identifier: Apache-2.0
// `horad demo`: the town of Novahrad, made and played. See demo/novahrad/README.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "horad/app/command.h"
#include "horad/app/commands/demo_make.h"
#include "horad/app/commands/demo_play.h"
#include "horad/edge/http_client.h"

namespace horad::app {
namespace {

std::atomic<bool> stopped{false};

struct MakeFlags {
  std::string out;
  bool json = false;
};
struct PlayFlags {
  PlayOptions options;
  std::string backfill = "24h";
  std::string play_for;
  bool json = false;
};

/// "90", "90s", "15m", "24h", "2d".
std::optional<Duration> parse_span(const std::string& text) {
  std::size_t used = 0;
  while (used < text.size() && text[used] >= '0' && text[used] <= '9') ++used;
  if (used == 0 || used > 9 || text.size() > used + 1) return std::nullopt;
  const std::chrono::seconds count{std::stoll(text.substr(0, used))};
  switch (used == text.size() ? 's' : text[used]) {
    case 's':
      return count;
    case 'm':
      return count * 60;
    case 'h':
      return count * 3600;
    case 'd':
      return count * 86400;
    default:
      return std::nullopt;
  }
}
std::string check_span(const std::string& text) {
  return parse_span(text) ? "" : "must be a number with s, m, h or d behind it, like 24h";
}

int run_make(const MakeFlags& flags) {
  const auto report = make_demo(flags.out, flags.json);
  if (!report) {
    fmt::print(stderr, "horad demo make: {}\n", report.error().detail);
    return kExitFailed;
  }
  if (flags.json) {
    fmt::print("{{\"fresh\":{},\"nodes\":{},\"ways\":{},\"relations\":{},\"buildings\":{},\"streets\":{}}}\n",
               report->fresh, report->counts.nodes, report->counts.ways, report->counts.relations, report->buildings,
               report->streets);
  } else {
    fmt::print("{} in {}: {} buildings, {} streets; town.osm, town.osm.pbf and town.mbtiles\n",
               report->fresh ? "Novahrad is up to date" : "Novahrad is made", flags.out, report->buildings,
               report->streets);
  }
  return kExitOk;
}

int run_play(PlayFlags& flags) {
  flags.options.backfill = *parse_span(flags.backfill);
  if (!flags.play_for.empty()) flags.options.play_for = *parse_span(flags.play_for);
  flags.options.quiet = flags.json;
  if (flags.options.backfill > kMostBackfill) {
    fmt::print(stderr, "horad demo play: --backfill is at most 31 days\n");
    return kExitUsage;
  }
  std::signal(SIGINT, [](int) { stopped = true; });
  std::signal(SIGTERM, [](int) { stopped = true; });
  edge::HttpClient client;
  PlayWorld world{.request = [&](base::OutboundRequest request) { return client.request(std::move(request)); },
                  .now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); },
                  .sleep = [](Duration time) { std::this_thread::sleep_for(time); },
                  .stopped = stopped};
  const auto report = play_demo(city::town::make_town(city::town::kNovahradSeed), flags.options, world);
  if (!report) {
    fmt::print(stderr, "horad demo play: {}\n", report.error().detail);
    return kExitFailed;
  }
  if (flags.json) {
    fmt::print("{{\"devices\":{},\"history\":{},\"readings\":{},\"refused\":{},\"retries\":{}}}\n", report->devices,
               report->history, report->readings, report->refused, report->retries);
  } else {
    fmt::print("{} devices, {} readings of the past and {} as they fell due; {} refused, {} requests repeated\n",
               report->devices, report->history, report->readings, report->refused, report->retries);
  }
  return report->refused > 0 ? kExitPartial : kExitOk;
}

}  // namespace

void add_demo(CLI::App& program, int& exit_code) {
  auto* demo = program.add_subcommand("demo", "The demo town of Novahrad: make its map, play its devices");
  demo->require_subcommand(1);

  const auto make = std::make_shared<MakeFlags>();
  auto* make_command =
      demo->add_subcommand("make", "Write the town as OpenStreetMap data and map tiles (needs osmium and tilemaker)");
  make_command->add_option("--out", make->out, "Directory for town.osm, town.osm.pbf and town.mbtiles")->required();
  make_command->add_flag("--json", make->json, "One JSON object instead of text");
  make_command->callback([make, &exit_code] { exit_code = run_make(*make); });

  const auto play = std::make_shared<PlayFlags>();
  auto* play_command =
      demo->add_subcommand("play", "Make the town's devices in a running Horad and send their readings until stopped");
  play_command->add_option("--url", play->options.url, "The server")->capture_default_str();
  play_command->add_option("--tenant", play->options.tenant, "Tenant; default: the default one");
  play_command->add_option("--speed", play->options.speed, "How fast the town's clock runs from now on")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 1000.0));
  play_command->add_option("--backfill", play->backfill, "History to make up before now")
      ->capture_default_str()
      ->check(check_span);
  play_command->add_option("--for", play->play_for, "Stop after this long; default: play until stopped")
      ->check(check_span);
  play_command->add_flag("--json", play->json, "One JSON object at the end instead of text; no progress");
  play_command->callback([play, &exit_code] { exit_code = run_play(*play); });
}

}  // namespace horad::app
