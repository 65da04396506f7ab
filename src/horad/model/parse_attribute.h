// SPDX-License-Identifier: Apache-2.0
// Attribute instances from JSON. Internal to parse*.cc.
#pragma once

#include <vector>

#include "horad/model/change_patch.h"
#include "horad/model/context.h"
#include "horad/model/parse.h"
#include "horad/model/parse_json.h"

namespace horad::model::detail {

/// A member name that the standard reserves, or kOther for the name of a (sub-)attribute.
enum class Member {
  kOther,
  kId,
  kType,
  kContext,
  kValue,  // the eight value members, in the order of AttributeKind; kGeoProperty shares kValue
  kObject,
  kLanguageMap,
  kVocab,
  kJson,
  kValueList,
  kObjectList,
  kObservedAt,
  kUnitCode,
  kDatasetId,
  kObjectType,
  kSystem,       // createdAt, modifiedAt, instanceId: read over
  kUnsupported,  // expiresAt, valueType, ngsildproof
  kOutputOnly,   // deletedAt, previousValue, entity, values, lang, ...: never in input
};
Member member_of(std::string_view key) noexcept;

struct AttributePlace {
  InputForm form = InputForm::kNormalized;
  bool is_body = false;  // the whole body, so an "@context" may stand in it
};

/// Reads the instances under one attribute name of an entity and appends them to `out`.
Result<void> parse_attribute(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                             std::vector<Attribute>& out);

/// The same where the NGSI-LD null may stand.
Result<void> parse_attribute_patch(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                                   std::vector<AttributePatch>& out);

/// Errors kBadRequestData when two instances have the same name and dataset id, kTooLarge above kMostAttributes.
Result<void> check_unique(const std::vector<Attribute>& attributes, const Path& at, const Context& context);
Result<void> check_unique(const std::vector<AttributePatch>& attributes, const Path& at, const Context& context);

}  // namespace horad::model::detail
