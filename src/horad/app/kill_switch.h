// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "horad/base/result.h"
#include "horad/store/store.h"

namespace horad::app {

/// For fault tests: `HORAD_KILL_AT=name:n` makes this process end by SIGKILL the n-th time the engine passes the named
/// point (store/kill_points.h). Nothing when the variable is not set. Errors: kInvalidRequest for a name or number that
/// is none.
Result<store::KillPoint> kill_point_of_environment();

}  // namespace horad::app
