// SPDX-License-Identifier: Apache-2.0
// `horad import osm|gtfs|csv|ndjson`: files of the world into a running Horad. See docs/operate/import.md.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "horad/app/client/progress.h"
#include "horad/app/client/sources.h"
#include "horad/app/client/uploader.h"
#include "horad/app/command.h"
#include "horad/base/text.h"
#include "horad/city/exchange/gtfs.h"
#include "horad/city/exchange/mapping.h"
#include "horad/city/exchange/osm.h"

namespace horad::app {
namespace {

namespace exchange = city::exchange;

struct ImportOptions {
  std::string file;
  client::UploadOptions upload;
  std::string feed;     // gtfs
  std::string mapping;  // csv
  bool json = false;
};

/// What an import counted, in the order in which it was first met.
struct Tally {
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  std::uint64_t bad = 0;
  std::vector<std::string> first_bad;  // up to 20

  void add(std::string_view what, std::uint64_t n = 1) {
    const auto found =
        std::find_if(counts.begin(), counts.end(), [&](const auto& entry) { return entry.first == what; });
    if (found != counts.end())
      found->second += n;
    else
      counts.emplace_back(what, n);
  }
  void refuse(std::string why) {
    ++bad;
    if (first_bad.size() < 20) first_bad.push_back(std::move(why));
  }
};

/// A file that goes when the object goes.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text) {
    path_ = (std::filesystem::temp_directory_path() / "horad-XXXXXX").string();
    const int fd = ::mkstemp(path_.data());
    if (fd >= 0) ::close(fd);
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<void> import_osm(const ImportOptions& options, client::Uploader& uploader, Tally& tally) {
  const TemporaryFile configuration(exchange::osmium_export_config());
  client::Progress progress("OpenStreetMap objects", 0, options.json);
  for (std::size_t i = 0; i < exchange::kOsmKinds; ++i)
    tally.add(exchange::name_of(static_cast<exchange::OsmKind>(i)), 0);
  std::uint64_t seen = 0;
  return client::read_program(
      {"osmium", "export", "--no-progress", "-c", configuration.path(), "-f", "geojsonseq", "-o", "-", options.file},
      [&](std::string_view line) -> Result<void> {
        progress.at(++seen);
        auto entity = exchange::osm_entity(line);
        if (!entity) {
          tally.refuse(fmt::format("object {}: {}", seen, entity.error().detail));
          return {};
        }
        if (!*entity) return {};
        tally.add(exchange::name_of((*entity)->kind));
        return uploader.add((*entity)->json);
      });
}

Result<void> import_gtfs(const ImportOptions& options, client::Uploader& uploader, Tally& tally) {
  const auto members = client::list_archive(options.file);
  if (!members) return std::unexpected(members.error());
  std::uint64_t total = 0, read = 0;
  for (const auto& member : *members) total += member.bytes;
  client::Progress progress("GTFS bytes", total, options.json);
  const auto feed = options.feed.empty() ? std::filesystem::path(options.file).stem().string() : options.feed;
  Result<void> uploaded;
  exchange::GtfsMapper mapper(base::percent_encode(feed), [&](std::string json) {
    if (uploaded) uploaded = uploader.add(json);
  });
  for (const auto& table : exchange::gtfs_tables()) {
    const auto there =
        std::any_of(members->begin(), members->end(), [&](const auto& member) { return member.name == table.file; });
    if (!there && !table.required) continue;
    exchange::TableReader reader([&](const exchange::Row& row) { return mapper.take(table, row); },
                                 [&](std::uint64_t record, const Error& error) {
                                   tally.refuse(fmt::format("{} record {}: {}", table.file, record, error.detail));
                                 });
    auto done =
        client::read_archive(options.file, std::string(table.file), [&](std::string_view bytes) -> Result<void> {
          progress.at(read += bytes.size());
          if (auto fed = reader.feed(bytes); !fed) return fed;
          return uploaded;
        });
    if (!done) return done;
    if (auto finished = reader.finish(); !finished) return finished;
    if (table.file == "shapes.txt") mapper.emit_shapes();
    tally.add(table.file, reader.rows());
    if (!uploaded) return uploaded;
  }
  return {};
}

Result<void> import_ndjson(const ImportOptions& options, client::Uploader& uploader, Tally& tally) {
  client::Progress progress("entities", 0, options.json);
  std::uint64_t line_number = 0;
  return client::read_lines(options.file, [&](std::string_view line) -> Result<void> {
    ++line_number;
    if (base::trim(line).empty()) return {};
    progress.at(line_number);
    if (!exchange::is_json_object(line)) {
      tally.refuse(fmt::format("line {}: not a JSON object", line_number));
      return {};
    }
    tally.add("lines");
    return uploader.add(line);
  });
}

Result<void> import_csv(const ImportOptions& options, client::Uploader& uploader, Tally& tally) {
  auto mapping = exchange::load_mapping(options.mapping);
  if (!mapping) return std::unexpected(std::move(mapping).error());
  client::Progress progress("rows", 0, options.json);
  Result<void> uploaded;
  exchange::TableReader reader(
      [&](const exchange::Row& row) -> Result<void> {
        progress.at(row.number());
        auto reading = mapping->apply(row);
        if (!reading) return std::unexpected(std::move(reading).error());
        uploaded = uploader.add(reading->json);
        return {};
      },
      [&](std::uint64_t record, const Error& error) {
        tally.refuse(fmt::format("record {}: {}", record, error.detail));
      });
  auto done = client::read_file(options.file, [&](std::string_view bytes) -> Result<void> {
    if (auto fed = reader.feed(bytes); !fed) return fed;
    return uploaded;
  });
  if (!done) return done;
  if (auto finished = reader.finish(); !finished) return finished;
  tally.add("rows", reader.rows());
  return uploaded;
}

void print_json(const Tally& tally, const client::UploadReport& report, double seconds) {
  std::string out = "{\"read\":{";
  for (std::size_t i = 0; i < tally.counts.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, tally.counts[i].first);
    out += fmt::format(":{}", tally.counts[i].second);
  }
  out +=
      fmt::format(R"(}},"bad":{},"entities":{},"skipped":{},"created":{},"updated":{},"refused":{},"seconds":{:.2f}}})",
                  tally.bad, report.given, report.skipped, report.created, report.updated, report.refused, seconds);
  fmt::print("{}\n", out);
}

void print_text(const Tally& tally, const client::UploadReport& report, double seconds) {
  for (const auto& [what, count] : tally.counts) fmt::print("{:>10}  {}\n", count, what);
  fmt::print("{} entities in {:.1f} s: {} created, {} updated, {} refused by the server", report.given, seconds,
             report.created, report.updated, report.refused);
  if (report.skipped > 0) fmt::print(", {} safe from an earlier run", report.skipped);
  fmt::print("\n");
  if (tally.bad > 0) fmt::print("{} rows or objects could not be read:\n", tally.bad);
  for (const auto& line : tally.first_bad) fmt::print("  {}\n", line);
  for (const auto& line : report.first_refusals) fmt::print("  refused: {}\n", line);
}

using Import = Result<void> (*)(const ImportOptions&, client::Uploader&, Tally&);

int run(const ImportOptions& options, Import import) {
  const auto started = std::chrono::steady_clock::now();
  client::Uploader uploader(options.upload);
  Tally tally;
  auto done = import(options, uploader, tally);
  if (done) done = uploader.finish();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  options.json ? print_json(tally, uploader.report(), seconds) : print_text(tally, uploader.report(), seconds);
  if (!done) {
    fmt::print(stderr, "horad import: {}\n", done.error().detail);
    return done.error().code == ErrorCode::kInvalidRequest ? kExitUsage : kExitFailed;
  }
  return tally.bad + uploader.report().refused > 0 ? kExitPartial : kExitOk;
}

void add_kind(CLI::App& import, const char* name, const char* what, Import function,
              const std::shared_ptr<ImportOptions>& options, int& exit_code) {
  auto* command = import.add_subcommand(name, what);
  command->add_option("file", options->file, "The file")->required();
  command->add_option("--url", options->upload.url, "The server")->capture_default_str();
  command->add_option("--tenant", options->upload.tenant, "Tenant; default: the default one");
  command->add_option("--batch", options->upload.batch, "Entities a request")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_option("--in-flight", options->upload.in_flight, "Requests at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_option("--resume", options->upload.resume,
                      "File that remembers what is safe: a run that was cut off goes on there");
  command->add_flag("--json", options->json, "One JSON object instead of text; no progress");
  if (function == import_gtfs)
    command->add_option("--feed", options->feed, "Name of the feed in the ids; default: the file's name");
  if (function == import_csv)
    command->add_option("--map", options->mapping, "Mapping file (TOML), see docs/operate/import.md")->required();
  command->callback([options, function, &exit_code] { exit_code = run(*options, function); });
}

}  // namespace

void add_import(CLI::App& program, int& exit_code) {
  auto* import = program.add_subcommand(
      "import", "Bring files of the world into a running Horad; running it twice changes no count");
  import->require_subcommand(1);
  const auto options = std::make_shared<ImportOptions>();
  add_kind(*import, "osm", "OpenStreetMap (.osm, .osm.gz, .pbf): streets, places, public buildings, stops, districts",
           import_osm, options, exit_code);
  add_kind(*import, "gtfs", "GTFS Schedule (.zip): agencies, stops, routes, shapes, trips with timetables", import_gtfs,
           options, exit_code);
  add_kind(*import, "csv", "CSV with a mapping file", import_csv, options, exit_code);
  add_kind(*import, "ndjson", "One NGSI-LD entity a line", import_ndjson, options, exit_code);
}

}  // namespace horad::app
