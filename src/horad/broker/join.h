// SPDX-License-Identifier: Apache-2.0
// How far linked entities are asked for (ETSI GS CIM 009 V1.9.1, 4.5.23): join, joinLevel and containedBy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/broker/json.h"

namespace horad::broker {

struct Join {
  enum class Form : std::uint8_t { kNone, kFlat, kInline };
  Form form = Form::kNone;
  std::size_t levels = 0;                 // of linked entities; 0 when form is kNone
  std::vector<std::string> contained_by;  // entities that the caller has: they are not shown again
};

/// From its parts as they came; an empty form is none.
///   errors   kBadRequestData: a form that is none of flat, inline and @none; a level that is not a number from 1 to
///            model::kMostJoinLevels; ids that are no URIs. The pointer is the parameter
Result<Join> make_join(std::string_view form, std::optional<std::string_view> level,
                       std::vector<std::string> contained_by);

/// From a document that has them as members, where joinLevel is a number and containedBy a list.   errors  as make_join
Result<Join> join_of(const json::object& body);

}  // namespace horad::broker
