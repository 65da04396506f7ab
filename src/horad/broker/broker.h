// SPDX-License-Identifier: Apache-2.0
// The NGSI-LD operations (ETSI GS CIM 009 V1.9.1, clauses 5.6 to 5.8 and 5.10), without HTTP: bodies and parsed
// parameters go in, values come out. Every operation is a coroutine that never blocks and resumes on its caller's
// executor; a write has been made durable when it answers a value. Errors common to all: kNonexistentTenant (but for
// operations that create), kOverloaded, kStorageFull, kUnavailable. A view given to an operation must live until it has
// answered.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/counters.h"
#include "horad/base/result.h"
#include "horad/base/world.h"
#include "horad/broker/contexts.h"
#include "horad/broker/subscription.h"
#include "horad/broker/types.h"
#include "horad/model/names.h"
#include "horad/store/store.h"

namespace horad::broker {

struct BatchPlan;
struct Outgoing;
struct PlaceResult;
struct SourceIdentity;
struct WritePlan;
struct WriteRequest;
class EntityMaps;

template <class T>
using Task = boost::asio::awaitable<T>;

struct BrokerCounters {
  base::Counter operations, notifications_sent, notifications_failed, notifications_lost, events_matched;
  base::Counter notifications_received, remote_requests, remote_failures;
  base::Gauge subscriptions, subscriptions_behind, notifications_waiting, remote_subscriptions;
};

inline constexpr std::string_view kReceiverPath = "/ngsi-ld/ex/remote-notify";  // where sources notify

struct Limits {
  std::size_t batch_items = 10'000;              // of one batch operation
  std::size_t discovery_entities = 200'000;      // looked at for a list of attributes
  std::size_t subscriptions = 1'000'000;         // of all tenants
  std::size_t registrations = 10'000;            // of all tenants
  std::size_t temporal_page_instances = 10'000;  // of attributes in one answer about the past; more: cut by time
  std::string alias = {};      // how other brokers know us (contextSourceAlias); empty: made up once and kept
  bool notify = true;          // false: subscriptions are kept but nothing is sent (another node does it)
  bool notify_private = true;  // notifications may go to loopback and private networks
};

class Broker {
 public:
  /// Everything given must outlive the broker. Loads contexts and subscriptions of every tenant and starts delivering.
  static Result<std::unique_ptr<Broker>> open(store::Store& store, model::Names& names, base::Clock& clock,
                                              base::Random& random, base::Net& net, Limits limits = {},
                                              ContextOptions contexts = {});
  ~Broker();  // stops delivering and stores the cursors; operations must have ended before
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Entities. A body is one entity or fragment in normalized or concise form.

  /// Answers the id.   errors  kAlreadyExists, kInvalidRequest, kBadRequestData
  Task<Result<std::string>> create(Caller caller, std::string_view body);
  Task<Result<void>> replace(Caller caller, Target target, std::string_view body);  // type and id stay; kNotFound
  Task<Result<UpdateResult>> merge(Caller caller, Target target, std::string_view body, MergeOptions options);
  Task<Result<void>> remove(Caller caller, Target target);  // kNotFound

  // Attributes of an entity.

  Task<Result<UpdateResult>> append(Caller caller, Target target, std::string_view body, bool overwrite);
  Task<Result<UpdateResult>> update(Caller caller, Target target, std::string_view body);
  Task<Result<void>> partial_update(Caller caller, Target target, std::string_view attribute, std::string_view body);
  Task<Result<void>> replace_attribute(Caller caller, Target target, std::string_view attribute, std::string_view body);
  Task<Result<void>> remove_attribute(Caller caller, Target target, std::string_view attribute, DeleteAttribute which);

  // The past (5.6.11 to 5.6.16). Writes change the past alone, but for the creation of an entity that has neither past
  // nor present. kConflict when the past is edited by others all the time.

