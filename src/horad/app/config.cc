// SPDX-License-Identifier: Apache-2.0
#include "horad/app/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <filesystem>
#include <thread>

#include "horad/base/text.h"

namespace horad::app {
namespace {

constexpr std::array kSettings = {
    Setting{"data", SettingKind::kText, "", "Directory of all data; made when it is not there"},
    Setting{"listen", SettingKind::kText, "127.0.0.1:8080", "HOST:PORT to listen on; port 0 takes a free one"},
    Setting{"access", SettingKind::kText, "open", "Who may do what. 'open': everybody everything, on loopback only"},
    Setting{"allow_host", SettingKind::kText, "", "Further names this server is reached by, comma separated"},
    Setting{"public_url", SettingKind::kText, "",
            "http or https URL under which others reach this server. Default: http://HOST:PORT of listen"},
    Setting{"fetch_contexts", SettingKind::kSwitch, "true", "Download @context documents that requests name"},
    Setting{"fetch_from_private", SettingKind::kText, "auto",
            "Whether they may come from loopback and private networks: true, false, or auto: only while listening on "
            "loopback"},
    Setting{"alias", SettingKind::kText, "",
            "Name by which other brokers know this one: letters, digits, '.', '_', '-'. Empty: made up once and kept"},
    Setting{"tiles", SettingKind::kText, "", "MBTiles file with the map"},
    Setting{"web", SettingKind::kText, "", "Directory of the built console (web/console/dist)"},
    Setting{"shards", SettingKind::kNumber, "0",
            "Shares of the data, each with a writer; fixed when the directory is made. 0: half of the cores"},
    Setting{"threads", SettingKind::kNumber, "0", "Event loops of the server. 0: as many as cores"},
    Setting{"segment_bytes", SettingKind::kNumber, "0", "Bytes of one file of the change log. 0: 64 MiB"},
    Setting{"checkpoint_bytes", SettingKind::kNumber, "0",
            "Bytes of change log after which a checkpoint is written. 0: 256 MiB"},
    Setting{"ca_file", SettingKind::kText, "",
            "PEM file of further certificate authorities for what Horad itself connects to (https, mqtts)"},
    Setting{"notify_private", SettingKind::kText, "auto",
            "Whether notifications may go to loopback and private networks: true, false, or auto: only while listening "
            "on loopback"},
    Setting{"temporal_page_instances", SettingKind::kNumber, "0",
            "Attribute instances in one answer about the past; more are paged by time (206). 0: 10 000"},
    Setting{"port_file", SettingKind::kText, "", "File to write the port to once the server is ready"},
    Setting{"unsafe_fast", SettingKind::kSwitch, "false",
            "Acknowledge before data is on disk. For measuring only: a crash loses data"},
};

const Setting* find(std::string_view key) {
  const auto found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : &*found;
}

std::string replaced(std::string_view text, char from, char to) {
  std::string out{text};
  std::ranges::replace(out, from, to);
  return out;
}

Result<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' is not a whole number.", text));
  return number;
}

/// A value in its one written form: numbers in digits, switches as true or false.
Result<std::string> normalized(const Setting& setting, std::string text) {
  switch (setting.kind) {
    case SettingKind::kText:
      return text;
    case SettingKind::kNumber:
      if (auto number = to_number(text); !number) return std::unexpected(std::move(number).error());
      return text;
    case SettingKind::kSwitch: {
      const auto word = base::to_lower(text);
      if (word == "true" || word == "1" || word == "yes" || word == "on") return "true";
      if (word == "false" || word == "0" || word == "no" || word == "off") return "false";
      return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' is neither true nor false.", text));
    }
  }
  return text;
}

Result<void> put(Config& config, const Setting& setting, std::string text, std::string origin) {
  auto value = normalized(setting, std::move(text));
  if (!value)
    return fail(ErrorCode::kInvalidRequest, fmt::format("{} ({}): {}", setting.key, origin, value.error().detail),
                std::string{setting.key});
  config[std::string{setting.key}] = {std::move(*value), std::move(origin)};
  return {};
}

std::optional<std::string> text_of(const toml::node& node) {
  if (const auto text = node.value<std::string>(); node.is_string()) return *text;
  if (const auto number = node.value<std::int64_t>(); node.is_integer()) return std::to_string(*number);
  if (const auto yes = node.value<bool>(); node.is_boolean()) return *yes ? "true" : "false";
  return std::nullopt;
}

/// The keys of this table are URLs, so that it has no setting of its own in the table of settings.
constexpr std::string_view kPinnedContexts = "pinned_contexts";

/// errors  kInvalidRequest naming the line
Result<void> read_pinned_contexts(Config& config, const Sources& sources, const toml::node& node) {
  const auto bad = [&](const toml::node& at, std::string_view what) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("{}, line {}: {}", sources.file_name, at.source().begin.line, what),
                std::string{kPinnedContexts});
  };
  const auto* const rows = node.as_table();
  if (rows == nullptr) return bad(node, "'pinned_contexts' is a table of rows \"URL\" = \"file\".");
  for (const auto& [url, value] : *rows) {
    const auto file = value.value<std::string>();
    if (!value.is_string() || file->empty())
      return bad(value, fmt::format("'pinned_contexts': \"{}\" takes the name of a file.", url.str()));
    if (!url.str().starts_with("http://") && !url.str().starts_with("https://"))
      return bad(value, fmt::format("'pinned_contexts': \"{}\" is not an http or https URL.", url.str()));
    const auto path = std::filesystem::path{sources.file_name}.parent_path() / *file;
    config[fmt::format("{}.{}", kPinnedContexts, url.str())] = {
        path.lexically_normal().string(), fmt::format("{}, line {}", sources.file_name, value.source().begin.line)};
  }
  return {};
}

