// SPDX-License-Identifier: Apache-2.0
#include "horad/app/commands/demo_play.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "horad/app/client/progress.h"
#include "horad/city/town/entity_json.h"

namespace horad::app {
namespace {

namespace town = city::town;
using namespace std::chrono_literals;

constexpr std::size_t kBatch = 300;   // entities a request
constexpr Duration kTick = 500ms;     // of our time, between looks at what is due
constexpr Duration kGrid = 120s;      // history steps are multiples of it
constexpr Duration kMostPause = 30s;  // between two tries

Duration pause_before(unsigned tries, const base::OutboundResponse* answer) {
  if (answer != nullptr) {
    for (const auto& [name, value] : answer->headers) {
      int seconds = 0;
      const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (name == "retry-after" && parsed.ec == std::errc{})
        return std::clamp<Duration>(std::chrono::seconds{seconds}, 1s, kMostPause);
    }
  }
  return std::min<Duration>(250ms * (1 << std::min(tries, 7u)), kMostPause);
}

bool passes(const base::OutboundResponse& answer) {
  return answer.status != 429 && answer.status != 502 && answer.status != 503;
}
bool passes(const Error& error) {
  return error.code != ErrorCode::kIo && error.code != ErrorCode::kTimeout && error.code != ErrorCode::kUnavailable &&
         error.code != ErrorCode::kOverloaded;
}

/// One request at a time, repeated until it is answered for good or the play is stopped.
class Sender {
 public:
  Sender(const PlayOptions& options, PlayWorld& world, PlayReport& report)
      : options_(options), world_(world), report_(report) {}

  bool stopped() const { return world_.stopped; }

  /// An empty answer: stopped before there was one.
  Result<std::optional<base::OutboundResponse>> ask(const base::OutboundRequest& request) {
    for (unsigned tries = 0; !stopped(); ++tries) {
      auto answer = world_.request(request);
      if (answer ? passes(*answer) : passes(answer.error())) {
        if (!answer) return std::unexpected(std::move(answer).error());
        if (away_) say("the server is back");
        away_ = false;
        return *std::move(answer);
      }
      ++report_.retries;
      if (!away_)
        say(answer ? fmt::format("the server answered {}; trying again", answer->status)
                   : fmt::format("{} does not answer; trying again", options_.url));
      away_ = true;
      pause(pause_before(tries, answer ? &*answer : nullptr));
    }
    return std::nullopt;
  }

  base::OutboundRequest request(std::string method, std::string_view path, std::string body = {}) const {
    base::OutboundRequest out{std::move(method), options_.url + std::string{path}, {}, std::move(body), 30s};
    if (!out.body.empty()) out.headers.emplace_back("Content-Type", "application/json");
    if (!options_.tenant.empty()) out.headers.emplace_back("NGSILD-Tenant", options_.tenant);
    return out;
  }

  /// Sends entities in batches. True when the server made at least one anew.
  Result<bool> upsert(const std::vector<std::string>& entities) {
    bool made = false;
    for (std::size_t from = 0; from < entities.size() && !stopped(); from += kBatch) {
      std::string body = "[";
      for (std::size_t i = from; i < std::min(entities.size(), from + kBatch); ++i)
        body += (i > from ? "," : "") + entities[i];
      body += "]";
      auto answer = ask(request("POST", "/ngsi-ld/v1/entityOperations/upsert?options=update", std::move(body)));
      if (!answer) return std::unexpected(std::move(answer).error());
      if (!*answer) break;
      if (auto settled = settle(**answer); !settled) return std::unexpected(std::move(settled).error());
      made = made || (*answer)->status == 201;
    }
    return made;
  }

  void say(std::string_view what) const {
    if (!options_.quiet) fmt::print(stderr, "horad demo: {}\n", what);
  }
  void pause(Duration left) {
    for (; left > Duration::zero() && !stopped(); left -= 100ms) world_.sleep(std::min<Duration>(left, 100ms));
  }

 private:
  Result<void> settle(const base::OutboundResponse& answer) {
    if (answer.status == 201 || answer.status == 204) return {};
    if (answer.status != 207) {
      return fail(ErrorCode::kIo,
                  fmt::format("{} answered {}: {}", options_.url, answer.status, answer.body.substr(0, 400)));
    }
    simdjson::dom::parser parser;
    simdjson::dom::array errors;
    if (parser.parse(answer.body)["errors"].get(errors) == simdjson::SUCCESS) report_.refused += errors.size();
    return {};
  }

  const PlayOptions& options_;
  PlayWorld& world_;
  PlayReport& report_;
  bool away_ = false;
};

class Play {
 public:
  Play(const town::Town& town, const PlayOptions& options, PlayWorld& world)
      : town_(town),
        options_(options),
        world_(world),
        sender_(options, world, report_),
        devices_(town::place_devices(town)),
        readings_(town) {}

  Result<PlayReport> run() {
    if (auto made = make_devices(); !made) return std::unexpected(std::move(made).error());
    if (auto filled = backfill(); !filled) return std::unexpected(std::move(filled).error());
    if (auto played = live(); !played) return std::unexpected(std::move(played).error());
    return report_;
  }