  /// One entity with instances over time; what is observed at the time of another instance takes its place.
  Task<Result<TemporalWritten>> write_history(Caller caller, std::string_view body);
  Task<Result<void>> append_history(Caller caller, std::string id, std::string_view body);  // kNotFound
  Task<Result<void>> remove_history(Caller caller, std::string id);                         // kNotFound
  /// errors  kNotFound: no such past, or no such attribute or data set in it
  Task<Result<void>> remove_history_attribute(Caller caller, std::string id, std::string_view attribute,
                                              DeleteAttribute which);
  /// errors  kNotFound; kBadRequestData when the instance id is no URI
  Task<Result<void>> modify_instance(Caller caller, std::string id, std::string_view attribute,
                                     std::string_view instance_id, std::string_view body);
  Task<Result<void>> remove_instance(Caller caller, std::string id, std::string_view attribute,
                                     std::string_view instance_id);

  /// Each item stands alone; the same id twice is applied in order. kTooLarge beyond Limits::batch_items, nothing done.
  ///   options   for BatchKind::kMerge
  Task<Result<BatchResult>> batch(Caller caller, BatchKind kind, std::string_view body, MergeOptions options = {});
  /// Takes `what` from every entity that matches when its turn comes. Memory is bounded: the answer names at most 1 000
  /// entities that were done, and ends after about as many that could not be. Entities that come or go meanwhile may be
  /// missed.
  Task<Result<BatchResult>> purge(std::string tenant, model::Query query, PurgeWhat what);

  // Consumption. Where a tenant is named, the space of one of its snapshots may stand instead, see enter_snapshot().

  Task<Result<model::Document>> retrieve(std::string tenant, std::string id);  // kNotFound
  /// In the order of `ids`, an empty document where there is none.
  Task<Result<std::vector<model::Document>>> read_all(std::string tenant, std::vector<std::string> ids);
  Task<Result<EntityPage>> query(std::string tenant, model::Query query);

  // The same from here and from registered sources, when the caller forwards. `attributes`: those that are asked for;
  // empty: all. `text` is what `query` was made of. errors also kConflict when the request goes round
  // (Forwarding::looped); kTooManyResults when too much would have
  // to be put together. What sources did wrong stands in the warnings of the caller's forwarding.

  Task<Result<model::Document>> retrieve(const Caller& caller, Target target, std::vector<model::NameId> attributes);
  Task<Result<EntityPage>> query(const Caller& caller, model::Query query, const model::QueryText& text);
  // Writes that registered sources take part in, see distribute.h: first split, then what stays goes through the
  // operations above, then the rest is sent. `bodies`: what the sources answered.

  Result<WritePlan> plan_write(const Caller& caller, const WriteRequest& write);
  Result<BatchPlan> plan_batch(const Caller& caller, const WriteRequest& write);
  Task<std::vector<PlaceResult>> send_writes(std::vector<Outgoing> requests, std::vector<PlaceResult> places,
                                             std::vector<std::string>* bodies = nullptr);

  /// True when a tenant has registered sources. Cost: one load when no tenant has.
  bool has_sources(const std::string& tenant) const;
  /// The evolution of one entity, also of a deleted one.   errors  kNotFound, kTooManyResults
  Task<Result<store::HistoryAnswer>> history(std::string tenant, store::HistoryQuery query);
  /// errors  kTooComplexQuery when more entities must be ordered than Limits::discovery_entities; kTooManyResults
  Task<Result<HistoryPage>> temporal_query(std::string tenant, TemporalQuery query);
  // The same from here and from registered sources, when the caller forwards; `one_of` and `text` as above. errors also
  // kConflict when the request goes round; kTooManyResults when too much would have to be put together.

  Task<Result<store::HistoryAnswer>> history(const Caller& caller, store::HistoryQuery query,
                                             std::vector<model::NameId> one_of);
  Task<Result<HistoryPage>> temporal_query(const Caller& caller, TemporalQuery query, const model::QueryText& text);

