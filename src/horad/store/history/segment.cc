// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/segment.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>

#include "horad/store/history/integers.h"

namespace horad::store::history {
namespace {

constexpr std::string_view kBegin = "HORADHIS";
constexpr std::string_view kEnd = "HORADHIE";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderSize = 9;
constexpr std::size_t kFooterSize = 8 + 4 + 4 + 4 + 1 + 8;
constexpr std::size_t kMostIndexBytes = 1u << 30;
constexpr std::size_t kWriteBytes = 1 << 20;
constexpr std::string_view kManifestFirstLine = "horad-history 1";

std::unexpected<Error> damaged(const std::string& path, std::string_view what) {
  return fail(ErrorCode::kDamaged, "The history file " + path + " is damaged: " + std::string{what} + ".");
}

Result<std::string> read_exactly(const base::File& file, const std::string& path, std::uint64_t offset,
                                 std::size_t size) {
  std::string bytes(size, '\0');
  const auto got = file.read_at(offset, std::as_writable_bytes(std::span(bytes)));
  if (!got) return std::unexpected(got.error());
  if (*got != size) return damaged(path, "it ends too early");
  return bytes;
}

// Writes through a buffer, so that a large file needs little memory.
class FileWriter {
 public:
  explicit FileWriter(base::File& file) : file_(file) {}
  std::uint64_t offset() const noexcept { return written_ + buffer_.size(); }
  Result<void> add(std::string_view bytes) {
    buffer_ += bytes;
    return buffer_.size() >= kWriteBytes ? flush() : Result<void>{};
  }
  Result<void> flush() {
    auto done = file_.write_at(written_, base::as_bytes(buffer_));
    if (!done) return done;
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }

