// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>

#include "horad/base/text.h"
#include "horad/edge/mqtt_client.h"

namespace horad::edge {
namespace {

std::unexpected<Error> not_one(std::string_view why) {
  return fail(ErrorCode::kInvalidRequest, fmt::format("This is not mqtt://USER:PASSWORD@HOST:PORT/TOPIC: {}.", why),
              "url");
}

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What cannot be decoded stays as it is.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool code = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (!code) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

/// Takes HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT.
bool read_host(std::string_view text, MqttTarget& out) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto host = text.substr(0, colon);
  out.host = bracket == std::string_view::npos ? host : host.substr(1, host.size() - 2);
  if (colon == std::string_view::npos) return !out.host.empty();
  const auto digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  return !out.host.empty() && error == std::errc{} && end == digits.data() + digits.size() && out.port != 0;
}

}  // namespace

Result<MqttTarget> MqttTarget::parse(std::string_view url) {
  MqttTarget out;
  const auto end = url.find("://");
  const auto scheme = base::to_lower(url.substr(0, std::min(end, url.size())));
  if (end == std::string_view::npos || (scheme != "mqtt" && scheme != "mqtts")) return not_one("the scheme is another");
  out.tls = scheme == "mqtts";
  out.port = out.tls ? 8883 : 1883;
  const auto rest = url.substr(end + 3);
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return not_one("it has no topic");
  out.topic = decoded(rest.substr(slash + 1));
  if (out.topic.find_first_of(std::string_view{"+#\0", 3}) != std::string::npos || out.topic.size() > 65'535) {
    return not_one("the topic cannot be published on");
  }
  auto authority = rest.substr(0, slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const auto who = authority.substr(0, at);
    const auto colon = who.find(':');
    out.user = decoded(who.substr(0, colon));
    if (colon != std::string_view::npos) out.password = decoded(who.substr(colon + 1));
    authority = authority.substr(at + 1);
  }
  if (!read_host(authority, out)) return not_one("host or port are not right");
  return out;
}

std::string MqttTarget::shown() const { return fmt::format("{}://{}:{}", tls ? "mqtts" : "mqtt", host, port); }

}  // namespace horad::edge
