// SPDX-License-Identifier: Apache-2.0
// Pieces that the entity, GeoJSON and temporal representations share. Not for other rooms.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "horad/model/represent.h"

namespace horad::model::detail {

std::string_view quoted_value_member(AttributeKind kind) noexcept;

/// For words of the standard, which need no escapes.
inline void append_quoted(std::string& out, std::string_view word) {
  out += '"';
  out += word;
  out += '"';
}

void append_types(std::string& out, std::span<const NameId> types, const Context& context);  // a text or an array
void append_scopes(std::string& out, std::span<const std::string_view> scopes);              // a text or an array

}  // namespace horad::model::detail
