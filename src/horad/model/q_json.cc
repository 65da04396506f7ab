// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q_json.h"

#include <charconv>
#include <cmath>

namespace horad::model::q {
namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void skip_blanks(const char*& at, const char* end) noexcept {
  while (at != end && is_blank(*at)) ++at;
}

/// `at` stands on a quote; afterwards behind the closing one.
void skip_string(const char*& at, const char* end) noexcept {
  for (++at; at != end; ++at) {
    if (*at == '"') {
      ++at;
      return;
    }
    if (*at != '\\') continue;
    ++at;
    if (at == end) return;
  }
}

void skip_value(const char*& at, const char* end) noexcept {
  std::size_t depth = 0;
  while (at != end) {
    const char c = *at;
    if (c == '"') {
      skip_string(at, end);
    } else if (c == '[' || c == '{') {
      ++depth;
      ++at;
      continue;
    } else if (c == ']' || c == '}') {
      if (depth == 0) return;
      --depth;
      ++at;
    } else if (depth == 0 && (c == ',' || c == ':' || is_blank(c))) {
      return;
    } else {
      ++at;
      continue;
    }
    if (depth == 0) return;
  }
}

unsigned hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return 16;
}

constexpr char32_t kDamagedRune = 0xFFFD;

char32_t read_hex4(const char*& at, const char* end) noexcept {
  if (end - at < 4) {
    at = end;
    return kDamagedRune;
  }
  char32_t rune = 0;
  for (int i = 0; i < 4; ++i, ++at) {
    const unsigned digit = hex_value(*at);
    if (digit > 15) return kDamagedRune;
    rune = rune * 16 + digit;
  }
  return rune;
}

/// Up to four bytes that one character or escape of a JSON string stands for.
struct Piece {
  char bytes[4];
  std::size_t size;
};

Piece utf8(char32_t rune) noexcept {
  const auto byte = [](char32_t v) { return static_cast<char>(static_cast<unsigned char>(v)); };
  if (rune < 0x80) return {{byte(rune)}, 1};
  if (rune < 0x800) return {{byte(0xC0 | (rune >> 6)), byte(0x80 | (rune & 0x3F))}, 2};
  if (rune < 0x10000) {
    return {{byte(0xE0 | (rune >> 12)), byte(0x80 | ((rune >> 6) & 0x3F)), byte(0x80 | (rune & 0x3F))}, 3};
  }
  return {{byte(0xF0 | (rune >> 18)), byte(0x80 | ((rune >> 12) & 0x3F)), byte(0x80 | ((rune >> 6) & 0x3F)),
           byte(0x80 | (rune & 0x3F))},
          4};
}

/// `at` stands behind `\u`.
Piece read_unicode_escape(const char*& at, const char* end) noexcept {
  const char32_t high = read_hex4(at, end);
  if (high < 0xD800 || high > 0xDFFF) return utf8(high);
  if (high > 0xDBFF || end - at < 6 || at[0] != '\\' || at[1] != 'u') return utf8(kDamagedRune);
  const char* ahead = at + 2;
  const char32_t low = read_hex4(ahead, end);
  if (low < 0xDC00 || low > 0xDFFF) return utf8(kDamagedRune);
  at = ahead;
  return utf8(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
}

/// The next character of a string body; `at` is not at its end.
Piece next_piece(const char*& at, const char* end) noexcept {
  const char c = *at++;
  if (c != '\\' || at == end) return {{c}, 1};
  const char escape = *at++;
  switch (escape) {
    case 'b':
      return {{'\b'}, 1};
    case 'f':
      return {{'\f'}, 1};
    case 'n':
      return {{'\n'}, 1};
    case 'r':
      return {{'\r'}, 1};
    case 't':
      return {{'\t'}, 1};
    case 'u':
      return read_unicode_escape(at, end);
    default:
      return {{escape}, 1};
  }
}

std::string_view body_of(std::string_view raw) noexcept {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return {};
  return raw.substr(1, raw.size() - 2);
}

std::partial_ordering compare_mixed(std::int64_t whole, double real) noexcept {
  if (std::isnan(real)) return std::partial_ordering::unordered;
  if (real >= 0x1p63) return std::partial_ordering::less;
  if (real < -0x1p63) return std::partial_ordering::greater;
  const double floor = std::floor(real);
  const auto order = whole <=> static_cast<std::int64_t>(floor);
  if (order != 0) return order;
  return real > floor ? std::partial_ordering::less : std::partial_ordering::equivalent;
}

}  // namespace

