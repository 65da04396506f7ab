// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/notification.h"

#include <fmt/format.h>

#include <algorithm>

#include "horad/base/text.h"
#include "horad/model/context.h"
#include "horad/model/geojson_out.h"
#include "horad/model/represent.h"

namespace horad::broker {
namespace {

std::string_view content_type(BodyType type) noexcept {
  switch (type) {
    case BodyType::kJson:
      return "application/json";
    case BodyType::kLdJson:
      return "application/ld+json";
    case BodyType::kGeoJson:
      return "application/geo+json";
  }
  return {};
}

bool watches(const Subscription& subscription, model::NameId name) {
  return subscription.watched.empty() || std::ranges::binary_search(subscription.watched, name);
}

/// One default instance for each attribute of which nothing is left.
std::vector<model::Attribute> by_attribute(std::vector<model::Attribute> gone, model::DocumentView left, bool all) {
  std::vector<model::Attribute> out;
  for (auto& attribute : gone) {
    const auto remaining = left.attributes();
    const bool whole = all || std::none_of(remaining.begin(), remaining.end(),
                                           [&](const auto& a) { return a.name() == attribute.name; });
    if (!whole) {
      out.push_back(std::move(attribute));
      continue;
    }
    const auto same = [&](const auto& one) { return one.name == attribute.name; };
    if (std::ranges::any_of(out, same)) continue;
    attribute.dataset_id.clear();
    out.push_back(std::move(attribute));
  }
  return out;
}

/// The entity with marks where instances went; of a deleted one nothing but marks.
model::Document with_marks(const Job& job) {
  auto entity = job.document.view().to_entity();
  if (job.deleted_at) entity.attributes.clear();
  for (auto mark : job.gone) {
    mark.value = model::null_value(mark.kind);
    mark.sub_attributes.clear();
    mark.unit_code.clear();
    mark.observed_at.reset();
    mark.object_type.reset();
    mark.extras = {};
    entity.attributes.push_back(std::move(mark));
  }
  return model::Document{model::encode(entity)};
}

void append_entity_or_feature(std::string& out, const Subscription& subscription, model::DocumentView document,
                              const model::GeoJsonOptions& options, const model::LinkedDocuments* inlined) {
  if (subscription.endpoint.accept == BodyType::kGeoJson) {
    model::append_feature(out, document, *subscription.context, options, inlined);
  } else {
    model::append_entity(out, document, *subscription.context, options.entity, inlined);
  }
}

void append_job(std::string& out, const Subscription& subscription, const Job& job, model::NameId location,
                const model::LinkedDocuments* inlined) {
  model::GeoJsonOptions options{.entity = subscription.shown, .geometry_property = location};
  const bool marked = job.deleted_at || !job.gone.empty();
  const auto document = marked ? with_marks(job) : job.document;
  std::vector<model::AttributeKey> keys;
  for (const auto& attribute : job.gone) keys.push_back({attribute.name, attribute.dataset_id});
  const auto before = job.previous ? std::optional{job.previous.view()} : std::nullopt;
  const model::ChangeNotes notes{.before = before ? &*before : nullptr,
                                 .since = job.at,
                                 .gone = keys,
                                 .gone_at = job.gone_at,
                                 .deleted_at = job.deleted_at};
  if (marked || before) options.entity.changes = &notes;
  append_entity_or_feature(out, subscription, document.view(), options, inlined);
}

void append_data(std::string& out, const Subscription& subscription, std::span<const Job* const> jobs,
                 const LinkedWalk* linked, model::NameId location) {
  const bool geo = subscription.endpoint.accept == BodyType::kGeoJson;
  const bool inlined = linked != nullptr && subscription.join.form == Join::Form::kInline;
  out += geo ? "{\"type\":\"FeatureCollection\",\"features\":[" : "[";
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i > 0) out += ',';
    append_job(out, subscription, *jobs[i], location, inlined ? &linked->documents() : nullptr);
  }
  if (linked != nullptr && !inlined) {
    for (const auto& [document, form] : linked->reached()) {
      out += ',';
      append_entity_or_feature(out, subscription, document.view(), {.entity = *form, .geometry_property = location},
                               nullptr);
    }
  }
  out += geo ? "]}" : "]";
}

