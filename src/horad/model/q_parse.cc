// SPDX-License-Identifier: Apache-2.0
// Recursive descent over the grammar of 4.9, as q.h describes it. Depth is bounded by QFilter::kMostDepth.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "horad/model/q.h"
#include "horad/model/q_tree.h"
#include "horad/model/type_selection.h"

namespace horad::model::q {
namespace {

constexpr std::string_view kEndOfName = "=!<>~;|()[]{},.\"";
constexpr std::string_view kEndOfIri = "=!<>~;|()[]{}\"";
constexpr std::string_view kEndOfValue = ",;|)";

struct Spelling {
  std::string_view text;
  Operator op;
};
constexpr std::array<Spelling, 8> kOperators{{
    // longer ones first
    {"!~=", Operator::kNotPattern},
    {"==", Operator::kEqual},
    {"!=", Operator::kUnequal},
    {">=", Operator::kGreaterEqual},
    {"<=", Operator::kLessEqual},
    {"~=", Operator::kPattern},
    {">", Operator::kGreater},
    {"<", Operator::kLess},
}};

Member member_of(std::string_view name) noexcept {
  if (name == "observedAt") return Member::kObservedAt;
  if (name == "createdAt") return Member::kCreatedAt;
  if (name == "modifiedAt") return Member::kModifiedAt;
  if (name == "unitCode") return Member::kUnitCode;
  return name == "datasetId" ? Member::kDatasetId : Member::kNone;
}
bool is_time(Member member) noexcept {
  return member == Member::kObservedAt || member == Member::kCreatedAt || member == Member::kModifiedAt;
}
bool is_equality(Operator op) noexcept { return op == Operator::kEqual || op == Operator::kUnequal; }

/// In quotes a backslash belongs to the pattern, but before a quote.
std::string unquote_pattern(std::string_view body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] == '\\' && i + 1 < body.size()) {
      if (body[i + 1] != '"') out.push_back('\\');
      ++i;
    }
    out.push_back(body[i]);
  }
  return out;
}

class Parser {
 public:
  Parser(std::string_view text, NameResolver& names, const QReading& reading)
      : text_(text), names_(names), reading_(reading) {}

  Result<Tree> parse() {
    auto root = parse_or(0);
    if (!root) return std::unexpected(std::move(root).error());
    if (!at_end()) return wrong("`;`, `|` or the end is expected");
    return Tree{std::move(*root)};
  }

