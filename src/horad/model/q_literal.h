// SPDX-License-Identifier: Apache-2.0
// The values written in a q filter, and how a value of an entity compares with them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "horad/base/time.h"
#include "horad/model/q_json.h"

namespace horad::model::q {

enum class TimeKind : std::uint8_t { kDateTime, kDate, kTimeOfDay };

/// A time on one line: a date as its midnight, a time of day on 1970-01-01.
struct TimeValue {
  TimeKind kind = TimeKind::kDateTime;
  Timestamp at{};
};
/// Reads `2026-11-22T07:30:00Z`, `2026-11-22` or `07:30:00Z`. Allocates only for text that looks like one and is none.
std::optional<TimeValue> read_time(std::string_view text);

enum class LiteralKind : std::uint8_t { kBool, kNumber, kText, kUri, kTime };

struct Literal {
  LiteralKind kind = LiteralKind::kText;
  bool truth = false;
  Number number;
  std::string text;  // kText, kUri
  TimeValue time;
};

/// What is written without quotes: a number, true, false, a time, a URI. None when it is nothing of these.
std::optional<Literal> read_bare_literal(std::string_view text);
/// What is written in quotes; `raw` includes them. None when an escape is broken.
std::optional<Literal> read_quoted_literal(std::string_view raw);

/// A value of an entity on its way through a comparison. The text belongs to the document or to the caller's buffer.
struct Subject {
  enum class Kind : std::uint8_t { kBool, kNumber, kText, kRawText, kTime, kArray, kOther };
  Kind kind = Kind::kOther;
  bool truth = false;
  Number number;
  std::string_view text;  // kText: the text; kRawText: a JSON string with quotes; kArray: JSON
  TimeValue time;
};
/// What raw JSON means: {"@type": ..., "@value": v} is v, and a time when the type says so; other objects and null are
/// kOther.
Subject subject_of_json(std::string_view json);

/// Unordered when the types do not agree, or differ without an order (true and false, two URIs). Arrays are unordered.
std::partial_ordering compare(const Subject& subject, const Literal& literal);

}  // namespace horad::model::q
