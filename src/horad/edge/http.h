// SPDX-License-Identifier: Apache-2.0
// One HTTP exchange as the rest of `edge` sees it: parsed, bounded, and free of the server's types.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"

namespace horad::edge {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

struct Parameter {
  std::string name;   // percent-decoded
  std::string value;  // percent-decoded
};

/// Lives until the handler has answered. Views point into the connection's buffer.
class Request {
 public:
  Method method = Method::kGet;
  std::string_view path;              // as sent, without query
  std::vector<std::string> captures;  // of `{name}` in the route, percent-decoded, in order
  std::vector<Parameter> parameters;  // of the query string, in order
  std::string_view body;
  /// First value of the header of this lower-case name; empty when there is none.
  std::string_view header(std::string_view lower_case_name) const noexcept;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // names as sent
  bool has_length = false;  // Content-Length was given (411 is decided by the route)
  const Parameter* find(std::string_view name) const noexcept;
};

struct Response {
  int status = 200;
  std::string content_type = {};  // empty: none
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::string cause = {};  // why a 5xx is answered: for the log, never sent
};

/// The one place where an Error becomes HTTP: RFC 9457 problem details, with the NGSI-LD error type where one fits.
Response problem(const Error& error);

using Handler = std::function<boost::asio::awaitable<Response>(Request& request)>;

/// Routes by method and path. `pattern` is literal segments and `{name}` for one segment; a trailing `{name...}` takes
/// the rest; a slash at the end makes no difference. A known path with another method answers 405 with Allow, an
/// unknown path 404; HEAD goes where GET goes. A path that only a `{name...}` takes counts as unknown for other
/// methods.
class Router {
 public:
  Router();
  ~Router();
  void add(Method method, std::string_view pattern, Handler handler);
  /// Fills request.captures. Never fails: unknown paths and methods answer with a problem.
  boost::asio::awaitable<Response> handle(Request& request) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::edge
