// SPDX-License-Identifier: Apache-2.0
// What the server is told: built-in defaults < TOML file < HORAD_* environment < flags. Every value knows where it came
// from.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"

namespace horad::app {

enum class SettingKind : std::uint8_t { kText, kNumber, kSwitch };

/// One thing that can be set: `key = ...` in the file, HORAD_KEY in the environment, --key on the command line (`-` for
/// `_`).
struct Setting {
  std::string_view key;
  SettingKind kind;
  std::string_view fallback;
  std::string_view help;
};

std::span<const Setting> settings();
std::string flag_of(const Setting& setting);         // "--port-file"
std::string environment_of(const Setting& setting);  // "HORAD_PORT_FILE"

struct Value {
  std::string text;
  std::string origin;  // "default", "horad.toml, line 3", "HORAD_LISTEN", "--listen"
};
/// By key; every setting is there. A row `"URL" = "file"` of the table [pinned_contexts] of the file has the key
/// `pinned_contexts.URL`, and its path is relative to the configuration file.
using Config = std::map<std::string, Value, std::less<>>;

struct Sources {
  std::string file_name;                                       // for messages
  std::optional<std::string> file;                             // text of the TOML file
  std::function<const char*(const std::string&)> environment;  // like getenv
  std::map<std::string, std::string, std::less<>> flags;       // by key
};

/// Errors: kInvalidRequest naming the place: unknown keys, values of the wrong kind, text that is no TOML.
Result<Config> resolve(const Sources& sources);

struct ServeOptions {
  std::string data;
  std::string host;  // an address
  std::uint16_t port = 0;
  std::string alias;      // in Via; empty: made up once and kept
  std::string tiles;      // empty: none
  std::string web;        // empty: none
  std::string port_file;  // empty: none
  std::size_t shards = 1;
  std::size_t threads = 1;
  std::size_t segment_bytes = 0;     // of one file of the change log
  std::size_t checkpoint_bytes = 0;  // of change log between checkpoints
  std::size_t temporal_page_instances = 10'000;
  bool unsafe_fast = false;
  std::string ca_file;             // of further certificate authorities; empty: none
  bool notify_private = true;      // notifications may go to loopback and private networks
  std::vector<std::string> hosts;  // names accepted in Host
  std::string public_url;          // how others reach this server, without a slash at the end; empty: where it listens
  bool fetch_contexts = true;      // @context documents may be downloaded
  bool fetch_from_private = true;  // also from loopback and private networks
  std::map<std::string, std::string, std::less<>> pinned_contexts;  // URL of an @context document -> file that has it
};

/// Checks values against each other.
///   errors   kInvalidRequest with the key as pointer: an address that is none, an unknown access mode, open access on
///   an address that
///            other machines reach, numbers out of range, no data directory
Result<ServeOptions> to_serve_options(const Config& config);

}  // namespace horad::app
