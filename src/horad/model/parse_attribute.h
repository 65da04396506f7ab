// SPDX-License-Identifier: Apache-2.0
// Attribute instances from JSON. Internal to parse*.cc.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "horad/model/change_patch.h"
#include "horad/model/context.h"
#include "horad/model/history_edit.h"
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
  kExpiresAt,
  kValueType,
  kIdSealed,    // entityIdSealed, of ngsildproof alone
  kTypeSealed,  // entityTypeSealed, of ngsildproof alone
  kSystem,      // createdAt, modifiedAt, instanceId: read over
  kOutputOnly,  // deletedAt, previousValue, entity, values, lang, ...: never in input
};
Member member_of(std::string_view key) noexcept;

/// Where the NGSI-LD null may stand, and what must.
enum class Reading : std::uint8_t {
  kWhole,     // nowhere; a value is mandatory
  kUpdate,    // instead of an instance or of its value, which removes it; else a value is mandatory
  kTemporal,  // the same, and says that it was deleted; it keeps its kind
  kPartial,   // instead of any member; nothing is mandatory
  kMerge,     // the same, and inside compound values
};

struct AttributePlace {
  InputForm form = InputForm::kNormalized;
  bool is_body = false;  // the whole body, so an "@context" may stand in it
};

/// Reads the instances under one attribute name of an entity and appends them to `out`. With `removed` the NGSI-LD null
/// may stand instead of an instance (Reading::kUpdate), and its key goes there.
Result<void> parse_attribute(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                             std::vector<Attribute>& out, std::vector<AttributeKey>* removed = nullptr);

/// The same for instances over time: the NGSI-LD null says that the attribute was deleted, and an empty array nothing.
Result<void> parse_temporal_attribute(NameId name, Json json, const Path& at, Context& context,
                                      std::vector<HistoryEdit::Addition>& out);

/// The same as patches: `reading` is kPartial or kMerge.
Result<void> parse_attribute_patch(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                                   Reading reading, std::vector<AttributePatch>& out);

/// A DateTime (4.6.3). Errors: kBadRequestData naming `what`.
Result<Timestamp> parse_date_time(Json json, const Path& at, std::string_view what);

/// Errors kBadRequestData when two instances have the same name and dataset id, kTooLarge above kMostAttributes.
Result<void> check_unique(const std::vector<Attribute>& attributes, const Path& at, const Context& context);
Result<void> check_unique(const std::vector<AttributePatch>& attributes, const Path& at, const Context& context);

}  // namespace horad::model::detail
