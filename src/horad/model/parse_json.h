// SPDX-License-Identifier: Apache-2.0
// What context.cc and the parse files share: places in a JSON text, and minified copies of parts of it. Not for other
// rooms.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::model::detail {

using Json = simdjson::dom::element;
using JsonType = simdjson::dom::element_type;

inline constexpr std::string_view kNgsiLdNull = "urn:ngsi-ld:null";
inline constexpr std::size_t kDeepestJson = 64;

/// The way from the top of a JSON text to one value: links on the stack, turned into a JSON Pointer only when something
/// is wrong. `up` and `key` belong to the callers.
struct Path {
  const Path* up = nullptr;
  std::string_view key = {};
  std::size_t index = kNoIndex;
  static constexpr std::size_t kNoIndex = static_cast<std::size_t>(-1);
};
std::string pointer_to(const Path* path);

std::unexpected<Error> refuse(const Path& at, std::string detail, ErrorCode code = ErrorCode::kBadRequestData);

enum class JsonNulls { kRefuse, kAllow };

/// Writes `json` without blanks: every character of texts, all bits of integers, doubles as the shortest text of the
/// same value. Errors: kBadRequestData for null (unless allowed), integers above 2^63 - 1, or more than kDeepestJson
/// levels.
Result<void> append_minified(std::string& out, Json json, const Path& at, JsonNulls nulls = JsonNulls::kRefuse,
                             std::size_t depth = 0);

/// What went wrong in simdjson, for a person. Code kInvalidRequest.
std::unexpected<Error> not_json(simdjson::error_code error);

inline std::string_view text_of(Json json) noexcept { return json.get_string().value_unsafe(); }

}  // namespace horad::model::detail
