// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/notification.h"

#include <fmt/format.h>

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

/// What is told of a deleted entity: its id, its types, and when it went.
void append_deleted(std::string& out, const Job& job, const model::Context& context) {
  const auto document = job.document.view();
  out += "{\"id\":";
  base::append_json_string(out, document.id());
  out += ",\"type\":";
  if (document.type_count() != 1) out += '[';
  for (std::size_t i = 0; i < document.type_count(); ++i) {
    if (i > 0) out += ',';
    out += context.quoted(document.type(i));
  }
  if (document.type_count() != 1) out += ']';
  out += ",\"deletedAt\":\"";
  base::append_time(out, *job.deleted_at);
  out += "\"}";
}

model::RepresentOptions options_of(const Subscription& subscription) {
  model::RepresentOptions out;
  out.form = subscription.form;
  out.sys_attrs = subscription.sys_attrs;
  out.only_listed = !subscription.attributes.empty();
  out.listed = subscription.attributes;
  return out;
}

void append_data(std::string& out, const Subscription& subscription, std::span<const Job* const> jobs,
                 model::NameId location) {
  const bool geo = subscription.endpoint.accept == BodyType::kGeoJson;
  const model::GeoJsonOptions options{
      .entity = options_of(subscription), .geometry_property = location};
  out += geo ? "{\"type\":\"FeatureCollection\",\"features\":[" : "[";
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (i > 0) out += ',';
    const auto& job = *jobs[i];
    if (job.deleted_at) {
      append_deleted(out, job, *subscription.context);
    } else if (geo) {
      model::append_feature(out, job.document.view(), *subscription.context, options);
    } else {
      model::append_entity(out, job.document.view(), *subscription.context, options.entity);
    }
  }
  out += geo ? "]}" : "]";
}

/// A Link header when the context is one URL; contexts of several parts go into the body only.
void add_link(base::OutboundRequest& request, const model::Context& context) {
  const auto json = context.json();
  const bool one_url = json.starts_with('"') && json.find('\\') == std::string_view::npos;
  const auto url = one_url ? json.substr(1, json.size() - 2) : model::kCoreContextUrl;
  request.headers.emplace_back(
      "Link", fmt::format("<{}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"", url));
}

}  // namespace

base::OutboundRequest make_notification(const Subscription& subscription, std::string_view tenant,
                                        std::span<const Job* const> jobs, std::uint64_t number, Timestamp now,
                                        model::NameId location) {
  base::OutboundRequest request{.method = "POST", .url = subscription.endpoint.uri, .headers = {}, .body = {}};
  request.timeout = subscription.endpoint.timeout;
  request.headers.emplace_back("Content-Type", content_type(subscription.endpoint.accept));
  if (!tenant.empty()) request.headers.emplace_back("NGSILD-Tenant", tenant);
  for (const auto& header : subscription.endpoint.headers) request.headers.push_back(header);
  auto& body = request.body;
  body = fmt::format(R"({{"id":"urn:ngsi-ld:Notification:{:016x}","type":"Notification","subscriptionId":)", number);
  base::append_json_string(body, subscription.id);
  body += ",\"notifiedAt\":\"";
  base::append_time(body, now);
  body += "\",\"data\":";
  append_data(body, subscription, jobs, location);
  if (subscription.endpoint.accept == BodyType::kJson) {
    add_link(request, *subscription.context);
  } else {
    body.append(",\"@context\":").append(subscription.context->json());
  }
  body += '}';
  return request;
}

}  // namespace horad::broker
