// SPDX-License-Identifier: Apache-2.0
// The compiled terms of one @context: pure look-ups on text. Context (context.h) adds interned names and memory.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "horad/base/result.h"

namespace horad::model {
class ContextSource;
}

namespace horad::model::detail {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

struct Term {
  std::string iri;
  bool prefix = false;  // may stand before a colon
};

/// The terms a caller gave; the core ones are always there on top of them.
class Terms {
 public:
  Terms() = default;
  using Map = std::unordered_map<std::string, Term, TextHash, std::equal_to<>>;
  explicit Terms(Map terms);
  std::string expand(std::string_view term) const;
  std::string compact(std::string_view iri) const;

 private:
  Map terms_;
  std::unordered_map<std::string, std::string, TextHash, std::equal_to<>> by_iri_;  // the shortest term of each IRI
  std::vector<std::pair<std::string, std::string>> prefixes_;                       // IRI, term
};

struct Compiled {
  Terms terms;
  std::string json;       // the caller's text, minified
  std::string url;        // see Context::url()
  bool core_only = true;  // nothing but core contexts, or nothing at all
};

/// See Context::make().
Result<Compiled> compile_terms(std::string_view json, ContextSource* source);
/// See Context::check_document().
Result<void> check_document(std::string_view text);

}  // namespace horad::model::detail
