// SPDX-License-Identifier: Apache-2.0
// What the broker keeps of its own: subscriptions, registrations, contexts and cursors, as entities in the system space
// of the store, so that they are as durable as data and come back after a restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/broker/source_subscription.h"
#include "horad/broker/subscription.h"
#include "horad/model/document.h"
#include "horad/store/store.h"

namespace horad::broker {

/// The sorts of documents that are kept for a tenant.
enum class Kept : std::uint8_t {
  kSubscription,
  kRegistration,
  kSourceSubscription,
  kContext,
  kSnapshot,
  kRemoteSubscription,  // one of ours at a registered source, see remote_leg.h
  kReceived,            // news from a source that wait for their subscriber, see received.h
};

/// The interned names of these entities, made once.
struct SystemNames {
  model::NameId subscription;         // the type
  model::NameId registration;         // the type
  model::NameId source_subscription;  // the type
  model::NameId jsonld_context;       // the type
  model::NameId snapshot;             // the type
  model::NameId remote_subscription;  // the type
  model::NameId received;             // the type
  model::NameId definition;           // JsonProperty: Definition::body
  model::NameId context;   // JsonProperty: array of Definition::context, and Definition::q_context when there is one
  model::NameId headers;   // JsonProperty: array of Definition::request_headers, name and value by turns
  model::NameId delivery;  // JsonProperty: DeliveryState
  model::NameId told;      // JsonProperty: what a source subscription has told, by registration
  model::NameId notifier;  // the type
  model::NameId cursor;    // JsonProperty: array of positions
  model::NameId identity;  // the type
  model::NameId alias;     // Property: the name other brokers know this one by
  model::NameId location;  // the default GeoProperty of GeoJSON

  static Result<SystemNames> make(model::Names& names);
  model::NameId type_of(Kept kind) const noexcept;
};

struct StoredDocument {
  Definition definition;
  DeliveryState delivery;
  Timestamp version{};  // when the definition was stored
};

/// Where the document of this id lies. Ids of different sorts never meet.
store::Address kept_address(Kept kind, std::string tenant, std::string_view id);
store::Address notifier_address();

/// errors of the mutations: kAlreadyExists (create), kNotFound (update, remove), kConflict (update of another version)
store::Mutation create_stored(const SystemNames& names, Kept kind, Definition definition,
                              const DeliveryState& delivery);
store::Mutation update_stored(const SystemNames& names, Kept kind, Definition definition, Timestamp version);
store::Mutation remove_stored(const SystemNames& names, Kept kind);
/// Creates or replaces one. `context` is a JSON object or array.
store::Mutation put_stored(const SystemNames& names, Kept kind, const json::object& definition, std::string context);
/// Does nothing when the document is gone.
store::Mutation store_delivery(const SystemNames& names, const DeliveryState& delivery);
/// The same with what has been told.
store::Mutation store_told(const SystemNames& names, const DeliveryState& delivery, const Told& told);
store::Mutation store_cursor(const SystemNames& names, const store::Cursor& cursor);

/// "There is no subscription with this id.", kNotFound.
std::unexpected<Error> no_such(Kept kind);

/// errors  kDamaged when the entity is not one of ours
Result<StoredDocument> read_stored(const SystemNames& names, model::DocumentView document);
/// What put_stored() wrote.   errors  kDamaged
struct PutDocument {
  json::object definition;
  std::string context;
};
Result<PutDocument> read_put(const SystemNames& names, model::DocumentView document);
Told read_told(const SystemNames& names, model::DocumentView document);
std::optional<store::Cursor> read_cursor(const SystemNames& names, model::DocumentView document);

}  // namespace horad::broker
