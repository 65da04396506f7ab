// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/heads.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <unordered_map>

namespace horad::store::history {
namespace {

constexpr std::uint8_t kSavedVersion = 1;
constexpr std::uint8_t kCreated = 1;
constexpr std::uint8_t kModified = 2;
constexpr std::uint8_t kDeleted = 4;
constexpr std::uint8_t kEdited = 8;

std::int64_t nanoseconds(Timestamp at) noexcept { return at.time_since_epoch().count(); }
std::optional<Timestamp> time_of(std::int64_t ns) {
  return ns == kNever ? std::nullopt : std::optional{Timestamp{Duration{ns}}};
}

std::unexpected<Error> damaged() { return fail(ErrorCode::kDamaged, "A saved history head is damaged."); }

// By observedAt, each group in the order given. All stand in one vector.
void sort_by_observation(std::vector<const model::Attribute*>& attributes) {
  const auto before = [](const model::Attribute* a, const model::Attribute* b) {
    return a->observed_at != b->observed_at ? a->observed_at < b->observed_at : a < b;
  };
  if (!std::is_sorted(attributes.begin(), attributes.end(), before))
    std::sort(attributes.begin(), attributes.end(), before);
}

/// The scopes as an instance of the attribute that the past keeps them under; set by the present at `at` (4.5.6).
model::Attribute scope_instance(const std::vector<std::string>& scopes, std::int64_t at) {
  model::Attribute out;
  out.name = model::kScopeName;
  out.observed_at = Timestamp{Duration{at}};
  out.value = model::scope_value(scopes);
  return out;
}

void put_block(std::string& out, const Block& block, NameList& table) {
  base::put_varint(out, block.names.size());
  for (const model::NameId name : block.names) base::put_varint(out, table.index_of(name));
  base::put_text(out, block.bytes);
}

Result<std::shared_ptr<const Block>> get_block(base::Reader& in, std::span<const model::NameId> table) {
  auto block = std::make_shared<Block>();
  const std::uint64_t count = in.varint();
  if (!in.ok() || count > in.left()) return damaged();
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t name = in.varint();
    if (name >= table.size()) return damaged();
    block->names.push_back(table[name]);
  }
  block->bytes = in.text();
  if (!in.ok()) return damaged();
  const auto reader = BlockReader::open(*block);
  if (!reader) return std::unexpected(reader.error());
  block->summary = reader->summary();
  return block;
}

}  // namespace

/// Appends the rows of one write and counts them, which numbers them, too.
class RowWriter {
 public:
  RowWriter(std::string& out, std::int64_t before, std::int64_t at) : out_(out), before_(before), at_(at) {}
  std::uint32_t rows() const noexcept { return rows_; }
  RowPlace here() const noexcept { return {at_, rows_}; }  // of the next row

  void remove(std::span<const model::AttributeKey> keys, std::optional<Timestamp> observed = std::nullopt) {
    if (!keys.empty()) put_row(out_, next(observed), keys);
  }
  /// Calls `placed(attribute, place)` for each.
  template <class Placed>
  void set(std::vector<const model::Attribute*> attributes, Placed placed) {
    sort_by_observation(attributes);
    for (std::size_t begin = 0; begin < attributes.size();) {
      std::size_t end = begin + 1;
      while (end < attributes.size() && attributes[end]->observed_at == attributes[begin]->observed_at) ++end;
      for (std::size_t i = begin; i < end; ++i) placed(*attributes[i], here());
      put_row(out_, next(attributes[begin]->observed_at), std::span(attributes).subspan(begin, end - begin));
      begin = end;
    }
  }

 private:
  RowTimes next(std::optional<Timestamp> observed) {
    const RowTimes out{before_, at_, observed ? std::optional{nanoseconds(*observed)} : std::nullopt};
    before_ = at_;
    ++rows_;
    return out;
  }

  std::string& out_;
  std::int64_t before_;
  const std::int64_t at_;
  std::uint32_t rows_ = 0;
};

std::string head_key(std::string_view tenant, std::string_view id) {
  std::string out{tenant};
  out.push_back('\0');
  return out += id;
}

Head::Head(std::uint32_t tenant, std::string_view id) : tenant_(tenant) {
  std::string identity;
  base::put_text(identity, id);
  base::put_varint(identity, 0);
  base::put_varint(identity, 0);
  bytes_.append(identity);
  identity_size_ = static_cast<std::uint32_t>(identity.size());
}

std::string_view Head::id() const noexcept { return base::Reader(bytes_.view()).text(); }