JsonType json_type(std::string_view value) noexcept {
  if (value.empty()) return JsonType::kNone;
  switch (value.front()) {
    case '{':
      return JsonType::kObject;
    case '[':
      return JsonType::kArray;
    case '"':
      return JsonType::kString;
    case 't':
    case 'f':
      return JsonType::kBool;
    case 'n':
      return JsonType::kNull;
    default:
      return value.front() == '-' || is_digit(value.front()) ? JsonType::kNumber : JsonType::kNone;
  }
}

std::partial_ordering compare(const Number& a, const Number& b) noexcept {
  if (a.integer && b.integer) return a.whole <=> b.whole;
  if (!a.integer && !b.integer) return a.real <=> b.real;
  if (a.integer) return compare_mixed(a.whole, b.real);
  const auto order = compare_mixed(b.whole, a.real);
  if (order == std::partial_ordering::less) return std::partial_ordering::greater;
  return order == std::partial_ordering::greater ? std::partial_ordering::less : order;
}

std::optional<Number> read_number(std::string_view text) noexcept {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !is_digit(digits.front()) || !is_digit(text.back())) return std::nullopt;
  if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) return std::nullopt;
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    Number number;
    const auto [stop, error] = std::from_chars(text.data(), end, number.whole);
    if (error == std::errc{} && stop == end) return number;
    if (error != std::errc::result_out_of_range) return std::nullopt;
  }
  const auto dot = text.find('.');
  if (dot != std::string_view::npos && !is_digit(text[dot + 1])) return std::nullopt;  // the last character is a digit
  Number number{.integer = false};
  const auto [stop, error] = std::from_chars(text.data(), end, number.real);
  if (stop != end || !std::isfinite(number.real)) return std::nullopt;
  if (error == std::errc{}) return number;
  const bool tiny = text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  if (!tiny) return std::nullopt;  // too large
  number.real = 0;
  return number;
}

JsonItems::JsonItems(std::string_view container) noexcept : at_(container.data()), end_(at_ + container.size()) {
  const JsonType type = json_type(container);
  object_ = type == JsonType::kObject;
  if (object_ || type == JsonType::kArray) {
    ++at_;
  } else {
    at_ = end_;
  }
}

bool JsonItems::next() noexcept {
  skip_blanks(at_, end_);
  if (at_ != end_ && *at_ == ',') ++at_;
  skip_blanks(at_, end_);
  if (at_ == end_ || *at_ == ']' || *at_ == '}') return false;
  if (object_) {
    const char* start = at_;
    skip_value(at_, end_);
    key_ = {start, static_cast<std::size_t>(at_ - start)};
    skip_blanks(at_, end_);
    if (at_ == end_ || *at_ != ':') return false;
    ++at_;
    skip_blanks(at_, end_);
  }
  const char* start = at_;
  skip_value(at_, end_);
  value_ = {start, static_cast<std::size_t>(at_ - start)};
  return !value_.empty();
}

bool json_string_equals(std::string_view raw, std::string_view text) noexcept {
  const std::string_view body = body_of(raw);
  if (raw.size() < 2) return false;
  if (body.find('\\') == std::string_view::npos) return body == text;
  if (body.size() < text.size()) return false;
  const char* at = body.data();
  const char* end = at + body.size();
  while (at != end) {
    const Piece piece = next_piece(at, end);
    if (!text.starts_with(std::string_view{piece.bytes, piece.size})) return false;
    text.remove_prefix(piece.size);
  }
  return text.empty();
}

std::string_view json_string(std::string_view raw, std::string& buffer) {
  const std::string_view body = body_of(raw);
  if (body.find('\\') == std::string_view::npos) return body;
  buffer.clear();
  const char* at = body.data();
  const char* end = at + body.size();
  while (at != end) {
    const Piece piece = next_piece(at, end);
    buffer.append(piece.bytes, piece.size);
  }
  return buffer;
}

std::optional<std::string_view> json_member(std::string_view value, std::string_view name) noexcept {
  if (json_type(value) != JsonType::kObject) return std::nullopt;
  JsonItems items(value);
  while (items.next()) {
    if (json_string_equals(items.key(), name)) return items.value();
  }
  return std::nullopt;
}

std::optional<std::string_view> json_element(std::string_view value, std::size_t index) noexcept {
  if (json_type(value) != JsonType::kArray) return std::nullopt;
  JsonItems items(value);
  for (std::size_t i = 0; items.next(); ++i) {
    if (i == index) return items.value();
  }
  return std::nullopt;
}

}  // namespace horad::model::q
