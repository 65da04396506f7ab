// SPDX-License-Identifier: Apache-2.0
// A slow, obvious twin of the filter: entities and conditions as plain trees, judged by walking them. Random ones of
// both are written out, as a document and as text, and must be judged the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <regex>

#include "horad/base/text.h"
#include "horad/model/q.h"
#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::PlainResolver;

struct Plain {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kText, kArray, kObject } kind = Kind::kNull;
  bool truth = false;
  int number = 0;  // quarters, so that doubles are exact
  std::string text;
  std::vector<Plain> items;
  std::vector<std::string> keys;  // of objects, one for each item
};

Plain text_of(std::string text) {
  Plain p;
  p.kind = Plain::Kind::kText;
  p.text = std::move(text);
  return p;
}

struct PlainAttribute {
  std::string name;
  AttributeKind kind = AttributeKind::kProperty;
  Plain value;
  std::string dataset;
  std::string unit;
  std::optional<int> observed;  // seconds
  std::vector<PlainAttribute> subs;
};

struct PlainTerm {
  std::vector<std::string> path;
  std::vector<std::string> keys;
  std::string op;  // empty: existence
  bool range = false;
  std::vector<Plain> values;
  std::string pattern;
};

struct PlainNode {
  char op = 't';  // t, ;, |
  PlainTerm term;
  std::vector<PlainNode> children;
};

// ---- the judge

bool is_text(const Plain& p) { return p.kind == Plain::Kind::kText; }

std::optional<int> order(const Plain& value, const Plain& literal) {
  if (value.kind != literal.kind) return std::nullopt;
  if (value.kind == Plain::Kind::kNumber) return value.number - literal.number;
  if (is_text(value)) return value.text.compare(literal.text);
  if (value.kind == Plain::Kind::kBool && value.truth == literal.truth) return 0;
  return std::nullopt;
}

bool equal_to_any(const PlainTerm& t, const Plain& value) {
  if (t.range) {
    const auto low = order(value, t.values[0]);
    const auto high = order(value, t.values[1]);
    return low && high && *low >= 0 && *high <= 0;
  }
  return std::ranges::any_of(t.values, [&](const Plain& l) { return order(value, l) == 0; });
}

bool judge_one(const PlainTerm& t, const Plain& value) {
  if (t.op.empty()) return true;
  if (t.op == "==") return equal_to_any(t, value);
  if (t.op == "!=") return !equal_to_any(t, value);
  if (t.op == "~=" || t.op == "!~=") {
    return is_text(value) && std::regex_search(value.text, std::regex(t.pattern)) == (t.op == "~=");
  }
  const auto o = order(value, t.values[0]);
  if (!o) return false;
  if (t.op == ">") return *o > 0;
  if (t.op == ">=") return *o >= 0;
  return t.op == "<" ? *o < 0 : *o <= 0;
}

bool judge_array(const PlainTerm& t, const std::vector<Plain>& items) {
  const auto one = [&](const Plain& item) { return judge_one(t, item); };
  if (t.op.empty()) return true;
  if (t.op == "==" || t.op == "~=") return std::ranges::any_of(items, one);
  return (t.op == "!=" || t.op == "!~=") && std::ranges::all_of(items, one);
}

bool judge_value(const PlainTerm& t, const Plain& value) {
  return value.kind == Plain::Kind::kArray ? judge_array(t, value.items) : judge_one(t, value);
}

const Plain* below(const Plain& value, const std::string& key) {
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    if (value.keys[i] == key) return &value.items[i];
  }
  const bool digits = std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; });
  if (value.kind != Plain::Kind::kArray || !digits || std::stoul(key) >= value.items.size()) return nullptr;
  return &value.items[std::stoul(key)];
}

bool judge_languages(const PlainTerm& t, const Plain& map) {
  std::vector<bool> answers;
  for (std::size_t i = 0; i < map.keys.size(); ++i) {
    if (t.keys.empty() || t.keys[0] == "*" || t.keys[0] == map.keys[i]) answers.push_back(judge_value(t, map.items[i]));
  }
  if (answers.empty() || t.keys.size() > 1) return false;
  const bool all = t.op == "!=" || t.op == "!~=";
  return all ? std::ranges::count(answers, false) == 0 : std::ranges::count(answers, true) > 0;
}

