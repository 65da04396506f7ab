// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/preferences.h"

#include <algorithm>

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

/// Where the first of `marks` stands outside of quotes; the end when there is none.
std::size_t find_unquoted(std::string_view text, std::string_view marks) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && marks.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return text.size();
}

std::string_view unquoted(std::string_view word) noexcept {
  const bool quoted = word.size() >= 2 && word.front() == '"' && word.back() == '"';
  return quoted ? word.substr(1, word.size() - 2) : word;
}

/// `1.5` as 5; none for versions that do not exist.
std::optional<std::uint8_t> minor_version(std::string_view text) noexcept {
  if (text.size() < 3 || text.substr(0, 2) != "1." || text[2] < '0' || text[2] > '9') return std::nullopt;
  if (text.size() > 3 && text[3] != '.') return std::nullopt;
  return static_cast<std::uint8_t>(std::max(1, text[2] - '0'));
}

/// True when the preference is followed.
bool follow(std::string_view name, std::string_view value, bool geojson, Preferences& out) {
  if (name == "ngsi-ld" && !out.version) {
    out.version = minor_version(value);
    return out.version.has_value();
  }
  if (name != "body" || value != "json" || !geojson || out.body_json) return false;
  out.body_json = true;
  return true;
}

}  // namespace

Preferences read_preferences(std::string_view header, bool geojson) {
  Preferences out;
  while (!header.empty()) {
    const auto end = find_unquoted(header, ",");
    const auto whole = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const auto one = whole.substr(0, find_unquoted(whole, ";"));
    const auto equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = base::to_lower(base::trim(one.substr(0, equals)));
    const auto value = unquoted(base::trim(one.substr(equals + 1)));
    if (!follow(name, value, geojson, out)) continue;
    out.applied.append(out.applied.empty() ? "" : ", ").append(name).append("=").append(value);
  }
  return out;
}

}  // namespace horad::edge::ngsi
