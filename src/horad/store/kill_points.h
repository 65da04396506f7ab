// SPDX-License-Identifier: Apache-2.0
// Where a test may stop the process dead (Options::kill_point). One table, so that tests can go through all of them.
#pragma once

#include <array>
#include <string_view>

namespace horad::store::kill {

inline constexpr std::string_view kBeforeAppend = "before_append";      // mutations are decided, nothing is written
inline constexpr std::string_view kAppended = "appended";               // written, not synced
inline constexpr std::string_view kSynced = "synced";                   // durable, not answered
inline constexpr std::string_view kSegmentEnded = "segment_ended";      // old segment whole and synced, no new one yet
inline constexpr std::string_view kSegmentMade = "segment_made";        // new segment durable and empty
inline constexpr std::string_view kCheckpointHalf = "checkpoint_half";  // some of the entities handed to the checkpoint
inline constexpr std::string_view kCheckpointUnflushed = "checkpoint_unflushed";  // all of it written, nothing flushed
inline constexpr std::string_view kCheckpointFlushed = "checkpoint_flushed";      // position declared, log not trimmed

inline constexpr std::array kAll = {kBeforeAppend,        kAppended,         kSynced,
                                    kSegmentEnded,        kSegmentMade,      kCheckpointHalf,
                                    kCheckpointUnflushed, kCheckpointFlushed};

}  // namespace horad::store::kill
