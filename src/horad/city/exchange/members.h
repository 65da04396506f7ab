// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "horad/base/text.h"

namespace horad::city::exchange {

/// Appends `,"member":"text"` to a JSON object under construction; nothing when `text` is empty.
inline void append_text_member(std::string& out, std::string_view member, std::string_view text) {
  if (text.empty()) return;
  out += ",\"";
  out += member;
  out += "\":";
  base::append_json_string(out, text);
}

}  // namespace horad::city::exchange
