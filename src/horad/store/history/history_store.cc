// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/history_store.h"

#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "horad/store/history/heads.h"
#include "horad/store/history/segment.h"
#include "horad/store/history/snapshot.h"

namespace horad::store {

using history::Block;
using history::Head;
using history::Manifest;
using history::Segment;
using history::StoredBlock;

namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;  // ns
constexpr std::size_t kLeastSealed = 16;           // rows worth sealing early for memory

struct HeadHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view id) const noexcept { return std::hash<std::string_view>{}(id); }
  std::size_t operator()(const std::unique_ptr<Head>& head) const noexcept { return (*this)(head->id()); }
};
struct HeadEqual {
  using is_transparent = void;
  static std::string_view id(std::string_view v) noexcept { return v; }
  static std::string_view id(const std::unique_ptr<Head>& head) noexcept { return head->id(); }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return id(a) == id(b);
  }
};

struct ById {
  using is_transparent = void;
  bool operator()(const Head* a, const Head* b) const noexcept { return a->id() < b->id(); }
  bool operator()(const Head* a, std::string_view b) const noexcept { return a->id() < b; }
  bool operator()(std::string_view a, const Head* b) const noexcept { return a < b->id(); }
};

struct TenantHeads {
  std::string key;
  absl::flat_hash_set<std::unique_ptr<Head>, HeadHash, HeadEqual> heads;
  std::set<Head*, ById> gone;  // entities that are no longer, but have a past
};

std::int64_t day_of(std::int64_t at) noexcept { return at >= 0 ? at / kDay : (at - kDay + 1) / kDay; }

// Makes the folder; its name is durable when this returns, and those of its parents when they were made here.
Result<void> make_directory(base::Disk& disk, const std::string& directory) {
  const auto there = disk.exists(directory);
  if (!there) return std::unexpected(there.error());
  if (auto done = disk.make_dir(directory); !done) return done;
  for (std::size_t slash = directory.rfind('/'); slash != std::string::npos; slash = directory.rfind('/', slash - 1)) {
    if (auto done = disk.sync_dir(slash == 0 ? "/" : directory.substr(0, slash)); !done) return done;
    if (slash == 0 || *there) return {};
  }
  return {};
}

std::string segment_name(std::uint64_t sequence, std::int64_t day) {
  std::string digits = std::to_string(sequence);
  if (digits.size() < 10) digits.insert(0, 10 - digits.size(), '0');
  return digits + "-" + std::to_string(day) + std::string{history::kSegmentSuffix};
}

}  // namespace

/// One file to write: its content, and whose block each is.
struct SegmentJob {
  struct File {
    std::string name;
    history::SegmentContent content;
    std::vector<std::pair<Head*, const Block*>> owners;  // in the order of the content
  };
  base::Disk* disk = nullptr;
  const model::Names* names = nullptr;
  std::string directory;
  std::shared_ptr<history::OpenFiles> open_files;
  std::vector<File> files;
  Manifest manifest;  // as it stands without the files
};

struct WrittenSegments {
  struct File {
    std::shared_ptr<const Segment> segment;
    std::vector<StoredBlock> placed;
    std::vector<std::pair<Head*, const Block*>> owners;
  };
  std::vector<File> files;
  Manifest manifest;
};

struct HistoryStore::State {
  State(base::Disk& d, std::string dir, model::Names& n, HistoryOptions o)
      : disk(d), directory(std::move(dir)), names(n), options(o), files(std::make_shared<history::OpenFiles>(d)) {}

  base::Disk& disk;
  std::string directory;
  model::Names& names;
  HistoryOptions options;
  std::shared_ptr<history::OpenFiles> files;
  std::vector<std::unique_ptr<TenantHeads>> tenants;
  std::map<std::string, std::uint32_t, std::less<>> tenant_index;
  std::vector<std::shared_ptr<const Segment>> segments;
  Manifest manifest;
  std::vector<Head*> dirty;
  std::vector<Head*> taking;          // the dirty heads of the checkpoint under way
  std::vector<Head*> unsaved_blocks;  // heads with blocks that no segment holds
  std::size_t memory = 0;
  std::size_t entities = 0;
  std::string scratch;
  mutable HistoryCounters counters;

