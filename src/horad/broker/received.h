// SPDX-License-Identifier: Apache-2.0
// News of entities that a source brings to one of our subscriptions (ETSI GS CIM 009, 5.8.6), and where they are kept
// until the subscriber has been told.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/broker/contexts.h"
#include "horad/broker/json.h"
#include "horad/broker/lane.h"
#include "horad/broker/system_store.h"
#include "horad/model/entity.h"
#include "horad/store/store.h"

namespace horad::broker {

/// One entity as a source told of it.
struct News {
  model::Entity entity;  // of a deleted one: id and types
  std::optional<Timestamp> deleted_at;
  std::vector<model::Attribute> gone;  // marks of attributes that went, see Job::gone
};

/// Reads one item of `data` of a notification, in normalized or concise form. What was before (previousValue) is left
/// out.
///   words    for those that bring no @context
///   errors   kBadRequestData when it is no entity
Result<News> read_news(const json::value& item, const std::shared_ptr<model::Context>& words, Contexts& contexts,
                       const std::string& tenant, Timestamp now);

/// What stands in the store of it, in full names of the core context.
json::object to_json(const News& news, const model::Context& core, const model::Names& names);
/// errors  kDamaged
Result<News> news_from_json(const json::object& stored, Contexts& contexts, model::Names& names);

/// News that wait. Each is in the store from before the source is answered until the last copy of its job goes.
class ReceivedStore : public std::enable_shared_from_this<ReceivedStore> {
 public:
  static constexpr std::size_t kMostWaiting = 1'000;    // of one subscription
  static constexpr std::size_t kMostBytes = 64u << 20;  // of all

  /// Both outlive it.
  ReceivedStore(store::Store& store, const SystemNames& system) : store_(store), system_(system) {}

  /// Makes room for news of this size.   errors  kOverloaded
  Result<void> reserve(const std::string& tenant, const std::string& subscription, std::size_t count,
                       std::size_t bytes);
  /// The same for what has been accepted before, however much there is.
  void admit(const std::string& tenant, const std::string& subscription, std::size_t bytes);
  void release(const std::string& tenant, const std::string& subscription, std::size_t count, std::size_t bytes);
  /// The job for news that are in the store under `id`, for which there is room. When its last copy goes, the news go
  /// from the store, unless this has gone before.
  Job job_of(News news, std::string tenant, std::string subscription, std::string id, std::size_t bytes, Timestamp now);

 private:
  void done(const std::string& tenant, const std::string& subscription, const std::string& id, std::size_t bytes);

  store::Store& store_;
  const SystemNames& system_;
  std::mutex mutex_;                                                    // guards everything below
  std::map<std::pair<std::string, std::string>, std::size_t> waiting_;  // by tenant and subscription
  std::size_t bytes_ = 0;
};

}  // namespace horad::broker
