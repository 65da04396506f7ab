// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/http.h"

namespace horad::edge {
namespace {

bool equals_lower(std::string_view text, std::string_view lower_case) noexcept {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower_case[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers) {
    if (equals_lower(name, lower_case_name)) return value;
  }
  return {};
}

const Parameter* Request::find(std::string_view name) const noexcept {
  for (const auto& parameter : parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

}  // namespace horad::edge
