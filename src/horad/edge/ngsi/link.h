// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::edge::ngsi {

inline constexpr std::string_view kContextRelation = "http://www.w3.org/ns/json-ld#context";

/// The URL of the JSON-LD context in a Link header (RFC 8288), none when the header has no link of that relation.
///   errors   kInvalidRequest for a malformed header or more than one context
Result<std::optional<std::string>> context_link(std::string_view header);

/// The Link header that names `url` as the context of an answer.
std::string context_link_header(std::string_view url);

}  // namespace horad::edge::ngsi
