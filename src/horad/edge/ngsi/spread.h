// SPDX-License-Identifier: Apache-2.0
// Writes that registered sources take part in (ETSI GS CIM 009, 5.6 and 6.3.17): the part that stays runs through the
// operation's own handler, the rest goes to the sources, and one answer is made of what became of all.
#pragma once

#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/operation.h"

namespace horad::edge::ngsi {

/// True for the writes that are passed on.
bool spreads(const Operation& operation) noexcept;

/// Runs such a write when the caller forwards. Answers as the operation alone would when all went well everywhere or
/// only one place took part; else 207 with what failed where.
Reply spread(const Operation& operation, Exchange& x);

}  // namespace horad::edge::ngsi
