// SPDX-License-Identifier: Apache-2.0
// What is kept in memory of one entity's past: its open rows, its blocks, and what is known of the entity itself.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/model/change.h"
#include "horad/store/history/block.h"
#include "horad/store/history/edits.h"
#include "horad/store/history/history_store.h"
#include "horad/store/history/rows.h"
#include "horad/store/history/segment.h"

namespace horad::store::history {

class RowWriter;

/// What an entity has once it has more than a few rows.
struct Packed {
  std::vector<StoredBlock> stored;                   // in segments
  std::vector<std::shared_ptr<const Block>> sealed;  // in no segment yet
  std::vector<std::shared_ptr<const Block>> parts;   // packed open rows
  std::size_t part_rows = 0;
  std::size_t part_bytes = 0;
};

/// One entity. An entity with one row of five attributes takes about 250 bytes.
class Head {
 public:
  Head(std::uint32_t tenant, std::string_view id);
  std::string_view id() const noexcept;
  std::uint32_t tenant() const noexcept { return tenant_; }
  std::uint64_t position() const noexcept { return position_; }
  std::uint64_t sealed_position() const noexcept { return sealed_position_; }

  /// Applies one change; false when it is already held. `points` counts the cells added.
  bool apply(const model::Change& change, std::int64_t at, std::uint64_t position, std::string& scratch,
             std::uint64_t& rows, std::uint64_t& points);

  std::uint32_t log_rows() const noexcept { return log_rows_; }
  std::size_t log_bytes() const noexcept { return bytes_.size() - identity_size_; }
  bool open() const noexcept { return log_rows_ > 0 || (packed_ && !packed_->parts.empty()); }
  /// Packs the log of rows into a part.
  void pack();
  /// Makes one sealed block of parts and log. False when there is nothing to seal.
  bool seal();
  const Packed* packed() const noexcept { return packed_.get(); }
  Packed& make_packed();
  /// A block that a segment holds: sealed rows up to its last position are dropped.
  void add_stored(const StoredBlock& block);
  /// The segment that holds `block` is in use now.
  void stored_instead(const Block* block, const StoredBlock& where);

  /// As in the checkpoint.
  std::string save(const model::Names& names) const;
  Result<void> load(std::string_view bytes, model::Names& names);

  struct Identity {
    std::vector<model::NameId> types;
    std::vector<std::string> scopes;
    std::optional<Timestamp> created, modified, deleted;
  };
  Identity identity() const;
  /// Null: nothing of the past was ever edited.
  std::shared_ptr<const Edits> edits() const noexcept { return edits_ ? *edits_ : nullptr; }
  /// False when its whole past was erased and nothing has happened since.
  bool known() const noexcept { return !edits_ || (*edits_)->emptied_at() != modified_; }
  /// True while the entity is there.
  bool present() const noexcept { return created_ != kNever && deleted_ == kNever; }
  std::string_view log() const noexcept { return bytes_.view().substr(identity_size_); }
  std::uint64_t open_from() const noexcept;  // position before the first row of the log
  std::size_t memory() const noexcept;

  bool dirty = false;
  bool waits_for_segment = false;
  bool listed_as_gone = false;

 private:
  void set_identity(const std::vector<model::NameId>& types, const std::vector<std::string>& scopes);
  bool apply_identity(const model::Change& change, std::int64_t at);
  std::size_t append_rows(const model::Change& change, bool scope_gone, std::int64_t at, std::string& scratch,
                          std::uint64_t& rows);
  std::size_t append_additions(const model::HistoryEdit& edit, RowWriter& writer);
  Edits& own_edits();
  void apply_erasures(const model::HistoryEdit& edit, std::int64_t at);
  void forget_open_rows();
  Result<void> load_blocks(base::Reader& in, std::span<const model::NameId> table);

  std::uint64_t position_ = 0;
  std::uint64_t sealed_position_ = 0;
  std::int64_t created_ = kNever;
  std::int64_t modified_ = kNever;
  std::int64_t deleted_ = kNever;
  std::int64_t last_row_at_ = 0;
  Bytes bytes_;  // identity (id, types, scopes), then the log of rows
  std::unique_ptr<Packed> packed_;
  std::unique_ptr<std::shared_ptr<Edits>> edits_;  // mostly none; copied before it changes while a question holds it
  std::uint32_t identity_size_ = 0;
  std::uint32_t log_rows_ = 0;
  std::uint32_t tenant_ = 0;
};

/// Key of a head in the checkpoint, and back: tenant, NUL, id.
std::string head_key(std::string_view tenant, std::string_view id);

}  // namespace horad::store::history