bool judge_attribute(const PlainTerm& t, const PlainAttribute& a) {
  if (a.kind == AttributeKind::kLanguageProperty) return judge_languages(t, a.value);
  if (a.kind == AttributeKind::kRelationship)
    return t.keys.empty() && (t.op.empty() || t.op == "==" || t.op == "!=") && judge_value(t, a.value);
  const Plain* value = &a.value;
  for (const std::string& key : t.keys) {
    value = below(*value, key);
    if (value == nullptr) return false;
  }
  return judge_value(t, *value);
}

bool judge_path(const PlainTerm& t, std::size_t step, const PlainAttribute& a) {
  if (step == t.path.size()) return judge_attribute(t, a);
  const std::string& name = t.path[step];
  if (name == "unitCode") {
    return !a.unit.empty() && judge_one(t, text_of(a.unit));
  }
  return std::ranges::any_of(a.subs, [&](const auto& sub) { return sub.name == name && judge_path(t, step + 1, sub); });
}

bool judge(const PlainNode& n, const std::vector<PlainAttribute>& entity) {
  const auto child = [&](const PlainNode& c) { return judge(c, entity); };
  if (n.op == ';') return std::ranges::all_of(n.children, child);
  if (n.op == '|') return std::ranges::any_of(n.children, child);
  return std::ranges::any_of(entity,
                             [&](const auto& a) { return a.name == n.term.path[0] && judge_path(n.term, 1, a); });
}

// ---- chance

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  bool once_in(int n) { return below(n) == 0; }
  std::string one_of(std::initializer_list<std::string_view> texts) {
    return std::string(*(texts.begin() + below(static_cast<int>(texts.size()))));
  }

  std::string word() { return one_of({"red", "green", "r\"e\\d", "grün", "", "a", "b", "reed", "tab\there"}); }
  std::string name() { return one_of({"a", "b", "c", "d"}); }
  std::string key() { return one_of({"x", "y", "en", "be", "0", "1", "*"}); }

  Plain scalar() {
    Plain p;
    p.kind = static_cast<Plain::Kind>(1 + below(3));
    p.truth = once_in(2);
    p.number = below(9) - 4;
    if (p.kind == Plain::Kind::kText) p.text = word();
    return p;
  }
  Plain value(int depth) {
    if (depth == 0 || !once_in(3)) return once_in(12) ? Plain{} : scalar();
    Plain p;
    p.kind = once_in(2) ? Plain::Kind::kArray : Plain::Kind::kObject;
    for (int i = below(4); i > 0; --i) {
      if (p.kind == Plain::Kind::kObject) {
        const std::string k = key();
        if (std::ranges::find(p.keys, k) != p.keys.end()) continue;
        p.keys.push_back(k);
      }
      p.items.push_back(value(depth - 1));
    }
    return p;
  }
  Plain languages() {
    Plain p;
    p.kind = Plain::Kind::kObject;
    for (const std::string tag : {"en", "be"}) {
      if (once_in(3)) continue;
      Plain text = text_of(word());
      if (once_in(3)) {
        text.kind = Plain::Kind::kArray;
        text.items = {text_of(word()), text_of(word())};
      }
      p.keys.push_back(tag);
      p.items.push_back(text);
    }
    return p;
  }
  PlainAttribute attribute(int depth) {
    PlainAttribute a;
    a.name = name();
    a.value = value(3);
    if (a.value.kind == Plain::Kind::kNull) a.value = scalar();
    if (once_in(6)) {
      a.kind = AttributeKind::kLanguageProperty;
      a.value = languages();
    } else if (once_in(6)) {
      a.kind = AttributeKind::kRelationship;
      a.value = text_of(one_of({"urn:a", "urn:b"}));
    }
    if (once_in(3)) a.unit = one_of({"KMH", "CEL"});
    for (int i = depth == 0 ? 0 : below(3); i > 0; --i) {
      PlainAttribute sub = attribute(depth - 1);
      if (std::ranges::find(a.subs, sub.name, &PlainAttribute::name) == a.subs.end()) a.subs.push_back(sub);
    }
    return a;
  }
  std::vector<PlainAttribute> entity() {
    std::vector<PlainAttribute> all;
    for (int i = 1 + below(5); i > 0; --i) {
      PlainAttribute a = attribute(2);
      if (std::ranges::find(all, a.name, &PlainAttribute::name) != all.end())
        a.dataset = fmt::format("urn:{}", all.size());
      all.push_back(a);
    }
    return all;
  }
  Plain literal() {
    Plain p = scalar();
    if (once_in(5)) p = text_of(one_of({"urn:a", "urn:b"}));
    return p;
  }
  PlainTerm term() {
    PlainTerm t;
    t.path.push_back(name());
    while (once_in(4)) t.path.push_back(name());
    const bool unit = once_in(12);
    if (unit) t.path.emplace_back("unitCode");
    while (!unit && once_in(3)) t.keys.push_back(key());
    t.op = one_of({"", "==", "!=", "==", "!=", ">", ">=", "<", "<=", "~=", "!~="});
    if (t.op.ends_with("~=")) {
      t.pattern = one_of({"^r", "e+d", "n$", "(red|b)", "\"", "."});
    } else if (t.op == "==" || t.op == "!=") {
      for (int i = 1 + below(3); i > 0; --i) t.values.push_back(literal());
      make_range(t);
    } else if (!t.op.empty()) {
      do t.values = {literal()};
      while (t.values[0].kind == Plain::Kind::kBool);
    }
    return t;
  }
  void make_range(PlainTerm& t) {
    const bool able =
        t.values.size() == 2 && t.values[0].kind == t.values[1].kind && t.values[0].kind != Plain::Kind::kBool;
    if (!able || once_in(3)) return;
    t.range = true;
    if (*order(t.values[0], t.values[1]) > 0) std::swap(t.values[0], t.values[1]);
  }
  PlainNode node(int depth) {
    PlainNode n;
    if (depth == 0 || once_in(2)) {
      n.term = term();
      return n;
    }
    n.op = once_in(2) ? ';' : '|';
    for (int i = 2 + below(2); i > 0; --i) n.children.push_back(node(depth - 1));
    return n;
  }

 private:
  std::mt19937_64 engine_;
};

