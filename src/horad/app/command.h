// SPDX-License-Identifier: Apache-2.0
// How a subcommand of `horad` joins the program: write commands/NAME.cc with one `add_NAME` function, declare it here
// in alphabetical order and put it in the table of commands.cc. Nothing else has to change.
#pragma once

#include <span>
#include <string_view>

namespace CLI {
class App;
}

namespace horad::app {

/// What `horad` ends with. Stable: scripts rely on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,   // the work could not be done; one line on standard error says why
  kExitUsage = 2,    // the command line or the configuration is wrong
  kExitPartial = 3,  // part of the work was done; what was not is listed
};

/// Adds one subcommand to `program`: its options, help text, and a CLI11 callback that does the work and sets
/// `exit_code`. Options must live as long as `program`: keep them in a shared_ptr that the callback holds. `exit_code`
/// outlives `program`.
using AddCommand = void (*)(CLI::App& program, int& exit_code);

struct Command {
  std::string_view name;
  AddCommand add;
};

/// Every subcommand, in the order of the help text.
std::span<const Command> commands();

void add_bench(CLI::App& program, int& exit_code);
void add_check(CLI::App& program, int& exit_code);
void add_context(CLI::App& program, int& exit_code);
void add_demo(CLI::App& program, int& exit_code);
void add_export(CLI::App& program, int& exit_code);
void add_import(CLI::App& program, int& exit_code);
void add_replay(CLI::App& program, int& exit_code);
void add_serve(CLI::App& program, int& exit_code);

}  // namespace horad::app
