// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/routes.h"

#include <array>

#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/operation.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kWrite = "type local options";
constexpr std::string_view kRetrieve =
    "attrs pick omit type lang datasetId options format geometryProperty local join joinLevel containedBy entityMap "
    "entityMapLifetime";
constexpr std::string_view kQuery =
    "id idPattern type attrs pick omit q expandValues jsonKeys csf scopeQ georel geometry coordinates geoproperty "
    "geometryProperty lang datasetId orderBy collation orderFrom options format limit offset count local splitEntities "
    "join joinLevel containedBy entityMap entityMapLifetime";
constexpr std::string_view kPurge = "id idPattern type attrs q georel geometry coordinates geoproperty keep drop local";
constexpr std::string_view kQueryByBody = "options format limit offset count local geometryProperty splitEntities";
constexpr std::string_view kHistory =
    "attrs pick omit datasetId type timerel timeAt endTimeAt timeproperty lastN aggrMethods aggrPeriodDuration options "
    "format local entityMap entityMapLifetime";
constexpr std::string_view kHistories =
    "id idPattern type attrs pick omit datasetId q expandValues jsonKeys csf scopeQ georel geometry coordinates "
    "geoproperty timerel timeAt "
    "endTimeAt timeproperty lastN aggrMethods aggrPeriodDuration orderBy options format limit offset count local "
    "entityMap entityMapLifetime";
constexpr std::string_view kHistoriesByBody = "options format limit offset count local";

constexpr std::string_view kSources =
    "id idPattern type attrs q csf scopeQ georel geometry coordinates geoproperty timerel timeAt endTimeAt timeproperty "
    "options limit offset count";
constexpr std::string_view kMapQuery =
    "id idPattern type attrs q georel geometry coordinates geoproperty local join joinLevel entityMapLifetime";
constexpr std::string_view kMapHistories =
    "id idPattern type attrs pick omit datasetId q expandValues jsonKeys csf scopeQ georel geometry coordinates "
    "geoproperty timerel timeAt "
    "endTimeAt timeproperty lastN orderBy local entityMapLifetime";
constexpr bool kInSnapshots = true;

