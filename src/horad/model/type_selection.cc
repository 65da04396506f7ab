// SPDX-License-Identifier: Apache-2.0
#include "horad/model/type_selection.h"

#include <fmt/format.h>

#include <algorithm>

namespace horad::model {
namespace {

using Alternative = std::vector<NameId>;
using Alternatives = std::vector<Alternative>;

class TypeParser {
 public:
  TypeParser(std::string_view text, NameResolver& names) : text_(text), names_(names) {}

  Result<Alternatives> parse() {
    auto all = parse_or(0);
    if (!all) return all;
    if (at_ != text_.size()) return wrong("a closing parenthesis without an opening one");
    return all;
  }

 private:
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kBadRequestData, fmt::format("The type selection has {} at character {}.", what, at_ + 1),
                "type");
  }
  static std::unexpected<Error> too_much(std::string_view what) {
    return fail(ErrorCode::kTooComplexQuery, fmt::format("The type selection {}", what), "type");
  }
  bool take(std::string_view any_of) {
    if (at_ == text_.size() || any_of.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }
  static std::size_t names_in(const Alternatives& all) {
    std::size_t sum = 0;
    for (const auto& one : all) sum += one.size();
    return sum;
  }

  Result<Alternatives> parse_or(std::size_t depth) {
    auto all = parse_and(depth);
    while (all && take(",|")) {
      auto more = parse_and(depth);
      if (!more) return more;
      std::ranges::move(*more, std::back_inserter(*all));
      if (names_in(*all) > TypeSelection::kMostNames) return too_much("names too many types.");
    }
    return all;
  }

  Result<Alternatives> parse_and(std::size_t depth) {
    auto all = parse_one(depth);
    while (all && take(";")) {
      const auto more = parse_one(depth);
      if (!more) return more;
      all = both(*all, *more);
    }
    return all;
  }

  /// Every alternative of `left` with every one of `right`.
  static Result<Alternatives> both(const Alternatives& left, const Alternatives& right) {
    if (names_in(left) * right.size() + names_in(right) * left.size() > TypeSelection::kMostNames) {
      return too_much("has too many combinations; use fewer alternatives under `;`.");
    }
    Alternatives all;
    for (const auto& a : left) {
      for (const auto& b : right) {
        Alternative joined;
        std::ranges::set_union(a, b, std::back_inserter(joined));
        all.push_back(std::move(joined));
      }
    }
    return all;
  }

  Result<Alternatives> parse_one(std::size_t depth) {
    if (!take("(")) return parse_name();
    if (depth == TypeSelection::kMostDepth) return too_much("is nested too deeply.");
    auto inside = parse_or(depth + 1);
    if (inside && !take(")")) return wrong("no closing parenthesis");
    return inside;
  }

  Result<Alternatives> parse_name() {
    const auto end = std::min(text_.find_first_of(",|;()", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    if (name.empty()) return wrong("no type name");
    if (name == "*") return wrong("a `*`, which must stand alone,");
    const auto id = names_.resolve_type(name);
    if (!id) return std::unexpected(id.error());
    at_ = end;
    return Alternatives{{*id}};
  }

  std::string_view text_;
  NameResolver& names_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::shared_ptr<const TypeSelection>> TypeSelection::parse(std::string_view text, NameResolver& names) {
  if (text.size() > kMostBytes) {
    return fail(ErrorCode::kTooComplexQuery, fmt::format("A type selection may have at most {} bytes.", kMostBytes),
                "type");
  }
  std::shared_ptr<TypeSelection> selection(new TypeSelection());
  if (text == "*") {
    selection->any_ = true;
    return selection;
  }
  auto all = TypeParser(text, names).parse();
  if (!all) return std::unexpected(std::move(all).error());
  std::ranges::sort(*all);
  const auto doubles = std::ranges::unique(*all);
  all->erase(doubles.begin(), doubles.end());
  selection->alternatives_ = std::move(*all);
  return selection;
}

std::shared_ptr<const TypeSelection> TypeSelection::any_of(std::span<const std::shared_ptr<const TypeSelection>> all) {
  std::shared_ptr<TypeSelection> selection(new TypeSelection());
  for (const auto& one : all) {
    selection->any_ = selection->any_ || one->any_;
    selection->alternatives_.insert(selection->alternatives_.end(), one->alternatives_.begin(),
                                    one->alternatives_.end());
  }
  if (selection->any_) selection->alternatives_.clear();
  std::ranges::sort(selection->alternatives_);
  const auto doubles = std::ranges::unique(selection->alternatives_);
  selection->alternatives_.erase(doubles.begin(), doubles.end());
  return selection;
}

std::shared_ptr<const TypeSelection> TypeSelection::of(NameId type) {
  std::shared_ptr<TypeSelection> selection(new TypeSelection());
  selection->alternatives_ = {{type}};
  return selection;
}

bool TypeSelection::matches(DocumentView document) const noexcept {
  if (any_) return true;
  return std::ranges::any_of(alternatives_, [&](const Alternative& all) {
    return std::ranges::all_of(all, [&](NameId type) { return document.has_type(type); });
  });
}

}  // namespace horad::model
