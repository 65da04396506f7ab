// SPDX-License-Identifier: Apache-2.0
#include "horad/app/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "horad/app/command.h"
#include "horad/app/server_app.h"

namespace horad::app {
namespace {

/// SIGINT and SIGTERM wait for sigwait() from here on, in this thread and all that it starts.
sigset_t hold_end_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// The usual soft limit of 1024 is less than the connections and files a server has.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Whoever waits for the file finds it whole.
Result<void> write_port_file(const std::string& path, std::uint16_t port) {
  const auto half = path + ".new";
  {
    std::ofstream out(half);
    out << port << '\n';
    if (!out.flush()) return fail(ErrorCode::kIo, fmt::format("Cannot write '{}'.", path));
  }
  std::error_code error;
  std::filesystem::rename(half, path, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("Cannot write '{}': {}.", path, error.message()));
  return {};
}

int say(const Error& error, int code) {
  fmt::print(stderr, "horad serve: {}\n", error.detail);
  return code;
}

std::string address_of(const ServeOptions& options, std::uint16_t port) {
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", is_v6 ? "[" : "", options.host, is_v6 ? "]" : "", port);
}

/// Log lines go to standard error; standard output has the address and nothing else.
void start_log() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("horad"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::flush_on(spdlog::level::info);
}

int serve(const ServeFlags& flags) {
  const auto config = read_config(flags);
  if (!config) return say(config.error(), kExitUsage);
  const auto options = to_serve_options(*config);
  if (!options) return say(options.error(), kExitUsage);
  const sigset_t signals = hold_end_signals();
  start_log();
  raise_file_limit();
  if (options->unsafe_fast) spdlog::warn("server.unsafe_fast: writes are acknowledged before they are on disk");
  auto app = ServerApp::open(*options, [](std::string_view line) { spdlog::info("{}", line); });
  if (!app) return say(app.error(), kExitFailed);
  fmt::print("Horad is ready at {}\n", address_of(*options, (*app)->port()));
  std::fflush(stdout);
  if (!options->port_file.empty()) {
    if (auto written = write_port_file(options->port_file, (*app)->port()); !written)
      return say(written.error(), kExitFailed);
  }
  int signal = 0;
  sigwait(&signals, &signal);
  spdlog::info("server.stopping signal={}", signal);
  (*app)->stop();
  return kExitOk;
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream in(path);
  if (!in) return fail(ErrorCode::kNotFound, fmt::format("Cannot read the configuration file '{}'.", path));
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

std::map<std::string, std::string, std::less<>> ServeFlags::given() const {
  auto out = flags;
  std::erase_if(out, [](const auto& flag) { return flag.second.empty(); });
  return out;
}

std::shared_ptr<ServeFlags> add_serve_flags(CLI::App& command) {
  auto flags = std::make_shared<ServeFlags>();
  command.add_option("--config", flags->file, "TOML file with settings; keys are the names below, with _ for -");
  for (const auto& setting : settings()) {
    auto& text = flags->flags[std::string{setting.key}];
    const auto help =
        setting.fallback.empty() ? std::string{setting.help} : fmt::format("{} [{}]", setting.help, setting.fallback);
    if (setting.kind == SettingKind::kSwitch) {
      command.add_flag_callback(flag_of(setting), [&text] { text = "true"; }, std::string{setting.help});
    } else {
      command.add_option(flag_of(setting), text, help);
    }
  }
  return flags;
}

Result<Config> read_config(const ServeFlags& flags) {
  Sources sources;
  sources.file_name = flags.file;
  if (!flags.file.empty()) {
    auto text = read_text(flags.file);
    if (!text) return std::unexpected(std::move(text).error());
    sources.file = std::move(*text);
  }
  sources.environment = [](const std::string& name) {
    return std::getenv(name.c_str());
  };  // NOLINT(concurrency-mt-unsafe): before any thread
  sources.flags = flags.given();
  return resolve(sources);
}

void add_serve(CLI::App& program, int& exit_code) {
  auto* const command = program.add_subcommand("serve", "Run the server");
  const auto flags = add_serve_flags(*command);
  command->callback([flags, &exit_code] { exit_code = serve(*flags); });
}

}  // namespace horad::app
