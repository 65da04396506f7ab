// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "horad/app/command.h"

namespace {

constexpr const char* kVersion = "0.1.0";

int run(int argc, char** argv) {
  int exit_code = horad::app::kExitOk;
  CLI::App program{"Horad, the city platform: collects what a city reports, keeps it, and gives it back.", "horad"};
  program.set_version_flag("--version", kVersion);
  program.require_subcommand(1);
  for (const auto& command : horad::app::commands()) command.add(program, exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = program.exit(error);
    return code == 0 ? horad::app::kExitOk : horad::app::kExitUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "horad: " << error.what() << '\n';
    return horad::app::kExitFailed;
  }
}
