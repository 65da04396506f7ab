// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "horad/store/store.h"

namespace horad::store {

/// The newest durable records of one shard, with the entities before and after, for followers that keep up. Bounded in
/// number and in bytes; the oldest give way. One thread adds, any thread asks.
class RecentRecords {
 public:
  /// `start` is the position before the first record that will be added.
  RecentRecords(Position start, std::size_t most_records, std::size_t most_bytes);

  /// Records of one turn, in order. Empties `records`.
  void add(std::vector<std::shared_ptr<const Record>>& records);
  /// Up to `most` records after `from`; none when records after `from` have been dropped here.
  std::optional<std::vector<std::shared_ptr<const Record>>> after(Position from, std::size_t most) const;

 private:
  static std::size_t weight(const Record& record);

  const std::size_t most_records_;
  const std::size_t most_bytes_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const Record>> records_;
  Position start_;  // before the first of records_
  std::size_t bytes_ = 0;
};

}  // namespace horad::store
