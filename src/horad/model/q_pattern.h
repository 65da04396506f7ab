// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "horad/base/result.h"

namespace re2 {
class RE2;
}

namespace horad::model::q {

/// A regular expression from outside: POSIX extended syntax and what RE2 adds to it (`\d`, `(?i)`, ...), no back
/// references. It is looked for anywhere in a text (anchor with `^` and `$`), in time linear in the text, with at most
/// about 1 MiB of memory whatever the expression. Immutable; any number of threads may use it at once.
class TextPattern {
 public:
  static constexpr std::size_t kMostBytes = 1024;
  ///   errors  kBadRequestData with RE2's reason; kTooComplexQuery above kMostBytes or when it compiles to too much
  static Result<TextPattern> parse(std::string_view pattern);
  TextPattern(TextPattern&&) noexcept;
  TextPattern& operator=(TextPattern&&) noexcept;
  ~TextPattern();
  bool found_in(std::string_view text) const;

 private:
  explicit TextPattern(std::unique_ptr<re2::RE2> pattern) noexcept;
  std::unique_ptr<re2::RE2> pattern_;
};

}  // namespace horad::model::q