// ---- writing out

std::string number_text(int quarters) {
  return quarters % 4 == 0 ? std::to_string(quarters / 4) : fmt::format("{}", quarters / 4.0);
}

std::string json(const Plain& p) {
  std::string out;
  switch (p.kind) {
    case Plain::Kind::kNull:
      return "null";
    case Plain::Kind::kBool:
      return p.truth ? "true" : "false";
    case Plain::Kind::kNumber:
      return number_text(p.number);
    case Plain::Kind::kText:
      base::append_json_string(out, p.text);
      return out;
    case Plain::Kind::kArray:
      for (const Plain& item : p.items) out += (out.empty() ? "" : ",") + json(item);
      return "[" + out + "]";
    case Plain::Kind::kObject:
      for (std::size_t i = 0; i < p.keys.size(); ++i) {
        out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",", p.keys[i], json(p.items[i]));
      }
      return "{" + out + "}";
  }
  return out;
}

Value to_value(const Plain& p) {
  switch (p.kind) {
    case Plain::Kind::kBool:
      return p.truth;
    case Plain::Kind::kNumber:
      return p.number % 4 == 0 ? Value(std::int64_t{p.number / 4}) : Value(p.number / 4.0);
    case Plain::Kind::kText:
      return p.text;
    case Plain::Kind::kNull:
    case Plain::Kind::kArray:
    case Plain::Kind::kObject:
      break;
  }
  return JsonText{json(p)};
}

Attribute to_attribute(const PlainAttribute& p, PlainResolver& names) {
  Attribute a = testing::attribute(names(p.name), p.kind, to_value(p.value));
  a.dataset_id = p.dataset;
  a.unit_code = p.unit;
  for (const PlainAttribute& sub : p.subs) a.sub_attributes.push_back(to_attribute(sub, names));
  return a;
}

