// SPDX-License-Identifier: Apache-2.0
// From compact documents straight to JSON text (ETSI GS CIM 009 V1.9.1, 4.5.1 to 4.5.5, 4.21).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/context.h"
#include "horad/model/document.h"
#include "horad/model/language.h"
#include "horad/model/links.h"

namespace horad::model {

enum class Form : std::uint8_t { kNormalized, kConcise, kSimplified };

/// What a notification says beyond the present state (5.8.6). Instances that the change took away stand in the document
/// as marks: their value is what null_value() gives.
struct ChangeNotes {
  const DocumentView* before = nullptr;  // showChanges: previousValue and its kind come from it; null: none are shown
  Timestamp since{};                     // instances modified then or later have changed
  std::span<const AttributeKey> gone;    // the marks
  std::optional<Timestamp> gone_at;      // their deletedAt, shown with sysAttrs
  std::optional<Timestamp> deleted_at;   // of the whole entity: always shown
};

/// The mark of deletion for an attribute of this kind: "urn:ngsi-ld:null", or a languageMap of it.
Value null_value(AttributeKind kind);

struct LinkedForms;

struct RepresentOptions {
  Form form = Form::kNormalized;
  bool sys_attrs = false;     // createdAt and modifiedAt of the entity and of every attribute
  bool with_context = false;  // the "@context" member: answers as application/ld+json
  bool id = true;             // pick and omit can leave these out
  bool type = true;
  bool scope = true;
  bool only_listed = false;  // attrs, pick: of the attributes only those in `listed`
  bool projected = false;    // pick, omit: id, type and scope count when it is asked whether anything is left
  std::vector<NameId> listed;
  std::vector<NameId> omitted;           // omit
  std::vector<std::string> dataset_ids;  // instances to show; "" is the default instance; empty: all
  /// lang (4.15): a LanguageProperty is shown as a Property with the chosen text and the sub-property `lang`.
  std::shared_ptr<const LanguageFilter> language;
  /// The version of the API that the reader knows, 5 for 1.5 (4.3.6.8): younger kinds of attributes are shown as
  /// Property, younger members are left out.
  std::uint8_t reader_version = kOwnVersion;
  static constexpr std::uint8_t kOwnVersion = 9;
  const ChangeNotes* changes = nullptr;  // of notifications; lives as long as the call
  std::shared_ptr<const LinkedForms> linked =
      nullptr;  // how linked entities are shown; null: relationships are not followed
};

/// How entities are shown that are linked from one that is shown: a finite tree, one level of linking deeper each.
struct LinkedForms {
  RepresentOptions others;
  std::vector<std::pair<NameId, RepresentOptions>> named;  // those behind these relationships
};

/// True when the instance is shown.
bool shows(const AttributeView& attribute, const RepresentOptions& options);
/// How entities behind the attribute are shown; null when it leads nowhere or is not followed. The way of a LinkWalk.
const RepresentOptions* follow(const RepresentOptions& options, const AttributeView& attribute);
using Linked = Reached<RepresentOptions>;

inline constexpr std::size_t kMostInlined = 20'000;  // entities written inside of others in one answer

/// How many linked entities append_entity() would write inside of these, counted up to `most`.
std::size_t count_inlined(std::span<const Document> documents, const RepresentOptions& options,
                          const LinkedDocuments& linked, std::size_t most);

/// Appends `document` as one JSON object. Values come out as they came in. Cost: one pass, no allocation but in `out`;
/// names are looked up in what `context` remembers.
///   inlined   entities that are shown inside of the relationships that lead to them (4.5.23.2); an entity is not shown
///             inside of itself, and what is not there is left out
void append_entity(std::string& out, DocumentView document, const Context& context, const RepresentOptions& options,
                   const LinkedDocuments* inlined = nullptr);
/// The same as an array, in the order given; `linked` behind them, each in its own form (4.5.23.3).
void append_entities(std::string& out, std::span<const Document> documents, const Context& context,
                     const RepresentOptions& options, const LinkedDocuments* inlined = nullptr,
                     std::span<const Linked> linked = {});

/// Appends one attribute of a document: an object, or in the other forms whatever they have.
void append_attribute(std::string& out, AttributeView attribute, const Context& context,
                      const RepresentOptions& options);

/// False when `options` leave nothing of the document: attrs without any of its attributes (whatever instances are
/// shown), pick or omit without anything that it has.
bool shows_something(DocumentView document, const RepresentOptions& options);

/// True when a reader of `options.reader_version` is shown something else than the document says.
bool is_altered(DocumentView document, const RepresentOptions& options);

/// The kind as which a reader of that version is shown attributes of `kind`.
AttributeKind kind_for_reader(AttributeKind kind, std::uint8_t reader_version) noexcept;

/// The name of a kind as "type" has it: "Property", ...
std::string_view kind_name(AttributeKind kind) noexcept;
/// The member that holds the value of a kind in the normalized form: "value", "object", ...
std::string_view value_member(AttributeKind kind) noexcept;

/// Appends the value of an attribute as it stands under its member; vocabulary terms are compacted.
void append_value(std::string& out, AttributeKind kind, const ValueView& value, const Context& context, Form form);
/// The same for a value outside a document.
void append_value(std::string& out, AttributeKind kind, const Value& value, const Context& context, Form form);

}  // namespace horad::model