Head::Identity Head::identity() const {
  Identity out;
  base::Reader in(bytes_.view());
  in.text();
  for (std::uint64_t n = in.varint(); n > 0; --n) out.types.emplace_back(static_cast<std::uint32_t>(in.varint()));
  for (std::uint64_t n = in.varint(); n > 0; --n) out.scopes.emplace_back(in.text());
  out.created = time_of(created_);
  out.modified = time_of(modified_);
  out.deleted = time_of(deleted_);
  return out;
}

void Head::set_identity(const std::vector<model::NameId>& types, const std::vector<std::string>& scopes) {
  std::string identity;
  base::put_text(identity, id());
  base::put_varint(identity, types.size());
  for (const model::NameId type : types) base::put_varint(identity, type.get());
  base::put_varint(identity, scopes.size());
  for (const std::string& scope : scopes) base::put_text(identity, scope);
  if (bytes_.view().substr(0, identity_size_) == identity) return;
  bytes_.replace_front(identity_size_, identity);
  identity_size_ = static_cast<std::uint32_t>(identity.size());
}

/// True when the change took the scope away.
bool Head::apply_identity(const model::Change& change, std::int64_t at) {
  modified_ = at;
  const bool gone = change.kind == model::ChangeKind::kDeleted;
  const bool anew = change.kind == model::ChangeKind::kCreated;
  if (gone) deleted_ = at;
  if (anew) {
    created_ = at;
    deleted_ = kNever;
  }
  if (!gone && !anew && !change.types && !change.scopes) return false;
  const Identity now = identity();
  const auto scopes = change.scopes ? *change.scopes : gone || anew ? std::vector<std::string>{} : now.scopes;
  set_identity(change.types ? *change.types : now.types, scopes);
  return !now.scopes.empty() && scopes.empty();
}

Edits& Head::own_edits() {
  if (!edits_) {
    edits_ = std::make_unique<std::shared_ptr<Edits>>(std::make_shared<Edits>());
  } else if (edits_->use_count() > 1) {
    *edits_ = std::make_shared<Edits>(**edits_);
  } else {
    std::atomic_thread_fence(std::memory_order_acquire);  // after the last look of whoever let go of it
  }
  return **edits_;
}

void Head::forget_open_rows() {
  bytes_.shrink_to(identity_size_);
  bytes_.fit();
  log_rows_ = 0;
  last_row_at_ = 0;
  if (!packed_) return;
  packed_->parts.clear();
  packed_->part_rows = 0;
  packed_->part_bytes = 0;
}

void Head::apply_erasures(const model::HistoryEdit& edit, std::int64_t at) {
  Edits& edits = own_edits();
  if (edit.erase_all) {
    edits.erase_all(at, edit.added.empty());
    forget_open_rows();
  }
  for (const auto& series : edit.erased_series) edits.erase(series, at);
  for (const auto& one : edit.erased) edits.erase(one.name, one.dataset_id, row_place(one.place));
}

/// The rows of what an edit adds, and the marks of those that take the place of others.
std::size_t Head::append_additions(const model::HistoryEdit& edit, RowWriter& writer) {
  Edits& edits = own_edits();
  std::vector<const model::Attribute*> attributes;
  std::unordered_map<const model::Attribute*, model::InstancePlace> replaced;
  const auto mark = [&](const model::Attribute& attribute, const model::InstancePlace& old, RowPlace row) {
    edits.replace(attribute.name, attribute.dataset_id, row_place(old), row);
  };
  for (const auto& addition : edit.added) {
    const model::Attribute& attribute = addition.attribute;
    if (!addition.deletion) {
      attributes.push_back(&attribute);
      if (addition.instead_of) replaced.emplace(&attribute, *addition.instead_of);
      continue;
    }
    if (addition.instead_of) mark(attribute, *addition.instead_of, writer.here());
    const model::AttributeKey key{attribute.name, attribute.dataset_id, attribute.kind};
    writer.remove(std::span{&key, 1}, attribute.observed_at);
  }
  writer.set(std::move(attributes), [&](const model::Attribute& attribute, RowPlace row) {
    if (const auto found = replaced.find(&attribute); found != replaced.end()) mark(attribute, found->second, row);
  });
  return edit.added.size();
}

