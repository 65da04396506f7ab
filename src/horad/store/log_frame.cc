// SPDX-License-Identifier: Apache-2.0
#include "horad/store/log_frame.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "horad/base/bytes.h"
#include "horad/store/log.h"

namespace horad::store {
namespace {

constexpr std::string_view kMagic = "HORADLOG";

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string out{kMagic};
  base::put_fixed(out, header.format);
  base::put_fixed(out, header.shard);
  base::put_fixed(out, header.base);
  base::put_fixed(out, base::crc32c(out));
  base::put_fixed(out, std::uint32_t{0});
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) return std::nullopt;
  base::Reader reader{bytes.substr(kMagic.size())};
  SegmentHeader header;
  header.format = reader.fixed<std::uint32_t>();
  header.shard = reader.fixed<std::uint32_t>();
  header.base = reader.fixed<std::uint64_t>();
  if (reader.fixed<std::uint32_t>() != base::crc32c(bytes.substr(0, 24))) return std::nullopt;
  return header;
}

std::string segment_name(Position base) { return fmt::format("log-{:016x}.seg", base); }

std::optional<Position> parse_segment_name(std::string_view name) {
  if (name.size() != 24 || !name.starts_with("log-") || !name.ends_with(".seg")) return std::nullopt;
  Position base = 0;
  const char* const end = name.data() + 20;
  const auto [stop, error] = std::from_chars(name.data() + 4, end, base, 16);
  if (error != std::errc{} || stop != end || segment_name(base) != name) return std::nullopt;
  return base;
}

void append_frame(std::string& out, Position start, Position synced, std::string_view payload) {
  const std::size_t head = out.size();
  base::put_fixed(out, static_cast<std::uint32_t>(payload.size()));
  base::put_fixed(out, std::uint32_t{0});
  base::put_fixed(out, start);
  base::put_fixed(out, static_cast<std::uint32_t>(start - synced));
  out.append(payload);
  const std::uint32_t checksum = base::crc32c(std::string_view{out}.substr(head + 8));
  std::memcpy(out.data() + head + 4, &checksum, sizeof checksum);
}

std::optional<std::size_t> frame_size(std::string_view header) {
  if (header.size() < kRecordHeaderBytes) return std::nullopt;
  const auto length = load<std::uint32_t>(header.data());
  if (length == 0 || length > Log::kMostPayload) return std::nullopt;
  return kRecordHeaderBytes + length;
}

std::optional<Frame> read_frame(std::string_view bytes, Position start) {
  const auto size = frame_size(bytes);
  if (!size || *size > bytes.size() || load<std::uint64_t>(bytes.data() + 8) != start) return std::nullopt;
  if (base::crc32c(bytes.substr(8, *size - 8)) != load<std::uint32_t>(bytes.data() + 4)) return std::nullopt;
  const auto unsynced = load<std::uint32_t>(bytes.data() + 16);
  if (unsynced > start) return std::nullopt;
  return Frame{bytes.substr(kRecordHeaderBytes, *size - kRecordHeaderBytes), start - unsynced, *size};
}

bool damaged_not_torn(std::string_view bytes, Position start) {
  const auto last = bytes.find_last_not_of('\0');
  if (last == std::string_view::npos) return false;
  for (std::size_t at = 1; at <= last && at + kRecordHeaderBytes < bytes.size(); ++at) {
    if (load<std::uint64_t>(bytes.data() + at + 8) != start + at) continue;  // cheap: nearly always ends here
    const auto frame = read_frame(bytes.substr(at), start + at);
    if (frame && frame->synced > start) return true;
  }
  return false;
}

}  // namespace horad::store
