// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "horad/model/q_tree.h"

namespace horad::model {
namespace {

using q::Literal;
using q::LiteralKind;
using q::Member;
using q::Node;
using q::Operator;
using q::Term;
using NameList = std::vector<NameId>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void sort_unique(NameList& names) {
  std::ranges::sort(names);
  const auto doubles = std::ranges::unique(names);
  names.erase(doubles.begin(), doubles.end());
}

void collect(const Node& node, NameList& out) {
  if (node.kind == Node::Kind::kTerm && !node.term.hops.empty()) {
    out.push_back(node.term.hops.front().relationship);
  } else if (node.kind == Node::Kind::kTerm && node.term.path.front().member == Member::kNone) {
    out.push_back(node.term.path.front().name);
  }
  for (const Node& child : node.children) collect(child, out);
}

/// Ascending, each once: all of them for a conjunction, what all children want for an alternative.
NameList required_by(const Node& node) {
  NameList names;
  if (node.kind == Node::Kind::kNot) return names;
  if (node.kind == Node::Kind::kTerm) {
    collect(node, names);
    return names;
  }
  bool first = true;
  for (const Node& child : node.children) {
    const NameList more = required_by(child);
    NameList joined;
    if (node.kind == Node::Kind::kAnd || first) {
      std::ranges::set_union(names, more, std::back_inserter(joined));
    } else {
      std::ranges::set_intersection(names, more, std::back_inserter(joined));
    }
    names = std::move(joined);
    first = false;
  }
  return names;
}

/// The doubles at or beyond a number on either side: a 64-bit integer may lie between two.
double at_or_below(const q::Number& number) {
  const double near = number.as_double();
  return q::compare({false, 0, near}, number) > 0 ? std::nextafter(near, -kInfinity) : near;
}
double at_or_above(const q::Number& number) {
  const double near = number.as_double();
  return q::compare({false, 0, near}, number) < 0 ? std::nextafter(near, kInfinity) : near;
}

std::optional<QFact::NumberRange> number_range(const Term& term) {
  const auto is_number = [](const Literal& literal) { return literal.kind == LiteralKind::kNumber; };
  if (term.values.empty() || !std::ranges::all_of(term.values, is_number)) return std::nullopt;
  const q::Number& first = term.values.front().number;
  switch (term.op) {
    case Operator::kEqual: {
      QFact::NumberRange range{kInfinity, -kInfinity};
      for (const Literal& literal : term.values) {
        range.low = std::min(range.low, at_or_below(literal.number));
        range.high = std::max(range.high, at_or_above(literal.number));
      }
      return range;
    }
    case Operator::kGreater:
    case Operator::kGreaterEqual:
      return QFact::NumberRange{at_or_below(first), kInfinity};
    case Operator::kLess:
    case Operator::kLessEqual:
      return QFact::NumberRange{-kInfinity, at_or_above(first)};
    case Operator::kExists:
    case Operator::kUnequal:
    case Operator::kPattern:
    case Operator::kNotPattern:
      break;
  }
  return std::nullopt;
}

std::optional<std::vector<std::string>> texts(const Term& term) {
  const auto is_text = [](const Literal& l) { return l.kind == LiteralKind::kText || l.kind == LiteralKind::kUri; };
  if (term.op != Operator::kEqual || term.range || !std::ranges::all_of(term.values, is_text)) return std::nullopt;
  std::vector<std::string> result;
  result.reserve(term.values.size());
  for (const Literal& literal : term.values) result.push_back(literal.text);
  return result;
}

void collect_facts(const Node& node, std::vector<QFact>& out) {
  if (node.kind == Node::Kind::kOr || node.kind == Node::Kind::kNot) return;
  for (const Node& child : node.children) collect_facts(child, out);
  const Term& term = node.term;
  if (node.kind != Node::Kind::kTerm || !term.hops.empty() || term.path.size() != 1 || !term.keys.empty() ||
      term.path[0].member != Member::kNone)
    return;
  if (const auto range = number_range(term)) out.push_back({term.path[0].name, *range});
  if (auto found = texts(term)) out.push_back({term.path[0].name, std::move(*found)});
}

void collect_links(const Node& node, LinkPath& out) {
  LinkPath* at = &out;
  for (const q::Hop& hop : node.term.hops) {
    const auto found = std::ranges::find(at->names, hop.relationship);
    const auto place = static_cast<std::size_t>(found - at->names.begin());
    if (found == at->names.end()) {
      at->names.push_back(hop.relationship);
      at->below.emplace_back();
    }
    at = &at->below[place];
  }
  for (const Node& child : node.children) collect_links(child, out);
}

}  // namespace

QFilter::QFilter(std::unique_ptr<const q::Tree> tree) : tree_(std::move(tree)) {
  required_ = required_by(tree_->root);
  collect_facts(tree_->root, facts_);
  NameList all;
  collect(tree_->root, all);
  has_attribute_ = !all.empty();
  collect_links(tree_->root, links_);
}
QFilter::~QFilter() = default;

Result<std::shared_ptr<const QFilter>> QFilter::parse(std::string_view text, NameResolver& names,
                                                      const QReading& reading) {
  if (text.size() > kMostBytes) {
    return fail(ErrorCode::kTooComplexQuery, fmt::format("The query q may have at most {} bytes.", kMostBytes), "q");
  }
  if (text.empty()) return fail(ErrorCode::kBadRequestData, "The query q is empty.", "q");
  auto tree = q::parse(text, names, reading);
  if (!tree) return std::unexpected(std::move(tree).error());
  return std::shared_ptr<const QFilter>(new QFilter(std::make_unique<const q::Tree>(std::move(*tree))));
}

bool QFilter::matches(DocumentView document) const { return q::matches(tree_->root, document, nullptr); }

bool QFilter::matches(DocumentView document, const LinkedDocuments& linked) const {
  return q::matches(tree_->root, document, &linked);
}

void QFilter::append_attributes(std::vector<NameId>& out) const {
  NameList all;
  collect(tree_->root, all);
  sort_unique(all);
  out.insert(out.end(), all.begin(), all.end());
}

}  // namespace horad::model