  // Discovery (5.7.5 to 5.7.10), here and at registered sources when the caller forwards; by name. What of a source
  // could not be had stands in the warnings of the caller's forwarding; a source that this request has passed is left
  // out. errors also kTooComplexQuery when more entities would have to be looked at here than
  // Limits::discovery_entities.

  /// Types with entities; `details`: with the names of their attributes.
  Task<Result<std::vector<TypeInfo>>> types(const Caller& caller, bool details);
  Task<Result<TypeInfo>> type_info(const Caller& caller, model::NameId type);  // kNotFound
  /// Attributes that entities have; `details`: with the types of those, wherever the attributes are.
  Task<Result<std::vector<AttributeInfo>>> attributes(const Caller& caller, bool details);
  Task<Result<AttributeInfo>> attribute_info(const Caller& caller, model::NameId name);  // kNotFound

  // Entity maps (5.14), see entity_maps.h. An answer of these is the id of the new map.

  EntityMaps& entity_maps() noexcept;
  /// Fixes which entities a query considers: all that match it now, whatever its page.
  ///   errors   kTooManyResults when they are more than a map has, kOverloaded when there are too many maps
  /// Those of registered sources too when the caller forwards; then each says at which of them it is.
  Task<Result<std::string>> map_query(const Caller& caller, model::Query query, const model::QueryText& text,
                                      std::optional<Duration> lifetime);
  Task<Result<std::string>> map_temporal_query(std::string tenant, TemporalQuery query,
                                               std::optional<Duration> lifetime);
  /// Fixes one entity.
  Result<std::string> map_entity(const std::string& tenant, std::string id, std::optional<Duration> lifetime);
  /// A page of the entities of a map that match the query now. An offset counts entities of the map; those met on the
  /// way that match no longer are taken out of it.   errors   kNotFound when there is no such map
  /// When the caller forwards, the places that the map has for an entity are asked for it, and no others; one that does
  /// not answer lets its entities stay in the map.
  Task<Result<EntityPage>> query_mapped(const Caller& caller, model::Query query, const model::QueryText& text,
                                        std::string map);

  // Snapshots (5.16), see snapshots.h. JSON text in and out.

  /// Answers the id at once; the entities that match the queries now, those of registered sources too when the
  /// caller forwards, are copied while its status is "preparing".
  ///   errors   kBadRequestData, kNotSupported, kTooLarge when the tenant has as many as it may
  struct SnapshotQuery {
    model::Query query;
    model::QueryText text;  // what it was made of
  };
  Task<Result<std::string>> create_snapshot(Caller caller, std::string_view body, std::vector<SnapshotQuery> queries);
  Task<Result<std::string>> clone_snapshot(Caller caller, std::string id, std::string_view body);
  Task<Result<std::string>> show_snapshot(std::string tenant, std::string id);  // kNotFound
  Task<Result<std::string>> update_snapshot(std::string tenant, std::string id, std::string_view body);
  Task<Result<void>> remove_snapshot(std::string tenant, std::string id);
  Task<Result<void>> purge_snapshots(std::string tenant, std::string_view q);
  /// The name of the space with the entities of a snapshot, for the consumption operations. Notes that it was used.
  ///   errors   kNotFound; kConflict while it is not ready
  Task<Result<std::string>> enter_snapshot(std::string tenant, std::string id);

  // Subscriptions. JSON text in and out, names in the words of the caller's context, without @context.

