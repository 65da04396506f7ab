// SPDX-License-Identifier: Apache-2.0
// The history of one shard: what each entity's attributes were, when. Open rows are kept in memory and rebuilt from the
// shard's checkpoint and log; full blocks lie in immutable segment files. Formats: docs/formats/history.md.
//
// One thread (the shard's) drives a HistoryStore. Only evaluate() and write_segment_files() may run on other threads,
// on values that collect() and start_segments() handed out; they touch nothing of the store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/counters.h"
#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/model/change.h"
#include "horad/model/names.h"
#include "horad/store/history.h"

namespace horad::store {

struct HistoryOptions {
  std::size_t rows_per_part = 128;        // open rows are packed in memory by this many
  std::size_t rows_per_block = 1024;      // then sealed into one block by this many
  std::size_t bytes_per_part = 64 << 10;  // packed and sealed earlier when rows are large
  std::size_t bytes_per_block = 512 << 10;
  std::size_t memory_bound = 1ull << 30;  // above it, start_segments() seals open rows early
};

struct HistoryCounters {
  base::Counter rows, points, replays_skipped, parts_packed, blocks_sealed, segments_written, segment_bytes;
  base::Gauge entities, segments, memory_bytes;
};

/// An open head as it goes into the shard's checkpoint and comes back. Keys sort by tenant, then id.
struct SavedHead {
  std::string key;
  std::string bytes;
};

/// What a question needs, frozen: shared references to immutable blocks and copies of the few open rows. Cheap to move.
struct HistorySnapshot;
/// Blocks on their way into segment files, and the files once written.
struct SegmentJob;
struct WrittenSegments;

class HistoryStore {
 public:
  /// Reads the manifest and the indexes of the segments in `directory`, which is made when missing; files that no
  /// manifest names are removed (a crash left them). `disk` and `names` must outlive the store and every snapshot.
  ///   errors   kDamaged (which file), kWrongVersion, kIo, kStorageFull
  static Result<std::unique_ptr<HistoryStore>> open(base::Disk& disk, std::string directory, model::Names& names,
                                                    HistoryOptions options = {});
  ~HistoryStore();
  HistoryStore(const HistoryStore&) = delete;
  HistoryStore& operator=(const HistoryStore&) = delete;

  /// Records what `change`, made at `at` by the log record ending at `position`, says about entity `id` of `tenant`
  /// (any text that names tenant and space, without NUL). Attributes of one change with the same observedAt share a
  /// row. Positions of one entity grow; a record that is already held (replay) changes nothing.
  ///   cost     a few hundred bytes appended in memory; each rows_per_part-th row packs, each rows_per_block-th seals
  void append(std::string_view tenant, std::string_view id, const model::Change& change, Timestamp at,
              std::uint64_t position);

  // --- Checkpoint. Order: start_segments, write_segment_files (any thread), finish_segments; then start_heads, and
  // take_dirty until it is empty, each slice stored; only then may the log position at which start_heads was called be
  // declared. Appends may go on between. A crash anywhere loses and doubles nothing: a head carries its blocks until
  // they are in a registered segment, and rows that a segment already holds are dropped at load.

  /// The sealed blocks that are in no segment yet; empty() when there are none. At most one job at a time.
  std::shared_ptr<const SegmentJob> start_segments();
  /// Writes and syncs one file per tenant and day, then registers all in the manifest by rename. Any thread.
  ///   errors   kIo, kStorageFull: nothing is registered, and nothing changed; the blocks stay in memory for the next
  ///   try
  static Result<std::shared_ptr<const WrittenSegments>> write_segment_files(const SegmentJob& job);
  /// Takes the files into use and lets go of the blocks. `written` null (the write failed): the job is given up.
  void finish_segments(std::shared_ptr<const WrittenSegments> written);
  /// The three calls above in a row, on this thread.
  Result<void> write_segments();

  /// Heads changed up to now are the ones that take_dirty gives; later changes wait for the next checkpoint.
  void start_heads();
  /// Up to `most` of them, each as it is now. Empty: no more.
  std::vector<SavedHead> take_dirty(std::size_t most);
  /// Puts heads back on the list after they could not be stored.
  void mark_dirty(const std::vector<SavedHead>& heads);
  std::size_t dirty() const noexcept;  // changed and not taken yet

  /// Gives back a head at recovery, once per key, before any append. Errors: kDamaged; kOverloaded when the name table
  /// is full.
  Result<void> load_head(std::string_view key, std::string_view bytes);

  /// Freezes what is needed to answer `query` about `tenant`. Cost: O(ids + blocks of them), no disk.
  std::shared_ptr<const HistorySnapshot> collect(std::string_view tenant, const HistoryQuery& query) const;

  /// The state of the edits of an entity's past: EntityHistory::version; 0 when it was never edited.
  std::uint64_t version(std::string_view tenant, std::string_view id) const;
  /// Whether `edit` can be taken. Errors: kTooLarge when the entity has too many marks already.
  Result<void> has_room(std::string_view tenant, std::string_view id, const model::HistoryEdit& edit) const;

  /// Up to `most` ids of entities that are gone and have a past, above `after`, ascending.
  std::vector<std::string> gone(std::string_view tenant, std::string_view after, std::size_t most) const;

  /// Bytes held in memory, all entities, open rows, blocks and segment indexes included.
  std::size_t memory_bytes() const noexcept;
  const HistoryCounters& counters() const noexcept;

 private:
  struct State;
  explicit HistoryStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Answers `query` from a snapshot that collect() made for it. Pure but for reads of segment files; any thread.
///
/// Which instances are found. Each write of an attribute is one instance; createdAt and modifiedAt of an instance are
/// the time of that write. A deletion of an attribute is an instance, too, with `deleted_at`. With `from` or `to`,
/// instances that lack the asked time (observedAt of a value sent without it, deletedAt of a value) are not found; with
/// neither, all are, and those that lack it stand where their modifiedAt puts them. When deletedAt is asked, only
/// deletions are found; the deletedAt of one is its observedAt when it has one. Series are ordered by name, then
/// datasetId; a series without instances is left out, unless its instances lie behind the cut of the answer; an entity
/// that is known is answered even when it has no series. An instance of the scope from before `from` is added when it
/// still holds then and the scope is asked for by name or other instances are found.
///
/// Aggregation. Deletions are not counted. Buckets are [start + k * period, start + (k + 1) * period) with start =
/// `from`, or the first instance found when there is none; without a period there is one bucket, from `from` (or the
/// first instance) to `to` (or the last). Sums of numbers of up to 15 digits are exact (integers of 128 bits at a
/// decimal exponent) and rounded once, so they depend neither on the bucket width nor on the order of arrival; other
/// doubles are summed with compensation (Neumaier). stddev is that of the population. A series with numbers is judged
/// by its numbers; else min and max are those of booleans (0 and 1), else of texts by bytes; sum, avg, stddev, sumsq
/// have no answer without numbers. distinctCount takes 1 and 1.0 for one value.
///
///   errors   kTooManyResults when instances (or buckets) exceed query.most_instances; kDamaged, kIo from segment files
Result<HistoryAnswer> evaluate(const HistorySnapshot& snapshot, const HistoryQuery& query);

}  // namespace horad::store