 private:
  bool at_end() const noexcept { return at_ == text_.size(); }
  bool looking_at(std::string_view what) const noexcept { return text_.substr(at_).starts_with(what); }
  bool take(std::string_view what) noexcept {
    if (!looking_at(what)) return false;
    at_ += what.size();
    return true;
  }
  std::string_view take_until(std::string_view any_of) noexcept {
    const auto end = std::min(text_.find_first_of(any_of, at_), text_.size());
    const auto found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  std::unexpected<Error> wrong(std::string_view what) const {
    return fail(ErrorCode::kBadRequestData, fmt::format("The query q is wrong at character {}: {}.", at_ + 1, what),
                "q");
  }
  std::unexpected<Error> too_much(std::string_view what, std::size_t most) const {
    return fail(ErrorCode::kTooComplexQuery,
                fmt::format("The query q has too many {}; at most {} are allowed.", what, most), "q");
  }

  Result<Node> parse_or(std::size_t depth) {
    return parse_list(Node::Kind::kOr, "|", [this, depth] { return parse_and(depth); });
  }
  Result<Node> parse_and(std::size_t depth) {
    return parse_list(Node::Kind::kAnd, ";", [this, depth] { return parse_one(depth); });
  }
  template <class ParsePart>
  Result<Node> parse_list(Node::Kind kind, std::string_view separator, ParsePart parse_part) {
    auto first = parse_part();
    if (!first || !looking_at(separator)) return first;
    Node list{.kind = kind, .term = {}, .children = {}};
    list.children.push_back(std::move(*first));
    while (take(separator)) {
      auto more = parse_part();
      if (!more) return more;
      list.children.push_back(std::move(*more));
    }
    return list;
  }

  Result<Node> parse_absence() {
    auto inside = parse_term();
    if (!inside) return inside;
    if (inside->term.op != Operator::kExists) return wrong("behind `!` stands a path alone, which must not exist");
    Node node{.kind = Node::Kind::kNot, .term = {}, .children = {}};
    node.children.push_back(std::move(*inside));
    return node;
  }

  Result<Node> parse_one(std::size_t depth) {
    if (take("!")) return parse_absence();
    if (!take("(")) return parse_term();
    if (depth == QFilter::kMostDepth) return too_much("nested parentheses", QFilter::kMostDepth);
    auto inside = parse_or(depth + 1);
    if (inside && !take(")")) return wrong("a closing parenthesis is expected");
    return inside;
  }

  Result<Node> parse_term() {
    if (++terms_ > QFilter::kMostTerms) return too_much("conditions", QFilter::kMostTerms);
    Node node;
    if (auto done = parse_path(node.term); !done) return std::unexpected(std::move(done).error());
    if (auto done = parse_keys(node.term); !done) return std::unexpected(std::move(done).error());
    if (auto done = parse_condition(node.term); !done) return std::unexpected(std::move(done).error());
    return node;
  }

  Result<void> parse_path(Term& term) {
    do {
      if (term.path.size() == QFilter::kMostSteps) return too_much("steps in a path", QFilter::kMostSteps);
      if (!term.path.empty() && term.path.back().member != Member::kNone)
        return wrong("nothing stands below this member");
      if (auto done = parse_step(term); !done) return done;
    } while (take("."));
    return looking_at("{") ? parse_hop(term) : Result<void>{};
  }

  /// At `{`: the path that stood before it is the way to other entities, on which the term goes on.
  Result<void> parse_hop(Term& term) {
    if (term.path.size() != 1 || term.path.front().member != Member::kNone) {
      return wrong("only a relationship of an entity leads to others");
    }
    if (term.hops.size() == reading_.levels) {
      return wrong(reading_.levels == 0 ? "linked entities are asked only with join=flat or join=inline"
                                : "this asks for linked entities further away than joinLevel");
    }
    ++at_;
    term.hops.push_back({term.path.front().name, nullptr});
    const auto hop = term.hops.size() - 1;
    term.path.clear();
    if (auto done = parse_type_hint(term.hops[hop]); !done) return done;
    const auto start = at_;
    if (auto done = parse_path(term); !done) return done;
    if (auto done = parse_keys(term); !done) return done;
    const auto inside = text_.substr(start, at_ - start);
    if (!take("}")) return wrong("a closing brace is expected");
    const bool name_alone = hop + 1 == term.hops.size() && term.path.size() == 1 && term.keys.empty();
    if (!looking_at(".") || !name_alone || term.hops[hop].types) return {};
    ++at_;
    term.path.clear();
    if (auto done = read_type(inside, term.hops[hop]); !done) return done;
    return parse_path(term);
  }

  /// `Type:` in front of a path.
  Result<void> parse_type_hint(Hop& hop) {
    const auto end = text_.find_first_of(":=!<>~;|()[]{},.\"", at_);
    if (end == std::string_view::npos || text_[end] != ':' || text_.substr(end).starts_with("://")) return {};
    const auto type = text_.substr(at_, end - at_);
    at_ = end + 1;
    return read_type(type, hop);
  }

  Result<void> read_type(std::string_view text, Hop& hop) {
    auto types = TypeSelection::parse(text, names_);
    if (!types) return std::unexpected(located(std::move(types).error()));
    hop.types = std::move(*types);
    return {};
  }

  Result<void> parse_step(Term& term) {
    const auto start = at_;
    std::string_view name = take_until(kEndOfName);
    if (name.find("://") != std::string_view::npos) {
      at_ = start;
      name = take_until(kEndOfIri);
    }
    const bool blank =
        std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
    if (name.empty() || blank) {
      at_ = start;
      return wrong(name.empty() ? "the name of an attribute is expected"
                                : "names have no blanks, and none stand around them");
    }
    const Member member = member_of(name);
    const bool first = term.path.empty();
    if (member != Member::kNone && (!first || member == Member::kCreatedAt || member == Member::kModifiedAt)) {
      term.path.push_back({NameId{}, member});
      return {};
    }
    const auto id = names_.resolve_attribute(name);
    if (!id) return std::unexpected(located(id.error()));
    term.path.push_back({*id, Member::kNone});
    return {};
  }

  static Error located(Error error) {
    error.pointer = "q";
    return error;
  }

  Result<void> parse_keys(Term& term) {
    if (!take("[")) return {};
    if (term.path.back().member != Member::kNone) return wrong("nothing stands below this member");
    do {
      const std::string_view key = take_until(".[]\"");
      if (key.empty()) return wrong("the name of a member is expected");
      if (term.keys.size() + term.path.size() == QFilter::kMostSteps)
        return too_much("steps in a path", QFilter::kMostSteps);
      term.keys.emplace_back(key);
    } while (take("."));
    if (!take("]")) return wrong("a closing bracket is expected");
    if (looking_at(".") || looking_at("[")) return wrong("nothing stands behind the brackets");
    return {};
  }

  Result<void> parse_condition(Term& term) {
    if (at_end() || looking_at(";") || looking_at("|") || looking_at(")")) return {};
    const auto found = std::ranges::find_if(kOperators, [this](const Spelling& s) { return looking_at(s.text); });
    if (found == kOperators.end()) return wrong("an operator is expected: == != > >= < <= ~= !~=");
    at_ += found->text.size();
    term.op = found->op;
    if (term.op == Operator::kPattern || term.op == Operator::kNotPattern) return parse_pattern(term);
    return parse_values(term);
  }

  Result<void> parse_values(Term& term) {
    const auto start = at_;
    do {
      if (++values_ > QFilter::kMostValues) return too_much("values", QFilter::kMostValues);
      if (auto done = parse_value(term); !done) return done;
    } while (take(","));
    const bool single = term.values.size() == 1;
    if (term.range && term.values.size() != 2) {
      at_ = start;
      return wrong("a range does not stand in a list");
    }
    if (is_equality(term.op)) return {};
    if (!single) {
      at_ = start;
      return wrong("lists and ranges go with == and != only");
    }
    const LiteralKind kind = term.values.front().kind;
    if (kind == LiteralKind::kBool || kind == LiteralKind::kUri) {
      at_ = start;
      return wrong("true, false and URIs have no order");
    }
    return {};
  }

  /// One value, or a range, which counts as two.
  Result<void> parse_value(Term& term) {
    const auto start = at_;
    auto low = parse_literal(term);
    if (!low) return std::unexpected(std::move(low).error());
    if (!take("..")) {
      term.values.push_back(std::move(*low));
      return {};
    }
    auto high = parse_literal(term);
    if (!high) return std::unexpected(std::move(high).error());
    return add_range(term, std::move(*low), std::move(*high), start);
  }

  Result<void> add_range(Term& term, Literal low, Literal high, std::size_t start) {
    const auto refuse = [&](std::string_view why) -> Result<void> {
      at_ = start;
      return wrong(why);
    };
    if (!term.values.empty()) return refuse("a range does not stand in a list");
    const bool ordered =
        low.kind == LiteralKind::kNumber || low.kind == LiteralKind::kText || low.kind == LiteralKind::kTime;
    if (!ordered || low.kind != high.kind || low.time.kind != high.time.kind) {
      return refuse("the ends of a range are two numbers, two texts or two times");
    }
    if (compare_ends(low, high) > 0) return refuse("the range ends before it begins");
    term.range = true;
    term.values.push_back(std::move(low));
    term.values.push_back(std::move(high));
    return {};
  }

  static std::partial_ordering compare_ends(const Literal& low, const Literal& high) {
    if (low.kind == LiteralKind::kNumber) return compare(low.number, high.number);
    if (low.kind == LiteralKind::kTime) return low.time.at <=> high.time.at;
    return low.text <=> high.text;
  }

  /// `at_` stands on the opening quote; afterwards behind the closing one. Empty when there is none.
  std::string_view take_quoted() noexcept {
    const auto start = at_;
    for (auto i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        at_ = i + 1;
        return text_.substr(start, at_ - start);
      }
    }
    return {};
  }

