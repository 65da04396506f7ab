// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <cassert>

#include "horad/base/text.h"
#include "horad/edge/eight_bytes.h"
#include "horad/edge/http.h"

namespace horad::edge {
namespace {

constexpr std::size_t kMethods = 7;
constexpr std::array<std::string_view, kMethods> kMethodNames = {"GET",   "HEAD",   "POST",   "PUT",
                                                                 "PATCH", "DELETE", "OPTIONS"};

constexpr std::size_t index_of(Method method) { return static_cast<std::size_t>(method); }

/// One segment of the patterns. Literal children win over `{name}`, and that over `{name...}`.
struct Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // few: a scan is quicker than a tree
  std::unique_ptr<Node> one;                                            // {name}
  std::unique_ptr<Node> rest;                                           // {name...}
  std::array<Handler, kMethods> handlers;

  const Node* literal(std::string_view segment) const {
    for (const auto& [text, node] : literals) {
      if (text == segment) return node.get();
    }
    return nullptr;
  }
  bool has_any() const {
    for (const auto& handler : handlers) {
      if (handler) return true;
    }
    return false;
  }
};

using Captures = std::array<std::string_view, 16>;  // views into the path; patterns are ours and have fewer

struct Match {
  const Node* node = nullptr;
  bool by_rest = false;  // {name...} took what no other pattern knows
  Captures captures{};
  std::size_t count = 0;
};

/// `path` starts with '/' or is empty, which means that all segments are used up.
bool match(const Node& node, std::string_view path, Match& found) {
  if (path.empty() || (path == "/" && node.has_any())) {  // a slash at the end names the same resource
    if (!node.has_any()) return false;
    found.node = &node;
    return true;
  }
  const auto end = path.find('/', 1);
  const auto segment = path.substr(1, end == std::string_view::npos ? end : end - 1);
  const auto left = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  if (const Node* literal = node.literal(segment); literal != nullptr && match(*literal, left, found)) return true;
  // An empty name, as in /entities//attrs, is one that its handler refuses; at the end it is a slash too many.
  if (node.one && (!segment.empty() || left.size() > 1)) {
    found.captures[found.count++] = segment;
    if (match(*node.one, left, found)) return true;
    --found.count;
  }
  if (!node.rest) return false;
  found.captures[found.count++] = path.substr(1);
  found.node = node.rest.get();
  found.by_rest = true;
  return true;
}

std::string allowed_methods(const Node& node) {
  std::string out;
  for (std::size_t i = 0; i < kMethods; ++i) {
    const bool given = node.handlers[i] || i == index_of(Method::kOptions) ||
                       (i == index_of(Method::kHead) && node.handlers[index_of(Method::kGet)]);
    if (!given) continue;
    if (!out.empty()) out += ", ";
    out += kMethodNames[i];
  }
  return out;
}

Response answer_options(const Node& node) { return {.status = 204, .headers = {{"Allow", allowed_methods(node)}}}; }

Response refuse_method(const Node& node, Method method) {
  Response response = problem(
      {ErrorCode::kMethodNotAllowed, std::string{kMethodNames[index_of(method)]} + " is not possible here.", {}});
  response.headers.emplace_back("Allow", allowed_methods(node));
  return response;
}

Response unknown_path() { return problem({ErrorCode::kNotFound, "There is no resource at this path.", {}}); }

const Handler* handler_of(const Node& node, Method method) {
  const Handler& exact = node.handlers[index_of(method)];
  if (exact) return &exact;
  const Handler& get = node.handlers[index_of(Method::kGet)];
  return method == Method::kHead && get ? &get : nullptr;
}

/// Most segments are plain ASCII: nothing to decode, nothing to check.
bool is_plain(std::string_view text) {
  return all_fine(
      text, [](std::uint64_t word) { return (word & kHighs) | equal(word, '%'); },
      [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '%'; });
}

Result<void> decode_captures(const Match& found, Request& request) {
  request.captures.resize(found.count);
  for (std::size_t i = 0; i < found.count; ++i) {
    if (is_plain(found.captures[i])) {
      request.captures[i] = found.captures[i];
      continue;
    }
    auto text = base::percent_decode(found.captures[i]);
    if (!text) {
      text.error().pointer = "path";
      return std::unexpected(std::move(text).error());
    }
    request.captures[i] = std::move(*text);
  }
  return {};
}

std::unique_ptr<Node>& literal_child(Node& node, std::string_view segment) {
  for (auto& [text, child] : node.literals) {
    if (text == segment) return child;
  }
  return node.literals.emplace_back(segment, nullptr).second;
}

boost::asio::awaitable<Response> ready(Response response) { co_return response; }

}  // namespace

struct Router::State {
  Node root;
};

Router::Router() : state_(std::make_unique<State>()) {}
Router::~Router() = default;

void Router::add(Method method, std::string_view pattern, Handler handler) {
  assert(pattern.starts_with('/') && handler);
  Node* node = &state_->root;
  while (!pattern.empty()) {
    const auto end = pattern.find('/', 1);
    const auto segment = pattern.substr(1, end == std::string_view::npos ? end : end - 1);
    pattern = end == std::string_view::npos ? std::string_view{} : pattern.substr(end);
    const bool named = segment.starts_with('{') && segment.ends_with('}');
    const bool takes_rest = named && segment.ends_with("...}");
    assert(!takes_rest || pattern.empty());
    auto& child = named ? (takes_rest ? node->rest : node->one) : literal_child(*node, segment);
    if (!child) child = std::make_unique<Node>();
    node = child.get();
  }
  assert(!node->handlers[index_of(method)]);
  node->handlers[index_of(method)] = std::move(handler);
}

/// No coroutine itself: a request that has a handler costs no frame here.
boost::asio::awaitable<Response> Router::handle(Request& request) const {
  Match found;
  if (!match(state_->root, request.path, found)) return ready(unknown_path());
  const Handler* handler = handler_of(*found.node, request.method);
  if (handler == nullptr && found.by_rest) return ready(unknown_path());
  if (handler == nullptr && request.method == Method::kOptions) return ready(answer_options(*found.node));
  if (handler == nullptr) return ready(refuse_method(*found.node, request.method));
  if (auto decoded = decode_captures(found, request); !decoded) return ready(problem(decoded.error()));
  return (*handler)(request);
}

}  // namespace horad::edge
