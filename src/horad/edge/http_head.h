// SPDX-License-Identifier: Apache-2.0
// Reads the head of an HTTP/1.x request (RFC 9112) and undoes chunked bodies. Strict where leniency lets two programs
// disagree about where a request ends: bare line feeds, folded lines, several or odd lengths and unknown codings are
// refused. Pure; no allocation but the reused vector of headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/edge/http.h"

namespace horad::edge {

/// A request that is not answered by a route: the status and a sentence for the sender. The connection closes after it.
struct Refusal {
  int status = 400;
  std::string detail;
};

struct HeadLimits {
  std::size_t bytes =
      32 * 1024;  // request line and headers together; beyond: 431, or 414 when the line alone is too long
  std::size_t line_bytes = 16 * 1024;  // request line
  std::size_t headers = 100;           // beyond: 431
};

/// One parsed head. The views point into the bytes given to parse_head().
struct RequestHead {
  std::optional<Method> method;  // none: a token we do not know
  std::string_view target;       // origin form: starts with '/', or is "*"
  std::string_view host;         // value of Host, empty only with HTTP/1.0
  bool keep_alive = true;        // by version and Connection
  bool upgrade = false;          // Connection names "upgrade"
  bool expect_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;
  bool http_1_0 = false;
  std::vector<std::pair<std::string_view, std::string_view>>
      headers;  // names as sent, values without blanks around them

  void clear() noexcept;
};

/// Reads one head from the front of `bytes` into `head`.
///   returns  its size with the blank line; 0 when the bytes end before it does: call again with more
///   errors   400, 414, 417, 431, 501, 505, as a Refusal
///   cost     one pass; `scanned` (start it at 0 for each request) keeps a slow sender from making it quadratic
std::expected<std::size_t, Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, std::size_t& scanned,
                                               RequestHead& head);

/// Splits the target into request.path and request.parameters; `+` in a parameter means a blank, as every browser sends
/// it. Errors: kInvalidRequest for broken escapes or text that is not UTF-8.
Result<void> parse_target(std::string_view target, Request& request);

/// Undoes `Transfer-Encoding: chunked`, in place, in pieces of any size.
class ChunkDecoder {
 public:
  struct Step {
    std::size_t used = 0;      // bytes taken from `data`: all of them unless done()
    std::size_t produced = 0;  // payload bytes, moved to the front of `data`
  };
  /// Errors: a broken frame, a chunk line above 256 bytes, or trailers above 8 KiB.
  std::expected<Step, Refusal> feed(char* data, std::size_t size);
  bool done() const noexcept { return state_ == State::kDone; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kEndLf,
    kDone
  };
  std::optional<Refusal> control(char c);
  std::optional<Refusal> size_digit(char c);

  State state_ = State::kSize;
  std::uint64_t left_ = 0;  // payload bytes of this chunk still to come
  std::size_t digits_ = 0;  // of the size line
  std::size_t line_ = 0;    // bytes of this size line, or of all trailers
};

}  // namespace horad::edge
