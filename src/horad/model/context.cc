// SPDX-License-Identifier: Apache-2.0
#include "horad/model/context.h"

#include <fmt/format.h>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "horad/base/text.h"
#include "horad/model/context_cache.h"
#include "horad/model/context_core.h"
#include "horad/model/context_terms.h"

namespace horad::model {
namespace {

constexpr std::size_t kCoreSlots = 16'384;
constexpr std::size_t kUserSlots = 2'048;
constexpr std::size_t kMostNameBytes = 2'048;

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// A code point above ASCII that is a letter of some script. Blanks, punctuation, symbols, controls, private use and
/// what is not assigned to a script are not; the blocks are those of Unicode 15.
bool is_foreign_letter(char32_t c) noexcept {
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c < 0x2000) return c != 0xd7 && c != 0xf7 && c != 0x1680 && !(c >= 0x180b && c <= 0x180f);
  if (c < 0x2c00) return c >= 0x2071 && c <= 0x218f && !(c >= 0x20a0 && c <= 0x20ff) && c != 0x208d && c != 0x208e;
  if (c < 0x2e00) return true;
  if (c < 0x3005) return false;
  if (c < 0xd800) return c != 0x3164 && !(c >= 0x3008 && c <= 0x3020) && c != 0x3030;
  if (c < 0xf900) return false;
  if (c < 0xfe00) return c != 0xfd3e && c != 0xfd3f;
  if (c < 0xfe70) return false;
  if (c < 0xff00) return c != 0xfeff;
  if (c < 0xfff0) return c >= 0xff21 && c != 0xffa0 && !(c >= 0xff5b && c <= 0xff65) && c < 0xffe0;
  return c >= 0x10000 && c < 0x1f000 ? true : c >= 0x20000 && c < 0xe0000;
}

/// Length of the letter or digit above ASCII at the front of `text` (valid UTF-8), or 0.
std::size_t foreign_letter(std::string_view text) noexcept {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (text.size() < size) return 0;
  char32_t c = first & (0xffu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) c = (c << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  return is_foreign_letter(c) ? size : 0;
}

/// A letter, then letters, digits and `_`. `text` is valid UTF-8.
bool is_plain_name(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (is_letter(c) || (i > 0 && (is_digit(c) || c == '_'))) {
      ++i;
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      const auto size = foreign_letter(text.substr(i));
      if (size == 0) return false;
      i += size;
    } else {
      return false;
    }
  }
  return !text.empty();
}

/// What is left of an IRI behind a prefix: plain names with `/`, `-` and `.` between them.
bool is_name_path(std::string_view text) noexcept {
  while (true) {
    const auto end = text.find_first_of("/-.");
    if (!is_plain_name(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_prefix(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (!is_letter(c) && !(i > 0 && (is_digit(c) || c == '_' || c == '-' || c == '.' || c == '+'))) return false;
  }
  return !text.empty();
}

bool is_iri_rest(std::string_view text) noexcept {
  constexpr std::string_view kForbidden = "<>\"'{}|\\^`";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || kForbidden.find(c) != std::string_view::npos) return false;
  }
  return !text.empty();
}

}  // namespace

bool is_core_context(std::string_view url) noexcept {
  constexpr std::string_view kHead = "uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context";
  if (url.starts_with("https://")) {
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  }
  if (!url.starts_with(kHead)) return false;
  url.remove_prefix(kHead.size());
  if (url == ".jsonld") return true;
  if (!url.starts_with("-v1.") || !url.ends_with(".jsonld")) return false;
  url.remove_prefix(4);
  url.remove_suffix(7);
  if (url.empty() || url.size() > 4 || !is_digit(url.front()) || !is_digit(url.back())) return false;
  return url.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_valid_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kMostNameBytes || !base::is_utf8(name)) return false;
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return is_plain_name(name);
  if (!is_prefix(name.substr(0, colon))) return false;
  const auto rest = name.substr(colon + 1);
  const bool absolute = rest.starts_with("//") || name.substr(0, colon) == "urn";
  return absolute ? is_iri_rest(rest) : is_name_path(rest);
}

