// SPDX-License-Identifier: Apache-2.0
// Headers of segments and records, as docs/formats/log.md lays them out. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "horad/store/store.h"

namespace horad::store {

inline constexpr std::size_t kSegmentHeaderBytes = 32;
inline constexpr std::size_t kRecordHeaderBytes = 20;
inline constexpr std::uint32_t kLogFormat = 1;

struct SegmentHeader {
  std::uint32_t format = kLogFormat;
  std::uint32_t shard = 0;
  Position base = 0;
};
std::string encode_segment_header(const SegmentHeader& header);
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);  // none: damaged or not a segment

std::string segment_name(Position base);  // "log-0000000000000000.seg"
std::optional<Position> parse_segment_name(std::string_view name);

/// Appends header and payload. `synced` is the durable end of the log at this moment, at most `start`.
void append_frame(std::string& out, Position start, Position synced, std::string_view payload);

struct Frame {
  std::string_view payload;  // into the bytes that were read
  Position synced = 0;       // what was known to be durable when it was written
  std::size_t size = 0;      // header included
};
/// The record at the beginning of `bytes`, when there is a whole and valid one that says it starts at `start`.
std::optional<Frame> read_frame(std::string_view bytes, Position start);
/// How many bytes a record that starts with this header takes; none when the header cannot be one.
std::optional<std::size_t> frame_size(std::string_view header);

/// True when behind `bytes[0]`, the place of position `start` where no valid record stands, a valid one follows that
/// was written when `start` was already durable: then it was damaged later, and is not the torn end of a write.
bool damaged_not_torn(std::string_view bytes, Position start);

}  // namespace horad::store
