// SPDX-License-Identifier: Apache-2.0
// Problems that have no ErrorCode of their own: refusals of the HTTP layer itself. Everything else goes through
// problem(Error).
#pragma once

#include <string_view>

#include "horad/edge/http.h"

namespace horad::edge {

/// The standard phrase of a status ("Not Found"); "Unknown" for one outside the registry.
std::string_view reason_phrase(int status) noexcept;

/// RFC 9457 problem details of type about:blank, whose title is the phrase of the status.
Response problem_of_status(int status, std::string_view detail);

}  // namespace horad::edge
