// SPDX-License-Identifier: Apache-2.0
#include "horad/model/id_pattern.h"

namespace horad::model {
namespace {

/// The literal text after `^`. Cut before the first special character, and before a character that a repetition sign
/// follows. An alternative anywhere means that nothing is sure.
std::string literal_prefix(std::string_view pattern) {
  if (!pattern.starts_with('^') || pattern.find('|') != std::string_view::npos) return {};
  pattern.remove_prefix(1);
  auto length = pattern.find_first_of(R"(\^$.[]()*+?{})");
  if (length == std::string_view::npos) return std::string(pattern);
  const bool repeated = std::string_view("*?{+").find(pattern[length]) != std::string_view::npos;
  if (repeated && length > 0) {
    do --length;  // the repeated character may be of several bytes
    while (length > 0 && (static_cast<unsigned char>(pattern[length]) & 0xC0) == 0x80);
  }
  return std::string(pattern.substr(0, length));
}

}  // namespace

Result<std::shared_ptr<const IdPattern>> IdPattern::parse(std::string_view pattern) {
  if (pattern.empty()) return fail(ErrorCode::kBadRequestData, "The idPattern is empty.", "idPattern");
  auto compiled = q::TextPattern::parse(pattern);
  if (!compiled) {
    Error error = std::move(compiled).error();
    error.pointer = "idPattern";
    return std::unexpected(std::move(error));
  }
  return std::shared_ptr<const IdPattern>(new IdPattern(std::move(*compiled), literal_prefix(pattern)));
}

bool IdPattern::matches(std::string_view id) const { return id.starts_with(prefix_) && pattern_.found_in(id); }

}  // namespace horad::model