/// `terms` and `json` are fixed once the context is made; the caches grow by themselves; `late` belongs to `late_mutex`
/// and takes what no longer fits into `known_terms`.
struct Context::State {
  Names& names;
  detail::Terms terms;
  std::string json;
  std::string url{kCoreContextUrl};
  bool core_only = true;
  detail::GrowingSet<detail::KnownName> known_names;
  detail::GrowingSet<detail::KnownTerm> known_terms;
  std::mutex late_mutex;
  std::unordered_map<NameId, std::unique_ptr<const detail::KnownTerm>> late;

  State(Names& all, detail::Terms given, std::size_t slots)
      : names(all), terms(std::move(given)), known_names(slots), known_terms(slots) {}

  const detail::KnownTerm& term(NameId id) {
    if (const auto* known = known_terms.find(id)) return *known;
    auto text = terms.compact(names.text(id));
    if (!is_valid_name(text)) text = names.text(id);  // it came in as an IRI, and only as one can it be read again
    std::string quoted;
    base::append_json_string(quoted, text);
    auto fresh = std::make_unique<const detail::KnownTerm>(id, std::move(text), std::move(quoted));
    {
      const std::lock_guard lock(late_mutex);
      if (const auto found = late.find(id); found != late.end()) return *found->second;
    }
    auto copy = std::make_unique<const detail::KnownTerm>(*fresh);
    if (const auto* added = known_terms.add(std::move(fresh))) return *added;
    const std::lock_guard lock(late_mutex);
    return *late.emplace(id, std::move(copy)).first->second;
  }
};

Context::Context(std::unique_ptr<State> state) : state_(std::move(state)) {}
Context::~Context() = default;

std::shared_ptr<Context> Context::core(Names& names) {
  auto state = std::make_unique<State>(names, detail::Terms{}, kCoreSlots);
  state->json = fmt::format("\"{}\"", kCoreContextUrl);
  return std::shared_ptr<Context>(new Context(std::move(state)));
}

Result<std::shared_ptr<Context>> Context::make(Names& names, std::string_view json, ContextSource* source) {
  auto compiled = detail::compile_terms(json, source);
  if (!compiled) return std::unexpected(std::move(compiled).error());
  if (compiled->core_only) return core(names);
  auto state = std::make_unique<State>(names, std::move(compiled->terms), kUserSlots);
  state->json = std::move(compiled->json);
  state->url = std::move(compiled->url);
  state->core_only = false;
  return std::shared_ptr<Context>(new Context(std::move(state)));
}

Result<std::shared_ptr<Context>> Context::from_url(Names& names, std::string_view url, ContextSource* source) {
  std::string json;
  base::append_json_string(json, url);
  return make(names, json, source);
}

Result<NameId> Context::resolve_attribute(std::string_view name) {
  if (const auto* known = state_->known_names.find(name)) return known->id;
  if (!is_valid_name(name)) {
    return fail(ErrorCode::kBadRequestData,
                "a name of a type or attribute is a letter, then letters, digits and _ , optionally behind prefix:");
  }
  const auto iri = state_->terms.expand(name);
  if (iri.starts_with('@'))
    return fail(ErrorCode::kBadRequestData, fmt::format("{} is not a name of a type or attribute", name));
  if (iri.size() > kMostNameBytes)
    return fail(ErrorCode::kBadRequestData, "an expanded name is longer than 2048 bytes");
  auto id = state_->names.intern(iri);
  if (id) state_->known_names.add(std::make_unique<const detail::KnownName>(std::string(name), *id));
  return id;
}

Result<NameId> Context::resolve_type(std::string_view name) { return resolve_attribute(name); }

std::string Context::expand(std::string_view term) const { return state_->terms.expand(term); }
std::string Context::compact(std::string_view iri) const { return state_->terms.compact(iri); }
std::string_view Context::compact(NameId name) const { return state_->term(name).text; }
std::string_view Context::quoted(NameId name) const { return state_->term(name).quoted; }
std::string_view Context::json() const noexcept { return state_->json; }
bool Context::is_core_only() const noexcept { return state_->core_only; }
std::string_view Context::url() const noexcept { return state_->url; }
Result<void> Context::check_document(std::string_view text) { return detail::check_document(text); }
const Names& Context::names() const noexcept { return state_->names; }

}  // namespace horad::model
