// SPDX-License-Identifier: Apache-2.0
// The files of a web application, served from memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "horad/base/result.h"
#include "horad/edge/http.h"

namespace horad::edge {

struct StaticOptions {
  std::size_t most_bytes = 128u << 20;  // of all files together
  std::size_t most_files = 10'000;
};

/// Everything below one directory as it was when it was opened; a path from outside never reaches the file system. Text
/// is packed once, when first asked for. Files below `assets/` carry a digest in their name and are cached for ever,
/// all others are revalidated by ETag. A path that is no file and looks like a page gets index.html, since the
/// application routes by itself. Shared by threads.
class StaticFiles {
 public:
  /// Errors: kNotFound (no such directory or no index.html in it), kIo, kTooLarge.
  static Result<std::shared_ptr<const StaticFiles>> open(const std::string& directory, StaticOptions options = {});
  ~StaticFiles();

  /// `path` is relative and decoded: "" is index.html. Unknown: a 404 problem.
  Response get(std::string_view path, const Request& request) const;

 private:
  struct State;
  explicit StaticFiles(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Serves `files` at `prefix` ("/" or "/citizen/"), which ends in a slash.
void add_static_routes(Router& router, std::string_view prefix, std::shared_ptr<const StaticFiles> files);

/// The Content-Type of a file by its suffix; application/octet-stream when it is not known.
std::string_view content_type_of(std::string_view path) noexcept;

/// True when the header If-None-Match names `etag` (quotes included) or is `*`.
bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept;

}  // namespace horad::edge
