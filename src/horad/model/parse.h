// SPDX-License-Identifier: Apache-2.0
// From JSON to entities: normalized, concise and simplified NGSI-LD (ETSI GS CIM 009 V1.9.1, 4.5, 4.6, 5.5.4), fully
// checked.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/change.h"
#include "horad/model/change_patch.h"
#include "horad/model/context.h"
#include "horad/model/entity.h"
#include "horad/model/history_edit.h"

namespace horad::model {

inline constexpr std::size_t kMostTypes = 64;  // of one entity in one request
inline constexpr std::size_t kMostScopes = 64;
inline constexpr std::size_t kMostAttributes = 10'000;   // instances in one entity
inline constexpr std::size_t kDeepestSubAttribute = 16;  // levels below the entity
inline constexpr std::size_t kMostPositions = 100'000;   // of one geometry

enum class InputForm : std::uint8_t {
  kNormalized,  // normalized and concise, also mixed: a bare value is a Property, a bare geometry a GeoProperty
  kSimplified,  // options=keyValues: every value is a Property, geometries are GeoProperties
};

struct ParseOptions {
  InputForm form = InputForm::kNormalized;
  bool type_required = true;  // of entity()
  bool nulls = false;         // of fragment(): the NGSI-LD null instead of an instance or its value removes it
};

/// What a body of POST or PATCH .../attrs or PUT of an entity may say.
struct EntityFragment {
  std::string id;                                  // empty when not given
  std::vector<NameId> types;                       // empty when not given
  std::optional<std::vector<std::string>> scopes;  // when given
  std::optional<Timestamp> expires_at;             // when given; kNoExpiry for the NGSI-LD null
  std::vector<Attribute> attributes;               // (name, dataset_id) is unique
  std::vector<AttributeKey> removed;               // given as the NGSI-LD null
};

inline constexpr std::size_t kMostInstances = 100'000;  // of attributes over time, in one request

/// What a body of the temporal API says of the past of an entity (5.6.11, 5.6.12): each attribute as instances over
/// time, where `urn:ngsi-ld:null` says that it was deleted then.
struct TemporalFragment {
  std::string id;                                  // empty when not given
  std::vector<NameId> types;                       // empty when not given
  std::optional<std::vector<std::string>> scopes;  // when given plainly; as instances they are among the others
  std::optional<Timestamp> expires_at;             // when given
  std::vector<HistoryEdit::Addition> instances;    // the scope under kScopeName; none has `instead_of`
};

/// Reads bodies. Keeps its buffers between bodies: one Parser per thread or connection, not shared. load() first, then
/// the others look at what was loaded. Common errors, each with a JSON Pointer:
///   kInvalidRequest   not JSON, empty, or of the wrong shape (an array where an object must be)
///   kBadRequestData   against the rules: JSON null, a member of another kind, a bad name, time, id, geometry, a
///                     duplicate
///   kTooLarge         above one of the limits above
///   kOverloaded       the table of names is full
/// createdAt, modifiedAt and instanceId are read over: they are ours to set.
class Parser {
 public:
  Parser();
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  Result<void> load(std::string_view body);

  /// An array body has size() items, each of which stands alone; any other body is one item.
  bool is_array() const noexcept;
  std::size_t size() const noexcept;

  /// The "@context" member of item `i` as JSON text for Context::make(); none when it has none or is no object.
  Result<std::optional<std::string>> context(std::size_t i = 0) const;
  /// The "id" of item `i` as it stands there, unchecked; empty when it has none. For reports on items that cannot be
  /// read.
  std::string_view raw_id(std::size_t i) const noexcept;
  bool is_null(std::size_t i) const noexcept;                          // item `i` is the JSON null
  std::optional<std::string_view> text(std::size_t i) const noexcept;  // item `i` when it is a JSON string

  /// Times in what is returned are zero: apply() sets them.
  Result<Entity> entity(std::size_t i, Context& context, const ParseOptions& options = {}) const;
  Result<EntityFragment> fragment(Context& context, const ParseOptions& options = {}) const;
  /// The body of PUT or POST on one attribute: one instance, or an array of instances.
  Result<std::vector<Attribute>> attribute(NameId name, Context& context, const ParseOptions& options = {}) const;

  /// `whole`: id and type must be given.
  Result<TemporalFragment> temporal(Context& context, bool whole) const;

  /// The same where `urn:ngsi-ld:null` may stand for "remove" (merge of item `i`, partial update).
  Result<EntityPatch> entity_patch(std::size_t i, Context& context, const ParseOptions& options = {}) const;
  Result<AttributePatch> attribute_patch(NameId name, Context& context, const ParseOptions& options = {}) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::model
