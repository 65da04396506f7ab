// SPDX-License-Identifier: Apache-2.0
// The @context documents that the configuration gives for URLs, so that nobody has to fetch them.
#pragma once

#include <map>
#include <string>

#include "horad/base/result.h"
#include "horad/broker/contexts.h"

namespace horad::app {

/// Reads and tries every file of `files` (URL -> path).
///   errors   kInvalidRequest naming URL and file: it cannot be read, is larger than 1 MiB, or is no @context document;
///            a core @context, which is built in and cannot be another document
/// A document may name others that are not pinned: those are looked for when it is used.
Result<broker::PinnedContexts> read_pinned_contexts(const std::map<std::string, std::string, std::less<>>& files);

}  // namespace horad::app
