// SPDX-License-Identifier: Apache-2.0
// Reads JSON text in place, without building anything: what a query needs of a compound value. The text should be valid
// JSON; damaged text gives wrong answers ("no such member") but never a read outside of it. Nesting costs no stack.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace horad::model::q {

enum class JsonType : std::uint8_t { kNone, kNull, kBool, kNumber, kString, kArray, kObject };

/// By the first character; kNone for empty text and for what begins no JSON value. `value` has no leading blanks.
JsonType json_type(std::string_view value) noexcept;

/// A number that keeps all 64 bits of an integer.
struct Number {
  bool integer = true;
  std::int64_t whole = 0;  // when `integer`
  double real = 0;         // when not
  double as_double() const noexcept { return integer ? static_cast<double>(whole) : real; }
};
/// By value, exactly: 2^53 + 1 as an integer is more than 2^53 as a double. Unordered only with NaN.
std::partial_ordering compare(const Number& a, const Number& b) noexcept;
/// Reads all of `text` as a JSON number; integers beyond 64 bits become doubles. None when it is not one or not finite.
std::optional<Number> read_number(std::string_view text) noexcept;

/// The values of an array or the members of an object, one after another: `while (items.next()) use(items.value());`
class JsonItems {
 public:
  /// `container` is an array or object; anything else has no items.
  explicit JsonItems(std::string_view container) noexcept;
  bool next() noexcept;
  std::string_view value() const noexcept { return value_; }  // the raw text of the value
  std::string_view key() const noexcept { return key_; }      // objects: raw, with its quotes and escapes

 private:
  const char* at_;
  const char* end_;
  std::string_view key_;
  std::string_view value_;
  bool object_ = false;
};

/// True when the JSON string `raw` (with its quotes) says `text`. Nothing is allocated.
bool json_string_equals(std::string_view raw, std::string_view text) noexcept;
/// What the JSON string `raw` (with its quotes) says: a view into `raw` when nothing is escaped, else into `buffer`.
std::string_view json_string(std::string_view raw, std::string& buffer);

/// The raw value of a member; the first of that name. None when `value` is no object or has no such member.
std::optional<std::string_view> json_member(std::string_view value, std::string_view name) noexcept;
/// The raw value at `index`. None when `value` is no array or is shorter.
std::optional<std::string_view> json_element(std::string_view value, std::size_t index) noexcept;

}  // namespace horad::model::q