  TenantHeads& tenant(std::string_view key, std::uint32_t& index);
  Head& head(std::string_view tenant_key, std::string_view id);
  Head* find(std::string_view tenant_key, std::string_view id) const;
  void note_dirty(Head& head);
  void note_presence(Head& head);
  void pack_when_large(Head& head);
  void seal(Head& head);
  void seal_for_memory();
  Result<void> load_segments();
  Result<void> load_segment(const std::string& name, std::uint64_t bytes);
  Result<void> remove_leftovers();
  void publish() const;
};

TenantHeads& HistoryStore::State::tenant(std::string_view key, std::uint32_t& index) {
  auto found = tenant_index.find(key);
  if (found == tenant_index.end()) {
    found = tenant_index.emplace(key, static_cast<std::uint32_t>(tenants.size())).first;
    tenants.push_back(std::make_unique<TenantHeads>());
    tenants.back()->key = key;
  }
  index = found->second;
  return *tenants[index];
}

Head& HistoryStore::State::head(std::string_view tenant_key, std::string_view id) {
  std::uint32_t index = 0;
  TenantHeads& of = tenant(tenant_key, index);
  if (const auto found = of.heads.find(id); found != of.heads.end()) return **found;
  Head& made = **of.heads.insert(std::make_unique<Head>(index, id)).first;
  memory += made.memory();
  ++entities;
  return made;
}

Head* HistoryStore::State::find(std::string_view tenant_key, std::string_view id) const {
  const auto tenant = tenant_index.find(tenant_key);
  if (tenant == tenant_index.end()) return nullptr;
  const auto& heads = tenants[tenant->second]->heads;
  const auto found = heads.find(id);
  return found == heads.end() ? nullptr : found->get();
}

void HistoryStore::State::note_dirty(Head& head) {
  if (head.dirty) return;
  head.dirty = true;
  dirty.push_back(&head);
}

void HistoryStore::State::note_presence(Head& head) {
  const bool gone = !head.present() && head.known();
  if (gone == head.listed_as_gone) return;
  head.listed_as_gone = gone;
  auto& list = tenants[head.tenant()]->gone;
  if (gone) {
    list.insert(&head);
  } else {
    list.erase(&head);
  }
}

void HistoryStore::State::seal(Head& head) {
  if (!head.seal()) return;
  counters.blocks_sealed.add();
  if (head.waits_for_segment) return;
  head.waits_for_segment = true;
  unsaved_blocks.push_back(&head);
}

void HistoryStore::State::pack_when_large(Head& head) {
  if (head.log_rows() < options.rows_per_part && head.log_bytes() < options.bytes_per_part) return;
  head.pack();
  counters.parts_packed.add();
  const auto* packed = head.packed();
  if (packed->part_rows >= options.rows_per_block || packed->part_bytes >= options.bytes_per_block) seal(head);
}

void HistoryStore::State::seal_for_memory() {
  if (memory <= options.memory_bound) return;
  for (const auto& tenant : tenants) {
    for (const auto& head : tenant->heads) {
      const std::size_t rows = head->log_rows() + (head->packed() ? head->packed()->part_rows : 0);
      if (rows < kLeastSealed) continue;
      const std::size_t before = head->memory();
      seal(*head);
      memory += head->memory() - before;
    }
  }
}

void HistoryStore::State::publish() const {
  counters.entities.set(static_cast<std::int64_t>(entities));
  counters.segments.set(static_cast<std::int64_t>(segments.size()));
  counters.memory_bytes.set(static_cast<std::int64_t>(memory));
}