 private:
  base::File& file_;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

std::string record_of(const Block& block, NameList& names) {
  std::string body;
  base::put_varint(body, block.names.size());
  for (const model::NameId name : block.names) base::put_varint(body, names.index_of(name));
  body += block.bytes;
  std::string sized;
  base::put_text(sized, body);
  std::string out;
  base::put_fixed(out, base::crc32c(sized));
  return out += sized;
}

std::string footer_of(std::uint64_t offset, std::string_view packed, std::size_t size) {
  std::string out;
  base::put_fixed(out, offset);
  base::put_fixed(out, static_cast<std::uint32_t>(packed.size()));
  base::put_fixed(out, static_cast<std::uint32_t>(size));
  base::put_fixed(out, base::crc32c(packed));
  out.push_back(static_cast<char>(kVersion));
  return out += kEnd;
}

bool read_entity(base::Reader& in, std::uint64_t index_offset,
                 std::pair<std::string, std::vector<StoredBlock>>& entity) {
  entity.first = in.text();
  const std::uint64_t blocks = in.varint();
  if (!in.ok() || blocks > in.left()) return false;
  for (std::uint64_t i = 0; i < blocks; ++i) {
    StoredBlock block;
    block.offset = in.varint();
    const std::uint64_t size = in.varint();
    if (!get_summary(in, block.summary) || block.offset > index_offset || size > index_offset - block.offset ||
        size > UINT32_MAX)
      return false;
    block.size = static_cast<std::uint32_t>(size);
    entity.second.push_back(block);
  }
  return true;
}

bool parse_number(std::string_view text, std::uint64_t& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string manifest_text(const Manifest& manifest) {
  std::string out{kManifestFirstLine};
  out += "\nnext " + std::to_string(manifest.next_sequence) + "\n";
  for (const auto& [name, bytes] : manifest.segments) out += "segment " + name + " " + std::to_string(bytes) + "\n";
  char crc[16];
  std::snprintf(crc, sizeof(crc), "crc %08x\n", base::crc32c(out));
  return out += crc;
}

bool parse_manifest(std::string_view text, Manifest& manifest) {
  const std::size_t crc_at = text.rfind("crc ");
  if (crc_at == std::string_view::npos || !text.ends_with('\n')) return false;
  std::uint64_t crc = 0;
  const auto digits = text.substr(crc_at + 4, text.size() - crc_at - 5);
  if (!parse_number(digits, crc, 16) || crc != base::crc32c(text.substr(0, crc_at))) return false;
  std::string_view lines = text.substr(0, crc_at);
  lines.remove_prefix(kManifestFirstLine.size() + 1);
  while (!lines.empty()) {
    std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    if (line.starts_with("next ")) {
      if (!parse_number(line.substr(5), manifest.next_sequence)) return false;
      continue;
    }
    const std::size_t blank = line.rfind(' ');
    if (!line.starts_with("segment ") || blank < 8) return false;
    auto& segment = manifest.segments.emplace_back(line.substr(8, blank - 8), 0);
    if (!parse_number(line.substr(blank + 1), segment.second)) return false;
  }
  return true;
}

}  // namespace

Result<std::shared_ptr<const base::File>> OpenFiles::get(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_path_.find(path); found != by_path_.end()) {
    used_.splice(used_.begin(), used_, found->second);
    return used_.front().second;
  }
  auto file = disk_.open(path, base::OpenMode::kRead);
  if (!file) return std::unexpected(std::move(file).error());
  used_.emplace_front(path, std::shared_ptr<const base::File>(std::move(*file)));
  by_path_.emplace(used_.front().first, used_.begin());
  if (used_.size() > most_) {
    by_path_.erase(used_.back().first);
    used_.pop_back();
  }
  return used_.front().second;
}

Result<Block> Segment::read(const StoredBlock& where) const {
  const auto file = files->get(path);
  if (!file) return std::unexpected(file.error());
  const auto record = read_exactly(**file, path, where.offset, where.size);
  if (!record) return std::unexpected(record.error());
  base::Reader in(*record);
  const auto crc = in.fixed<std::uint32_t>();
  if (!in.ok() || crc != base::crc32c(std::string_view{*record}.substr(4)))
    return damaged(path, "a block's checksum is wrong");
  base::Reader body(in.text());
  Block out;
  const std::uint64_t count = body.varint();
  if (count > body.left()) return damaged(path, "a block's names");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t index = body.varint();
    if (index >= names.size()) return damaged(path, "a block's names");
    out.names.push_back(names[index]);
  }
  out.bytes = body.bytes(body.left());
  if (!in.ok() || !body.ok()) return damaged(path, "a block's record");
  out.summary = where.summary;
  return out;
}

Result<SegmentIndex> read_segment_index(Segment& segment, model::Names& names) {
  const auto file = segment.files->get(segment.path);
  if (!file && file.error().code == ErrorCode::kNotFound)
    return damaged(segment.path, "the manifest names it, but it is missing");
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  if (*size != segment.bytes || *size < kHeaderSize + kFooterSize)
    return damaged(segment.path, "its size is not that of the manifest");
  const auto footer = read_exactly(**file, segment.path, *size - kFooterSize, kFooterSize);
  if (!footer) return std::unexpected(footer.error());
  base::Reader tail(*footer);
  const auto offset = tail.fixed<std::uint64_t>();
  const auto packed_size = tail.fixed<std::uint32_t>();
  const auto index_size = tail.fixed<std::uint32_t>();
  const auto crc = tail.fixed<std::uint32_t>();
  const auto version = tail.fixed<std::uint8_t>();
  if (tail.bytes(kEnd.size()) != kEnd) return damaged(segment.path, "its end mark is missing");
  if (version != kVersion)
    return fail(ErrorCode::kWrongVersion,
                segment.path + " has version " + std::to_string(version) + "; this program reads 1.");
  if (offset > *size || *size - offset != packed_size + kFooterSize || index_size > kMostIndexBytes)
    return damaged(segment.path, "its footer");
  const auto packed = read_exactly(**file, segment.path, offset, packed_size);
  if (!packed) return std::unexpected(packed.error());
  std::string index;
  if (base::crc32c(*packed) != crc || !unpack_zstd(*packed, index_size, index))
    return damaged(segment.path, "its index");
  base::Reader in(index);
  SegmentIndex out;
  out.tenant = in.text();
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    const auto name = names.intern(in.text());
    if (!name) return std::unexpected(name.error());
    segment.names.push_back(*name);
  }
  for (std::uint64_t count = in.varint(); count > 0 && in.ok(); --count) {
    if (!read_entity(in, offset, out.entities.emplace_back())) return damaged(segment.path, "its index");
  }
  if (!in.ok() || !in.at_end()) return damaged(segment.path, "its index");
  return out;
}

