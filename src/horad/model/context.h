// SPDX-License-Identifier: Apache-2.0
// JSON-LD @context as NGSI-LD uses it (ETSI GS CIM 009 V1.9.1, 4.4, 5.2.3, 5.5.7, annex B): short names to IRIs and
// back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/model/names.h"
#include "horad/model/query.h"

namespace horad::model {

inline constexpr std::string_view kCoreContextUrl = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld";
inline constexpr std::string_view kDefaultVocabulary = "https://uri.etsi.org/ngsi-ld/default-context/";

/// True for the core @context of every published version, with http or https. They are built in.
bool is_core_context(std::string_view url) noexcept;

/// True for a name that may stand in a URL path: a letter, then letters, digits and `_` (letters of any script),
/// behind `prefix:` also several with `/`, `-` or `.` between them; or an absolute IRI. At most 2 048 bytes.
bool is_valid_name(std::string_view name) noexcept;

/// Where contexts that a caller names by URL come from (pinned, hosted, downloaded before). Any thread.
class ContextSource {
 public:
  virtual ~ContextSource() = default;
  /// The JSON text of the document at `url`. Errors: kContextNotAvailable when it is not here.
  virtual Result<std::string> context_document(std::string_view url) = 0;
};

/// One compiled @context: what the caller gave, with the core @context on top of it, which always wins (its terms and
/// its
/// @vocab). Made once, then shared by any number of threads; what it remembers of looked-up names is bounded and needs
/// no lock.
class Context final : public NameResolver {
 public:
  /// The core @context alone. `names` must outlive it.
  static std::shared_ptr<Context> core(Names& names);

  /// Compiles the value of an "@context" member: a URL, an object of terms, or an array of these.
  ///   errors   kContextNotAvailable (names the URL) when a URL is neither a core one nor in `source`
  ///            kBadRequestData for what is no context, for scoped contexts, cycles
  ///            kTooLarge beyond 50 000 terms or 64 documents
  /// What JSON-LD has and NGSI-LD has no use for is read over: keyword aliases, @reverse, @nest, types, containers.
  static Result<std::shared_ptr<Context>> make(Names& names, std::string_view json, ContextSource* source = nullptr);
  /// The same for one URL, as a Link header gives it.
  static Result<std::shared_ptr<Context>> from_url(Names& names, std::string_view url, ContextSource* source = nullptr);

  /// Whether `text` is an @context document that make() can use, whatever the documents that it names hold.
  ///   errors   kInvalidRequest when it is not JSON, or no object with "@context"; else as make()
  static Result<void> check_document(std::string_view text);

  ~Context() override;

  /// A short name, prefixed name or IRI as an interned name.
  /// Errors: kBadRequestData when it is not a valid name (is_valid_name). Cost: one probe when it was asked before.
  Result<NameId> resolve_type(std::string_view name) override;
  Result<NameId> resolve_attribute(std::string_view name) override;

  /// The IRI of any vocabulary term (for VocabProperty), names unchecked.
  std::string expand(std::string_view term) const override;
  /// The shortest name that expands to `iri` again, else `iri` itself.
  std::string compact(std::string_view iri) const;

  /// The same for an interned name; the views live as long as the context. Cost: one probe when it was asked before.
  std::string_view compact(NameId name) const;
  std::string_view quoted(NameId name) const;  // as a JSON string, quotes included

  /// What an answer echoes as "@context": JSON text of what the caller gave; the URL of the core @context when he gave
  /// none.
  std::string_view json() const noexcept;
  bool is_core_only() const noexcept;
  /// The one URL that means the same: what the caller gave was that URL, alone or with core contexts around it; that of
  /// the core @context when he gave nothing else. Empty when it takes more than one document, or has terms of its own.
  std::string_view url() const noexcept;
  const Names& names() const noexcept override;

 private:
  struct State;
  explicit Context(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace horad::model