/// What the present says: deletions, the scope, then what was set; then what was said of the past alone. Rows that a
/// sealed block holds already are not kept again.
std::size_t Head::append_rows(const model::Change& change, bool scope_gone, std::int64_t at, std::string& scratch,
                              std::uint64_t& rows) {
  scratch.clear();
  RowWriter writer(scratch, last_row_at_, at);
  std::size_t points = change.set.size();
  const auto ignore = [](const model::Attribute&, RowPlace) {};
  if (!change.expired) {  // what expired leaves no mark: its instances know their end themselves
    writer.remove(change.removed);
    points += change.removed.size();
  }
  std::optional<model::Attribute> scope;
  const auto of_scope = [](const auto& addition) { return addition.attribute.name == model::kScopeName; };
  const bool told = change.history && std::any_of(change.history->added.begin(), change.history->added.end(), of_scope);
  if (told) {
    // the past has the scope with its own time
  } else if (change.scopes && !change.scopes->empty()) {
    scope = scope_instance(*change.scopes, at);
    writer.set({&*scope}, ignore);
    ++points;
  } else if (scope_gone && !change.expired) {
    const model::AttributeKey key{model::kScopeName, {}};
    writer.remove(std::span{&key, 1});
    ++points;
  }
  std::vector<const model::Attribute*> attributes;
  attributes.reserve(change.set.size());
  for (const model::Attribute& attribute : change.set) attributes.push_back(&attribute);
  writer.set(std::move(attributes), ignore);
  if (change.history) points += append_additions(*change.history, writer);
  if (position_ <= sealed_position_) return 0;
  bytes_.append(scratch);
  log_rows_ += writer.rows();
  rows += writer.rows();
  if (writer.rows() > 0) last_row_at_ = at;
  return points;
}

bool Head::apply(const model::Change& change, std::int64_t at, std::uint64_t position, std::string& scratch,
                 std::uint64_t& rows, std::uint64_t& points) {
  if (position <= position_) return false;
  const bool scope_gone = apply_identity(change, at);
  position_ = position;
  if (position <= sealed_position_ && !change.history) return false;
  if (change.history) {
    apply_erasures(*change.history, at);
    (*edits_)->version = position;
  }
  points += append_rows(change, scope_gone, at, scratch, rows);
  return position > sealed_position_;
}

Packed& Head::make_packed() {
  if (!packed_) packed_ = std::make_unique<Packed>();
  return *packed_;
}

std::uint64_t Head::open_from() const noexcept {
  return packed_ && !packed_->parts.empty() ? packed_->parts.back()->summary.last_position : sealed_position_;
}

void Head::pack() {
  if (log_rows_ == 0) return;
  BlockBuilder rows;
  [[maybe_unused]] const bool good = read_rows(log(), rows);
  assert(good);
  auto block = std::make_shared<const Block>(rows.finish(open_from() + 1, position_));
  Packed& packed = make_packed();
  packed.part_rows += block->summary.rows;
  packed.part_bytes += block->bytes.size();
  packed.parts.push_back(std::move(block));
  bytes_.shrink_to(identity_size_);
  log_rows_ = 0;
  last_row_at_ = 0;
}

bool Head::seal() {
  pack();
  if (!packed_ || packed_->parts.empty()) return false;
  auto& parts = packed_->parts;
  const std::uint64_t last = parts.back()->summary.last_position;
  std::shared_ptr<const Block> block = parts.front();
  if (parts.size() > 1) {
    BlockBuilder rows;
    for (const auto& part : parts) {
      const auto reader = BlockReader::open(*part);
      [[maybe_unused]] const bool good = reader && rows.append(*reader);
      assert(good);
    }
    block = std::make_shared<const Block>(rows.finish(sealed_position_ + 1, last));
  }
  packed_->sealed.push_back(std::move(block));
  parts.clear();
  parts.shrink_to_fit();
  packed_->part_rows = 0;
  packed_->part_bytes = 0;
  sealed_position_ = last;
  bytes_.fit();
  return true;
}

void Head::add_stored(const StoredBlock& block) {
  make_packed().stored.push_back(block);
  sealed_position_ = std::max(sealed_position_, block.summary.last_position);
}

void Head::stored_instead(const Block* block, const StoredBlock& where) {
  auto& sealed = make_packed().sealed;
  const auto found = std::find_if(sealed.begin(), sealed.end(), [&](const auto& held) { return held.get() == block; });
  if (found == sealed.end()) return;
  sealed.erase(found);
  packed_->stored.push_back(where);
  waits_for_segment = !sealed.empty();
}

std::size_t Head::memory() const noexcept {
  std::size_t bytes = sizeof(Head) + bytes_.capacity() + 16 + (edits_ ? (*edits_)->memory() : 0);
  if (!packed_) return bytes;
  bytes += sizeof(Packed) + packed_->stored.capacity() * sizeof(StoredBlock);
  for (const auto* list : {&packed_->sealed, &packed_->parts}) {
    bytes += list->capacity() * sizeof(std::shared_ptr<const Block>);
    for (const auto& block : *list) bytes += block->memory();
  }
  return bytes;
}

