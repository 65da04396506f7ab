// SPDX-License-Identifier: Apache-2.0
// One attribute instance with its sub-attributes. Internal to parse*.cc.
#pragma once

#include <cstddef>

#include "horad/model/parse_attribute.h"

namespace horad::model::detail {

/// Where an instance stands.
struct InstancePlace {
  bool is_body = false;   // it is the whole body, so an "@context" may stand in it
  bool proof = false;     // the attribute is ngsildproof
  std::size_t depth = 1;  // 1: an attribute of the entity; below, sub-attributes
};

/// Reads an instance in the normalized or concise form. `patch.attribute` is the attribute; its sub-attributes stand in
/// it, or from Reading::kPartial on in `patch`, which then also notes what was given.
Result<void> read_instance(NameId name, Json json, const Path& at, Context& context, Reading reading,
                           InstancePlace place, AttributePatch& patch);

}  // namespace horad::model::detail
