// SPDX-License-Identifier: Apache-2.0
#include "horad/model/context_terms.h"

#include <fmt/format.h>

#include <optional>

#include "horad/base/text.h"
#include "horad/model/context.h"
#include "horad/model/context_core.h"
#include "horad/model/parse_json.h"

namespace horad::model::detail {
namespace {

constexpr std::size_t kMostTerms = 50'000;
constexpr std::size_t kMostDocuments = 64;
constexpr std::size_t kDeepestContext = 8;
constexpr std::size_t kMostIriBytes = 2'048;

/// One definition as it stands in the context, before its IRI is known.
struct Raw {
  std::string id;
  bool simple = true;  // a bare string, so its IRI decides whether it is a prefix
  bool prefix = false;
  enum { kOpen, kBusy, kDone } state = kOpen;
};
using RawMap = std::unordered_map<std::string, Raw, TextHash, std::equal_to<>>;

/// Compiles one @context, array or document after the other; later definitions win over earlier ones.
class Compiler {
 public:
  explicit Compiler(ContextSource* source) : source_(source) {}

  /// `document` is the URL of the document that `context` stands in; empty for a request.

  Result<void> add(Json context, const Path& at, std::size_t depth, std::string_view document = {}) {
    if (depth > kDeepestContext) return refuse(at, "contexts name each other more than 8 levels deep, or in a circle");
    switch (context.type()) {
      case JsonType::STRING:
        return add_url(text_of(context), at, depth, document);
      case JsonType::OBJECT:
        return add_object(context.get_object().value_unsafe(), at, depth, document);
      case JsonType::ARRAY:
        return add_array(context.get_array().value_unsafe(), at, depth, document);
      case JsonType::NULL_VALUE:  // forget what was before; the core context stays
        terms_.clear();
        vocabulary_ = kDefaultVocabulary;
        return {};
      default:
        return refuse(at, "an @context is a URL, an object of terms, or an array of these");
    }
  }
  bool core_only() const noexcept { return core_only_; }
  Terms::Map take() { return std::move(terms_); }

 private:
  /// What cannot be a context is refused before any document is asked for.
  static Result<void> check_items(simdjson::dom::array array, const Path& at) {
    std::size_t i = 0;
    for (const Json item : array) {
      const Path here{&at, {}, i++};
      if (item.is_string() || item.is_object() || item.is_array() || item.is_null()) continue;
      return refuse(here, "an @context is a URL, an object of terms, or an array of these");
    }
    return {};
  }

  Result<void> add_array(simdjson::dom::array array, const Path& at, std::size_t depth, std::string_view document) {
    if (auto good = check_items(array, at); !good) return good;
    std::size_t i = 0;
    for (const Json item : array) {
      const Path here{&at, {}, i++};
      if (auto done = add(item, here, depth + 1, document); !done) return done;
    }
    return {};
  }

  Result<void> add_url(std::string_view reference, const Path& at, std::size_t depth, std::string_view document) {
    const std::string url = document.empty() ? std::string{reference} : base::resolve_url(document, reference);
    if (is_core_context(url)) return {};
    core_only_ = false;
    if (++documents_ > kMostDocuments)
      return refuse(at, "an @context names more than 64 documents", ErrorCode::kTooLarge);
    const auto text = source_ != nullptr ? source_->context_document(url) : not_here(url);
    if (!text) return std::unexpected(text.error());
    simdjson::dom::parser parser;
    Json whole;
    if (parser.parse(text->data(), text->size()).get(whole) != simdjson::SUCCESS) {
      return refuse(at, fmt::format("the @context document {} is not JSON", url));
    }
    Json inner;
    if (whole["@context"].get(inner) != simdjson::SUCCESS) {
      return refuse(at, fmt::format("the document {} has no @context", url));
    }
    return add(inner, at, depth + 1, url);
  }

  static Result<std::string> not_here(std::string_view url) {
    return fail(ErrorCode::kContextNotAvailable, fmt::format("the @context {} is not available here", url));
  }

  Result<void> add_object(simdjson::dom::object object, const Path& at, std::size_t depth, std::string_view document) {
    core_only_ = false;
    Json other;  // stands for what it imports, before its own terms
    if (object["@import"].get(other) == simdjson::SUCCESS) {
      const Path here{&at, "@import"};
      if (!other.is_string()) return refuse(here, "@import is a URL");
      if (auto done = add(other, here, depth + 1, document); !done) return done;
    }
    RawMap raws;
    for (const auto member : object) {
      const Path here{&at, member.key};
      auto done = member.key.starts_with('@') ? add_keyword(member.key, member.value, here)
                                              : add_raw(raws, member.key, member.value, here);
      if (!done) return done;
    }
    if (raws.size() + terms_.size() > kMostTerms)
      return refuse(at, "an @context has more than 10000 terms", ErrorCode::kTooLarge);
    for (auto& [term, raw] : raws) {
      const Path here{&at, term};
      if (auto done = define(raws, term, raw, here, 0); !done) return done;
    }
    return {};
  }

