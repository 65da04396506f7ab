// SPDX-License-Identifier: Apache-2.0
#include "horad/base/sim_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "horad/base/bytes.h"

namespace horad::base {
namespace {

constexpr std::size_t kSector = 512;  // what a disk writes whole

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// A change of a file's bytes that is not durable yet: data at an offset, or a new size.
struct Edit {
  std::uint64_t offset = 0;
  std::string data;
  std::optional<std::uint64_t> new_size;
};

void write_into(std::string& bytes, std::uint64_t offset, std::string_view data) {
  if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size());
  std::ranges::copy(data, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

void apply_edit(std::string& bytes, const Edit& edit) {
  if (edit.new_size) {
    bytes.resize(*edit.new_size);
  } else {
    write_into(bytes, edit.offset, edit.data);
  }
}

/// Some of the sectors of `edit` reach the disk.
void apply_torn(std::string& bytes, const Edit& edit, SeededRandom& random) {
  if (edit.new_size) return;
  for (std::size_t at = 0; at < edit.data.size();) {
    const std::size_t to_border = kSector - (edit.offset + at) % kSector;
    const std::size_t n = std::min(to_border, edit.data.size() - at);
    if (random.below(2) == 0) write_into(bytes, edit.offset + at, std::string_view{edit.data}.substr(at, n));
    at += n;
  }
}

struct Inode {
  bool is_dir = false;
  std::string now;
  std::string durable;
  std::vector<Edit> unsynced;
};

using Tree = std::map<std::string, std::shared_ptr<Inode>>;

/// A change of names that is not durable yet. `from` empty: `to` is new; `to` empty: `from` is gone; both: a rename.
struct NameChange {
  std::string from;
  std::string to;
  std::shared_ptr<Inode> inode;
};

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

bool touches(const NameChange& change, const std::string& dir) {
  return (!change.from.empty() && parent_of(change.from) == dir) || (!change.to.empty() && parent_of(change.to) == dir);
}

void apply_name(Tree& tree, const NameChange& change) {
  if (!change.from.empty()) tree.erase(change.from);
  if (!change.to.empty()) tree[change.to] = change.inode;
}

std::string clean(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out.push_back(c);
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  return out == "." ? std::string{} : out;  // the root is ""
}

struct Fault {
  SimCall call{};
  std::size_t left = 0;
  ErrorCode code{};
  std::string path_part;
};

}  // namespace

struct SimDisk::State {
  std::mutex mutex;
  const std::shared_ptr<Inode> root = [] {
    auto inode = std::make_shared<Inode>();
    inode->is_dir = true;
    return inode;
  }();
  Tree now;
  Tree durable;
  std::vector<NameChange> unsynced_names;
  std::set<std::string> locked;
  std::vector<Fault> faults;
  std::optional<std::size_t> changes_until_cut;
  std::uint64_t capacity = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used = 0;
  std::uint64_t life = 0;  // counts crashes; handles of an earlier life are dead

  /// The gate of every call: power, then faults that were asked for.
  Result<void> enter(std::optional<SimCall> call, const std::string& path, bool changes) {
    if (changes_until_cut && *changes_until_cut == 0) return horad::fail(ErrorCode::kIo, "the power is off: " + path);
    if (changes && changes_until_cut) --*changes_until_cut;
    if (!call) return {};
    for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
      if (fault->call != *call || path.find(fault->path_part) == std::string::npos || --fault->left > 0) continue;
      const auto code = fault->code;
      faults.erase(fault);
      return horad::fail(code, "the disk was told to fail: " + path);
    }
    return {};
  }

  std::shared_ptr<Inode> find(const std::string& path) const {
    if (path.empty()) return root;
    const auto found = now.find(path);
    return found == now.end() ? nullptr : found->second;
  }

  void change_name(NameChange change) {
    apply_name(now, change);
    unsynced_names.push_back(std::move(change));
  }

  Result<void> grow(std::uint64_t from, std::uint64_t to, const std::string& path) {
    if (to <= from) {
      used -= std::min(used, from - to);
      return {};
    }
    if (used + (to - from) > capacity) return horad::fail(ErrorCode::kStorageFull, "no space for " + path);
    used += to - from;
    return {};
  }

  void recount() {
    std::set<const Inode*> seen;
    used = 0;
    for (const auto& [path, inode] : now) {
      if (seen.insert(inode.get()).second) used += inode->now.size();
    }
  }

  void crash_names(SeededRandom& random) {
    std::map<std::string, std::size_t> kept;  // per folder: how many of its changes survive
    for (const auto& change : unsynced_names) ++kept[parent_of(change.to.empty() ? change.from : change.to)];
    for (auto& [dir, count] : kept) count = random.below(count + 1);
    for (const auto& change : unsynced_names) {
      auto& left = kept[parent_of(change.to.empty() ? change.from : change.to)];
      if (left == 0) continue;
      --left;
      apply_name(durable, change);
    }
    unsynced_names.clear();
    std::erase_if(durable, [this](const auto& entry) {
      const auto parent = parent_of(entry.first);
      return !parent.empty() && !durable.contains(parent);
    });
    now = durable;
  }

