// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/city/town/osm_xml.h"

namespace horad::app {

/// tiles/config.json and tiles/process.lua, carried in the program. The views live as long as it.
struct TileSchema {
  std::string_view config;
  std::string_view process;
};
TileSchema tile_schema() noexcept;

struct MakeReport {
  bool fresh = false;  // nothing had to be done: the files were there and of this program's town
  city::town::OsmCounts counts;
  std::size_t buildings = 0;
  std::size_t streets = 0;
};

/// Writes `town.osm`, `town.osm.pbf` and `town.mbtiles` into `dir`, which is made when it is not there. Each file
/// appears whole or not at all. Files that this program made before from the same town and schema are left alone.
///   errors   kNotFound when osmium or tilemaker is not installed; kIo, kStorageFull
///   cost     about ten seconds
Result<MakeReport> make_demo(const std::string& dir, bool quiet);

}  // namespace horad::app