Result<void> HistoryStore::State::load_segment(const std::string& name, std::uint64_t bytes) {
  auto segment = std::make_shared<Segment>();
  segment->name = name;
  segment->path = directory + "/" + name;
  segment->bytes = bytes;
  segment->files = files;
  auto index = history::read_segment_index(*segment, names);
  if (!index) return std::unexpected(std::move(index).error());
  const auto number = static_cast<std::uint32_t>(segments.size());
  for (auto& [id, blocks] : index->entities) {
    Head& owner = head(index->tenant, id);
    const std::size_t before = owner.memory();
    for (StoredBlock& block : blocks) {
      block.segment = number;
      owner.add_stored(block);
    }
    memory += owner.memory() - before;
  }
  segments.push_back(std::move(segment));
  return {};
}

Result<void> HistoryStore::State::remove_leftovers() {
  auto there = disk.list(directory);
  if (!there) return std::unexpected(std::move(there).error());
  for (const std::string& name : *there) {
    const bool named =
        std::any_of(manifest.segments.begin(), manifest.segments.end(), [&](const auto& s) { return s.first == name; });
    const bool ours = name.ends_with(history::kSegmentSuffix) || name == std::string{history::kManifestName} + ".new";
    if (named || !ours) continue;
    if (auto done = disk.remove(directory + "/" + name); !done) return done;
  }
  return {};
}

Result<void> HistoryStore::State::load_segments() {
  if (auto done = make_directory(disk, directory); !done) return done;
  auto read = history::read_manifest(disk, directory);
  if (!read) return std::unexpected(std::move(read).error());
  manifest = std::move(*read);
  if (auto done = remove_leftovers(); !done) return done;
  for (const auto& [name, bytes] : manifest.segments) {
    if (auto done = load_segment(name, bytes); !done) return done;
  }
  publish();
  return {};
}

HistoryStore::HistoryStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
HistoryStore::~HistoryStore() = default;

Result<std::unique_ptr<HistoryStore>> HistoryStore::open(base::Disk& disk, std::string directory, model::Names& names,
                                                         HistoryOptions options) {
  auto state = std::make_unique<State>(disk, std::move(directory), names, options);
  if (auto done = state->load_segments(); !done) return std::unexpected(std::move(done).error());
  return std::unique_ptr<HistoryStore>(new HistoryStore(std::move(state)));
}

void HistoryStore::append(std::string_view tenant, std::string_view id, const model::Change& change, Timestamp at,
                          std::uint64_t position) {
  State& s = *state_;
  Head& head = s.head(tenant, id);
  const std::size_t before = head.memory();
  std::uint64_t rows = 0;
  std::uint64_t points = 0;
  const std::uint64_t held = head.position();
  if (!head.apply(change, at.time_since_epoch().count(), position, s.scratch, rows, points))
    s.counters.replays_skipped.add();
  s.counters.rows.add(rows);
  s.counters.points.add(points);
  if (head.position() != held) s.note_dirty(head);
  s.note_presence(head);
  s.pack_when_large(head);
  s.memory += head.memory() - before;
  s.counters.memory_bytes.set(static_cast<std::int64_t>(s.memory));
  s.counters.entities.set(static_cast<std::int64_t>(s.entities));
}

// --- Checkpoint

std::shared_ptr<const SegmentJob> HistoryStore::start_segments() {
  State& s = *state_;
  s.seal_for_memory();
  if (s.unsaved_blocks.empty()) return nullptr;
  struct Owned {
    Head* head;
    std::shared_ptr<const Block> block;
  };
  std::map<std::pair<std::string, std::int64_t>, std::map<std::string, std::vector<Owned>>> by_file;
  for (Head* head : s.unsaved_blocks) {
    for (const auto& block : head->packed()->sealed) {
      by_file[{s.tenants[head->tenant()]->key, day_of(block->summary.last_at)}][std::string{head->id()}].push_back(
          {head, block});
    }
  }
  auto job = std::make_shared<SegmentJob>();
  job->disk = &s.disk;
  job->names = &s.names;
  job->directory = s.directory;
  job->open_files = s.files;
  for (auto& [key, entities] : by_file) {
    auto& file = job->files.emplace_back();
    file.name = segment_name(s.manifest.next_sequence++, key.second);
    file.content.tenant = key.first;
    for (auto& [id, blocks] : entities) {
      auto& entity = file.content.entities.emplace_back(id, std::vector<std::shared_ptr<const Block>>{});
      for (Owned& owned : blocks) {
        file.owners.emplace_back(owned.head, owned.block.get());
        entity.second.push_back(std::move(owned.block));
      }
    }
  }
  job->manifest = s.manifest;
  return job;
}