 private:
  Result<void> make_devices() {
    sender_.say(fmt::format("making {} devices at {}", devices_.size(), options_.url));
    std::vector<std::string> entities;
    for (const town::Device& d : devices_) entities.push_back(town::entity_json(town_, d));
    auto sent = sender_.upsert(entities);
    if (!sent) return std::unexpected(std::move(sent).error());
    report_.devices = devices_.size();
    return {};
  }

  /// When the server last heard of the town, so that history is not told twice.
  Result<std::optional<Timestamp>> last_heard() {
    const auto weather = std::ranges::find(devices_, town::DeviceKind::kWeather, &town::Device::kind);
    const auto question = sender_.request("GET", "/ngsi-ld/v1/entities/" + weather->id + "?attrs=temperature");
    auto answer = sender_.ask(question);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (!*answer || (*answer)->status != 200) return std::nullopt;
    simdjson::dom::parser parser;
    std::string_view when;
    if (parser.parse((*answer)->body)["temperature"]["observedAt"].get(when) != simdjson::SUCCESS) return std::nullopt;
    const auto at = base::parse_time(when);
    return at ? std::optional{*at} : std::nullopt;
  }

  Result<void> backfill() {
    const Timestamp now = world_.now();
    const auto known = last_heard();
    if (!known) return std::unexpected(known.error());
    Timestamp from = now - options_.backfill;
    if (*known && **known <= now) from = std::max(from, **known + 1s);
    std::int64_t step = from.time_since_epoch() / kGrid + 1;
    const std::int64_t last = (now - 1s).time_since_epoch() / kGrid;  // the present has its own readings
    if (step > last) return {};
    const auto steps = static_cast<std::uint64_t>(last - step + 1);
    client::Progress progress{"steps of history", steps, options_.quiet};
    for (std::uint64_t done = 0; done < steps && !sender_.stopped(); ++done, ++step) {
      auto sent = sender_.upsert(history_of(step));
      if (!sent) return std::unexpected(std::move(sent).error());
      progress.at(done + 1);
    }
    return {};
  }

  /// The readings of one moment of the past, on a grid of two minutes: each device has its own moments within its step.
  std::vector<std::string> history_of(std::int64_t step) {
    std::vector<std::string> out;
    const Timestamp at{kGrid * step};
    for (const town::Device& d : devices_) {
      const std::int64_t every = Duration{town::history_step(d.kind)} / kGrid;
      if ((step + static_cast<std::int64_t>(d.number)) % every != 0) continue;
      if (const auto reading = readings_.at(d, at)) out.push_back(town::reading_json(d, *reading));
    }
    report_.history += out.size();
    return out;
  }

  Result<void> live() {
    if (sender_.stopped()) return {};
    const Timestamp start = world_.now();
    const auto clock = [&] {  // the town's time
      const Duration passed = world_.now() - start;
      return start +
             std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::nano>(passed) * options_.speed);
    };
    if (auto fresh = sender_.upsert(all_at(std::chrono::floor<std::chrono::seconds>(start))); !fresh) {
      return std::unexpected(std::move(fresh).error());
    }
    due_.clear();
    for (const town::Device& d : devices_) due_.push_back(first_due(d, start));
    sender_.say("sending readings as they fall due");
    while (!sender_.stopped() && (options_.play_for == Duration::zero() || world_.now() - start < options_.play_for)) {
      const Timestamp began = world_.now();
      auto made = sender_.upsert(due_until(clock()));
      if (!made) return std::unexpected(std::move(made).error());
      if (*made) {  // it did not know some of them: it has lost its data
        if (auto again = make_devices(); !again) return again;
      }
      sender_.pause(kTick - std::min<Duration>(kTick, world_.now() - began));
    }
    return {};
  }

  /// So that nothing looks stale until its first turn comes.
  std::vector<std::string> all_at(Timestamp at) {
    std::vector<std::string> out;
    for (const town::Device& d : devices_) {
      if (const auto reading = readings_.at(d, at)) out.push_back(town::reading_json(d, *reading));
    }
    report_.readings += out.size();
    return out;
  }

  /// Devices of one kind are spread over their interval.
  static Timestamp first_due(const town::Device& d, Timestamp start) {
    const Duration every = town::reporting_interval(d.kind);
    const auto share = static_cast<std::int64_t>(d.seed % 1000) + 1;
    const Timestamp whole = std::chrono::floor<std::chrono::seconds>(start);
    return whole + std::chrono::duration_cast<std::chrono::milliseconds>(every * share / 1000);
  }

  std::vector<std::string> due_until(Timestamp now) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      const Duration every = town::reporting_interval(devices_[i].kind);
      if (due_[i] > now) continue;
      const Timestamp at = due_[i] + (now - due_[i]) / every * every;  // the last one due; earlier ones were missed
      due_[i] = at + every;
      if (const auto reading = readings_.at(devices_[i], at)) out.push_back(town::reading_json(devices_[i], *reading));
    }
    report_.readings += out.size();
    return out;
  }

  const town::Town& town_;
  const PlayOptions& options_;
  PlayWorld& world_;
  PlayReport report_;
  Sender sender_;
  std::vector<town::Device> devices_;
  town::Readings readings_;
  std::vector<Timestamp> due_;  // by device, in the town's time
};

}  // namespace

Result<PlayReport> play_demo(const town::Town& town, const PlayOptions& options, PlayWorld& world) {
  return Play{town, options, world}.run();
}

}  // namespace horad::app
