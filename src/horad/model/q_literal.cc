// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q_literal.h"

#include <algorithm>
#include <array>

namespace horad::model::q {
namespace {

constexpr auto kUnordered = std::partial_ordering::unordered;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Digits where `shape` has 0, the same character elsewhere.
bool has_shape(std::string_view text, std::string_view shape) noexcept {
  return text.size() >= shape.size() && std::ranges::equal(text.substr(0, shape.size()), shape, [](char c, char s) {
           return s == '0' ? is_digit(c) : c == s;
         });
}

constexpr std::string_view kDateShape = "0000-00-00";
constexpr std::string_view kTimeShape = "00:00:00";
constexpr std::size_t kMostTimeBytes = 32;

/// Reads `before` + `text` + `after` as one time.
std::optional<Timestamp> read_joined(std::string_view before, std::string_view text, std::string_view after) {
  std::array<char, kMostTimeBytes + 16> joined;
  char* end = joined.data();
  for (const std::string_view part : {before, text, after}) end = std::ranges::copy(part, end).out;
  const auto at = base::parse_time({joined.data(), static_cast<std::size_t>(end - joined.data())});
  return at ? std::optional(*at) : std::nullopt;
}

/// An absolute or relative URI: it begins with a letter, so that nothing that failed to be a number or a time is one.
bool is_uri(std::string_view text) noexcept {
  if (text.empty() || !(is_letter(text.front()) || text.front() == '_' || text.front() < 0)) return false;
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7F || std::string_view("\"<>\\^`{}").find(c) != std::string_view::npos;
  });
}

Literal time_literal(TimeValue time) {
  return {.kind = LiteralKind::kTime, .truth = false, .number = {}, .text = {}, .time = time};
}

bool is_broken_escape(std::string_view body) noexcept {
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (static_cast<unsigned char>(body[i]) < 0x20) return true;
    if (body[i] != '\\') continue;
    ++i;
    if (i == body.size() || std::string_view(R"("\/bfnrtu)").find(body[i]) == std::string_view::npos) return true;
    if (body[i] != 'u') continue;
    if (body.size() - i < 5) return true;
    const auto hex = body.substr(i + 1, 4);
    if (hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) return true;
  }
  return false;
}

std::partial_ordering compare_texts(const Subject& subject, std::string_view text) {
  if (subject.kind == Subject::Kind::kText) return subject.text <=> text;
  if (json_string_equals(subject.text, text)) return std::partial_ordering::equivalent;
  std::string buffer;
  return json_string(subject.text, buffer) <=> text;
}

std::partial_ordering compare_times(const Subject& subject, const TimeValue& time) {
  TimeValue own = subject.time;
  if (subject.kind != Subject::Kind::kTime) {
    const bool raw = subject.kind == Subject::Kind::kRawText;
    const auto read = read_time(raw ? subject.text.substr(1, subject.text.size() - 2) : subject.text);
    if (!read) return kUnordered;
    own = *read;
  }
  return own.kind == time.kind ? std::partial_ordering(own.at <=> time.at) : kUnordered;
}

/// A typed value of JSON-LD; kOther when it is an ordinary object.
Subject subject_of_object(std::string_view json) {
  const auto value = json_member(json, "@value");
  if (!value || json_type(*value) == JsonType::kObject) return {};
  Subject subject = subject_of_json(*value);
  if (subject.kind != Subject::Kind::kRawText) return subject;
  const auto type = json_member(json, "@type");
  if (!type) return subject;
  std::string buffer;
  const std::string_view name = json_string(*type, buffer);
  if (!name.ends_with("DateTime") && !name.ends_with("Date") && !name.ends_with("Time") && !name.ends_with("dateTime"))
    return subject;
  const auto time = read_time(subject.text.substr(1, subject.text.size() - 2));
  if (time) {
    subject.kind = Subject::Kind::kTime;
    subject.time = *time;
  }
  return subject;
}

}  // namespace

std::optional<TimeValue> read_time(std::string_view text) {
  if (text.size() > kMostTimeBytes) return std::nullopt;
  std::optional<Timestamp> at;
  TimeKind kind = TimeKind::kDateTime;
  if (has_shape(text, kDateShape)) {
    if (text.size() > kDateShape.size()) {
      if (text[kDateShape.size()] != 'T' || text.back() != 'Z') return std::nullopt;
      at = read_joined({}, text, {});
    } else {
      kind = TimeKind::kDate;
      at = read_joined({}, text, "T00:00:00Z");
    }
  } else if (has_shape(text, kTimeShape)) {
    kind = TimeKind::kTimeOfDay;
    at = read_joined("1970-01-01T", text, text.back() == 'Z' ? "" : "Z");
  }
  return at ? std::optional(TimeValue{kind, *at}) : std::nullopt;
}

std::optional<Literal> read_bare_literal(std::string_view text) {
  Literal literal;
  if (text == "true" || text == "false") {
    literal.kind = LiteralKind::kBool;
    literal.truth = text == "true";
    return literal;
  }
  if (const auto number = read_number(text)) {
    literal.kind = LiteralKind::kNumber;
    literal.number = *number;
    return literal;
  }
  if (const auto time = read_time(text)) return time_literal(*time);
  if (!is_uri(text)) return std::nullopt;
  literal.kind = LiteralKind::kUri;
  literal.text = text;
  return literal;
}

std::optional<Literal> read_quoted_literal(std::string_view raw) {
  if (raw.size() < 2 || is_broken_escape(raw.substr(1, raw.size() - 2))) return std::nullopt;
  Literal literal;
  std::string buffer;
  literal.text = json_string(raw, buffer);
  return literal;
}

Subject subject_of_json(std::string_view json) {
  Subject subject;
  switch (json_type(json)) {
    case JsonType::kBool:
      subject.kind = Subject::Kind::kBool;
      subject.truth = json.front() == 't';
      break;
    case JsonType::kNumber:
      if (const auto number = read_number(json)) {
        subject.kind = Subject::Kind::kNumber;
        subject.number = *number;
      }
      break;
    case JsonType::kString:
      if (json.size() < 2) break;
      subject.kind = Subject::Kind::kRawText;
      subject.text = json;
      break;
    case JsonType::kArray:
      subject.kind = Subject::Kind::kArray;
      subject.text = json;
      break;
    case JsonType::kObject:
      return subject_of_object(json);
    case JsonType::kNull:
    case JsonType::kNone:
      break;
  }
  return subject;
}

std::partial_ordering compare(const Subject& subject, const Literal& literal) {
  using Kind = Subject::Kind;
  const bool text = subject.kind == Kind::kText || subject.kind == Kind::kRawText;
  switch (literal.kind) {
    case LiteralKind::kBool:
      return subject.kind == Kind::kBool && subject.truth == literal.truth ? std::partial_ordering::equivalent
                                                                           : kUnordered;
    case LiteralKind::kNumber:
      return subject.kind == Kind::kNumber ? compare(subject.number, literal.number) : kUnordered;
    case LiteralKind::kText:
      return text ? compare_texts(subject, literal.text) : kUnordered;
    case LiteralKind::kUri:
      return text && compare_texts(subject, literal.text) == 0 ? std::partial_ordering::equivalent : kUnordered;
    case LiteralKind::kTime:
      return text || subject.kind == Kind::kTime ? compare_times(subject, literal.time) : kUnordered;
  }
  return kUnordered;
}

}  // namespace horad::model::q
