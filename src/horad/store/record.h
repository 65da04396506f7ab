// SPDX-License-Identifier: Apache-2.0
// The payload of one log record: which entity, when, and what it became. Format: docs/formats/log.md.
#pragma once

#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/model/change.h"
#include "horad/model/names.h"
#include "horad/store/store.h"

namespace horad::store {

/// Appends the payload. Names are written as text. Cost: one pass over the change, no allocation but the growth of
/// `out`.
void append_record(std::string& out, const Address& address, Timestamp at, const model::Change& change,
                   const model::Names& names);

struct DecodedRecord {
  Address address;
  Timestamp at{};
  model::Change change;
};

/// Safe on any bytes. Errors: kDamaged; kWrongVersion; kOverloaded when the name table is full.
Result<DecodedRecord> decode_record(std::string_view payload, model::Names& names);

}  // namespace horad::store