namespace {

// Gives the space of a failed job back. Only before the manifest may name the files.
void remove_files(const SegmentJob& job) {
  for (const auto& file : job.files) {
    const std::string path = job.directory + "/" + file.name;
    if (job.disk->exists(path).value_or(false))
      (void)job.disk->remove(path);  // what stays is removed at the next start
  }
}

Result<void> write_files(const SegmentJob& job, WrittenSegments& out) {
  for (const auto& file : job.files) {
    auto segment = std::make_shared<Segment>();
    segment->name = file.name;
    segment->path = job.directory + "/" + file.name;
    segment->files = job.open_files;
    auto placed = history::write_segment(*job.disk, *segment, file.content, *job.names);
    if (!placed) return std::unexpected(std::move(placed).error());
    out.manifest.segments.emplace_back(file.name, segment->bytes);
    out.files.push_back({std::move(segment), std::move(*placed), file.owners});
  }
  return job.disk->sync_dir(job.directory);
}

}  // namespace

Result<std::shared_ptr<const WrittenSegments>> HistoryStore::write_segment_files(const SegmentJob& job) {
  auto out = std::make_shared<WrittenSegments>();
  out->manifest = job.manifest;
  if (auto done = write_files(job, *out); !done) {
    remove_files(job);
    return std::unexpected(std::move(done).error());
  }
  if (auto done = history::write_manifest(*job.disk, job.directory, out->manifest); !done)
    return std::unexpected(std::move(done).error());
  return out;
}

void HistoryStore::finish_segments(std::shared_ptr<const WrittenSegments> written) {
  State& s = *state_;
  if (!written) return;
  s.manifest.segments = written->manifest.segments;
  for (const auto& file : written->files) {
    const auto number = static_cast<std::uint32_t>(s.segments.size());
    s.segments.push_back(file.segment);
    s.counters.segments_written.add();
    s.counters.segment_bytes.add(file.segment->bytes);
    for (std::size_t i = 0; i < file.owners.size(); ++i) {
      StoredBlock where = file.placed[i];
      where.segment = number;
      const auto [head, block] = file.owners[i];
      const std::size_t before = head->memory();
      head->stored_instead(block, where);
      s.memory += head->memory() - before;
    }
  }
  std::erase_if(s.unsaved_blocks, [](const Head* head) { return !head->waits_for_segment; });
  s.publish();
}

Result<void> HistoryStore::write_segments() {
  const auto job = start_segments();
  if (!job) return {};
  auto written = write_segment_files(*job);
  if (!written) {
    finish_segments(nullptr);
    return std::unexpected(std::move(written).error());
  }
  finish_segments(std::move(*written));
  return {};
}

void HistoryStore::start_heads() {
  State& s = *state_;
  s.taking.insert(s.taking.end(), s.dirty.begin(), s.dirty.end());
  s.dirty.clear();
}

std::vector<SavedHead> HistoryStore::take_dirty(std::size_t most) {
  State& s = *state_;
  std::vector<SavedHead> out;
  while (out.size() < most && !s.taking.empty()) {
    Head& head = *s.taking.back();
    s.taking.pop_back();
    head.dirty = false;
    out.push_back({history::head_key(s.tenants[head.tenant()]->key, head.id()), head.save(s.names)});
  }
  return out;
}

