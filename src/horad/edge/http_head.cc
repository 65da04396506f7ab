// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/http_head.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "horad/base/text.h"
#include "horad/edge/eight_bytes.h"

namespace horad::edge {
namespace {

constexpr std::size_t kMostChunkLine = 256;
constexpr std::size_t kMostTrailers = 8 * 1024;

constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~"}) table[static_cast<std::size_t>(c)] = true;
  return table;
}
constexpr auto kToken = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}
bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 ? byte != 0x7f : byte == '\t';
}
bool is_target_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && byte != '#';
}

bool is_value(std::string_view text) {
  return all_fine(text, [](std::uint64_t word) { return below(word, 0x20) | equal(word, 0x7f); }, is_value_char);
}
bool is_target(std::string_view text) {
  return all_fine(
      text, [](std::uint64_t word) { return below(word, 0x21) | equal(word, 0x7f) | equal(word, '#'); },
      is_target_char);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool equals_lower(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

std::string_view strip_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<Method> method_of(std::string_view text) {
  if (text == "GET") return Method::kGet;
  if (text == "PATCH") return Method::kPatch;
  if (text == "POST") return Method::kPost;
  if (text == "PUT") return Method::kPut;
  if (text == "DELETE") return Method::kDelete;
  if (text == "HEAD") return Method::kHead;
  if (text == "OPTIONS") return Method::kOptions;
  return std::nullopt;
}

std::optional<Refusal> refuse(int status, std::string detail) { return Refusal{status, std::move(detail)}; }

/// "http://host/path" to "/path": a server must accept the absolute form.
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equals_lower(target.substr(0, scheme.size()), scheme)) continue;
    const auto slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  return target;
}

std::optional<Refusal> parse_request_line(std::string_view line, RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return refuse(400, "The request line is not METHOD TARGET VERSION.");
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  head.method = method_of(method);
  if (!head.method && !is_token(method)) return refuse(400, "The method is not a token.");
  if (version.size() != 8 || !version.starts_with("HTTP/"))
    return refuse(400, "The request line does not end in an HTTP version.");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return refuse(505, "This server speaks HTTP/1.1.");
  if (target.empty() || !is_target(target))
    return refuse(400, "The request target holds blanks, control characters or a fragment.");
  head.http_1_0 = version.back() == '0';
  head.keep_alive = !head.http_1_0;
  head.target = origin_form(target);
  if (head.target.front() != '/' && head.target != "*")
    return refuse(400, "The request target does not start with '/'.");
  return std::nullopt;
}

std::optional<Refusal> read_length(std::string_view value, RequestHead& head) {
  if (head.content_length) return refuse(400, "Content-Length is given twice.");
  if (value.empty() || value.size() > 18) return refuse(400, "Content-Length is not a number.");
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return refuse(400, "Content-Length is not a number.");
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  head.content_length = length;
  return std::nullopt;
}

void read_connection(std::string_view value, RequestHead& head) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const auto token = strip_blanks(value.substr(0, comma));
    if (equals_lower(token, "close")) head.keep_alive = false;
    if (equals_lower(token, "keep-alive") && head.http_1_0) head.keep_alive = true;
    if (equals_lower(token, "upgrade")) head.upgrade = true;
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
  }
}

/// The few headers that say how the message is framed. Their names differ in length, so that most headers cost one
/// comparison.
std::optional<Refusal> read_framing(std::string_view name, std::string_view value, RequestHead& head) {
  switch (name.size()) {
    case 4:
      if (!equals_lower(name, "host")) break;
      if (!head.host.empty()) return refuse(400, "Host is given twice.");
      head.host = value;
      break;
    case 6:
      if (!equals_lower(name, "expect")) break;
      if (!equals_lower(value, "100-continue")) return refuse(417, "Only 'Expect: 100-continue' is known.");
      head.expect_continue = !head.http_1_0;
      break;
    case 10:
      if (equals_lower(name, "connection")) read_connection(value, head);
      break;
    case 14:
      if (equals_lower(name, "content-length")) return read_length(value, head);
      break;
    case 17:
      if (!equals_lower(name, "transfer-encoding")) break;
      if (head.chunked) return refuse(400, "Transfer-Encoding is given twice.");
      if (!equals_lower(value, "chunked")) return refuse(501, "The only transfer coding known is 'chunked'.");
      head.chunked = true;
      break;
    default:
      break;
  }
  return std::nullopt;
}

std::optional<Refusal> parse_header_line(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(400, "A header is folded over several lines.");
  std::size_t colon = 0;
  while (colon < line.size() && kToken[static_cast<unsigned char>(line[colon])]) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':')
    return refuse(400, "A header line is not 'Name: value'.");
  const auto name = line.substr(0, colon);
  const auto value = strip_blanks(line.substr(colon + 1));
  if (!is_value(value)) return refuse(400, "A header value holds control characters.");
  head.headers.emplace_back(name, value);
  return read_framing(name, value, head);
}

std::optional<Refusal> check_framing(const RequestHead& head) {
  if (head.chunked && head.content_length)
    return refuse(400, "Content-Length and Transfer-Encoding exclude each other.");
  if (head.chunked && head.http_1_0) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
  if (head.host.empty() && !head.http_1_0) return refuse(400, "The Host header is missing.");
  return std::nullopt;
}

/// `lines` is everything up to the blank line, which is left out; every line in it ends in CR LF.
std::optional<Refusal> parse_lines(std::string_view lines, const HeadLimits& limits, RequestHead& head) {
  bool first = true;
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (end == 0 || lines[end - 1] != '\r') return refuse(400, "A line does not end in CR LF.");
    const auto line = lines.substr(0, end - 1);
    if (first && line.size() > limits.line_bytes) return refuse(414, "The request line is too long.");
    if (!first && head.headers.size() == limits.headers) return refuse(431, "There are too many headers.");
    if (auto refusal = first ? parse_request_line(line, head) : parse_header_line(line, head)) return refusal;
    first = false;
    lines.remove_prefix(end + 1);
  }
  return check_framing(head);
}