  void crash_bytes(SeededRandom& random) {
    for (auto& [path, inode] : now) {
      for (const auto& edit : inode->unsynced) {
        const auto fate = random.below(3);
        if (fate == 0) apply_edit(inode->durable, edit);
        if (fate == 1) apply_torn(inode->durable, edit, random);
      }
      inode->unsynced.clear();
      inode->now = inode->durable;
    }
  }
};

namespace {

class SimFile final : public File {
 public:
  SimFile(std::shared_ptr<SimDisk::State> disk, std::shared_ptr<Inode> inode, std::string path, bool holds_lock)
      : disk_(std::move(disk)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        life_(disk_->life),
        holds_lock_(holds_lock) {}
  ~SimFile() override {
    const std::lock_guard lock{disk_->mutex};
    if (holds_lock_ && life_ == disk_->life) disk_->locked.erase(path_);
  }
  SimFile(const SimFile&) = delete;
  SimFile& operator=(const SimFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(SimCall::kRead, false); !open) return std::unexpected(open.error());
    if (offset >= inode_->now.size()) return std::size_t{0};
    const auto n = std::min<std::size_t>(into.size(), inode_->now.size() - offset);
    std::memcpy(into.data(), inode_->now.data() + offset, n);
    return n;
  }

  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> data) override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(SimCall::kWrite, true); !open) return open;
    const auto end = std::max<std::uint64_t>(inode_->now.size(), offset + data.size());
    if (auto room = disk_->grow(inode_->now.size(), end, path_); !room) return room;
    edit({offset, std::string{as_text(data)}, std::nullopt});
    return {};
  }

  Result<void> sync() override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(SimCall::kSync, true); !open) {
      if (!disk_->changes_until_cut) inode_->unsynced.clear();  // an error of the disk, not of the power
      return open;
    }
    for (const auto& one : inode_->unsynced) apply_edit(inode_->durable, one);
    inode_->unsynced.clear();
    return {};
  }

  Result<void> allocate(std::uint64_t size) override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(SimCall::kAllocate, true); !open) return open;
    if (size <= inode_->now.size()) return {};
    return resize(size);
  }

  Result<void> truncate(std::uint64_t size) override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(SimCall::kWrite, true); !open) return open;
    return resize(size);
  }

  Result<std::uint64_t> size() const override {
    const std::lock_guard lock{disk_->mutex};
    if (auto open = enter(std::nullopt, false); !open) return std::unexpected(open.error());
    return inode_->now.size();
  }

 private:
  Result<void> enter(std::optional<SimCall> call, bool changes) const {
    if (life_ != disk_->life) return fail(ErrorCode::kIo, "opened before the crash: " + path_);
    return disk_->enter(call, path_, changes);
  }
  Result<void> resize(std::uint64_t size) {
    if (auto room = disk_->grow(inode_->now.size(), size, path_); !room) return room;
    edit({0, {}, size});
    return {};
  }
  void edit(Edit one) {
    apply_edit(inode_->now, one);
    inode_->unsynced.push_back(std::move(one));
  }

  const std::shared_ptr<SimDisk::State> disk_;
  const std::shared_ptr<Inode> inode_;
  const std::string path_;
  const std::uint64_t life_;
  const bool holds_lock_;
};

}  // namespace

std::uint64_t SeededRandom::next() { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

SimDisk::SimDisk() : state_(std::make_shared<State>()) {}
SimDisk::~SimDisk() = default;

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock{state_->mutex};
  const auto name = clean(path);
  if (auto open = state_->enter(SimCall::kOpen, name, mode == OpenMode::kCreate); !open)
    return std::unexpected(open.error());
  auto inode = state_->find(name);
  if (inode && inode->is_dir) return horad::fail(ErrorCode::kIo, "is a folder: " + name);
  if (!inode && mode != OpenMode::kCreate) return horad::fail(ErrorCode::kNotFound, "no such file: " + name);
  if (!inode) {
    const auto parent = parent_of(name);
    if (!parent.empty() && !state_->find(parent)) return horad::fail(ErrorCode::kNotFound, "no such folder: " + parent);
    inode = std::make_shared<Inode>();
    state_->change_name({{}, name, inode});
  } else if (mode == OpenMode::kCreate && !inode->now.empty()) {
    state_->used -= inode->now.size();
    inode->now.clear();
    inode->unsynced.push_back({0, {}, std::uint64_t{0}});
  }
  return std::make_unique<SimFile>(state_, std::move(inode), name, false);
}

Result<bool> SimDisk::exists(const std::string& path) {
  const std::lock_guard lock{state_->mutex};
  if (auto open = state_->enter(std::nullopt, path, false); !open) return std::unexpected(open.error());
  return state_->find(clean(path)) != nullptr;
}

