// SPDX-License-Identifier: Apache-2.0
// Kept documents (subscriptions, registrations) name types and attributes; this puts what they are called elsewhere in
// their place.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "horad/base/result.h"
#include "horad/broker/json.h"
#include "horad/model/context.h"

namespace horad::broker {

/// Puts IRIs in place of the names in a document. `map_names(body, type, attribute)` knows where they stand and calls
/// the one or the other with each. errors  kBadRequestData for what is no name
template <class MapNames>
Result<void> expand_names(json::object& body, model::Context& context, model::Names& names, MapNames map_names) {
  const auto text = [&names](Result<model::NameId> id) -> Result<std::string> {
    if (!id) return std::unexpected(std::move(id).error());
    return std::string{names.text(*id)};
  };
  return map_names(
      body, [&](std::string_view name) { return text(context.resolve_type(name)); },
      [&](std::string_view name) { return text(context.resolve_attribute(name)); });
}

}  // namespace horad::broker
