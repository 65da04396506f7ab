// SPDX-License-Identifier: Apache-2.0
// The handlers behind the table of routes, one for each operation of the API.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "horad/edge/ngsi/operation.h"

namespace horad::edge::ngsi {

using Reply = boost::asio::awaitable<Response>;

// entities.cc
Reply create_entity(Exchange& x);
Reply retrieve_entity(Exchange& x);
Reply replace_entity(Exchange& x);
Reply merge_entity(Exchange& x);
Reply delete_entity(Exchange& x);

// attributes.cc
Reply append_attributes(Exchange& x);
Reply update_attributes(Exchange& x);
Reply partial_update(Exchange& x);
Reply replace_attribute(Exchange& x);
Reply delete_attribute(Exchange& x);

// batch.cc
Reply batch_create(Exchange& x);
Reply batch_upsert(Exchange& x);
Reply batch_update(Exchange& x);
Reply batch_merge(Exchange& x);
Reply batch_delete(Exchange& x);

// purge.cc
Reply purge_entities(Exchange& x);

// query.cc
Reply query_entities(Exchange& x);
Reply query_entities_by_body(Exchange& x);

// temporal.cc
Reply retrieve_history(Exchange& x);
Reply query_history(Exchange& x);
Reply query_history_by_body(Exchange& x);

// temporal_writes.cc
Reply write_history(Exchange& x);
Reply append_history(Exchange& x);
Reply delete_history(Exchange& x);
Reply delete_history_attribute(Exchange& x);
Reply modify_instance(Exchange& x);
Reply delete_instance(Exchange& x);

// discovery.cc
Reply list_types(Exchange& x);
Reply show_type(Exchange& x);
Reply list_attributes(Exchange& x);
Reply show_attribute(Exchange& x);

// identity.cc
Reply show_identity(Exchange& x);

// entity_maps.cc
Reply map_entities(Exchange& x);
Reply map_entities_by_body(Exchange& x);
Reply map_histories(Exchange& x);
Reply map_histories_by_body(Exchange& x);
Reply show_map(Exchange& x);
Reply update_map(Exchange& x);
Reply delete_map(Exchange& x);

// snapshots.cc
Reply create_snapshot(Exchange& x);
Reply purge_snapshots(Exchange& x);
Reply show_snapshot(Exchange& x);
Reply update_snapshot(Exchange& x);
Reply delete_snapshot(Exchange& x);
Reply clone_snapshot(Exchange& x);

// subscriptions.cc
Reply create_subscription(Exchange& x);
Reply list_subscriptions(Exchange& x);
Reply show_subscription(Exchange& x);
Reply update_subscription(Exchange& x);
Reply delete_subscription(Exchange& x);
Reply receive_notification(Exchange& x);

// registrations.cc
Reply create_registration(Exchange& x);
Reply query_registrations(Exchange& x);
Reply show_registration(Exchange& x);
Reply update_registration(Exchange& x);
Reply delete_registration(Exchange& x);
// contexts.cc
Reply add_context(Exchange& x);
Reply list_contexts(Exchange& x);
Reply show_context(Exchange& x);
Reply delete_context(Exchange& x);

// source_subscriptions.cc
Reply create_source_subscription(Exchange& x);
Reply list_source_subscriptions(Exchange& x);
Reply show_source_subscription(Exchange& x);
Reply update_source_subscription(Exchange& x);
Reply delete_source_subscription(Exchange& x);

}  // namespace horad::edge::ngsi