Result<std::vector<StoredBlock>> write_segment(base::Disk& disk, Segment& segment, const SegmentContent& content,
                                               const model::Names& names) {
  auto file = disk.open(segment.path, base::OpenMode::kCreate);
  if (!file) return std::unexpected(std::move(file).error());
  FileWriter out(**file);
  std::string start{kBegin};
  start.push_back(static_cast<char>(kVersion));
  if (auto done = out.add(start); !done) return std::unexpected(std::move(done).error());
  NameList list;
  std::vector<StoredBlock> placed;
  std::string entities;
  base::put_varint(entities, content.entities.size());
  for (const auto& [id, blocks] : content.entities) {
    base::put_text(entities, id);
    base::put_varint(entities, blocks.size());
    for (const auto& block : blocks) {
      const std::string record = record_of(*block, list);
      placed.push_back({0, static_cast<std::uint32_t>(record.size()), out.offset(), block->summary});
      base::put_varint(entities, out.offset());
      base::put_varint(entities, record.size());
      put_summary(entities, block->summary);
      if (auto done = out.add(record); !done) return std::unexpected(std::move(done).error());
    }
  }
  std::string index;
  base::put_text(index, content.tenant);
  base::put_varint(index, list.names().size());
  for (const model::NameId name : list.names()) base::put_text(index, names.text(name));
  index += entities;
  const std::string packed = pack_zstd(index);
  const std::string footer = footer_of(out.offset(), packed, index.size());
  for (const std::string_view part : {std::string_view{packed}, std::string_view{footer}}) {
    if (auto done = out.add(part); !done) return std::unexpected(std::move(done).error());
  }
  if (auto done = out.flush(); !done) return std::unexpected(std::move(done).error());
  if (auto done = (*file)->sync(); !done) return std::unexpected(std::move(done).error());
  segment.bytes = out.offset();
  segment.names = list.take();
  return placed;
}

Result<Manifest> read_manifest(base::Disk& disk, const std::string& directory) {
  const std::string path = directory + "/" + std::string{kManifestName};
  const auto there = disk.exists(path);
  if (!there) return std::unexpected(there.error());
  Manifest out;
  if (!*there) return out;
  auto file = disk.open(path, base::OpenMode::kRead);
  if (!file) return std::unexpected(std::move(file).error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  const auto text = read_exactly(**file, path, 0, static_cast<std::size_t>(*size));
  if (!text) return std::unexpected(text.error());
  if (!text->starts_with(kManifestFirstLine)) {
    if (text->starts_with("horad-history "))
      return fail(ErrorCode::kWrongVersion, path + " is of another version; this program reads 1.");
    return damaged(path, "its first line");
  }
  if (!parse_manifest(*text, out)) return damaged(path, "its lines do not match their checksum");
  return out;
}

Result<void> write_manifest(base::Disk& disk, const std::string& directory, const Manifest& manifest) {
  const std::string path = directory + "/" + std::string{kManifestName};
  const std::string fresh = path + ".new";
  {
    auto file = disk.open(fresh, base::OpenMode::kCreate);
    if (!file) return std::unexpected(std::move(file).error());
    if (auto done = (*file)->write_at(0, base::as_bytes(manifest_text(manifest))); !done) return done;
    if (auto done = (*file)->sync(); !done) return done;
  }
  if (auto done = disk.rename(fresh, path); !done) return done;
  return disk.sync_dir(directory);
}

}  // namespace horad::store::history
