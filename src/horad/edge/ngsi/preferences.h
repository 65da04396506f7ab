// SPDX-License-Identifier: Apache-2.0
// The header Prefer (RFC 7240), as far as it is followed here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace horad::edge::ngsi {

struct Preferences {
  /// `ngsi-ld=1.x`: the minor version of the API that the reader knows (CIM 009, 4.3.6.8). 1.0, which there never was,
  /// is 1.1.
  std::optional<std::uint8_t> version;
  bool body_json = false;  // `body=json`: GeoJSON without @context in its body (6.3.6)
  std::string applied;     // what is followed, for Preference-Applied; empty: nothing
};

/// Names in any case, values quoted or not, parameters of a preference read over, the first of a name taken. What is
/// unknown, or means nothing here, is not followed.
///   geojson   the answer is GeoJSON, so that body=json means something
Preferences read_preferences(std::string_view header, bool geojson);

}  // namespace horad::edge::ngsi