  Result<void> add_keyword(std::string_view keyword, Json value, const Path& at) {
    if (keyword != "@vocab") return {};  // the others change nothing that NGSI-LD takes from a context
    if (value.is_null()) {
      vocabulary_ = kDefaultVocabulary;
      return {};
    }
    if (!value.is_string()) return refuse(at, "@vocab is an IRI");
    const auto text = text_of(value);
    if (text.empty()) return {};
    RawMap none;
    auto iri = expand_definition(none, {}, text, at, 0);
    if (!iri) return std::unexpected(std::move(iri).error());
    if (iri->find(':') == std::string::npos) return refuse(at, "@vocab is an absolute IRI");
    vocabulary_ = std::move(*iri);
    return {};
  }

  /// Notes the definition of `term`; core terms are skipped, because the core context wins over them anyway.
  static Result<void> add_raw(RawMap& raws, std::string_view term, Json value, const Path& at) {
    if (term.empty()) return refuse(at, "a term of an @context is empty");
    Raw raw;
    if (value.is_null()) return {};  // a name that means nothing is left what it is
    if (value.type() == JsonType::STRING) {
      raw.id = text_of(value);
    } else if (value.type() == JsonType::OBJECT) {
      auto id = read_definition(value.get_object().value_unsafe(), raw, at);
      if (!id) return std::unexpected(id.error());
      if (!*id) return {};
    } else {
      return refuse(at, "a term is defined by an IRI or an object with @id");
    }
    if (core_iri(term)) return {};
    if (raw.id.starts_with('@')) return {};  // NGSI-LD has no other names for keywords than id and type
    raws.insert_or_assign(std::string(term), std::move(raw));
    return {};
  }

  /// Reads an expanded term definition; false when it has no @id and so leaves the name as it is.
  static Result<bool> read_definition(simdjson::dom::object object, Raw& raw, const Path& at) {
    raw.simple = false;
    bool found = false;
    for (const auto member : object) {
      const Path here{&at, member.key};
      if (member.key == "@reverse") return false;
      if (member.key == "@id") {
        if (member.value.is_null()) return false;
        if (member.value.type() != JsonType::STRING) return refuse(here, "@id is an IRI");
        raw.id = text_of(member.value);
        found = true;
      } else if (member.key == "@prefix") {
        if (member.value.get_bool().get(raw.prefix) != simdjson::SUCCESS)
          return refuse(here, "@prefix is true or false");
      } else if (member.key == "@context") {
        return refuse(here, "an @context in a term definition is not allowed in NGSI-LD");
      } else if (!member.key.starts_with('@')) {
        return refuse(here, "a term definition has only members that begin with @");
      }
    }
    return found;
  }

  Result<void> define(RawMap& raws, const std::string& term, Raw& raw, const Path& at, std::size_t depth) {
    if (raw.state == Raw::kDone) return {};
    if (raw.state == Raw::kBusy || depth > 64)
      return refuse(at, fmt::format("the definition of {} goes in a circle", term));
    raw.state = Raw::kBusy;
    auto iri = expand_definition(raws, term, raw.id, at, depth);
    if (!iri) return std::unexpected(std::move(iri).error());
    if (iri->size() > kMostIriBytes) return refuse(at, fmt::format("the IRI of {} is longer than 2048 bytes", term));
    raw.state = Raw::kDone;
    const bool ends_as_prefix = std::string_view(":/?#[]@").find(iri->back()) != std::string_view::npos;
    terms_.insert_or_assign(term, Term{std::move(*iri), raw.simple ? ends_as_prefix : raw.prefix});
    return {};
  }

  Result<std::string> expand_definition(RawMap& raws, const std::string& term, std::string_view id, const Path& at,
                                        std::size_t depth) {
    if (id.empty()) return refuse(at, fmt::format("the IRI of {} is empty", term));
    const auto colon = id.find(':');
    const auto head = id.substr(0, colon);
    if (colon != std::string_view::npos && id.substr(colon + 1).starts_with("//")) return std::string(id);
    if (head != term) {
      if (const auto local = raws.find(head); local != raws.end()) {
        if (auto done = define(raws, local->first, local->second, at, depth + 1); !done)
          return std::unexpected(done.error());
      }
      const auto known = terms_.find(head);
      if (colon == std::string_view::npos) {
        if (known != terms_.end()) return known->second.iri;
        if (auto core = core_iri(head)) return std::move(*core);
      } else {
        if (head == "ngsi-ld" || head == "geojson") return *core_iri(head) + std::string(id.substr(colon + 1));
        if (known != terms_.end() && known->second.prefix) return known->second.iri + std::string(id.substr(colon + 1));
      }
    }
    if (colon != std::string_view::npos) return std::string(id);
    return vocabulary_ + std::string(id);
  }