void HistoryStore::mark_dirty(const std::vector<SavedHead>& heads) {
  for (const SavedHead& saved : heads) {
    const std::size_t split = saved.key.find('\0');
    if (split == std::string::npos) continue;
    const std::string_view key{saved.key};
    if (Head* head = state_->find(key.substr(0, split), key.substr(split + 1))) state_->note_dirty(*head);
  }
}

std::size_t HistoryStore::dirty() const noexcept { return state_->dirty.size() + state_->taking.size(); }

Result<void> HistoryStore::load_head(std::string_view key, std::string_view bytes) {
  State& s = *state_;
  const std::size_t split = key.find('\0');
  if (split == std::string_view::npos) return fail(ErrorCode::kDamaged, "A saved history head has a damaged key.");
  Head& head = s.head(key.substr(0, split), key.substr(split + 1));
  const std::size_t before = head.memory();
  auto done = head.load(bytes, s.names);
  s.memory += head.memory() - before;
  if (!done) {
    done.error().detail += " It belongs to " + std::string{key.substr(split + 1)} + ".";
    return done;
  }
  s.note_presence(head);
  if (head.packed() && !head.packed()->sealed.empty() && !head.waits_for_segment) {
    head.waits_for_segment = true;
    s.unsaved_blocks.push_back(&head);
  }
  s.publish();
  return {};
}

// --- Questions

std::shared_ptr<const HistorySnapshot> HistoryStore::collect(std::string_view tenant, const HistoryQuery& query) const {
  auto out = std::make_shared<HistorySnapshot>();
  out->names = &state_->names;
  for (const std::string& id : query.ids) {
    const Head* head = state_->find(tenant, id);
    if (head == nullptr || !head->known()) continue;
    auto& entity = out->entities.emplace_back();
    entity.id = id;
    entity.identity = head->identity();
    entity.edits = head->edits();
    entity.log = head->log();
    entity.open_from = head->open_from();
    entity.position = head->position();
    if (const auto* packed = head->packed()) {
      entity.stored = packed->stored;
      entity.blocks = packed->sealed;
      entity.blocks.insert(entity.blocks.end(), packed->parts.begin(), packed->parts.end());
    }
    for (const StoredBlock& block : entity.stored) {
      if (out->segments.size() <= block.segment) out->segments.resize(block.segment + 1);
      out->segments[block.segment] = state_->segments[block.segment];
    }
  }
  return out;
}

std::vector<std::string> HistoryStore::gone(std::string_view tenant, std::string_view after, std::size_t most) const {
  std::vector<std::string> out;
  const auto found = state_->tenant_index.find(tenant);
  if (found == state_->tenant_index.end()) return out;
  const auto& list = state_->tenants[found->second]->gone;
  for (auto head = list.upper_bound(after); head != list.end() && out.size() < most; ++head)
    out.emplace_back((*head)->id());
  return out;
}

std::uint64_t HistoryStore::version(std::string_view tenant, std::string_view id) const {
  const Head* const head = state_->find(tenant, id);
  return head != nullptr && head->edits() ? head->edits()->version : 0;
}

Result<void> HistoryStore::has_room(std::string_view tenant, std::string_view id,
                                    const model::HistoryEdit& edit) const {
  const Head* const head = state_->find(tenant, id);
  std::size_t marks = head != nullptr && head->edits() && !edit.erase_all ? head->edits()->size() : 0;
  marks += edit.erased.size() + edit.erased_series.size();
  for (const auto& addition : edit.added) marks += addition.instead_of ? 2 : 0;
  if (marks <= history::kMostEdits) return {};
  return fail(ErrorCode::kTooLarge,
              "The past of an entity takes " + std::to_string(history::kMostEdits) +
                  " corrections; delete the attribute's past, or the entity's, and write it anew.");
}

std::size_t HistoryStore::memory_bytes() const noexcept { return state_->memory; }
const HistoryCounters& HistoryStore::counters() const noexcept { return state_->counters; }

}  // namespace horad::store
