// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::base {

bool is_utf8(std::string_view text) noexcept;  // strict: no overlong forms, surrogates, or above U+10FFFF

/// RFC 3986 percent-decoding; `+` stays `+`. Errors: kInvalidRequest for a broken escape or a result that is not UTF-8.
Result<std::string> percent_decode(std::string_view text);
/// Escapes all but unreserved characters.
std::string percent_encode(std::string_view text);

/// What `reference` means where `base`, an absolute http or https URL, is the document it stands in (RFC 3986, 5.2;
/// dots in paths are left as they are). Absolute references, of any scheme, answer themselves.
std::string resolve_url(std::string_view base, std::string_view reference);

/// Writes `text` as a JSON string, quotes included; control characters, quote and backslash are escaped, the rest is as
/// it came.
void append_json_string(std::string& out, std::string_view text);
/// Writes the shortest decimal that reads back to the same double; never NaN or infinity, which the caller must not
/// have.
void append_json_number(std::string& out, double value);

/// Lower-case of ASCII letters only.
std::string to_lower(std::string_view text);
std::string_view trim(std::string_view text) noexcept;  // ASCII blanks off both ends

}  // namespace horad::base
