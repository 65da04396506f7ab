// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/projection.h"

#include <algorithm>

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::size_t kDeepest = 32;

class Parser {
 public:
  Parser(std::string_view text, std::string_view parameter) : text_(text), parameter_(parameter) {}

  Result<Projected> parse() {
    auto terms = parse_terms(0);
    if (terms && at_ < text_.size()) return wrong("has a closing brace too many");
    return terms;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kBadRequestData, "'" + parameter_ + "' " + std::string{what} + ".", parameter_);
  }
  bool take(char c) noexcept {
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Result<Projected> parse_terms(std::size_t depth) {
    Projected terms;
    do {
      auto term = parse_term(depth);
      if (!term) return std::unexpected(std::move(term).error());
      terms.push_back(std::move(*term));
    } while (take(',') || take('|'));
    return terms;
  }

  Result<ProjectionTerm> parse_term(std::size_t depth) {
    const auto end = std::min(text_.find_first_of(",|{}", at_), text_.size());
    ProjectionTerm term{std::string{base::trim(text_.substr(at_, end - at_))}, {}};
    at_ = end;
    if (term.name.empty()) return wrong("has an empty name");
    if (++names_ > kMostProjected) return wrong("has more than " + std::to_string(kMostProjected) + " names");
    if (!take('{')) return term;
    if (depth == kDeepest) return wrong("has more than " + std::to_string(kDeepest) + " levels");
    auto linked = parse_terms(depth + 1);
    if (!linked) return std::unexpected(std::move(linked).error());
    if (!take('}')) return wrong("lacks a closing brace");
    term.linked = std::move(*linked);
    return term;
  }

  std::string_view text_;
  std::string parameter_;
  std::size_t at_ = 0;
  std::size_t names_ = 0;
};

}  // namespace

Result<Projected> parse_projection(std::string_view text, std::string_view parameter) {
  if (text.empty()) return Projected{};
  return Parser{text, parameter}.parse();
}

std::size_t depth_of(const Projected& terms) noexcept {
  std::size_t deepest = 0;
  for (const auto& term : terms) {
    if (!term.linked.empty()) deepest = std::max(deepest, 1 + depth_of(term.linked));
  }
  return deepest;
}

}  // namespace horad::edge::ngsi
