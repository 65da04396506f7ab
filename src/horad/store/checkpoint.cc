// SPDX-License-Identifier: Apache-2.0
#include "horad/store/checkpoint.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "horad/base/bytes.h"
#include "horad/store/rocks_disk.h"

namespace horad::store {
namespace {

constexpr std::string_view kMarkKey = "mposition";
constexpr char kTenantKey = 't';
constexpr char kEntityKey = 'd';
constexpr char kHeadKey = 'h';

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

Result<void> checked(const rocksdb::Status& status, const std::string& directory) {
  if (status.ok()) return {};
  const auto code = status.IsNoSpace() ? ErrorCode::kStorageFull
                    : status.IsCorruption() || status.IsNotSupported() || status.IsInvalidArgument()
                        ? ErrorCode::kDamaged
                    : status.IsBusy() ? ErrorCode::kBusy
                                      : ErrorCode::kIo;
  return fail(code, fmt::format("checkpoint {}: {}", directory, status.ToString()));
}

std::string tenant_key(char kind, const Tenant& tenant) {
  std::string key{kind};
  key += tenant.name;
  key += '\0';
  key += static_cast<char>(tenant.space);
  return key;
}

std::string entity_key(const Tenant& tenant, std::string_view id) { return tenant_key(kEntityKey, tenant).append(id); }

/// Splits a key behind its kind; what is left over is the id. None when it is not such a key.
std::optional<std::pair<Tenant, std::string_view>> parse_key(std::string_view key) {
  const auto zero = key.find('\0');
  if (zero == std::string_view::npos || zero + 2 > key.size() || static_cast<unsigned char>(key[zero + 1]) > 2)
    return std::nullopt;
  return std::pair{Tenant{std::string{key.substr(1, zero - 1)}, static_cast<Space>(key[zero + 1])},
                   key.substr(zero + 2)};
}

/// Says nothing: RocksDB's own log is of no use to who runs a city.
class Silence final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::Options options_for(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.info_log = std::make_shared<Silence>();
  options.compression = rocksdb::kLZ4Compression;
  options.write_buffer_size = 16u << 20;
  options.max_write_buffer_number = 2;
  options.max_background_jobs = 2;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.skip_stats_update_on_db_open = true;
  options.avoid_flush_during_shutdown = true;  // what was not declared is worth nothing
  options.avoid_unnecessary_blocking_io = true;
  options.max_open_files = 256;
  options.max_bgerror_resume_count = 0;  // heal() is our way
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // everything is read once, at the start
  table.block_size = 16u << 10;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

class RocksCheckpoint final : public Checkpoint {
 public:
  RocksCheckpoint(base::Disk& disk, std::string directory, model::Names& names)
      : env_(make_rocks_env(disk)), directory_(std::move(directory)), names_(names) {}
  ~RocksCheckpoint() override {
    if (db_) static_cast<void>(db_->Close());
  }
  RocksCheckpoint(const RocksCheckpoint&) = delete;
  RocksCheckpoint& operator=(const RocksCheckpoint&) = delete;

  Result<void> open() {
    rocksdb::DB* db = nullptr;
    auto opened = checked(rocksdb::DB::Open(options_for(env_.get()), directory_, &db), directory_);
    db_.reset(db);
    return opened;
  }

  Result<CheckpointMark> mark() override {
    std::string value;
    const auto status = db_->Get({}, slice(kMarkKey), &value);
    if (status.IsNotFound()) return CheckpointMark{};
    if (auto got = checked(status, directory_); !got) return std::unexpected(got.error());
    base::Reader reader{value};
    CheckpointMark mark;
    mark.position = reader.fixed<std::uint64_t>();
    mark.last_at = Timestamp{Duration{reader.fixed<std::int64_t>()}};
    if (!reader.ok() || !reader.at_end()) return damaged(kMarkKey);
    return mark;
  }

  Result<void> load(CheckpointReader& reader) override {
    if (auto done = each(kTenantKey, [&](auto key, auto) { return load_tenant(key, reader); }); !done) return done;
    if (auto done = each(kEntityKey, [&](auto key, auto value) { return load_entity(key, value, reader); }); !done)
      return done;
    return each(kHeadKey, [&](auto key, auto value) { return reader.head(key.substr(1), value); });
  }

  Result<void> write(const CheckpointSlice& changes) override {
    if (auto healthy = heal(); !healthy) return healthy;
    rocksdb::WriteBatch batch;
    std::string value;
    for (const auto& tenant : changes.tenants) batch.Put(slice(tenant_key(kTenantKey, tenant)), {});
    for (const auto& kept : changes.kept) {
      value.clear();
      base::put_varint(value, kept.position);
      model::append_disk_form(value, kept.document.view(), names_);
      batch.Put(slice(entity_key(kept.tenant, kept.document.view().id())), slice(value));
    }
    for (const auto& gone : changes.gone) put_gone(batch, gone);
    for (const auto& head : changes.heads) {
      const std::string key = kHeadKey + head.key;
      if (head.bytes.empty()) {
        batch.Delete(slice(key));
      } else {
        batch.Put(slice(key), slice(head.bytes));
      }
    }
    return remember(db_->Write(no_log(), &batch));
  }

  Result<void> declare(CheckpointMark mark) override {
    std::string value;
    base::put_fixed(value, mark.position);
    base::put_fixed(value, static_cast<std::int64_t>(mark.last_at.time_since_epoch().count()));
    return remember(db_->Put(no_log(), slice(kMarkKey), slice(value)));
  }

  Result<void> flush() override { return remember(db_->Flush({})); }

 private:
  static rocksdb::WriteOptions no_log() {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    return options;
  }

  std::unexpected<Error> damaged(std::string_view key) const {
    return fail(ErrorCode::kDamaged, fmt::format("checkpoint {}: the entry of {} is not what was written", directory_,
                                                 key.substr(0, key.find('\0'))));
  }

  /// A database that failed takes nothing more: it is opened anew. What was not flushed is lost with it, and belongs to
  /// a checkpoint that failed and is written again as a whole.
  Result<void> heal() {
    if (!failed_) return {};
    db_.reset();
    auto opened = open();
    failed_ = !opened;
    return opened;
  }

  Result<void> remember(const rocksdb::Status& status) {
    failed_ = !status.ok();
    return checked(status, directory_);
  }

  void put_gone(rocksdb::WriteBatch& batch, const CheckpointSlice::Gone& gone) const {
    const std::string key = entity_key(gone.address.tenant, gone.address.id);
    if (gone.position == 0) {
      batch.Delete(slice(key));
      return;
    }
    std::string value;
    base::put_varint(value, gone.position);
    batch.Put(slice(key), slice(value));
  }

  template <class Take>
  Result<void> each(char kind, Take take) {
    rocksdb::ReadOptions options;
    options.readahead_size = 2u << 20;
    const std::unique_ptr<rocksdb::Iterator> at{db_->NewIterator(options)};
    for (at->Seek({&kind, 1}); at->Valid() && at->key()[0] == kind; at->Next()) {
      if (auto taken = take(at->key().ToStringView(), at->value().ToStringView()); !taken) return taken;
    }
    return checked(at->status(), directory_);
  }

  Result<void> load_tenant(std::string_view key, CheckpointReader& reader) {
    auto parsed = parse_key(key);
    if (!parsed || !parsed->second.empty()) return damaged(key);
    return reader.tenant(std::move(parsed->first));
  }

  Result<void> load_entity(std::string_view key, std::string_view value, CheckpointReader& reader) {
    auto parsed = parse_key(key);
    base::Reader bytes{value};
    const Position position = bytes.varint();
    if (!parsed || !bytes.ok()) return damaged(key);
    if (bytes.at_end()) return reader.deleted({std::move(parsed->first), std::string{parsed->second}}, position);
    const auto document = model::from_disk_form(bytes.bytes(bytes.left()), names_);
    if (!document) return std::unexpected(document.error());
    return reader.entity(parsed->first, model::Document{*document}, position);
  }

  const std::unique_ptr<rocksdb::Env> env_;
  const std::string directory_;
  model::Names& names_;
  std::unique_ptr<rocksdb::DB> db_;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Checkpoint>> Checkpoint::open(base::Disk& disk, const std::string& directory,
                                                     model::Names& names) {
  auto checkpoint = std::make_unique<RocksCheckpoint>(disk, directory, names);
  if (auto opened = checkpoint->open(); !opened) return std::unexpected(opened.error());
  return checkpoint;
}

}  // namespace horad::store
