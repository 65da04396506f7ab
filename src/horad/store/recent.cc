// SPDX-License-Identifier: Apache-2.0
#include "horad/store/recent.h"

#include <algorithm>

namespace horad::store {

RecentRecords::RecentRecords(Position start, std::size_t most_records, std::size_t most_bytes)
    : most_records_(most_records), most_bytes_(most_bytes), start_(start) {}

/// An estimate: both documents and the change, which is about as large as what it says.
std::size_t RecentRecords::weight(const Record& record) {
  const std::size_t before = record.before ? record.before.memory() : 0;
  const std::size_t after = record.after ? record.after.memory() : 0;
  return sizeof(Record) + before + after + record.address.id.size() +
         record.change.set.size() * sizeof(model::Attribute);
}

void RecentRecords::add(std::vector<std::shared_ptr<const Record>>& records) {
  std::vector<std::shared_ptr<const Record>> dropped;  // freed outside the lock
  {
    const std::lock_guard lock{mutex_};
    for (auto& record : records) {
      bytes_ += weight(*record);
      records_.push_back(std::move(record));
    }
    while (records_.size() > most_records_ || (bytes_ > most_bytes_ && records_.size() > 1)) {
      bytes_ -= weight(*records_.front());
      start_ = records_.front()->position;
      dropped.push_back(std::move(records_.front()));
      records_.pop_front();
    }
  }
  records.clear();
}

std::optional<std::vector<std::shared_ptr<const Record>>> RecentRecords::after(Position from, std::size_t most) const {
  const std::lock_guard lock{mutex_};
  if (from < start_) return std::nullopt;
  auto at = std::ranges::upper_bound(records_, from, {}, [](const auto& record) { return record->position; });
  std::vector<std::shared_ptr<const Record>> found;
  for (; at != records_.end() && found.size() < most; ++at) found.push_back(*at);
  return found;
}

}  // namespace horad::store