  Result<Literal> parse_literal(const Term& term) {
    const auto start = at_;
    const bool quoted = looking_at("\"");
    auto literal = quoted ? read_quoted_literal(take_quoted()) : read_bare_literal(take_bare());
    if (!literal) {
      const bool missing = at_ == start;
      at_ = start;
      if (missing) return wrong(quoted ? "a closing quote is expected" : "a value is expected");
      return wrong(quoted ? "the text in quotes has an escape that JSON does not know, or a control character"
                          : "this is no number, true, false, UTC time or URI; texts stand in double quotes");
    }
    expand(term, *literal);
    if (quoted && is_time(term.path.back().member)) forgive_quotes(*literal);
    return std::move(*literal);
  }

  /// Of attributes in expandValues texts are terms of the @context.
  void expand(const Term& term, Literal& literal) const {
    if (literal.kind != LiteralKind::kText && literal.kind != LiteralKind::kUri) return;
    const Step& first = term.path.front();
    if (first.member == Member::kNone &&
        std::ranges::find(reading_.expand_values, first.name) != reading_.expand_values.end())
      literal.text = names_.expand(literal.text);
  }

  /// Times of the system are times and nothing else, so quotes around one do not make it a text.
  static void forgive_quotes(Literal& literal) {
    const auto time = read_time(literal.text);
    if (!time) return;
    literal = Literal{};
    literal.kind = LiteralKind::kTime;
    literal.time = *time;
  }

