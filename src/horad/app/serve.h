// SPDX-License-Identifier: Apache-2.0
// What `horad serve` and `horad check` share: the same flags, the same files, the same values.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "horad/app/config.h"

namespace CLI {
class App;
}

namespace horad::app {

/// What the command line gave: a configuration file, and the settings that were named.
struct ServeFlags {
  std::string file;
  std::map<std::string, std::string, std::less<>> flags;          // by key; empty text when not given
  std::map<std::string, std::string, std::less<>> given() const;  // only those that were
};

/// Adds --config and a flag for each setting to `command`.
std::shared_ptr<ServeFlags> add_serve_flags(CLI::App& command);

/// Defaults, file, environment of the process, flags. Errors: see resolve(); kNotFound for a missing file.
Result<Config> read_config(const ServeFlags& flags);

}  // namespace horad::app
