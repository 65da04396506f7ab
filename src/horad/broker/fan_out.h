// SPDX-License-Identifier: Apache-2.0
// Asking many sources at once, so that none of them can hold up, swamp or break the operation.
#pragma once

#include <cstddef>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/broker.h"
#include "horad/broker/forward.h"

namespace horad::broker {

using SourceReply = Result<base::OutboundResponse>;

/// At most so many requests of one operation are under way; the others wait for one of them to end.
inline constexpr std::size_t kMostAtOnce = 32;

/// Sends every request and answers what came, in the same order. Each ends with its answer or within the time of its
/// registration; a source that is left alone after a failure (management.cooldown) is not asked: kUnavailable. Keeps
/// the health of the sources.
Task<std::vector<SourceReply>> ask_all(base::Net& net, base::Clock& clock, std::vector<Outgoing> requests);

/// What to tell of a reply that brought nothing (6.3.17).
///   answers  none when there is nothing to tell: a success, or a 404, which is no failure of a source
std::optional<Warning> warning_of(const Registration& source, const SourceReply& reply);
/// The body of a reply that brought something; null when there is none. What went wrong goes to the warnings.
const std::string* body_of(const Registration& source, const SourceReply& reply, Forwarding& forwarding);
/// The same for an answer of 2xx that could not be used, or not all of it.
Warning unusable(const Registration& source, std::string why);

}  // namespace horad::broker