  ContextSource* source_;
  Terms::Map terms_;
  std::string vocabulary_{kDefaultVocabulary};
  std::size_t documents_ = 0;
  bool core_only_ = true;
};

/// Shorter wins, then the smaller: the choice does not depend on the order of a hash map.
bool better(std::string_view a, std::string_view b) noexcept {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

Terms::Terms(Map terms) : terms_(std::move(terms)) {
  for (const auto& [name, term] : terms_) {
    const auto [place, fresh] = by_iri_.try_emplace(term.iri, name);
    if (!fresh && better(name, place->second)) place->second = name;
    if (term.prefix) prefixes_.emplace_back(term.iri, name);
  }
}

std::string Terms::expand(std::string_view term) const {
  if (term.starts_with('@')) return std::string(term);
  if (auto core = core_iri(term)) return std::move(*core);
  if (const auto found = terms_.find(term); found != terms_.end()) return found->second.iri;
  const auto colon = term.find(':');
  if (colon == std::string_view::npos) return std::string(kDefaultVocabulary).append(term);
  const auto head = term.substr(0, colon);
  const auto rest = term.substr(colon + 1);
  if (rest.starts_with("//")) return std::string(term);
  if (head == "ngsi-ld") return std::string(kNgsiLd).append(rest);
  if (head == "geojson") return std::string(kGeoJson).append(rest);
  const auto prefix = terms_.find(head);
  if (prefix != terms_.end() && prefix->second.prefix) return prefix->second.iri + std::string(rest);
  return std::string(term);
}

std::string Terms::compact(std::string_view iri) const {
  if (const auto core = core_term(iri); !core.empty()) return std::string(core);
  if (const auto found = by_iri_.find(iri); found != by_iri_.end()) return found->second;
  if (iri.starts_with(kDefaultVocabulary)) {
    const auto rest = iri.substr(kDefaultVocabulary.size());
    if (!rest.empty() && expand(rest) == iri) return std::string(rest);
  }
  std::string best;
  const auto consider = [&](std::string_view prefix_iri, std::string_view prefix) {
    if (iri.size() <= prefix_iri.size() || !iri.starts_with(prefix_iri)) return;
    auto candidate = fmt::format("{}:{}", prefix, iri.substr(prefix_iri.size()));
    if ((best.empty() || better(candidate, best)) && expand(candidate) == iri) best = std::move(candidate);
  };
  for (const auto& [prefix_iri, prefix] : prefixes_) consider(prefix_iri, prefix);
  consider(kNgsiLd, "ngsi-ld");
  consider(kGeoJson, "geojson");
  return best.empty() ? std::string(iri) : best;
}

namespace {

/// The one URL that means the same as the whole; empty when there is none.
std::string sole_url(Json root) {
  if (root.is_string()) return std::string{text_of(root)};
  if (!root.is_array()) return {};
  std::string_view url;
  for (const Json item : root.get_array()) {
    if (!item.is_string()) return {};
    if (is_core_context(text_of(item))) continue;
    if (!url.empty()) return {};
    url = text_of(item);
  }
  return std::string{url};
}

/// Stands in for every document that another one names.
class Blank final : public ContextSource {
 public:
  Result<std::string> context_document(std::string_view) override { return R"({"@context":{}})"; }
};

}  // namespace

Result<void> check_document(std::string_view text) {
  simdjson::dom::parser parser;
  Json root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root)) return not_json(error);
  Json inner;
  if (root["@context"].get(inner) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInvalidRequest, "an @context document is a JSON object with an @context", "/@context");
  }
  Blank blank;
  const Path at{nullptr, "@context"};
  return Compiler(&blank).add(inner, at, 0);
}

Result<Compiled> compile_terms(std::string_view json, ContextSource* source) {
  simdjson::dom::parser parser;
  Json root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) return not_json(error);
  const Path at{nullptr, "@context"};
  Compiler compiler(source);
  if (auto done = compiler.add(root, at, 0); !done) return std::unexpected(std::move(done).error());
  Compiled compiled;
  compiled.core_only = compiler.core_only();
  compiled.url = sole_url(root);
  compiled.terms = Terms(compiler.take());
  if (auto done = append_minified(compiled.json, root, at, JsonNulls::kAllow); !done)
    return std::unexpected(std::move(done).error());
  return compiled;
}

}  // namespace horad::model::detail