Result<void> read_file(Config& config, const Sources& sources) {
  toml::table table;
  try {
    table = toml::parse(*sources.file, sources.file_name);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("{}, line {}: {}.", sources.file_name, error.source().begin.line, error.description()));
  }
  for (const auto& [key, node] : table) {
    if (key.str() == kPinnedContexts) {
      if (auto good = read_pinned_contexts(config, sources, node); !good) return good;
      continue;
    }
    const auto origin = fmt::format("{}, line {}", sources.file_name, node.source().begin.line);
    const Setting* setting = find(key.str());
    if (setting == nullptr)
      return fail(ErrorCode::kInvalidRequest, fmt::format("{}: there is no setting '{}'.", origin, key.str()),
                  std::string{key.str()});
    auto text = text_of(node);
    if (!text)
      return fail(ErrorCode::kInvalidRequest, fmt::format("{}: '{}' takes one value.", origin, key.str()),
                  std::string{key.str()});
    if (auto good = put(config, *setting, std::move(*text), origin); !good) return good;
  }
  return {};
}

std::size_t cores() { return std::max(1u, std::thread::hardware_concurrency()); }

Result<void> read_listen(const std::string& listen, ServeOptions& out) {
  const auto colon = listen.rfind(':');
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("listen = '{}': {}", listen, why), "listen");
  };
  if (colon == std::string::npos) return bad("it has to be HOST:PORT, like 127.0.0.1:8080.");
  out.host = listen.substr(0, colon);
  if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
  if (out.host == "localhost") out.host = "127.0.0.1";
  const auto port = to_number(listen.substr(colon + 1));
  if (!port || *port > 65'535) return bad("the port has to be a number from 0 to 65535.");
  out.port = static_cast<std::uint16_t>(*port);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(out.host, error);
  if (error) return bad("the host has to be an IP address or localhost.");
  if (!address.is_loopback()) {
    return bad("while access is 'open' everybody may do everything, so only loopback is possible: 127.0.0.1 or [::1].");
  }
  return {};
}

Result<std::size_t> read_count(const Config& config, std::string_view key, std::size_t automatic, std::size_t most) {
  const auto& value = config.find(key)->second;
  const auto number = to_number(value.text);
  if (!number || *number > most)
    return fail(ErrorCode::kInvalidRequest, fmt::format("{} ({}): it has to be 0 to {}.", key, value.origin, most),
                std::string{key});
  return *number == 0 ? automatic : static_cast<std::size_t>(*number);
}

/// Where documents may be fetched from, where notifications may go, and under which name we are known ourselves.
Result<void> read_reach(const Config& config, ServeOptions& out) {
  out.public_url = config.find("public_url")->second.text;
  while (out.public_url.ends_with('/')) out.public_url.pop_back();
  if (!out.public_url.empty() && !out.public_url.starts_with("http://") && !out.public_url.starts_with("https://")) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("public_url = '{}': it is an http or https URL.", out.public_url), "public_url");
  }
  out.fetch_contexts = config.find("fetch_contexts")->second.text == "true";
  boost::system::error_code error;
  const bool local = boost::asio::ip::make_address(out.host, error).is_loopback();
  for (const auto& [key, allowed] :
       {std::pair{"fetch_from_private", &out.fetch_from_private}, {"notify_private", &out.notify_private}}) {
    const auto& text = config.find(key)->second.text;
    if (text != "auto" && text != "true" && text != "false") {
      return fail(ErrorCode::kInvalidRequest, fmt::format("{} = '{}': it is true, false or auto.", key, text), key);
    }
    *allowed = text == "true" || (text == "auto" && local);
  }
  return {};
}