std::string plus_to_blank(std::string_view text) {
  std::string out{text};
  std::ranges::replace(out, '+', ' ');
  return out;
}

Result<std::string> decode_parameter(std::string_view raw) {
  if (raw.find('%') == std::string_view::npos && raw.find('+') == std::string_view::npos) {
    if (!base::is_utf8(raw)) return fail(ErrorCode::kInvalidRequest, "A query parameter is not UTF-8.");
    return std::string{raw};
  }
  return base::percent_decode(plus_to_blank(raw));
}

}  // namespace

void RequestHead::clear() noexcept {
  auto kept = std::move(headers);
  kept.clear();
  *this = RequestHead{};
  headers = std::move(kept);
}

std::expected<std::size_t, Refusal> parse_head(std::string_view bytes, const HeadLimits& limits, std::size_t& scanned,
                                               RequestHead& head) {
  std::size_t start = 0;  // one empty line before a request is forgiven, as RFC 9112 asks
  if (bytes.starts_with("\r\n")) start = 2;
  const auto from = std::max(start, scanned < 3 ? 0 : scanned - 3);
  const auto end = bytes.find("\r\n\r\n", from);
  if (end == std::string_view::npos || end + 4 > limits.bytes) {
    if (end == std::string_view::npos && bytes.size() <= limits.bytes) {
      scanned = bytes.size();
      return 0;
    }
    if (bytes.substr(0, limits.bytes).find('\n', start) == std::string_view::npos)
      return std::unexpected(Refusal{414, "The request line is too long."});
    return std::unexpected(Refusal{431, "The headers are larger than this server takes."});
  }
  head.clear();
  if (auto refusal = parse_lines(bytes.substr(start, end + 2 - start), limits, head))
    return std::unexpected(std::move(*refusal));
  return end + 4;
}

Result<void> parse_target(std::string_view target, Request& request) {
  const auto question = target.find('?');
  request.path = target.substr(0, question);
  request.parameters.clear();
  auto query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  while (!query.empty()) {
    const auto ampersand = query.find('&');
    const auto pair = query.substr(0, ampersand);
    query = ampersand == std::string_view::npos ? std::string_view{} : query.substr(ampersand + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = decode_parameter(pair.substr(0, equals));
    if (!name) return std::unexpected(std::move(name).error());
    auto value = decode_parameter(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!value) {
      value.error().pointer = *name;
      return std::unexpected(std::move(value).error());
    }
    request.parameters.push_back({std::move(*name), std::move(*value)});
  }
  return {};
}

std::optional<Refusal> ChunkDecoder::size_digit(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') digit = lower(c) - 'a' + 10;
  if (digit >= 0) {
    if (++digits_ > 15) return refuse(400, "A chunk size is not a number we can count to.");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return std::nullopt;
  }
  if (digits_ == 0) return refuse(400, "A chunk does not start with its size.");
  if (c == '\r') {
    state_ = State::kSizeLf;
  } else if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::kExtension;
  } else {
    return refuse(400, "A chunk size is not hexadecimal.");
  }
  return std::nullopt;
}

/// Everything but payload: one character moves the state on.
std::optional<Refusal> ChunkDecoder::control(char c) {
  const auto broken = [] { return refuse(400, "A chunked body is not framed by CR LF."); };
  ++line_;
  switch (state_) {
    case State::kSize:
      if (line_ > kMostChunkLine) return refuse(400, "A chunk line is too long.");
      return size_digit(c);
    case State::kExtension:
      if (line_ > kMostChunkLine) return refuse(400, "A chunk line is too long.");
      if (c == '\r')
        state_ = State::kSizeLf;
      else if (!is_value_char(c))
        return broken();
      return std::nullopt;
    case State::kSizeLf:
      if (c != '\n') return broken();
      line_ = 0;
      digits_ = 0;
      state_ = left_ == 0 ? State::kTrailerStart : State::kData;
      return std::nullopt;
    case State::kDataCr:
      if (c != '\r') return broken();
      state_ = State::kDataLf;
      return std::nullopt;
    case State::kDataLf:
      if (c != '\n') return broken();
      line_ = 0;
      state_ = State::kSize;
      return std::nullopt;
    case State::kTrailerStart:
    case State::kTrailer:
      if (line_ > kMostTrailers) return refuse(431, "The trailers are larger than this server takes.");
      if (c == '\r')
        state_ = state_ == State::kTrailerStart ? State::kEndLf : State::kTrailerLf;
      else if (!is_value_char(c))
        return broken();
      else
        state_ = State::kTrailer;
      return std::nullopt;
    case State::kTrailerLf:
      if (c != '\n') return broken();
      state_ = State::kTrailerStart;
      return std::nullopt;
    case State::kEndLf:
      if (c != '\n') return broken();
      state_ = State::kDone;
      return std::nullopt;
    case State::kData:
    case State::kDone:
      return std::nullopt;
  }
  return std::nullopt;
}

std::expected<ChunkDecoder::Step, Refusal> ChunkDecoder::feed(char* data, std::size_t size) {
  Step step;
  while (step.used < size && state_ != State::kDone) {
    if (state_ != State::kData) {
      if (auto refusal = control(data[step.used++])) return std::unexpected(std::move(*refusal));
      continue;
    }
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size - step.used));
    std::memmove(data + step.produced, data + step.used, take);
    step.produced += take;
    step.used += take;
    left_ -= take;
    if (left_ == 0) state_ = State::kDataCr;
  }
  return step;
}

}  // namespace horad::edge
