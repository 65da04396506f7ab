// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/json.h"

#include <boost/json/src.hpp>

namespace horad::broker {

Result<json::value> parse_json(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    return fail(ErrorCode::kTooLarge, "The document is larger than " + std::to_string(most >> 20) + " MiB.");
  }
  json::error_code trouble;
  auto value = json::parse({text.data(), text.size()}, trouble);
  if (trouble) return fail(ErrorCode::kInvalidRequest, "The body is not JSON: " + trouble.message() + ".");
  return value;
}

Result<json::object> parse_json_object(std::string_view text, std::size_t most) {
  auto value = parse_json(text, most);
  if (!value) return std::unexpected(std::move(value).error());
  if (!value->is_object()) return fail(ErrorCode::kInvalidRequest, "The body is not a JSON object.");
  return std::move(value->get_object());
}

std::string to_text(const json::value& value) { return json::serialize(value); }

bool is_null(const json::value& value) noexcept {
  return value.is_null() || (value.is_string() && text_of(value.get_string()) == kNull);
}

}  // namespace horad::broker
