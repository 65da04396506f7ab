// SPDX-License-Identifier: Apache-2.0
// room: model
// A geo-query and a stored shape from any bytes: georel, geometry, coordinates and GeoJSON, one a line. What matches
// must lie in the cover of the query.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "horad/model/cells.h"
#include "horad/model/geo_query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace horad::model;
  std::string_view rest(reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096));
  std::array<std::string_view, 4> lines;
  for (std::string_view& line : lines) {
    line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  const auto cells = cover_of_shape(lines[3]);
  const auto query = GeoQuery::parse({lines[0], lines[1], lines[2]}, NameId{0});
  if (!query) return 0;
  const auto covered = cover(**query);
  if (!(*query)->matches_shape(lines[3])) return 0;
  const bool found = !covered || std::ranges::any_of(cells, [&](std::uint64_t cell) { return meets(cell, *covered); });
  if (cells.empty() || !found) std::abort();
  return 0;
}
