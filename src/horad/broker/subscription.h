// SPDX-License-Identifier: Apache-2.0
// Subscriptions as data (ETSI GS CIM 009, 5.2.12 to 5.2.16 and 5.8): what is stored, what is compiled from it, what is
// shown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/broker/join.h"
#include "horad/broker/json.h"
#include "horad/model/names.h"
#include "horad/model/query.h"
#include "horad/model/represent.h"

namespace horad::model {
class Context;
}

namespace horad::broker {

inline constexpr std::string_view kVia = "via";  // among Definition::request_headers

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A subscription as it is stored: the JSON document with names of types and attributes expanded, and the context in
/// whose words its notifications are written. Read-only members are not in it.
struct Definition {
  json::object body;
  std::string context;  // JSON text of the @context, as Contexts::get() takes it
  std::string q_context =
      {};  // the one under which `q` stands, when a PATCH gave the other parts a new one; else empty
  /// What "urn:ngsi-ld:request" in receiverInfo stands for: headers of the request that made or last changed the
  /// endpoint. And Via of the request that made the subscription.
  Headers request_headers = {};
};

/// The headers of the request that brings a subscription, as far as it asks for them: name in, value out.
using HeaderSource = std::function<std::optional<std::string>(std::string_view)>;

/// What a notification reacts to. Bits of Subscription::triggers.
enum Trigger : std::uint8_t {
  kEntityCreated = 1,
  kEntityDeleted = 2,
  kAttributeCreated = 4,
  kAttributeUpdated = 8,
  kAttributeDeleted = 16,
};

enum class BodyType : std::uint8_t { kJson, kLdJson, kGeoJson };

/// The contexts of a definition, compiled.
struct DefinitionContexts {
  std::shared_ptr<model::Context>
      words;                          // of Definition::context, or of jsonldContext: notifications are written in it
  std::shared_ptr<model::Context> q;  // of Definition::q_context, or Definition::context
};

struct Endpoint {
  std::string uri;     // http, https, mqtt or mqtts
  std::string origin;  // scheme, host and port of it: what is up or down together
  bool mqtt = false;
  BodyType accept = BodyType::kJson;
  bool context_in_link = false;  // "Prefer: body=json" in notifierInfo: GeoJSON without @context
  Headers headers;               // receiverInfo; of MQTT the metadata
  Headers transport;             // notifierInfo: MQTT-Version, MQTT-QoS, with their defaults
  Duration timeout = std::chrono::seconds(10);
  Duration cooldown{};  // at least so long no attempt after a failed one
};

/// Compiled, immutable, shared between the notifier and what is in flight.
struct Subscription {
  std::string id;
  std::vector<model::Query> selectors;  // id, idPattern, type of `entities`; empty: any entity
  std::vector<model::NameId> watched;   // sorted; empty: any attribute
  model::Query filter;                  // q, geoQ, scopeQ
  std::uint8_t triggers = kAttributeCreated | kAttributeUpdated;
  Duration interval{};  // timeInterval; above zero: it tells of what is there at its times, and not of changes
  Duration throttling{};
  std::optional<Timestamp> expires_at;
  bool active = true;
  model::RepresentOptions shown;  // how notifications show entities, and what they link to as far as `join` says
  Join join;
  bool show_changes = false;
  Endpoint endpoint;
  bool local_only = false;  // no registered source takes part
  bool split = false;       // splitEntities: filters are judged when the parts of an entity have been put together
  std::shared_ptr<const model::QFilter> csf;  // which sources take part; null: any
  std::string via;                            // of the request that made it: through these brokers it came
  std::shared_ptr<model::Context> context;
  std::string context_url;  // where receivers find it, see Contexts::url_of; empty: the core context
  Timestamp version{};      // when this definition was stored: a newer one wins
};

/// What delivery has come to: kept beside the definition, written by the notifier only.
struct DeliveryState {
  std::vector<std::uint64_t> cursor;  // by shard: everything up to here has been delivered, or was not ours
  bool behind = false;                // it has work before the notifier's own cursor
  std::uint64_t times_sent = 0;
  std::uint64_t times_failed = 0;
  std::optional<Timestamp> last_notification;
  std::optional<Timestamp> last_success;
  std::optional<Timestamp> last_failure;
  std::optional<Timestamp> last_lost;  // changes before it were trimmed from the log and never told
  std::string last_error;              // why the last failure; empty after a success
  friend bool operator==(const DeliveryState&, const DeliveryState&) = default;
};

/// Reads the body of a creation. `fallback_id` is taken when the body has no id. Members that a subscription does not
/// have are left out.
///   errors   kInvalidRequest, kBadRequestData (also expiresAt in the past)
Result<Definition> define_subscription(std::string_view body, std::string_view fallback_id, model::Context& context,
                                       model::Names& names, Timestamp now, const HeaderSource& headers = {});

/// The definition after a PATCH: members given replace, members that are null go. The words of the subscription change
/// with it only when `context` is another than the core context.
///   errors   as define_subscription
Result<Definition> patch_subscription(const Definition& before, std::string_view body, model::Context& context,
                                      model::Names& names, Timestamp now, const HeaderSource& headers = {});

/// Checks a definition whole and makes of it what the notifier works with.
Result<Subscription> compile_subscription(const Definition& definition, const DefinitionContexts& contexts);

/// The subscription as it is shown: names compacted by `context`, status and counters added, without @context.
json::object show_subscription(const Definition& definition, const DeliveryState& state, const model::Context& context,
                               model::Names& names, Timestamp now);

json::object to_json(const DeliveryState& state);
DeliveryState delivery_from_json(const json::value& value);

}  // namespace horad::broker