  /// Up to the end of the value, or to the dots of a range: only numbers and times have ranges without quotes.
  std::string_view take_bare() noexcept {
    const auto start = at_;
    std::string_view token = take_until(kEndOfValue);
    const bool ordered = !token.empty() && (token.front() == '-' || (token.front() >= '0' && token.front() <= '9'));
    if (ordered) token = token.substr(0, token.find(".."));
    at_ = start + token.size();
    return token;
  }

  Result<void> parse_pattern(Term& term) {
    if (++patterns_ > QFilter::kMostPatterns) return too_much("patterns", QFilter::kMostPatterns);
    const auto start = at_;
    std::string pattern;
    if (looking_at("\"")) {
      const std::string_view raw = take_quoted();
      if (raw.empty()) return wrong("a closing quote is expected");
      pattern = unquote_pattern(raw.substr(1, raw.size() - 2));
    } else {
      pattern = take_bare_pattern();
    }
    if (pattern.empty()) return wrong("a pattern is expected");
    auto compiled = TextPattern::parse(pattern);
    if (!compiled) {
      Error error = located(std::move(compiled).error());
      error.detail = fmt::format("The query q is wrong at character {}: {}", start + 1, error.detail);
      return std::unexpected(std::move(error));
    }
    term.pattern = std::move(*compiled);
    return {};
  }

  /// Up to `;`, or to `|` or `)` outside of the pattern's own brackets.
  std::string_view take_bare_pattern() noexcept {
    const auto start = at_;
    std::size_t depth = 0;
    bool in_class = false;
    for (; !at_end() && text_[at_] != ';'; ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        if (at_ + 1 < text_.size()) ++at_;
      } else if (in_class) {
        in_class = c != ']';
      } else if (c == '[') {
        in_class = true;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' || c == '|') {
        if (depth == 0) break;
        if (c == ')') --depth;
      }
    }
    return text_.substr(start, at_ - start);
  }

  std::string_view text_;
  NameResolver& names_;
  const QReading& reading_;
  std::size_t at_ = 0;
  std::size_t terms_ = 0;
  std::size_t values_ = 0;
  std::size_t patterns_ = 0;
};

}  // namespace

Result<Tree> parse(std::string_view text, NameResolver& names, const QReading& reading) {
  return Parser(text, names, reading).parse();
}

}  // namespace horad::model::q
