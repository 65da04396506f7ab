// SPDX-License-Identifier: Apache-2.0
#include "horad/model/context_core.h"

#include <string>
#include <unordered_map>
#include <utility>

namespace horad::model::detail {
namespace {

/// Terms whose IRI is kNgsiLd and the term itself.
constexpr std::string_view kPlainTerms[] = {"Attribute",
                                            "AttributeList",
                                            "ContextSourceIdentity",
                                            "ContextSourceNotification",
                                            "ContextSourceRegistration",
                                            "Date",
                                            "DateTime",
                                            "EntityMap",
                                            "EntityType",
                                            "EntityTypeInfo",
                                            "EntityTypeList",
                                            "ExecutionResultDetails",
                                            "GeoProperty",
                                            "JsonProperty",
                                            "LanguageProperty",
                                            "ListProperty",
                                            "ListRelationship",
                                            "Notification",
                                            "Property",
                                            "Relationship",
                                            "Snapshot",
                                            "SnapshotNotification",
                                            "Subscription",
                                            "TemporalProperty",
                                            "Time",
                                            "VocabProperty",
                                            "accept",
                                            "aggrMethods",
                                            "aggrParams",
                                            "aggrPeriodDuration",
                                            "attributeCount",
                                            "attributeDetails",
                                            "attributeList",
                                            "attributeName",
                                            "attributeNames",
                                            "attributeTypes",
                                            "attributes",
                                            "attrs",
                                            "avg",
                                            "cacheDuration",
                                            "collation",
                                            "contextSourceAlias",
                                            "contextSourceExtras",
                                            "contextSourceInfo",
                                            "contextSourceTimeAt",
                                            "contextSourceUptime",
                                            "cooldown",
                                            "createdAt",
                                            "csf",
                                            "data",
                                            "datasetId",
                                            "deletedAt",
                                            "detail",
                                            "distinctCount",
                                            "endAt",
                                            "endTimeAt",
                                            "endpoint",
                                            "entities",
                                            "entity",
                                            "entityCount",
                                            "entityId",
                                            "entityList",
                                            "error",
                                            "errors",
                                            "expandValues",
                                            "expiresAt",
                                            "format",
                                            "geoQ",
                                            "geoproperty",
                                            "georel",
                                            "idPattern",
                                            "information",
                                            "instanceId",
                                            "isActive",
                                            "join",
                                            "jsonKeys",
                                            "jsonldContext",
                                            "jsons",
                                            "lang",
                                            "lastFailure",
                                            "lastN",
                                            "lastNotification",
                                            "lastSuccess",
                                            "lastUsedAt",
                                            "linkedMaps",
                                            "localOnly",
                                            "location",
                                            "management",
                                            "managementInterval",
                                            "max",
                                            "min",
                                            "mode",
                                            "modifiedAt",
                                            "ngsildConformance",
                                            "ngsildproof",
                                            "notUpdated",
                                            "notification",
                                            "notificationTrigger",
                                            "notifiedAt",
                                            "notifierInfo",
                                            "observationInterval",
                                            "observationSpace",
                                            "observedAt",
                                            "omit",
                                            "operationSpace",
                                            "operations",
                                            "orderBy",
                                            "ordering",
                                            "pick",
                                            "problemDetails",
                                            "propertyNames",
                                            "q",
                                            "reason",
                                            "receiverInfo",
                                            "refreshRate",
                                            "registrationId",
                                            "registrationName",
                                            "relationshipNames",
                                            "resultStatus",
                                            "scope",
                                            "scopeQ",
                                            "showChanges",
                                            "snapshotId",
                                            "snapshotLifetime",
                                            "snapshotPriority",
                                            "snapshotQueries",
                                            "snapshotQueriesDetails",
                                            "snapshotStatus",
                                            "snapshotTemporalQueries",
                                            "snapshotTemporalQueriesDetails",
                                            "startAt",
                                            "status",
                                            "stddev",
                                            "subscriptionId",
                                            "subscriptionName",
                                            "success",
                                            "sum",
                                            "sumsq",
                                            "sysAttrs",
                                            "temporalQ",
                                            "tenant",
                                            "throttling",
                                            "timeAt",
                                            "timeInterval",
                                            "timeout",
                                            "timeproperty",
                                            "timerel",
                                            "timesFailed",
                                            "timesSent",
                                            "totalCount",
                                            "triggerReason",
                                            "typeList",
                                            "typeName",
                                            "typeNames",
                                            "unchanged",
                                            "unitCode",
                                            "updated",
                                            "uri",
                                            "watchedAttributes"};

/// Terms whose IRI is kNgsiLd and another word.
constexpr std::pair<std::string_view, std::string_view> kRenamedTerms[] = {
    {"containedBy", "isContainedBy"},
    {"dataset", "hasDataset"},
    {"entityMap", "hasEntityMap"},
    {"entityMapLifetime", "hasEntityMapLifetime"},
    {"joinLevel", "hasJoinLevel"},
    {"json", "hasJSON"},
    {"key", "hasKey"},
    {"languageMap", "hasLanguageMap"},
    {"languageMaps", "hasLanguageMaps"},
    {"object", "hasObject"},
    {"objectList", "hasObjectList"},
    {"objectLists", "hasObjectLists"},
    {"objectsLists", "hasObjectsLists"},
    {"objectType", "hasObjectType"},
    {"objects", "hasObjects"},
    {"previousJson", "hasPreviousJson"},
    {"previousLanguageMap", "hasPreviousLanguageMap"},
    {"previousObject", "hasPreviousObject"},
    {"previousObjectList", "hasPreviousObjectList"},
    {"previousValue", "hasPreviousValue"},
    {"previousValueList", "hasPreviousValueList"},
    {"previousVocab", "hasPreviousVocab"},
    {"splitEntities", "hasSplitEntities"},
    {"value", "hasValue"},
    {"valueList", "hasValueList"},
    {"valueLists", "hasValueLists"},
    {"valueType", "hasValueType"},
    {"values", "hasValues"},
    {"vocab", "hasVocab"},
    {"vocabs", "hasVocabs"}};

/// Terms of GeoJSON: kGeoJson and the term itself.
constexpr std::string_view kGeoJsonTerms[] = {"Feature",
                                              "FeatureCollection",
                                              "GeometryCollection",
                                              "LineString",
                                              "MultiLineString",
                                              "MultiPoint",
                                              "MultiPolygon",
                                              "Point",
                                              "Polygon",
                                              "bbox",
                                              "coordinates",
                                              "features",
                                              "geometry",
                                              "properties"};

constexpr std::pair<std::string_view, std::string_view> kOtherTerms[] = {
    {"ngsi-ld", kNgsiLd},
    {"geojson", kGeoJson},
    {"id", "@id"},
    {"type", "@type"},
    {"description", "http://purl.org/dc/terms/description"},
    {"title", "http://purl.org/dc/terms/title"},
    {"langString", "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"}};

struct CoreTerms {
  std::unordered_map<std::string_view, std::string> iris;
  std::unordered_map<std::string_view, std::string_view> terms;  // keys are views of `iris`

  void add(std::string_view term, std::string iri) {
    const auto placed = iris.emplace(term, std::move(iri)).first;
    terms.emplace(placed->second, term);
  }
  CoreTerms() {
    iris.reserve(512);
    for (const auto term : kPlainTerms) add(term, std::string(kNgsiLd).append(term));
    for (const auto& [term, word] : kRenamedTerms) add(term, std::string(kNgsiLd).append(word));
    for (const auto term : kGeoJsonTerms) add(term, std::string(kGeoJson).append(term));
    for (const auto& [term, iri] : kOtherTerms) add(term, std::string(iri));
  }
};

const CoreTerms& core_terms() {
  static const CoreTerms terms;  // a constant that needs memory
  return terms;
}

}  // namespace

std::optional<std::string> core_iri(std::string_view term) {
  const auto& iris = core_terms().iris;
  const auto found = iris.find(term);
  if (found == iris.end()) return std::nullopt;
  return found->second;
}

std::string_view core_term(std::string_view iri) {
  const auto& terms = core_terms().terms;
  const auto found = terms.find(iri);
  return found == terms.end() ? std::string_view{} : found->second;
}

}  // namespace horad::model::detail
