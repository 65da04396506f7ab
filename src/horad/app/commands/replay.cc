// SPDX-License-Identifier: Apache-2.0
// `horad replay`: plays recorded readings through the public API at their own pace, or faster.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "horad/app/client/progress.h"
#include "horad/app/client/sources.h"
#include "horad/app/client/uploader.h"
#include "horad/app/command.h"
#include "horad/city/exchange/mapping.h"

namespace horad::app {
namespace {

namespace exchange = city::exchange;
using std::chrono::steady_clock;

constexpr std::size_t kMostReadings = 20'000'000;

struct ReplayOptions {
  std::vector<std::string> files;
  std::string mapping;
  client::UploadOptions upload;
  double speed = 1;
  bool json = false;
};

struct Recording {
  std::vector<exchange::Reading> readings;  // by time
  std::uint64_t rows = 0;
  std::uint64_t bad = 0;
  std::vector<std::string> first_bad;
};

std::atomic<bool> stopped{false};

Result<Recording> load(const ReplayOptions& options) {
  auto mapping = exchange::load_mapping(options.mapping);
  if (!mapping) return std::unexpected(std::move(mapping).error());
  Recording out;
  for (const auto& file : options.files) {
    exchange::TableReader reader(
        [&](const exchange::Row& row) -> Result<void> {
          auto reading = mapping->apply(row);
          if (!reading) return std::unexpected(std::move(reading).error());
          if (!reading->at) return fail(ErrorCode::kInvalidRequest, "the mapping has no [time]");
          if (out.readings.size() == kMostReadings)
            return fail(ErrorCode::kTooLarge, "more than 20 000 000 readings; replay the files in parts");
          out.readings.push_back(*std::move(reading));
          return {};
        },
        [&](std::uint64_t record, const Error& error) {
          ++out.bad;
          if (out.first_bad.size() < 20)
            out.first_bad.push_back(fmt::format("{} record {}: {}", file, record, error.detail));
        });
    auto read = client::read_file(file, [&](std::string_view bytes) { return reader.feed(bytes); });
    if (!read) return std::unexpected(std::move(read).error());
    if (auto finished = reader.finish(); !finished) return std::unexpected(std::move(finished).error());
    out.rows += reader.rows();
  }
  // By time; readings of one moment in the order of the files, for which the position breaks the tie.
  std::vector<std::pair<Timestamp, std::size_t>> order;
  for (std::size_t i = 0; i < out.readings.size(); ++i) order.emplace_back(*out.readings[i].at, i);
  std::sort(order.begin(), order.end());
  std::vector<exchange::Reading> sorted;
  sorted.reserve(order.size());
  for (const auto& [at, index] : order) sorted.push_back(std::move(out.readings[index]));
  out.readings = std::move(sorted);
  return out;
}

/// Sends what is due in slices of 100 ms of our time; one slice is on its way at a time, so that no reading overtakes
/// another.
Result<void> play(const Recording& recording, const ReplayOptions& options, client::Uploader& uploader) {
  client::Progress progress("readings", recording.readings.size(), options.json);
  if (recording.readings.empty()) return {};
  const auto start = steady_clock::now();
  const auto first = *recording.readings.front().at;
  std::size_t sent = 0;
  while (sent < recording.readings.size() && !stopped) {
    const auto due = [&](std::size_t i) {
      const auto offset = std::chrono::duration<double, std::nano>(*recording.readings[i].at - first) / options.speed;
      return start + std::chrono::duration_cast<steady_clock::duration>(offset);
    };
    while (!stopped && steady_clock::now() < due(sent)) {
      std::this_thread::sleep_until(std::min(due(sent), steady_clock::now() + std::chrono::milliseconds(100)));
    }
    const auto until = steady_clock::now() + std::chrono::milliseconds(100);
    for (; sent < recording.readings.size() && due(sent) <= until; ++sent) {
      if (auto added = uploader.add(recording.readings[sent].json); !added) return added;
    }
    if (auto done = uploader.finish(); !done) return done;
    progress.at(sent);
  }
  return {};
}

int run(const ReplayOptions& options) {
  std::signal(SIGINT, [](int) { stopped = true; });
  std::signal(SIGTERM, [](int) { stopped = true; });
  const auto recording = load(options);
  if (!recording) {
    fmt::print(stderr, "horad replay: {}\n", recording.error().detail);
    return recording.error().code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailed;
  }
  const auto started = steady_clock::now();
  client::Uploader uploader(options.upload);
  const auto played = play(*recording, options, uploader);
  const auto& report = uploader.report();
  const double seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
  if (options.json) {
    fmt::print(R"({{"rows":{},"bad":{},"readings":{},"sent":{},"refused":{},"seconds":{:.2f}}})"
               "\n",
               recording->rows, recording->bad, recording->readings.size(), report.given, report.refused, seconds);
  } else {
    fmt::print("{} rows, {} readings, {} sent, {} refused by the server, {} unreadable, in {:.1f} s\n", recording->rows,
               recording->readings.size(), report.given, report.refused, recording->bad, seconds);
    for (const auto& line : recording->first_bad) fmt::print("  {}\n", line);
    for (const auto& line : report.first_refusals) fmt::print("  refused: {}\n", line);
  }
  if (!played) {
    fmt::print(stderr, "horad replay: {}\n", played.error().detail);
    return kExitFailed;
  }
  return recording->bad + report.refused > 0 || report.given < recording->readings.size() ? kExitPartial : kExitOk;
}

}  // namespace

void add_replay(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<ReplayOptions>();
  options->upload.in_flight = 1;
  auto* command =
      program.add_subcommand("replay", "Play recorded readings (CSV) through the public API, with their own times");
  command->add_option("files", options->files, "CSV files; their rows are played in the order of time")->required();
  command->add_option("--map", options->mapping, "Mapping file (TOML), see docs/operate/import.md")->required();
  command->add_option("--speed", options->speed, "1: as it was; 60: an hour in a minute")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 10'000.0));
  command->add_option("--url", options->upload.url, "The server")->capture_default_str();
  command->add_option("--tenant", options->upload.tenant, "Tenant; default: the default one");
  command->add_flag("--json", options->json, "One JSON object instead of text; no progress");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace horad::app
