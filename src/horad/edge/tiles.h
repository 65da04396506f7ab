// SPDX-License-Identifier: Apache-2.0
// Map tiles from an MBTiles file (SQLite, https://github.com/mapbox/mbtiles-spec, version 1.3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/edge/http.h"

namespace horad::edge {

/// Column and row of a tile in the XYZ scheme: rows count from the north.
struct TileAddress {
  std::uint32_t z = 0, x = 0, y = 0;
};

/// Reads "14", "8953", "5310" or "5310.pbf". Errors: kNotFound for what cannot be a tile.
Result<TileAddress> parse_tile_address(std::string_view z, std::string_view x, std::string_view y);

/// One tile set, read-only. A file replaced while the server runs is noticed at the next start. Shared by threads: each
/// call borrows a connection from a pool. Cost of tile(): one indexed read, some 20 us when the page is in memory.
class Tiles {
 public:
  /// Errors: kNotFound, kDamaged (not an MBTiles file), kIo.
  static Result<std::shared_ptr<const Tiles>> open(const std::string& path);
  ~Tiles();

  /// The bytes as stored, for vector tiles usually gzip; none for an empty tile. Errors: kIo, kDamaged.
  Result<std::optional<std::string>> tile(TileAddress address) const;
  /// TileJSON 3.0; `origin` is what stands before "/tiles/", like "http://localhost:8080".
  std::string tile_json(std::string_view origin) const;
  std::string_view content_type() const noexcept;
  /// Changes with the file; part of every ETag.
  std::string_view version() const noexcept;

 private:
  struct State;
  explicit Tiles(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Adds /tiles/{z}/{x}/{y} and /tiles.json. `tiles` may be null: then both answer 404 with the reason.
void add_tile_routes(Router& router, std::shared_ptr<const Tiles> tiles);

}  // namespace horad::edge
