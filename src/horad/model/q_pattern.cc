// SPDX-License-Identifier: Apache-2.0
#include "horad/model/q_pattern.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace horad::model::q {
namespace {

constexpr std::int64_t kMostMemory = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options result;
  result.set_max_mem(kMostMemory);
  result.set_log_errors(false);
  result.set_never_capture(true);
  result.set_dot_nl(true);
  return result;
}

}  // namespace

TextPattern::TextPattern(std::unique_ptr<re2::RE2> pattern) noexcept : pattern_(std::move(pattern)) {}
TextPattern::TextPattern(TextPattern&&) noexcept = default;
TextPattern& TextPattern::operator=(TextPattern&&) noexcept = default;
TextPattern::~TextPattern() = default;

Result<TextPattern> TextPattern::parse(std::string_view pattern) {
  if (pattern.size() > kMostBytes) {
    return fail(ErrorCode::kTooComplexQuery,
                fmt::format("A pattern may have at most {} bytes; this one has {}.", kMostBytes, pattern.size()));
  }
  auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options());
  if (compiled->ok()) return TextPattern(std::move(compiled));
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    return fail(ErrorCode::kTooComplexQuery, "The pattern needs too much memory; use smaller repetition counts.");
  }
  return fail(ErrorCode::kBadRequestData, fmt::format("The pattern cannot be read: {}.", compiled->error()));
}

bool TextPattern::found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern_);
}

}  // namespace horad::model::q