  /// Answers the id. `headers`: of the request, for what receiverInfo copies from it.
  Task<Result<std::string>> create_subscription(Caller caller, std::string_view body, HeaderSource headers = {});
  Task<Result<std::string>> subscription(Caller caller, std::string_view id, bool sys_attrs = false);  // a JSON object
  struct SubscriptionPage {
    std::vector<std::string> items;  // JSON objects, by id
    std::size_t count = 0;           // of all
  };
  Task<Result<SubscriptionPage>> subscriptions(Caller caller, std::size_t limit, std::size_t offset,
                                               bool sys_attrs = false);
  Task<Result<void>> update_subscription(Caller caller, std::string_view id, std::string_view body,
                                         HeaderSource headers = {});
  Task<Result<void>> remove_subscription(Caller caller, std::string_view id);
  /// A notification from a source that has one of our subscriptions; it is durable when this answers.
  ///   errors   kNotFound when nobody waits for it; kBadRequestData; kOverloaded while the subscriber takes nothing
  Task<Result<void>> receive_notification(Caller caller, std::string_view body);

  // Context source registrations, the same way.

  /// errors  also kConflict: over an exclusive registration, or over an entity that is here (5.9.2.4)
  Task<Result<std::string>> create_registration(Caller caller, std::string_view body);  // answers the id
  Task<Result<std::string>> registration(Caller caller, std::string_view id, bool sys_attrs);
  Task<Result<SubscriptionPage>> registrations(Caller caller, RegistrationQuery query);  // oldest first
  Task<Result<void>> update_registration(Caller caller, std::string_view id, std::string_view body);
  Task<Result<void>> remove_registration(Caller caller, std::string_view id);

  // JSON-LD contexts (5.13). What there is, is read from contexts().shelf().

  /// Fetches what is missing of an @context that Caller::unknown_context named; then the operation is to be run again,
  /// and finds it, or hears why it could not be had: a failure is remembered for FetchLimits::pause.
  ///   errors   kOverloaded
  Task<Result<void>> obtain_context(std::string tenant, std::string json);
  /// Hosts a document of the caller's tenant, durably; answers its id.
  ///   errors   kInvalidRequest, kBadRequestData (no @context document), kTooLarge
  Task<Result<std::string>> add_context(Caller caller, std::string_view document);
  /// Hosts what `context` says under Contexts::url_of(), if it is not there yet.   errors  kTooLarge
  Task<Result<void>> host_context(std::string tenant, std::shared_ptr<model::Context> context);
  /// errors   kNotFound; kBadRequestData for the core context
  Task<Result<void>> remove_context(Caller caller, std::string_view id_or_url);
  /// Fetches a cached document again; one that cannot be had leaves the old one.
  ///   errors   kBadRequestData when it is none of kind Cached; kContextNotAvailable
  Task<Result<void>> reload_context(Caller caller, std::string_view id_or_url);
  /// Lets `document` stand for the URL, durably, whoever names it. It goes before what was downloaded.
  ///   errors   kInvalidRequest, kBadRequestData, kTooLarge, kConflict (see ContextShelf::pin)
  Task<Result<void>> pin_context(std::string url, std::string document);
  Task<Result<void>> unpin_context(std::string url);  // kNotFound, kConflict

  // Subscriptions to registrations, the same way.

  Task<Result<std::string>> create_source_subscription(Caller caller, std::string_view body);  // answers the id
  Task<Result<std::string>> source_subscription(Caller caller, std::string_view id);
  Task<Result<SubscriptionPage>> source_subscriptions(Caller caller, std::size_t limit, std::size_t offset);
  Task<Result<void>> update_source_subscription(Caller caller, std::string_view id, std::string_view body);
  Task<Result<void>> remove_source_subscription(Caller caller, std::string_view id);

  /// What this broker says of itself to others (5.15), see identity.h. Also for tenants that do not exist yet: the
  /// alias depends on the name alone.
  Task<Result<SourceIdentity>> identity(std::string tenant);

  /// Parsed contexts, shared by all requests.
  Contexts& contexts() noexcept;
  model::Names& names() noexcept;
  base::Clock& clock() noexcept;
  const BrokerCounters& counters() const noexcept;
  std::vector<base::Metric> metrics() const;

  struct State;

 private:
  Task<Result<void>> keep_context(std::shared_ptr<ContextDocument> document);
  explicit Broker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace horad::broker
