// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "horad/app/command.h"

namespace horad::app {
namespace {

constexpr std::array kCommands = {
    Command{"serve", add_serve},   Command{"check", add_check},   Command{"import", add_import},
    Command{"replay", add_replay}, Command{"export", add_export}, Command{"demo", add_demo},
    Command{"context", add_context}, Command{"bench", add_bench},
};

}  // namespace

std::span<const Command> commands() { return kCommands; }

}  // namespace horad::app
