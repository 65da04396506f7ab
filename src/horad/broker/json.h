// SPDX-License-Identifier: Apache-2.0
// Small JSON documents as values that can be changed: subscriptions, query bodies, answers of discovery. Entities do
// not pass here.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::broker {

namespace json = boost::json;

inline constexpr std::string_view kNull = "urn:ngsi-ld:null";  // NGSI-LD's way to write "remove this"

inline constexpr std::string_view kFromRequest = "urn:ngsi-ld:request";  // "the header of this name of the request"

inline constexpr std::size_t kMostDocument = 1u << 20;  // bytes of a subscription, a registration, a query
inline constexpr std::size_t kMostBody = 16u << 20;     // bytes of any body

/// Parses one document of at most `most` bytes and 32 levels.   errors  kInvalidRequest; kTooLarge
Result<json::value> parse_json(std::string_view text, std::size_t most = kMostDocument);
/// The same, and it must be an object.
Result<json::object> parse_json_object(std::string_view text, std::size_t most = kMostDocument);

std::string to_text(const json::value& value);

/// JSON null, or the text that stands for it.
bool is_null(const json::value& value) noexcept;

inline std::string_view text_of(const json::string& text) noexcept { return {text.data(), text.size()}; }

}  // namespace horad::broker