std::vector<std::string> accepted_hosts(std::string_view more) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "[::1]"};
  while (!more.empty()) {
    const auto comma = more.find(',');
    if (const auto name = base::trim(more.substr(0, comma)); !name.empty()) hosts.push_back(base::to_lower(name));
    more = comma == std::string_view::npos ? std::string_view{} : more.substr(comma + 1);
  }
  return hosts;
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

std::string flag_of(const Setting& setting) { return "--" + replaced(setting.key, '_', '-'); }

std::string environment_of(const Setting& setting) {
  std::string out = "HORAD_";
  for (const char c : setting.key) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

Result<Config> resolve(const Sources& sources) {
  Config config;
  for (const auto& setting : kSettings) config[std::string{setting.key}] = {std::string{setting.fallback}, "default"};
  if (sources.file) {
    if (auto read = read_file(config, sources); !read) return std::unexpected(std::move(read).error());
  }
  for (const auto& setting : kSettings) {
    const auto name = environment_of(setting);
    if (const char* text = sources.environment ? sources.environment(name) : nullptr) {
      if (auto good = put(config, setting, text, name); !good) return std::unexpected(std::move(good).error());
    }
    if (const auto flag = sources.flags.find(setting.key); flag != sources.flags.end()) {
      if (auto good = put(config, setting, flag->second, flag_of(setting)); !good)
        return std::unexpected(std::move(good).error());
    }
  }
  return config;
}

Result<ServeOptions> to_serve_options(const Config& config) {
  const auto text = [&](std::string_view key) -> const std::string& { return config.find(key)->second.text; };
  ServeOptions out;
  out.data = text("data");
  if (out.data.empty())
    return fail(ErrorCode::kInvalidRequest, "data: a directory for the data is needed: --data DIR.", "data");
  if (text("access") != "open") {
    return fail(ErrorCode::kInvalidRequest, fmt::format("access = '{}': the only mode is 'open'.", text("access")),
                "access");
  }
  if (auto listen = read_listen(text("listen"), out); !listen) return std::unexpected(std::move(listen).error());
  if (auto reach = read_reach(config, out); !reach) return std::unexpected(std::move(reach).error());
  out.alias = text("alias");
  const auto in_alias = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (out.alias.size() > 64 || !std::ranges::all_of(out.alias, in_alias)) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("alias = '{}': it has at most 64 letters, digits, '.', '_' and '-'.", out.alias), "alias");
  }
  const auto shards = read_count(config, "shards", std::max<std::size_t>(1, cores() / 2), 256);
  if (!shards) return std::unexpected(shards.error());
  const auto threads = read_count(config, "threads", cores(), 256);
  if (!threads) return std::unexpected(threads.error());
  constexpr std::size_t kMebibyte = 1 << 20;
  const auto segment = read_count(config, "segment_bytes", 64 * kMebibyte, 1024 * kMebibyte);
  if (!segment) return std::unexpected(segment.error());
  const auto checkpoint = read_count(config, "checkpoint_bytes", 256 * kMebibyte, 65'536 * kMebibyte);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const auto instances = read_count(config, "temporal_page_instances", 10'000, 100'000);
  if (!instances) return std::unexpected(instances.error());
  out.temporal_page_instances = *instances;
  out.segment_bytes = *segment;
  out.checkpoint_bytes = *checkpoint;
  out.shards = *shards;
  out.threads = *threads;
  out.tiles = text("tiles");
  out.web = text("web");
  out.port_file = text("port_file");
  out.unsafe_fast = text("unsafe_fast") == "true";
  out.ca_file = text("ca_file");
  out.hosts = accepted_hosts(text("allow_host"));
  const auto pins = fmt::format("{}.", kPinnedContexts);
  for (auto row = config.lower_bound(pins); row != config.end() && row->first.starts_with(pins); ++row)
    out.pinned_contexts.emplace(row->first.substr(pins.size()), row->second.text);
  return out;
}

}  // namespace horad::app
