// SPDX-License-Identifier: Apache-2.0
// Partial changes of one attribute: what PATCH on an attribute and the merge of an entity say (5.6.4, 5.6.17).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/entity.h"

namespace horad::model {

/// Members of one attribute instance that were given. A member given as the NGSI-LD null is in `removed` and not in
/// `given`.
struct AttributePatch {
  enum Member : std::uint16_t {
    kKind = 1,
    kValue = 2,
    kUnitCode = 4,
    kObservedAt = 8,
    kObjectType = 16,
    kExpiresAt = 32,
    kValueType = 64,
    kIdSealed = 128,
    kTypesSealed = 256,
  };
  Attribute attribute;        // holds the members in `given`, name and dataset id; its sub_attributes stay empty
  std::uint16_t given = 0;    // bits of Member
  std::uint16_t removed = 0;  // bits of Member
  bool remove_all = false;    // the whole instance was given as null
  bool simplified = false;    // the kind is a guess: an attribute that is there keeps its own
  std::string as_vocab;       // a simplified text as the term of a vocabulary, expanded
  std::vector<AttributePatch> sub_attributes;
};

/// A fragment of an entity for a merge.
struct EntityPatch {
  std::string id;             // empty when not given
  std::vector<NameId> types;  // to be added; empty when not given
  std::optional<std::vector<std::string>> scopes;
  std::optional<Timestamp> expires_at;  // kNoExpiry when it was given as null
  std::vector<AttributePatch> attributes;
};

enum class PatchValue : std::uint8_t {
  kReplace,  // partial update: a value is replaced whole
  kMerge,    // merge: members of JSON objects are merged (RFC 7396), `urn:ngsi-ld:null` removes
};

/// `current` with the members of `patch` put over it; untouched sub-attributes stay. Not for a patch that removes all.
///   lang     for a simplified text put over a LanguageProperty: the language it is in; empty: @none
///   errors   kBadRequestData when the patch changes the kind without a value, removes the value, or is a simplified
///            value that an attribute of this kind cannot have
Result<Attribute> patched(const Attribute& current, const AttributePatch& patch, PatchValue how,
                          std::string_view lang = {});

/// The attribute that `patch` describes when there is none yet. Errors: kBadRequestData when it has no value.
Result<Attribute> attribute_of(const AttributePatch& patch);

}  // namespace horad::model
