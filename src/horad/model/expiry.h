// SPDX-License-Identifier: Apache-2.0
// Transient entities and attributes (ETSI GS CIM 009 V1.9.1, 4.22): what is left of an entity at a time. A thing is
// there before its expiresAt and gone from that very time on. What stands in something that is gone is gone, too.
#pragma once

#include <optional>
#include <vector>

#include "horad/model/change.h"
#include "horad/model/document.h"

namespace horad::model {

/// True when something in the document has expired by `at`. Cost: one byte for documents in which nothing expires.
inline bool is_due(DocumentView document, Timestamp at) noexcept {
  return document.transient() && document.soonest_expiry() <= at;
}

/// What is left of `document` at `at`: itself when nothing in it has expired, an empty one when the entity has.
Document left_of(const Document& document, Timestamp at);

/// The change by which the store takes away what has expired by `at`: the deletion of the entity, or an update with
/// `expired` = at whose `removed` names the instances that go; sub-attributes go without being named. Empty when
/// nothing is due.
Change expire(DocumentView document, Timestamp at);

/// Drops every attribute and sub-attribute that has expired by `at`.
void take_expired(std::vector<Attribute>& attributes, Timestamp at);

}  // namespace horad::model
