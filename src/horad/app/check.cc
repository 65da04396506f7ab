// SPDX-License-Identifier: Apache-2.0
// `horad check`: would `horad serve` start with these settings? Changes nothing.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <vector>

#include "horad/app/command.h"
#include "horad/app/pinned_contexts.h"
#include "horad/app/serve.h"
#include "horad/base/text.h"
#include "horad/edge/server.h"
#include "horad/edge/static_files.h"
#include "horad/edge/tiles.h"

namespace horad::app {
namespace {

namespace fs = std::filesystem;

struct Finding {
  std::string what;
  std::string trouble;  // empty: all is well
};

/// The nearest directory that is there has to be writable: what is missing below is made at the start.
std::string trouble_of_directory(const std::string& data) {
  std::error_code error;
  fs::path path = fs::absolute(data, error);
  while (!path.empty() && !fs::exists(path, error) && path != path.root_path()) path = path.parent_path();
  if (!fs::is_directory(path, error)) return fmt::format("'{}' is not a directory.", path.string());
  if (::access(path.c_str(), W_OK | X_OK) != 0) return fmt::format("'{}' cannot be written to.", path.string());
  return {};
}

template <class T>
std::string trouble_of(const Result<T>& result) {
  return result ? std::string{} : result.error().detail;
}

std::vector<Finding> examine(const ServeOptions& options) {
  std::vector<Finding> out;
  out.push_back({fmt::format("data directory {}", options.data), trouble_of_directory(options.data)});
  edge::ServerOptions server;
  server.host = options.host;
  server.port = options.port;
  out.push_back({fmt::format("listen address {} port {}", options.host, options.port),
                 trouble_of(edge::Server::open(std::move(server), {}))});
  if (!options.tiles.empty())
    out.push_back({fmt::format("tiles {}", options.tiles), trouble_of(edge::Tiles::open(options.tiles))});
  if (!options.web.empty())
    out.push_back({fmt::format("web {}", options.web), trouble_of(edge::StaticFiles::open(options.web))});
  if (!options.pinned_contexts.empty()) {
    out.push_back({fmt::format("{} pinned contexts", options.pinned_contexts.size()),
                   trouble_of(read_pinned_contexts(options.pinned_contexts))});
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  base::append_json_string(out, text);
  return out;
}

void print_json(const Config& config, const std::vector<Finding>& findings) {
  std::string out = "{\"settings\":{";
  for (const auto& [key, value] : config) {
    out += fmt::format("{}{}:{{\"value\":{},\"origin\":{}}}", out.back() == '{' ? "" : ",", json_text(key),
                       json_text(value.text), json_text(value.origin));
  }
  out += "},\"findings\":[";
  for (const auto& [what, trouble] : findings) {
    out += fmt::format("{}{{\"what\":{},\"ok\":{},\"trouble\":{}}}", out.back() == '[' ? "" : ",", json_text(what),
                       trouble.empty(), json_text(trouble));
  }
  fmt::print("{}]}}\n", out);
}

void print_text(const Config& config, const std::vector<Finding>& findings, bool explain) {
  if (explain) {
    const auto print = [](std::string_view key, const Value& value) {
      fmt::print("{:<12} = {:<28} from {}\n", key, value.text.empty() ? "(none)" : value.text, value.origin);
    };
    for (const auto& setting : settings()) print(setting.key, config.find(setting.key)->second);
    for (const auto& [key, value] : config) {
      if (key.find('.') != std::string::npos) print(key, value);  // rows of tables, which are no settings of their own
    }
  }
  for (const auto& [what, trouble] : findings)
    fmt::print("{:<7} {}{}{}\n", trouble.empty() ? "ok" : "failed", what, trouble.empty() ? "" : ": ", trouble);
}

int check(const ServeFlags& flags, bool explain, bool json) {
  const auto config = read_config(flags);
  if (!config) {
    fmt::print(stderr, "horad check: {}\n", config.error().detail);
    return kExitUsage;
  }
  const auto options = to_serve_options(*config);
  const auto findings = options ? examine(*options) : std::vector<Finding>{{"settings", options.error().detail}};
  if (json) {
    print_json(*config, findings);
  } else {
    print_text(*config, findings, explain);
  }
  const bool well = std::ranges::all_of(findings, [](const Finding& finding) { return finding.trouble.empty(); });
  return well ? kExitOk : options ? kExitFailed : kExitUsage;
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  struct Flags {
    bool explain = false;
    bool json = false;
  };
  auto* const command = program.add_subcommand("check", "Check what `serve` would start with, without starting");
  const auto own = std::make_shared<Flags>();
  const auto flags = add_serve_flags(*command);
  command->add_flag("--explain", own->explain, "Print every setting and where it came from");
  command->add_flag("--json", own->json, "Print settings and findings as JSON");
  command->callback([flags, own, &exit_code] { exit_code = check(*flags, own->explain, own->json); });
}

}  // namespace horad::app