std::string link_to(std::string_view url) {
  return fmt::format("<{}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"",
                     url.empty() ? model::kCoreContextUrl : url);
}

bool context_in_link(const Endpoint& endpoint) noexcept {
  return endpoint.accept == BodyType::kJson || (endpoint.accept == BodyType::kGeoJson && endpoint.context_in_link);
}

/// What goes beside the body: headers of HTTP, metadata of MQTT.
Headers metadata_of(const Subscription& subscription, std::string_view tenant) {
  const auto& endpoint = subscription.endpoint;
  Headers out{{"Content-Type", std::string{content_type(endpoint.accept)}}};
  if (context_in_link(endpoint)) out.emplace_back("Link", link_to(subscription.context_url));
  if (!tenant.empty()) out.emplace_back("NGSILD-Tenant", tenant);
  out.insert(out.end(), endpoint.headers.begin(), endpoint.headers.end());
  return out;
}

/// {"metadata": {...}, "body": ...}
std::string wrapped(const Headers& metadata, const std::string& body) {
  std::string out = "{\"metadata\":{";
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    if (i > 0) out += ',';
    base::append_json_string(out, metadata[i].first);
    out += ':';
    base::append_json_string(out, metadata[i].second);
  }
  return out.append("},\"body\":").append(body).append("}");
}

}  // namespace

std::vector<model::Attribute> gone_for(const Subscription& subscription, const model::Change& change,
                                       const model::Document& before, model::DocumentView document) {
  const bool deleted = change.kind == model::ChangeKind::kDeleted;
  const bool watching = (subscription.triggers & kAttributeDeleted) != 0;
  const bool everything = deleted && subscription.show_changes;
  std::vector<model::Attribute> gone;
  if (!watching && !everything) return gone;
  if (deleted) {
    for (const auto attribute : document.attributes()) {
      if (everything || watches(subscription, attribute.name())) gone.push_back(attribute.to_attribute());
    }
  } else {
    for (const auto& key : change.removed) {
      if (!watches(subscription, key.name) || document.find(key.name, key.dataset_id)) continue;
      const auto was = before ? before.view().find(key.name, key.dataset_id) : std::nullopt;
      model::Attribute unknown;  // read back from the log, which does not say what it was
      unknown.name = key.name;
      unknown.dataset_id = key.dataset_id;
      gone.push_back(was ? was->to_attribute() : std::move(unknown));
    }
  }
  if (subscription.show_changes || !subscription.shown.dataset_ids.empty()) return gone;
  return by_attribute(std::move(gone), document, deleted);
}

base::OutboundRequest delivery_of(const Subscription& subscription, std::string_view tenant, std::string body) {
  const auto& endpoint = subscription.endpoint;
  base::OutboundRequest request{.method = "POST", .url = endpoint.uri, .headers = {}, .body = {}};
  request.timeout = endpoint.timeout;
  auto metadata = metadata_of(subscription, tenant);
  if (endpoint.mqtt) {
    request.body = wrapped(metadata, body);
    request.headers = endpoint.transport;
  } else {
    request.body = std::move(body);
    request.headers = std::move(metadata);
  }
  return request;
}

base::OutboundRequest make_notification(const Subscription& subscription, std::string_view tenant,
                                        std::span<const Job* const> jobs, const LinkedWalk* linked,
                                        std::uint64_t number, Timestamp now, model::NameId location) {
  auto body =
      fmt::format(R"({{"id":"urn:ngsi-ld:Notification:{:016x}","type":"Notification","subscriptionId":)", number);
  base::append_json_string(body, subscription.id);
  body += ",\"notifiedAt\":\"";
  base::append_time(body, now);
  body += "\",\"data\":";
  append_data(body, subscription, jobs, linked, location);
  if (!context_in_link(subscription.endpoint)) body.append(",\"@context\":").append(subscription.context->json());
  body += '}';
  return delivery_of(subscription, tenant, std::move(body));
}

}  // namespace horad::broker