std::string write(const PlainTerm& t) {
  std::string out = fmt::format("{}", fmt::join(t.path, "."));
  if (!t.keys.empty()) out += fmt::format("[{}]", fmt::join(t.keys, "."));
  out += t.op;
  if (t.op.ends_with("~=")) {
    std::string pattern = t.pattern;
    if (pattern == "\"") pattern = "\\\"";
    return out + "\"" + pattern + "\"";
  }
  for (std::size_t i = 0; i < t.values.size(); ++i) {
    const bool uri =
        t.values[i].text.starts_with("urn:") && !t.range && t.op.ends_with("=") && t.op[0] != '<' && t.op[0] != '>';
    out += i == 0 ? "" : t.range ? ".." : ",";
    out += uri ? t.values[i].text : json(t.values[i]);
  }
  return out;
}

std::string write(const PlainNode& n, char around = 0) {
  if (n.op == 't') return write(n.term);
  std::string out;
  for (const PlainNode& child : n.children) out += (out.empty() ? "" : std::string(1, n.op)) + write(child, n.op);
  return around == ';' && n.op == '|' ? "(" + out + ")" : out;
}

TEST(QTwin, AgreesOnRandomEntitiesAndConditions) {
  Names names;
  PlainResolver resolver(names);
  int held = 0;
  constexpr int kRounds = 6'000;
  for (int round = 0; round < kRounds; ++round) {
    Chance chance(static_cast<std::uint64_t>(round));
    const auto plain = chance.entity();
    std::vector<Attribute> attributes;
    for (const auto& a : plain) attributes.push_back(to_attribute(a, resolver));
    const std::string bytes = encode(testing::entity("urn:e", {resolver("T")}, attributes));
    for (int i = 0; i < 4; ++i) {
      const PlainNode node = chance.node(2);
      const std::string q = write(node);
      const auto filter = QFilter::parse(q, resolver);
      ASSERT_TRUE(filter) << q << ": " << filter.error().detail;
      const bool want = judge(node, plain);
      ASSERT_EQ((*filter)->matches(DocumentView(bytes)), want) << "seed " << round << ": " << q;
      held += want ? 1 : 0;
      for (const NameId needed : (*filter)->required_attributes()) {
        ASSERT_TRUE(!want || std::ranges::find(attributes, needed, &Attribute::name) != attributes.end()) << q;
      }
    }
  }
  EXPECT_GT(held, kRounds / 4);  // the test would be idle if nearly nothing held
}

bool value_fits(const QFact& fact, const Value& value) {
  if (std::holds_alternative<JsonText>(value)) return true;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&fact.value)) {
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr && std::ranges::find(*texts, *text) != texts->end();
  }
  const auto& range = std::get<QFact::NumberRange>(fact.value);
  const auto inside = [&](double v) { return v >= range.low && v <= range.high; };
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return inside(static_cast<double>(*whole));
  const auto* real = std::get_if<double>(&value);
  return real != nullptr && inside(*real);
}

TEST(QTwin, FactsHoldForEveryMatch) {
  Names names;
  PlainResolver resolver(names);
  int checked = 0;
  for (int round = 0; round < 20'000; ++round) {
    Chance chance(static_cast<std::uint64_t>(round) + 1'000'000);
    std::vector<Attribute> attributes;
    for (const auto& a : chance.entity()) attributes.push_back(to_attribute(a, resolver));
    const std::string bytes = encode(testing::entity("urn:e", {resolver("T")}, attributes));
    for (int i = 0; i < 4; ++i) {
      const std::string q = write(chance.node(1));
      const auto filter = *QFilter::parse(q, resolver);
      if (!filter->matches(DocumentView(bytes))) continue;
      for (const QFact& fact : filter->facts()) {
        const auto fits = [&](const Attribute& a) { return a.name == fact.attribute && value_fits(fact, a.value); };
        EXPECT_TRUE(std::ranges::any_of(attributes, fits)) << q;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 100);
}

}  // namespace
}  // namespace horad::model
