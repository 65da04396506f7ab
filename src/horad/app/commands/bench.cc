// SPDX-License-Identifier: Apache-2.0
// `horad bench http`: the open-loop load generator. See src/horad/app/load/README.md.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <string>

#include "horad/app/command.h"
#include "horad/app/load/load_client.h"
#include "horad/base/text.h"

namespace horad::app {
namespace {

struct BenchOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string load = "patch";
  load::LoadPlan plan;
  std::uint64_t preload = 0;
  int server_pid = 0;
  bool json = false;
};

/// CPU seconds a process has used, user and system; nothing when it cannot be read.
std::optional<double> cpu_seconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto after_name = text.rfind(") ");
  if (after_name == std::string::npos) return std::nullopt;
  unsigned long user = 0, system = 0;
  if (std::sscanf(text.c_str() + after_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                  &system) != 2)
    return std::nullopt;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void print_text(const BenchOptions& options, const load::LoadReport& report, std::optional<double> cpu) {
  const auto& latency = *report.latency;
  const auto ms = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-6; };
  fmt::print("{}: {} answered in {:.2f} s = {:.0f}/s, {} connections, {}\n", options.load, report.answered,
             report.seconds, static_cast<double>(report.answered) / report.seconds, options.plan.connections,
             options.plan.rate > 0 ? fmt::format("open loop at {:.0f}/s", options.plan.rate) : "closed loop");
  fmt::print("  latency ms: p50 {:.3f}  p99 {:.3f}  p99.9 {:.3f}  max {:.3f}\n", ms(latency.quantile(0.5)),
             ms(latency.quantile(0.99)), ms(latency.quantile(0.999)), ms(latency.highest()));
  if (cpu && report.answered > 0)
    fmt::print("  server CPU: {:.2f} us a request\n", *cpu * 1e6 / static_cast<double>(report.answered));
  if (report.unsent > 0)
    fmt::print("  {} requests were due and not sent: the server or this generator could not keep up\n", report.unsent);
  if (report.broken > 0) fmt::print("  {} connections broke before the answer\n", report.broken);
  if (report.unexpected > 0)
    fmt::print("  {} unexpected answers, the first {}: {}\n", report.unexpected, report.first_unexpected,
               report.first_body);
}

void print_json(const BenchOptions& options, const load::LoadReport& report, std::optional<double> cpu) {
  std::string body;
  base::append_json_string(body, report.first_body);
  fmt::print(
      R"({{"load":"{}","connections":{},"rate":{},"answered":{},"seconds":{:.3f},"perSecond":{:.1f},"p50Ms":{:.4f},"p99Ms":{:.4f},)"
      R"("p999Ms":{:.4f},"maxMs":{:.4f},"unexpected":{},"firstUnexpected":{},"firstBody":{},"broken":{},"unsent":{})",
      options.load, options.plan.connections, options.plan.rate, report.answered, report.seconds,
      static_cast<double>(report.answered) / report.seconds, static_cast<double>(report.latency->quantile(0.5)) * 1e-6,
      static_cast<double>(report.latency->quantile(0.99)) * 1e-6,
      static_cast<double>(report.latency->quantile(0.999)) * 1e-6,
      static_cast<double>(report.latency->highest()) * 1e-6, report.unexpected, report.first_unexpected, body,
      report.broken, report.unsent);
  if (cpu && report.answered > 0)
    fmt::print(R"(,"serverCpuUsPerRequest":{:.3f})", *cpu * 1e6 / static_cast<double>(report.answered));
  fmt::print("}}\n");
}

Result<load::LoadReport> measure(BenchOptions& options, std::optional<double>& cpu) {
  auto target = load::parse_target(options.url);
  if (!target) return std::unexpected(std::move(target).error());
  auto kind = load::parse_kind(options.load);
  if (!kind) return std::unexpected(std::move(kind).error());
  options.plan.target = *target;
  options.plan.kind = *kind;
  if (options.preload > 0) {
    auto loaded = load::preload(*target, options.preload, [&](std::uint64_t done) {
      if (!options.json && (done % 50'000 == 0 || done == options.preload))
        fmt::print(stderr, "\rloaded {} of {}", done, options.preload);
    });
    if (!options.json) fmt::print(stderr, "\n");
    if (!loaded) return std::unexpected(std::move(loaded).error());
    options.plan.entities = std::max(options.plan.entities, options.preload);
  }
  const auto before = cpu_seconds(options.server_pid);
  auto report = load::run_load(options.plan);
  const auto after = cpu_seconds(options.server_pid);
  if (before && after) cpu = *after - *before;
  return report;
}

int run(BenchOptions& options) {
  std::optional<double> cpu;
  const auto report = measure(options, cpu);
  if (!report) {
    fmt::print(stderr, "horad bench: {}\n", report.error().detail);
    return report.error().code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailed;
  }
  options.json ? print_json(options, *report, cpu) : print_text(options, *report, cpu);
  if (report->answered == 0) return kExitFailed;
  return report->unexpected + report->broken > 0 ? kExitPartial : kExitOk;
}

}  // namespace

void add_bench(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<BenchOptions>();
  auto* bench = program.add_subcommand("bench", "Measure a running server");
  bench->require_subcommand(1);
  auto* http = bench->add_subcommand(
      "http", "Send HTTP requests at a fixed rate, or as fast as answers come, and report latencies");
  std::string loads;
  for (const auto& kind : load::kinds())
    loads += fmt::format("{}{} ({})", loads.empty() ? "" : "; ", kind.name, kind.what);
  http->add_option("--url", options->url, "The server; loopback only")->capture_default_str();
  http->add_option("--load", options->load, loads)->capture_default_str();
  http->add_option("--connections", options->plan.connections, "Keep-alive connections, one request at a time on each")
      ->capture_default_str();
  http->add_option("--threads", options->plan.threads, "Threads of this generator")->capture_default_str();
  http->add_option("--rate", options->plan.rate,
                   "Requests a second; latency counts from when each was due. 0: as fast as answers come")
      ->capture_default_str();
  http->add_option("--duration", options->plan.seconds, "Seconds, up to 300")->capture_default_str();
  http->add_option("--entities", options->plan.entities,
                   "Spread over entities 0 to N-1, which the server holds already")
      ->capture_default_str();
  http->add_option("--preload", options->preload, "First load entities 0 to N-1");
  http->add_option("--fresh", options->plan.fresh, "First id of load 'create'")->capture_default_str();
  http->add_option("--server-pid", options->server_pid, "Report this process's CPU time a request, too");
  http->add_flag("--json", options->json, "One JSON object instead of text");
  http->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace horad::app
