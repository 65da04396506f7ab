// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "horad/base/time.h"

namespace horad::base {

/// Writes what parse_duration reads: days, hours, minutes and seconds, cut to milliseconds (`PT0S`, `P1DT2H`,
/// `PT1.500S`). `length` must not be negative.
std::string format_duration(Duration length);

}  // namespace horad::base
