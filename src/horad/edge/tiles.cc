// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/tiles.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <sqlite3.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <charconv>
#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "horad/base/text.h"
#include "horad/edge/gzip.h"
#include "horad/edge/static_files.h"

namespace horad::edge {
namespace {

constexpr std::uint32_t kMostZoom = 24;
constexpr std::size_t kMostTileBytes = 32u << 20;  // unpacked, for a client that does not take gzip
constexpr std::size_t kKeptReaders = 16;

struct CloseDatabase {
  void operator()(sqlite3* database) const noexcept { sqlite3_close_v2(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

/// One connection with its prepared statement; the statement is destroyed first.
struct Reader {
  Database database;
  Statement select;
};

Error sqlite_error(const std::string& path, int code) {
  const auto what = fmt::format("Cannot read tiles from '{}': {}.", path, sqlite3_errstr(code));
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR) return {ErrorCode::kDamaged, what, {}};
  return {ErrorCode::kIo, what, {}};
}

Result<Statement> prepare(sqlite3* database, const char* sql, const std::string& path) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(path, code));
  return Statement{statement};
}

Result<Reader> open_reader(const std::string& path) {
  Reader reader;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  reader.database.reset(database);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(path, code));
  sqlite3_exec(database, "PRAGMA mmap_size=1073741824", nullptr, nullptr, nullptr);
  auto select =
      prepare(database, "SELECT tile_data FROM tiles WHERE zoom_level=?1 AND tile_column=?2 AND tile_row=?3", path);
  if (!select) return std::unexpected(std::move(select).error());
  reader.select = std::move(*select);
  return reader;
}

std::string_view column_bytes(sqlite3_stmt* statement, int column) {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  return bytes == nullptr ? std::string_view{}
                          : std::string_view{bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

std::optional<std::uint32_t> to_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string type_of_format(std::string_view format) {
  if (format == "png" || format == "webp") return fmt::format("image/{}", format);
  if (format == "jpg" || format == "jpeg") return "image/jpeg";
  return "application/vnd.mapbox-vector-tile";
}

/// "24.9,53.5,25.1,53.7" as a JSON array; empty when it is not numbers.
std::string numbers_array(std::string_view text) {
  std::string out = "[";
  for (std::size_t i = 0; !text.empty(); ++i) {
    const auto comma = text.find(',');
    const auto item = base::trim(text.substr(0, comma));
    double number = 0;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    if (error != std::errc{} || end != item.data() + item.size()) return {};
    if (i > 0) out += ',';
    base::append_json_number(out, number);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return out.size() > 1 ? out + "]" : std::string{};
}

/// The vector_layers member of the metadata row "json", as JSON text; empty when there is none.
std::string layers_of(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element layers;
  if (parser.parse(json)["vector_layers"].get(layers) != simdjson::SUCCESS) return {};
  return simdjson::minify(layers);
}

}  // namespace

struct Tiles::State {
  std::string path;
  std::string version;
  std::string content_type;
  std::map<std::string, std::string, std::less<>> metadata;
  mutable std::mutex mutex;
  mutable std::vector<Reader> spare;  // guarded by mutex

  Result<Reader> borrow() const;
  void give_back(Reader reader) const;
  Result<void> read_metadata();
  std::string meta(std::string_view name) const;
};

Result<Reader> Tiles::State::borrow() const {
  {
    const std::lock_guard lock(mutex);
    if (!spare.empty()) {
      Reader reader = std::move(spare.back());
      spare.pop_back();
      return reader;
    }
  }
  return open_reader(path);
}

void Tiles::State::give_back(Reader reader) const {
  const std::lock_guard lock(mutex);
  if (spare.size() < kKeptReaders) spare.push_back(std::move(reader));
}

std::string Tiles::State::meta(std::string_view name) const {
  const auto found = metadata.find(name);
  return found == metadata.end() ? std::string{} : found->second;
}

Result<void> Tiles::State::read_metadata() {
  auto reader = borrow();
  if (!reader) return std::unexpected(std::move(reader).error());
  auto rows = prepare(reader->database.get(), "SELECT name, value FROM metadata", path);
  if (!rows) return std::unexpected(std::move(rows).error());
  int code = SQLITE_OK;
  while ((code = sqlite3_step(rows->get())) == SQLITE_ROW)
    metadata[std::string{column_bytes(rows->get(), 0)}] = column_bytes(rows->get(), 1);
  if (code != SQLITE_DONE) return std::unexpected(sqlite_error(path, code));
  rows->reset();
  give_back(std::move(*reader));
  return {};
}

Result<TileAddress> parse_tile_address(std::string_view z, std::string_view x, std::string_view y) {
  for (const std::string_view suffix : {".pbf", ".mvt", ".png", ".jpg", ".webp"}) {
    if (y.ends_with(suffix)) y.remove_suffix(suffix.size());
  }
  const auto zoom = to_number(z), column = to_number(x), row = to_number(y);
  const bool numbers = zoom && column && row && *zoom <= kMostZoom;
  if (!numbers || *column >= (1u << *zoom) || *row >= (1u << *zoom)) {
    return fail(ErrorCode::kNotFound,
                "A tile is /tiles/{z}/{x}/{y} with z up to 24, and x and y below 2 to the power of z.");
  }
  return TileAddress{*zoom, *column, *row};
}

Tiles::Tiles(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tiles::~Tiles() = default;
std::string_view Tiles::content_type() const noexcept { return state_->content_type; }
std::string_view Tiles::version() const noexcept { return state_->version; }

Result<std::shared_ptr<const Tiles>> Tiles::open(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return fail(ErrorCode::kNotFound, fmt::format("There is no tiles file '{}'.", path));
  const auto changed =
      static_cast<std::uint64_t>(std::filesystem::last_write_time(path, error).time_since_epoch().count());
  auto state = std::make_unique<State>();
  state->path = path;
  state->version = fmt::format("{:x}-{:x}", size, changed);
  if (auto read = state->read_metadata(); !read) return std::unexpected(std::move(read).error());
  state->content_type = type_of_format(state->meta("format"));
  return std::shared_ptr<const Tiles>(new Tiles(std::move(state)));
}

Result<std::optional<std::string>> Tiles::tile(TileAddress address) const {
  auto reader = state_->borrow();
  if (!reader) return std::unexpected(std::move(reader).error());
  sqlite3_stmt* const select = reader->select.get();
  sqlite3_bind_int64(select, 1, address.z);
  sqlite3_bind_int64(select, 2, address.x);
  sqlite3_bind_int64(select, 3, (std::int64_t{1} << address.z) - 1 - address.y);  // MBTiles counts rows from the south
  const int code = sqlite3_step(select);
  std::optional<std::string> bytes;
  if (code == SQLITE_ROW) bytes = column_bytes(select, 0);
  sqlite3_reset(select);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(sqlite_error(state_->path, code));
  state_->give_back(std::move(*reader));
  return bytes;
}

std::string Tiles::tile_json(std::string_view origin) const {
  std::string out = "{\"tilejson\":\"3.0.0\",\"scheme\":\"xyz\",\"tiles\":[";
  base::append_json_string(out, fmt::format("{}/tiles/{{z}}/{{x}}/{{y}}?v={}", origin, state_->version));
  out += ']';
  for (const std::string_view name : {"name", "description", "attribution", "version"}) {
    if (const auto value = state_->meta(name); !value.empty()) {
      out += fmt::format(",\"{}\":", name);
      base::append_json_string(out, value);
    }
  }
  for (const std::string_view name : {"minzoom", "maxzoom"}) {
    if (const auto value = to_number(state_->meta(name))) out += fmt::format(",\"{}\":{}", name, *value);
  }
  for (const std::string_view name : {"bounds", "center"}) {
    if (const auto value = numbers_array(state_->meta(name)); !value.empty())
      out += fmt::format(",\"{}\":{}", name, value);
  }
  const auto layers = layers_of(state_->meta("json"));
  out += ",\"vector_layers\":" + (layers.empty() ? std::string{"[]"} : layers);
  return out + "}";
}

namespace {

Response answer_tile(const Tiles& tiles, const Request& request) {
  const auto address = parse_tile_address(request.captures[0], request.captures[1], request.captures[2]);
  if (!address) return problem(address.error());
  const auto etag = fmt::format("\"{}-{}-{}-{}\"", tiles.version(), address->z, address->x, address->y);
  Response response;
  response.headers = {{"ETag", etag}, {"Cache-Control", "public, max-age=3600"}, {"Vary", "Accept-Encoding"}};
  if (etag_matches(request.header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  auto bytes = tiles.tile(*address);
  if (!bytes) return problem(bytes.error());
  if (!*bytes || (*bytes)->empty()) {
    response.status = 204;
    return response;
  }
  response.content_type = tiles.content_type();
  response.body = std::move(**bytes);
  if (!response.body.starts_with("\x1f\x8b")) return response;
  if (accepts_gzip(request.header("accept-encoding"))) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    return response;
  }
  auto plain = gunzip(response.body, kMostTileBytes);
  if (!plain) return problem(plain.error());
  response.body = std::move(*plain);
  return response;
}

std::string origin_of(const Request& request) {
  const auto scheme = request.header("x-forwarded-proto") == "https" ? "https" : "http";
  const auto host = request.header("host");
  return host.empty() ? std::string{} : fmt::format("{}://{}", scheme, host);
}

}  // namespace

void add_tile_routes(Router& router, std::shared_ptr<const Tiles> tiles) {
  static const Error kNone{ErrorCode::kNotFound, "This server has no map tiles: start it with --tiles FILE.", {}};
  router.add(Method::kGet, "/tiles/{z}/{x}/{y}", [tiles](Request& request) -> boost::asio::awaitable<Response> {
    co_return tiles ? answer_tile(*tiles, request) : problem(kNone);
  });
  router.add(Method::kGet, "/tiles.json", [tiles](Request& request) -> boost::asio::awaitable<Response> {
    if (!tiles) co_return problem(kNone);
    co_return Response{.content_type = "application/json",
                       .headers = {{"Cache-Control", "no-cache"}},
                       .body = tiles->tile_json(origin_of(request))};
  });
}

}  // namespace horad::edge
