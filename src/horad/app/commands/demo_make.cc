// SPDX-License-Identifier: Apache-2.0
#include "horad/app/commands/demo_make.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>
#include <vector>

#include "horad/app/client/sources.h"
#include "horad/base/bytes.h"

namespace horad::app {
namespace {

namespace fs = std::filesystem;
namespace town = city::town;

Result<void> write_file(const fs::path& path, const std::function<void(std::ofstream&)>& write) {
  const fs::path fresh = path.string() + ".new";
  std::ofstream out{fresh, std::ios::binary | std::ios::trunc};
  if (out) write(out);
  out.close();
  if (!out) return fail(ErrorCode::kIo, fmt::format("cannot write {}", fresh.string()));
  std::error_code error;
  fs::rename(fresh, path, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot rename {}: {}", fresh.string(), error.message()));
  return {};
}

Result<void> write_text(const fs::path& path, std::string_view text) {
  return write_file(path,
                    [&](std::ofstream& out) { out.write(text.data(), static_cast<std::streamsize>(text.size())); });
}

std::string read_text(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Runs a program whose words are of interest only when it fails.
Result<void> run_program(const std::vector<std::string>& command) {
  return client::read_program(command, [](std::string_view) { return Result<void>{}; });
}

/// The tiles come from the XML by two programs; intermediate results do not outlive a failure.
Result<void> make_tiles(const fs::path& dir) {
  const fs::path pbf_new = dir / "town.new.osm.pbf";
  const fs::path tiles_new = dir / "town.new.mbtiles";
  const fs::path config = dir / "tiles-config.json";
  const fs::path process = dir / "tiles-process.lua";
  const TileSchema schema = tile_schema();
  if (auto done = write_text(config, schema.config); !done) return done;
  if (auto done = write_text(process, schema.process); !done) return done;
  std::error_code error;
  fs::remove(tiles_new, error);  // tilemaker would add to it
  if (auto done =
          run_program({"osmium", "cat", "--no-progress", "-O", (dir / "town.osm").string(), "-o", pbf_new.string()});
      !done)
    return done;
  if (auto done = run_program({"tilemaker", "--input", pbf_new.string(), "--output", tiles_new.string(), "--config",
                               config.string(), "--process", process.string()});
      !done) {
    return done;
  }
  fs::rename(pbf_new, dir / "town.osm.pbf", error);
  if (!error) fs::rename(tiles_new, dir / "town.mbtiles", error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot rename in {}: {}", dir.string(), error.message()));
  fs::remove(config, error);
  fs::remove(process, error);
  return {};
}

std::string stamp_of(std::uint32_t xml, std::uint64_t bytes) {
  const TileSchema schema = tile_schema();
  return fmt::format("{:08x} {} {:08x} {:08x}\n", xml, bytes, base::crc32c(schema.config),
                     base::crc32c(schema.process));
}

}  // namespace

Result<MakeReport> make_demo(const std::string& where, bool quiet) {
  const fs::path dir{where};
  const auto say = [&](std::string_view what) {
    if (!quiet) fmt::print(stderr, "horad demo: {}\n", what);
  };
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot make {}: {}", where, error.message()));

  const town::Town made = town::make_town(town::kNovahradSeed);
  MakeReport report{.fresh = false, .counts = {}, .buildings = made.buildings.size(), .streets = made.streets.size()};
  std::uint32_t digest = 0;
  std::uint64_t bytes = 0;
  report.counts = town::write_osm_xml(made, [&](std::string_view piece) {
    digest = base::crc32c(piece, digest);
    bytes += piece.size();
  });
  const std::string stamp = stamp_of(digest, bytes);
  bool there = read_text(dir / "town.stamp") == stamp;
  for (const char* name : {"town.osm", "town.osm.pbf", "town.mbtiles"}) there = there && fs::exists(dir / name, error);
  if (there) {
    report.fresh = true;
    return report;
  }
  fs::remove(dir / "town.stamp", error);
  say("writing the streets and houses of Novahrad");
  auto written = write_file(dir / "town.osm", [&](std::ofstream& out) {
    town::write_osm_xml(
        made, [&](std::string_view piece) { out.write(piece.data(), static_cast<std::streamsize>(piece.size())); });
  });
  if (!written) return std::unexpected(std::move(written).error());
  say("drawing map tiles");
  if (auto tiles = make_tiles(dir); !tiles) return std::unexpected(std::move(tiles).error());
  if (auto stamped = write_text(dir / "town.stamp", stamp); !stamped)
    return std::unexpected(std::move(stamped).error());
  return report;
}

}  // namespace horad::app