Result<std::vector<std::string>> SimDisk::list(const std::string& dir) {
  const std::lock_guard lock{state_->mutex};
  if (auto open = state_->enter(std::nullopt, dir, false); !open) return std::unexpected(open.error());
  const auto name = clean(dir);
  const auto inode = state_->find(name);
  if (!inode || !inode->is_dir) return horad::fail(ErrorCode::kNotFound, "no such folder: " + name);
  std::vector<std::string> names;
  for (auto at = state_->now.upper_bound(name + "/"); at != state_->now.end() && at->first.starts_with(name + "/");
       ++at) {
    if (at->first.find('/', name.size() + 1) == std::string::npos) names.push_back(at->first.substr(name.size() + 1));
  }
  return names;
}

Result<void> SimDisk::make_dir(const std::string& path) {
  const std::lock_guard lock{state_->mutex};
  const auto name = clean(path);
  if (auto open = state_->enter(std::nullopt, name, true); !open) return open;
  if (name.empty()) return {};
  for (std::size_t end = name.find('/', 1);; end = name.find('/', end + 1)) {
    const auto part = name.substr(0, end);
    if (const auto found = state_->find(part); found && !found->is_dir) {
      return horad::fail(ErrorCode::kIo, "is a file: " + part);
    } else if (!found) {
      auto inode = std::make_shared<Inode>();
      inode->is_dir = true;
      state_->change_name({{}, part, std::move(inode)});
    }
    if (end == std::string::npos) return {};
  }
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock{state_->mutex};
  const auto source = clean(from);
  const auto target = clean(to);
  if (auto open = state_->enter(SimCall::kRename, source, true); !open) return open;
  auto inode = state_->find(source);
  if (!inode || inode->is_dir) return horad::fail(ErrorCode::kNotFound, "no such file: " + source);
  if (const auto replaced = state_->find(target))
    state_->used -= std::min<std::uint64_t>(state_->used, replaced->now.size());
  state_->change_name({source, target, std::move(inode)});
  return {};
}

Result<void> SimDisk::remove(const std::string& path) {
  const std::lock_guard lock{state_->mutex};
  const auto name = clean(path);
  if (auto open = state_->enter(std::nullopt, name, true); !open) return open;
  auto inode = state_->find(name);
  if (!inode) return horad::fail(ErrorCode::kNotFound, "no such file: " + name);
  const auto inside = state_->now.upper_bound(name + "/");
  if (inode->is_dir && inside != state_->now.end() && inside->first.starts_with(name + "/")) {
    return horad::fail(ErrorCode::kIo, "folder is not empty: " + name);
  }
  state_->used -= std::min<std::uint64_t>(state_->used, inode->now.size());
  state_->change_name({name, {}, std::move(inode)});
  return {};
}

Result<void> SimDisk::sync_dir(const std::string& path) {
  const std::lock_guard lock{state_->mutex};
  const auto name = clean(path);
  if (auto open = state_->enter(SimCall::kSyncDir, name, true); !open) return open;
  std::erase_if(state_->unsynced_names, [&](const NameChange& change) {
    if (!touches(change, name)) return false;
    apply_name(state_->durable, change);
    return true;
  });
  return {};
}

Result<std::uint64_t> SimDisk::free_space(const std::string& path) {
  const std::lock_guard lock{state_->mutex};
  if (auto open = state_->enter(std::nullopt, path, false); !open) return std::unexpected(open.error());
  return state_->capacity - std::min(state_->capacity, state_->used);
}

Result<std::unique_ptr<File>> SimDisk::lock(const std::string& path) {
  const std::lock_guard guard{state_->mutex};
  const auto name = clean(path);
  if (auto open = state_->enter(std::nullopt, name, true); !open) return std::unexpected(open.error());
  if (!state_->locked.insert(name).second) {
    return horad::fail(ErrorCode::kBusy, fmt::format("{} is held by process {}", name, 1));
  }
  auto inode = state_->find(name);
  if (!inode) {
    inode = std::make_shared<Inode>();
    state_->change_name({{}, name, inode});
  }
  return std::make_unique<SimFile>(state_, std::move(inode), name, true);
}

void SimDisk::fail(SimCall call, std::size_t nth, ErrorCode code, std::string path_part) {
  const std::lock_guard lock{state_->mutex};
  state_->faults.push_back({call, nth, code, std::move(path_part)});
}

void SimDisk::cut_power_after(std::size_t calls) {
  const std::lock_guard lock{state_->mutex};
  state_->changes_until_cut = calls;
}

void SimDisk::crash(std::uint64_t seed) {
  const std::lock_guard lock{state_->mutex};
  SeededRandom random{seed};
  ++state_->life;
  state_->changes_until_cut.reset();
  state_->faults.clear();
  state_->locked.clear();
  state_->crash_names(random);
  state_->crash_bytes(random);
  state_->recount();
}

void SimDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock{state_->mutex};
  state_->capacity = bytes;
}

void SimDisk::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  const std::lock_guard lock{state_->mutex};
  const auto inode = state_->find(clean(path));
  const char mask = static_cast<char>(1U << bit);
  inode->now.at(offset) = static_cast<char>(inode->now.at(offset) ^ mask);
  if (offset < inode->durable.size()) inode->durable[offset] = static_cast<char>(inode->durable[offset] ^ mask);
}

}  // namespace horad::base