constexpr std::array kOperations{
    Operation{Method::kPost, "/ngsi-ld/v1/entities", "local options", Body::kJson, Answer::kNothing, &create_entity},
    Operation{Method::kGet, "/ngsi-ld/v1/entities", kQuery, Body::kNone, Answer::kGeoJson, &query_entities,
              kInSnapshots},
    Operation{Method::kDelete, "/ngsi-ld/v1/entities", kPurge, Body::kNone, Answer::kNothing, &purge_entities},
    Operation{Method::kGet, "/ngsi-ld/v1/entities/{id}", kRetrieve, Body::kNone, Answer::kGeoJson, &retrieve_entity,
              kInSnapshots},
    Operation{Method::kPut, "/ngsi-ld/v1/entities/{id}", kWrite, Body::kJson, Answer::kNothing, &replace_entity},
    Operation{Method::kPatch, "/ngsi-ld/v1/entities/{id}", "type local options observedAt lang", Body::kPatch,
              Answer::kNothing, &merge_entity},
    Operation{Method::kDelete, "/ngsi-ld/v1/entities/{id}", "type local", Body::kNone, Answer::kNothing,
              &delete_entity},
    Operation{Method::kPost, "/ngsi-ld/v1/entities/{id}/attrs", kWrite, Body::kJson, Answer::kNothing,
              &append_attributes},
    Operation{Method::kPatch, "/ngsi-ld/v1/entities/{id}/attrs", kWrite, Body::kPatch, Answer::kNothing,
              &update_attributes},
    Operation{Method::kPatch, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", kWrite, Body::kPatch, Answer::kNothing,
              &partial_update},
    Operation{Method::kPut, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", kWrite, Body::kJson, Answer::kNothing,
              &replace_attribute},
    Operation{Method::kDelete, "/ngsi-ld/v1/entities/{id}/attrs/{attr}", "type local datasetId deleteAll", Body::kNone,
              Answer::kNothing, &delete_attribute},

    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/create", "local options", Body::kJson, Answer::kNothing,
              &batch_create},
    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/upsert", "local options", Body::kJson, Answer::kNothing,
              &batch_upsert},
    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/update", "local options", Body::kJson, Answer::kNothing,
              &batch_update},
    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/merge", "local options observedAt lang", Body::kJson,
              Answer::kNothing, &batch_merge},
    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/delete", "local", Body::kJson, Answer::kNothing,
              &batch_delete},
    Operation{Method::kPost, "/ngsi-ld/v1/entityOperations/query", kQueryByBody, Body::kJson, Answer::kGeoJson,
              &query_entities_by_body, kInSnapshots},

    Operation{Method::kGet, "/ngsi-ld/v1/info/sourceIdentity", "", Body::kNone, Answer::kJson, &show_identity},

    Operation{Method::kGet, "/ngsi-ld/v1/types", "details count local", Body::kNone, Answer::kJson, &list_types,
              kInSnapshots},
    Operation{Method::kGet, "/ngsi-ld/v1/types/{type}", "local", Body::kNone, Answer::kJson, &show_type, kInSnapshots},
    Operation{Method::kGet, "/ngsi-ld/v1/attributes", "details count local", Body::kNone, Answer::kJson,
              &list_attributes, kInSnapshots},
    Operation{Method::kGet, "/ngsi-ld/v1/attributes/{attr}", "local", Body::kNone, Answer::kJson, &show_attribute,
              kInSnapshots},

    Operation{Method::kGet, "/ngsi-ld/v1/temporal/entities", kHistories, Body::kNone, Answer::kJson, &query_history},
    Operation{Method::kGet, "/ngsi-ld/v1/temporal/entities/{id}", kHistory, Body::kNone, Answer::kJson,
              &retrieve_history},
    Operation{Method::kPost, "/ngsi-ld/v1/temporal/entityOperations/query", kHistoriesByBody, Body::kJson,
              Answer::kJson, &query_history_by_body},
    Operation{Method::kPost, "/ngsi-ld/v1/temporal/entities", "local", Body::kJson, Answer::kNothing, &write_history},
    Operation{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}", "local", Body::kNone, Answer::kNothing,
              &delete_history},
    Operation{Method::kPost, "/ngsi-ld/v1/temporal/entities/{id}/attrs", "local", Body::kJson, Answer::kNothing,
              &append_history},
    Operation{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}", "local datasetId deleteAll",
              Body::kNone, Answer::kNothing, &delete_history_attribute},
    Operation{Method::kPatch, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}/{instanceId}", "local", Body::kPatch,
              Answer::kNothing, &modify_instance},
    Operation{Method::kDelete, "/ngsi-ld/v1/temporal/entities/{id}/attrs/{attr}/{instanceId}", "local", Body::kNone,
              Answer::kNothing, &delete_instance},

    Operation{Method::kGet, "/ngsi-ld/v1/entityMaps", kMapQuery, Body::kNone, Answer::kJson, &map_entities},
    Operation{Method::kPost, "/ngsi-ld/v1/entityMaps", "local", Body::kJson, Answer::kJson, &map_entities_by_body},
    Operation{Method::kGet, "/ngsi-ld/v1/entityMaps/{id}", "", Body::kNone, Answer::kJson, &show_map},
    Operation{Method::kPatch, "/ngsi-ld/v1/entityMaps/{id}", "", Body::kPatch, Answer::kNothing, &update_map},
    Operation{Method::kDelete, "/ngsi-ld/v1/entityMaps/{id}", "", Body::kNone, Answer::kNothing, &delete_map},
    Operation{Method::kGet, "/ngsi-ld/v1/temporal/entityMaps", kMapHistories, Body::kNone, Answer::kJson,
              &map_histories},
    Operation{Method::kPost, "/ngsi-ld/v1/temporal/entityMaps", "local", Body::kJson, Answer::kJson,
              &map_histories_by_body},

    Operation{Method::kPost, "/ngsi-ld/v1/snapshots", "local", Body::kJson, Answer::kNothing, &create_snapshot},
    Operation{Method::kDelete, "/ngsi-ld/v1/snapshots", "q", Body::kNone, Answer::kNothing, &purge_snapshots},
    Operation{Method::kGet, "/ngsi-ld/v1/snapshots/{id}", "", Body::kNone, Answer::kJson, &show_snapshot},
    Operation{Method::kPatch, "/ngsi-ld/v1/snapshots/{id}", "", Body::kPatch, Answer::kJson, &update_snapshot},
    Operation{Method::kDelete, "/ngsi-ld/v1/snapshots/{id}", "", Body::kNone, Answer::kNothing, &delete_snapshot},
    Operation{Method::kPost, "/ngsi-ld/v1/snapshots/{id}/clone", "", Body::kJson, Answer::kNothing, &clone_snapshot},

    Operation{Method::kPost, "/ngsi-ld/v1/subscriptions", "local", Body::kJson, Answer::kNothing, &create_subscription},
    Operation{Method::kGet, "/ngsi-ld/v1/subscriptions", "limit offset count local options", Body::kNone, Answer::kJson,
              &list_subscriptions},
    Operation{Method::kGet, "/ngsi-ld/v1/subscriptions/{id}", "local options", Body::kNone, Answer::kJson,
              &show_subscription},
    Operation{Method::kPatch, "/ngsi-ld/v1/subscriptions/{id}", "local", Body::kPatch, Answer::kNothing,
              &update_subscription},
    Operation{Method::kDelete, "/ngsi-ld/v1/subscriptions/{id}", "local", Body::kNone, Answer::kNothing,
              &delete_subscription},

    Operation{Method::kPost, broker::kReceiverPath, "", Body::kJson, Answer::kNothing, &receive_notification},

    Operation{Method::kPost, "/ngsi-ld/v1/csourceRegistrations", "", Body::kJson, Answer::kNothing,
              &create_registration},
    Operation{Method::kGet, "/ngsi-ld/v1/csourceRegistrations", kSources, Body::kNone, Answer::kJson,
              &query_registrations},
    Operation{Method::kGet, "/ngsi-ld/v1/csourceRegistrations/{id}", "options", Body::kNone, Answer::kJson,
              &show_registration},
    Operation{Method::kPatch, "/ngsi-ld/v1/csourceRegistrations/{id}", "", Body::kPatch, Answer::kNothing,
              &update_registration},
    Operation{Method::kDelete, "/ngsi-ld/v1/csourceRegistrations/{id}", "", Body::kNone, Answer::kNothing,
              &delete_registration},
    Operation{Method::kPost, "/ngsi-ld/v1/jsonldContexts", "", Body::kJson, Answer::kNothing, &add_context},
    Operation{Method::kGet, "/ngsi-ld/v1/jsonldContexts", "details kind", Body::kNone, Answer::kJson, &list_contexts},
    Operation{Method::kGet, "/ngsi-ld/v1/jsonldContexts/{contextId}", "details", Body::kNone, Answer::kJson,
              &show_context},
    Operation{Method::kDelete, "/ngsi-ld/v1/jsonldContexts/{contextId}", "reload", Body::kNone, Answer::kNothing,
              &delete_context},

    Operation{Method::kPost, "/ngsi-ld/v1/csourceSubscriptions", "", Body::kJson, Answer::kNothing,
              &create_source_subscription},
    Operation{Method::kGet, "/ngsi-ld/v1/csourceSubscriptions", "limit offset count options", Body::kNone,
              Answer::kJson, &list_source_subscriptions},
    Operation{Method::kGet, "/ngsi-ld/v1/csourceSubscriptions/{id}", "options", Body::kNone, Answer::kJson,
              &show_source_subscription},
    Operation{Method::kPatch, "/ngsi-ld/v1/csourceSubscriptions/{id}", "", Body::kPatch, Answer::kNothing,
              &update_source_subscription},
    Operation{Method::kDelete, "/ngsi-ld/v1/csourceSubscriptions/{id}", "", Body::kNone, Answer::kNothing,
              &delete_source_subscription},
};

}  // namespace

std::span<const Operation> operations() noexcept { return kOperations; }

void add_routes(Router& router, broker::Broker& broker) {
  for (const auto& operation : kOperations) {
    router.add(operation.method, operation.pattern,
               [&operation, &broker](Request& request) { return serve(operation, broker, request); });
  }
}

}  // namespace horad::edge::ngsi
