// SPDX-License-Identifier: Apache-2.0
#include "horad/store/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "horad/base/bytes.h"
#include "horad/store/kill_points.h"
#include "horad/store/log_frame.h"

namespace horad::store {
namespace {

constexpr std::size_t kReadChunk = 1u << 20;

std::unexpected<Error> damaged(const std::string& path, std::uint64_t offset, std::string_view what) {
  return fail(ErrorCode::kDamaged, fmt::format("{} is damaged at offset {}: {}", path, offset, what));
}

Result<std::string> read_range(const base::File& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const auto n = file.read_at(offset, std::as_writable_bytes(std::span{bytes}));
  if (!n) return std::unexpected(n.error());
  bytes.resize(*n);
  return bytes;
}

}  // namespace

Log::Log(base::Disk& disk, LogOptions options) : disk_(disk), options_(std::move(options)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(base::Disk& disk, LogOptions options, Position reach) {
  std::unique_ptr<Log> log{new Log(disk, std::move(options))};
  if (auto made = disk.make_dir(log->options_.directory); !made) return std::unexpected(made.error());
  if (auto found = log->find_segments(); !found) return std::unexpected(found.error());
  if (auto opened = log->open_last(reach); !opened) return std::unexpected(opened.error());
  return log;
}

Result<void> Log::find_segments() {
  const auto names = disk_.list(options_.directory);
  if (!names) return std::unexpected(names.error());
  for (const auto& name : *names) {
    const auto base = parse_segment_name(name);
    if (base) segments_.push_back({*base, 0, fmt::format("{}/{}", options_.directory, name)});
  }
  std::ranges::sort(segments_, {}, &Segment::base);
  for (auto& segment : segments_) {
    const auto file = disk_.open(segment.path, base::OpenMode::kRead);
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    segment.file_size = *size;
  }
  return {};
}

Result<void> Log::check_header(const Segment& segment, std::string_view bytes) const {
  const auto header = decode_segment_header(bytes);
  if (!header) return damaged(segment.path, 0, "not a segment header");
  if (header->format != kLogFormat) {
    return fail(ErrorCode::kWrongVersion, fmt::format("{} has log format {}; this program reads format {}",
                                                      segment.path, header->format, kLogFormat));
  }
  if (header->shard != options_.shard || header->base != segment.base) {
    return damaged(segment.path, 0, "belongs to another place");
  }
  return {};
}

/// Walks the last segment to the end of the log. Everything in earlier segments is durable and is checked when it is
/// read.
Result<void> Log::open_last(Position reach) {
  while (!segments_.empty()) {
    const Segment& last = segments_.back();
    auto file = disk_.open(last.path, base::OpenMode::kReadWrite);
    if (!file) return std::unexpected(file.error());
    const auto bytes = read_range(**file, 0, last.file_size);
    if (!bytes) return std::unexpected(bytes.error());
    const std::string_view all = *bytes;
    const std::string_view records = all.substr(std::min(all.size(), kSegmentHeaderBytes));
    if (!decode_segment_header(all) && records.find_first_not_of('\0') == std::string_view::npos) {
      // It was being made when the machine stopped, and nothing is in it.
      if (auto removed = disk_.remove(last.path); !removed) return removed;
      segments_.pop_back();
      continue;
    }
    if (auto header = check_header(last, all); !header) return header;
    file_ = std::move(*file);
    std::size_t at = 0;
    while (const auto frame = read_frame(records.substr(at), last.base + at)) at += frame->size;
    next_ = last.base + at;
    if (next_ < reach) return damaged(last.path, kSegmentHeaderBytes + at, "the log ends before its checkpoint");
    if (damaged_not_torn(records.substr(at), next_)) {
      return damaged(last.path, kSegmentHeaderBytes + at, "a durable record is not what was written");
    }
    synced_ = next_;
    end_ = next_;
    return clear_after(kSegmentHeaderBytes + at, all);
  }
  next_ = synced_ = reach;
  end_ = reach;
  if (reach > 0)
    return fail(ErrorCode::kDamaged, fmt::format("{} has no segment that reaches {}", options_.directory, reach));
  return make_segment(0, std::max<std::uint64_t>(options_.segment_bytes, 2 * kSegmentHeaderBytes));
}

/// Overwrites a torn end with zeros, in place, so that it needs no room and no later record can meet leftovers.
Result<void> Log::clear_after(std::uint64_t offset, std::string_view bytes) {
  const auto last = bytes.find_last_not_of('\0');
  if (last != std::string_view::npos && last >= offset) {
    const std::string zeros(last + 1 - offset, '\0');
    if (auto written = file_->write_at(offset, base::as_bytes(zeros)); !written) return written;
  }
  // What was read may still be only in the page cache of a process that was killed: records are replayed and answered
  // for from here on, so they are made durable first.
  if (auto synced = file_->sync(); !synced) return synced;
  return disk_.sync_dir(options_.directory);
}

Result<void> Log::stop(Error error) {
  broken_ = true;
  return std::unexpected(std::move(error));
}

Result<void> Log::fill_new_file(base::File& file, Position base, std::uint64_t size) const {
  if (auto reserved = file.allocate(size); !reserved) return reserved;
  const std::string header = encode_segment_header({kLogFormat, options_.shard, base});
  if (auto written = file.write_at(0, base::as_bytes(header)); !written) return written;
  if (auto synced = file.sync(); !synced) return synced;
  return disk_.sync_dir(options_.directory);
}

Result<void> Log::make_segment(Position base, std::uint64_t size) {
  const std::string path = fmt::format("{}/{}", options_.directory, segment_name(base));
  const auto room = disk_.free_space(options_.directory);
  if (!room) return std::unexpected(room.error());
  if (*room < size) {
    return fail(ErrorCode::kStorageFull,
                fmt::format("{} has {} bytes free, a log segment needs {}", options_.directory, *room, size));
  }
  auto file = disk_.open(path, base::OpenMode::kCreate);
  if (!file) return std::unexpected(file.error());
  if (auto filled = fill_new_file(**file, base, size); !filled) {
    file->reset();
    static_cast<void>(disk_.remove(path));  // when this fails too, opening the log removes the empty segment
    return filled;
  }
  file_ = std::move(*file);
  const std::lock_guard lock{mutex_};
  segments_.push_back({base, size, path});
  return {};
}

Result<void> Log::next_segment(std::size_t record_bytes) {
  if (auto ended = commit(); !ended) return ended;
  kill(kill::kSegmentEnded);
  const auto size = std::max<std::uint64_t>(options_.segment_bytes, kSegmentHeaderBytes + record_bytes);
  auto made = make_segment(next_, size);
  if (!made && made.error().code != ErrorCode::kStorageFull) return stop(std::move(made).error());
  if (made) kill(kill::kSegmentMade);
  return made;
}

Result<void> Log::reserve(std::size_t payload_bytes) {
  if (broken_)
    return fail(ErrorCode::kUnavailable, "the change log has stopped after a disk failure; restart to recover");
  if (payload_bytes > kMostPayload) {
    return fail(ErrorCode::kTooLarge,
                fmt::format("one change may take {} bytes, this one takes {}", kMostPayload, payload_bytes));
  }
  const std::size_t record_bytes = kRecordHeaderBytes + payload_bytes;
  const Segment& last = segments_.back();
  if (kSegmentHeaderBytes + (next_ - last.base) + record_bytes <= last.file_size) return {};
  return next_segment(record_bytes);
}

Position Log::append(std::string_view payload) {
  append_frame(pending_, next_, synced_, payload);
  next_ += kRecordHeaderBytes + payload.size();
  return next_;
}

Result<void> Log::commit(bool sync) {
  if (broken_)
    return fail(ErrorCode::kUnavailable, "the change log has stopped after a disk failure; restart to recover");
  if (!pending_.empty()) {
    const auto offset = kSegmentHeaderBytes + (next_ - pending_.size() - segments_.back().base);
    if (auto written = file_->write_at(offset, base::as_bytes(pending_)); !written)
      return stop(std::move(written).error());
    kill(kill::kAppended);
  }
  if (sync && synced_ != next_) {
    if (auto synced = file_->sync(); !synced) return stop(std::move(synced).error());
    synced_bytes_ += next_ - synced_;
    synced_ = next_;
  }
  pending_.clear();
  end_.store(next_, std::memory_order_release);
  return {};
}

void Log::trim(Position before) {
  for (;;) {
    std::string path;
    {
      const std::lock_guard lock{mutex_};
      if (segments_.size() < 2 || segments_[1].base > before) break;
      path = segments_.front().path;
      segments_.erase(segments_.begin());
    }
    static_cast<void>(disk_.remove(path));  // one that stays is removed by the trim after the next start
  }
  static_cast<void>(disk_.sync_dir(options_.directory));
}

Position Log::begin() const {
  const std::lock_guard lock{mutex_};
  return segments_.front().base;
}

std::uint64_t Log::file_bytes() const {
  const std::lock_guard lock{mutex_};
  std::uint64_t sum = 0;
  for (const auto& segment : segments_) sum += segment.file_size;
  return sum;
}

Result<void> Log::read(Position from, const std::function<bool(Position, std::string_view)>& take) const {
  const Position limit = end();
  bool more = true;
  while (more && from < limit) {
    Segment segment;
    Position border = limit;
    {
      const std::lock_guard lock{mutex_};
      const auto after = std::ranges::upper_bound(segments_, from, {}, &Segment::base);
      if (after == segments_.begin()) {
        return fail(ErrorCode::kNotFound, fmt::format("the log before {} was trimmed away", segments_.front().base));
      }
      segment = *std::prev(after);
      if (after != segments_.end()) border = std::min(limit, after->base);
    }
    const auto reached = read_segment(segment, from, border, more, take);
    if (!reached) return std::unexpected(reached.error());
    from = *reached;
  }
  return {};
}

Result<Position> Log::read_segment(const Segment& segment, Position from, Position limit, bool& more,
                                   const std::function<bool(Position, std::string_view)>& take) const {
  const auto file = disk_.open(segment.path, base::OpenMode::kRead);  // kNotFound: trimmed since we looked
  if (!file) return std::unexpected(file.error());
  std::string chunk;
  Position chunk_start = from;
  while (more && from < limit) {
    const std::string_view left = std::string_view{chunk}.substr(from - chunk_start);
    const auto size = frame_size(left);
    if (left.size() < kRecordHeaderBytes || (size && *size > left.size())) {
      const auto want = std::min<std::uint64_t>(std::max(kReadChunk, size.value_or(0)), limit - from);
      if (left.size() >= want)
        return damaged(segment.path, kSegmentHeaderBytes + from - segment.base, "a record runs over the end");
      auto bytes = read_range(**file, kSegmentHeaderBytes + from - segment.base, want);
      if (!bytes) return std::unexpected(bytes.error());
      if (bytes->size() < want)
        return damaged(segment.path, kSegmentHeaderBytes + from - segment.base, "the file is cut off");
      chunk = std::move(*bytes);
      chunk_start = from;
      continue;  // now its size can be seen
    }
    const auto frame = read_frame(left, from);
    if (!frame) return damaged(segment.path, kSegmentHeaderBytes + from - segment.base, "no valid record");
    from += frame->size;
    more = take(from, frame->payload);
  }
  return from;
}

}  // namespace horad::store