std::string Head::save(const model::Names& names) const {
  NameList table;
  std::string body;
  const Identity identity = this->identity();
  base::put_varint(body, position_);
  const int flags = (identity.created ? kCreated : 0) | (identity.modified ? kModified : 0) |
                    (identity.deleted ? kDeleted : 0) | (edits_ ? kEdited : 0);
  body.push_back(static_cast<char>(flags));
  for (const std::int64_t at : {created_, modified_, deleted_}) {
    if (at != kNever) base::put_signed(body, at);
  }
  base::put_varint(body, identity.types.size());
  for (const model::NameId type : identity.types) base::put_varint(body, table.index_of(type));
  base::put_varint(body, identity.scopes.size());
  for (const std::string& scope : identity.scopes) base::put_text(body, scope);
  if (edits_) (*edits_)->save(body, table);
  base::put_varint(body, packed_ ? packed_->sealed.size() : 0);
  base::put_varint(body, packed_ ? packed_->parts.size() : 0);
  if (packed_) {
    for (const auto& block : packed_->sealed) put_block(body, *block, table);
    for (const auto& block : packed_->parts) put_block(body, *block, table);
  }
  base::put_varint(body, log_rows_);
  base::put_signed(body, last_row_at_);
  [[maybe_unused]] const bool good = renumber_rows(
      log(),
      [&](std::uint64_t name) {
        return std::optional<std::uint64_t>{table.index_of(model::NameId{static_cast<std::uint32_t>(name)})};
      },
      body);
  assert(good);
  std::string out;
  out.push_back(static_cast<char>(kSavedVersion));
  base::put_varint(out, table.names().size());
  for (const model::NameId name : table.names()) base::put_text(out, names.text(name));
  out += body;
  base::put_fixed(out, base::crc32c(out));
  return out;
}

Result<void> Head::load_blocks(base::Reader& in, std::span<const model::NameId> table) {
  const std::uint64_t sealed = in.varint();
  const std::uint64_t parts = in.varint();
  if (!in.ok() || sealed + parts > in.left()) return damaged();
  for (std::uint64_t i = 0; i < sealed + parts; ++i) {
    auto block = get_block(in, table);
    if (!block) return std::unexpected(std::move(block).error());
    if ((*block)->summary.last_position <= sealed_position_) continue;  // a segment has it
    Packed& packed = make_packed();
    if (i < sealed) {
      sealed_position_ = (*block)->summary.last_position;
      packed.sealed.push_back(std::move(*block));
      continue;
    }
    packed.part_rows += (*block)->summary.rows;
    packed.part_bytes += (*block)->bytes.size();
    packed.parts.push_back(std::move(*block));
  }
  return {};
}

Result<void> Head::load(std::string_view bytes, model::Names& names) {
  if (bytes.size() < 5) return damaged();
  std::uint32_t crc = 0;
  std::memcpy(&crc, bytes.data() + bytes.size() - 4, 4);
  bytes.remove_suffix(4);
  if (crc != base::crc32c(bytes)) return damaged();
  base::Reader in(bytes);
  if (in.fixed<std::uint8_t>() != kSavedVersion)
    return fail(ErrorCode::kWrongVersion, "A saved history head is of another version; this program reads 1.");
  std::vector<model::NameId> table;
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); --n) {
    const auto name = names.intern(in.text());
    if (!name) return std::unexpected(name.error());
    table.push_back(*name);
  }
  position_ = in.varint();
  const auto flags = in.fixed<std::uint8_t>();
  if (flags & kCreated) created_ = in.signed_varint();
  if (flags & kModified) modified_ = in.signed_varint();
  if (flags & kDeleted) deleted_ = in.signed_varint();
  Identity identity;
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); --n) {
    const std::uint64_t name = in.varint();
    if (name >= table.size()) return damaged();
    identity.types.push_back(table[name]);
  }
  for (std::uint64_t n = in.varint(); n > 0 && in.ok(); --n) identity.scopes.emplace_back(in.text());
  if (!in.ok()) return damaged();
  set_identity(identity.types, identity.scopes);
  if ((flags & kEdited) != 0 && !own_edits().load(in, table)) return damaged();
  if (auto done = load_blocks(in, table); !done) return done;
  const std::uint64_t rows = in.varint();
  const std::int64_t last_row_at = in.signed_varint();
  if (!in.ok() || rows > kMostRows) return damaged();
  if (rows == 0 || position_ <= sealed_position_) return {};
  std::string log;
  const auto number = [&](std::uint64_t index) {
    return index < table.size() ? std::optional<std::uint64_t>{table[index].get()} : std::nullopt;
  };
  if (!renumber_rows(in.bytes(in.left()), number, log)) return damaged();
  bytes_.append(log);
  log_rows_ = static_cast<std::uint32_t>(rows);
  last_row_at_ = last_row_at;
  return {};
}

}  // namespace horad::store::history
