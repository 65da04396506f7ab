// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/static_files.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>

#include "horad/base/text.h"
#include "horad/edge/gzip.h"

namespace horad::edge {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWorthPacking = 512;

/// Scripts, styles, fonts and data come from this server only. MapLibre runs its workers from blobs and draws images
/// from them; the chart library sets inline styles.
constexpr std::string_view kPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; worker-src "
    "'self' blob:; "
    "child-src blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "
    "'none'";

struct File {
  std::string body;
  std::string etag;
  std::string_view content_type;
  bool for_ever = false;
  mutable std::once_flag packing;
  mutable std::string packed;  // empty: not worth it

  const std::string& packed_body() const {
    std::call_once(packing, [this] {
      auto smaller = gzip(body);
      if (smaller.size() < body.size()) packed = std::move(smaller);
    });
    return packed;
  }
};

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/manifest") || type.starts_with("image/svg") || type == "application/geo+json" ||
         type == "application/wasm" || type == "font/ttf" || type == "application/x-protobuf";
}

std::string digest_of(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string out = "\"";
  for (std::size_t i = 0; i < 12; ++i) out += fmt::format("{:02x}", digest[i]);
  return out + "\"";
}

Result<std::string> read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string out{std::istreambuf_iterator<char>(in), {}};
  if (!in) return fail(ErrorCode::kIo, fmt::format("Cannot read '{}'.", path.string()));
  return out;
}

/// The last segment has no suffix: a page of the application, not a file that is missing.
bool looks_like_page(std::string_view path) {
  const auto slash = path.rfind('/');
  return path.substr(slash == std::string_view::npos ? 0 : slash + 1).find('.') == std::string_view::npos;
}

}  // namespace

struct StaticFiles::State {
  std::map<std::string, File, std::less<>> files;

  Result<void> load(const fs::path& root, const StaticOptions& options);
};

Result<void> StaticFiles::State::load(const fs::path& root, const StaticOptions& options) {
  std::error_code error;
  std::size_t total = 0;
  for (auto it = fs::recursive_directory_iterator(root, error); !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (!it->is_regular_file(error)) continue;
    auto body = read_all(it->path());
    if (!body) return std::unexpected(std::move(body).error());
    total += body->size();
    if (total > options.most_bytes || files.size() >= options.most_files) {
      return fail(ErrorCode::kTooLarge, fmt::format("'{}' holds more than a web application does.", root.string()));
    }
    const auto name = it->path().lexically_relative(root).generic_string();
    File& file = files[name];
    file.etag = digest_of(*body);
    file.body = std::move(*body);
    file.content_type = content_type_of(name);
    file.for_ever = name.starts_with("assets/");
  }
  if (error) return fail(ErrorCode::kIo, fmt::format("Cannot list '{}': {}.", root.string(), error.message()));
  return {};
}

StaticFiles::StaticFiles(std::unique_ptr<State> state) : state_(std::move(state)) {}
StaticFiles::~StaticFiles() = default;

Result<std::shared_ptr<const StaticFiles>> StaticFiles::open(const std::string& directory, StaticOptions options) {
  auto state = std::make_unique<State>();
  std::error_code error;
  if (!fs::is_directory(directory, error))
    return fail(ErrorCode::kNotFound, fmt::format("There is no directory '{}'.", directory));
  if (auto loaded = state->load(directory, options); !loaded) return std::unexpected(std::move(loaded).error());
  if (!state->files.contains("index.html"))
    return fail(ErrorCode::kNotFound, fmt::format("There is no index.html in '{}'.", directory));
  return std::shared_ptr<const StaticFiles>(new StaticFiles(std::move(state)));
}

Response StaticFiles::get(std::string_view path, const Request& request) const {
  auto found = state_->files.find(path.empty() ? std::string_view{"index.html"} : path);
  const bool page = found == state_->files.end() && looks_like_page(path) &&
                    request.header("accept").find("text/html") != std::string_view::npos;
  if (page) found = state_->files.find("index.html");
  if (found == state_->files.end()) return problem({ErrorCode::kNotFound, "There is no resource at this path.", {}});
  const File& file = found->second;
  Response response;
  response.headers = {{"ETag", file.etag},
                      {"Cache-Control", file.for_ever ? "public, max-age=31536000, immutable" : "no-cache"},
                      {"Vary", "Accept-Encoding"},
                      {"X-Content-Type-Options", "nosniff"}};
  if (etag_matches(request.header("if-none-match"), file.etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = file.content_type;
  if (file.content_type.starts_with("text/html")) {
    response.headers.emplace_back("Content-Security-Policy", kPolicy);
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  }
  const bool pack = is_text(file.content_type) && file.body.size() >= kWorthPacking &&
                    accepts_gzip(request.header("accept-encoding"));
  if (pack && !file.packed_body().empty()) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file.packed_body();
  } else {
    response.body = file.body;
  }
  return response;
}

void add_static_routes(Router& router, std::string_view prefix, std::shared_ptr<const StaticFiles> files) {
  router.add(Method::kGet, std::string{prefix} + "{path...}",
             [files = std::move(files)](Request& request) -> boost::asio::awaitable<Response> {
               co_return files->get(request.captures[0], request);
             });
}

std::string_view content_type_of(std::string_view path) noexcept {
  struct Row {
    std::string_view suffix, type;
  };
  static constexpr std::array kTypes = {Row{".html", "text/html; charset=utf-8"},
                                        Row{".js", "text/javascript; charset=utf-8"},
                                        Row{".mjs", "text/javascript; charset=utf-8"},
                                        Row{".css", "text/css; charset=utf-8"},
                                        Row{".json", "application/json"},
                                        Row{".map", "application/json"},
                                        Row{".geojson", "application/geo+json"},
                                        Row{".webmanifest", "application/manifest+json"},
                                        Row{".txt", "text/plain; charset=utf-8"},
                                        Row{".svg", "image/svg+xml"},
                                        Row{".png", "image/png"},
                                        Row{".jpg", "image/jpeg"},
                                        Row{".webp", "image/webp"},
                                        Row{".ico", "image/x-icon"},
                                        Row{".woff2", "font/woff2"},
                                        Row{".woff", "font/woff"},
                                        Row{".ttf", "font/ttf"},
                                        Row{".wasm", "application/wasm"},
                                        Row{".pbf", "application/x-protobuf"}};
  for (const auto& [suffix, type] : kTypes) {
    if (path.ends_with(suffix)) return type;
  }
  return "application/octet-stream";
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto item = base::trim(if_none_match.substr(0, comma));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == etag || item == "*") return true;
    if_none_match = comma == std::string_view::npos ? std::string_view{} : if_none_match.substr(comma + 1);
  }
  return false;
}

}  // namespace horad::edge
