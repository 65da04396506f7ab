// SPDX-License-Identifier: Apache-2.0
#include "horad/model/scope_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace horad::model {

struct ScopeQuery::Node {
  enum class Kind : std::uint8_t { kScope, kAnd, kOr };
  Kind kind = Kind::kScope;
  std::string scope;           // kScope: "/level/+/level", without the `#`
  bool below = false;          // kScope: `#` stood at its end
  std::vector<Node> children;  // kAnd, kOr: two or more
};

namespace {

/// Takes the first level off `scope`, which begins with a slash.
std::string_view take_level(std::string_view& scope) noexcept {
  scope.remove_prefix(1);
  const auto end = std::min(scope.find('/'), scope.size());
  const auto level = scope.substr(0, end);
  scope.remove_prefix(end);
  return level;
}

bool is_scope(std::string_view scope, std::string_view wanted, bool below) noexcept {
  while (!wanted.empty()) {
    if (scope.empty()) return false;
    const auto level = take_level(wanted);
    if (const auto own = take_level(scope); level != "+" && level != own) return false;
  }
  return below || scope.empty();
}

bool is_level(std::string_view level) noexcept {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
  };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return level == "+" || (!level.empty() && letter(level.front()) && std::ranges::all_of(level, inner));
}

/// Recursive descent; Node is the tree's, which only ScopeQuery can name.
template <class Node>
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> parse() {
    auto root = parse_list(0, Node::Kind::kOr);
    if (root && at_ != text_.size()) return wrong("`;`, `,`, `|` or the end is expected");
    return root;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kBadRequestData, fmt::format("The scope query is wrong at character {}: {}.", at_ + 1, what),
                "scopeQ");
  }
  static std::unexpected<Error> too_much(std::string_view what, std::size_t most) {
    return fail(ErrorCode::kTooComplexQuery,
                fmt::format("The scope query has too many {}; at most {} are allowed.", what, most), "scopeQ");
  }
  bool take(std::string_view any_of) noexcept {
    if (at_ == text_.size() || any_of.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  /// Alternatives of conjunctions, or a conjunction of scopes and groups.
  Result<Node> parse_list(std::size_t depth, Node::Kind kind) {
    const bool any = kind == Node::Kind::kOr;
    auto first = any ? parse_list(depth, Node::Kind::kAnd) : parse_one(depth);
    if (!first) return first;
    Node list;
    list.kind = kind;
    list.children.push_back(std::move(*first));
    while (take(any ? ",|" : ";")) {
      auto more = any ? parse_list(depth, Node::Kind::kAnd) : parse_one(depth);
      if (!more) return more;
      list.children.push_back(std::move(*more));
    }
    if (list.children.size() > 1) return list;
    Node only = std::move(list.children.front());
    return only;
  }

  Result<Node> parse_one(std::size_t depth) {
    if (!take("(")) return parse_scope();
    if (depth == ScopeQuery::kMostDepth) return too_much("nested parentheses", ScopeQuery::kMostDepth);
    auto inside = parse_list(depth + 1, Node::Kind::kOr);
    if (inside && !take(")")) return wrong("a closing parenthesis is expected");
    return inside;
  }

  Result<Node> parse_scope() {
    if (++terms_ > ScopeQuery::kMostTerms) return too_much("scopes", ScopeQuery::kMostTerms);
    Node node;
    take("/");
    do {
      const auto end = std::min(text_.find_first_of("/;,|()", at_), text_.size());
      const auto level = text_.substr(at_, end - at_);
      if (level == "#") {
        at_ = end;
        node.below = true;
        return node;
      }
      if (!is_level(level)) return wrong("a scope is levels such as /district/+/#, each beginning with a letter");
      node.scope.append("/").append(level);
      at_ = end;
    } while (take("/"));
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
};

template <class Node>
bool holds(const Node& node, std::span<const std::string_view> scopes) {
  const auto child_holds = [&](const Node& child) { return holds(child, scopes); };
  switch (node.kind) {
    case Node::Kind::kScope:
      return std::ranges::any_of(scopes, [&](std::string_view one) { return is_scope(one, node.scope, node.below); });
    case Node::Kind::kAnd:
      return std::ranges::all_of(node.children, child_holds);
    case Node::Kind::kOr:
      return std::ranges::any_of(node.children, child_holds);
  }
  return false;
}

}  // namespace

ScopeQuery::ScopeQuery(std::unique_ptr<const Node> root) : root_(std::move(root)) {}
ScopeQuery::~ScopeQuery() = default;

Result<std::shared_ptr<const ScopeQuery>> ScopeQuery::parse(std::string_view text) {
  if (text.size() > kMostBytes) {
    return fail(ErrorCode::kTooComplexQuery, fmt::format("A scope query may have at most {} bytes.", kMostBytes),
                "scopeQ");
  }
  auto root = Parser<Node>(text).parse();
  if (!root) return std::unexpected(std::move(root).error());
  return std::shared_ptr<const ScopeQuery>(new ScopeQuery(std::make_unique<const Node>(std::move(*root))));
}

bool ScopeQuery::matches(DocumentView document) const { return matches(document.scopes()); }

bool ScopeQuery::matches(std::span<const std::string_view> scopes) const {
  return !scopes.empty() && holds(*root_, scopes);
}

}  // namespace horad::model
