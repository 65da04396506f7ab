// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/service_routes.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <iterator>
#include <limits>

#include "horad/base/text.h"
#include "horad/edge/static_files.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;

prometheus::ClientMetric::Histogram to_histogram(const base::LatencyHistogram& source) {
  prometheus::ClientMetric::Histogram out;
  double bound = 16e-6;
  for (std::size_t i = 0; i < base::LatencyHistogram::kBuckets; ++i, bound *= 2) {
    out.sample_count += source.count_in(i);
    const bool last = i + 1 == base::LatencyHistogram::kBuckets;
    out.bucket.push_back({out.sample_count, last ? std::numeric_limits<double>::infinity() : bound});
  }
  out.sample_sum = source.sum_seconds();
  return out;
}

prometheus::ClientMetric to_metric(const base::Metric& metric) {
  prometheus::ClientMetric out;
  for (const auto& [name, value] : metric.labels) out.label.push_back({name, value});
  if (const auto* const* counter = std::get_if<const base::Counter*>(&metric.source)) {
    out.counter.value = static_cast<double>((*counter)->value());
  } else if (const auto* const* gauge = std::get_if<const base::Gauge*>(&metric.source)) {
    out.gauge.value = static_cast<double>((*gauge)->value());
  } else {
    out.histogram = to_histogram(*std::get<const base::LatencyHistogram*>(metric.source));
  }
  return out;
}

prometheus::MetricType type_of(const base::Metric& metric) {
  static constexpr std::array kTypes = {prometheus::MetricType::Counter, prometheus::MetricType::Gauge,
                                        prometheus::MetricType::Histogram};
  return kTypes[metric.source.index()];
}

Response health(const std::vector<std::string>& reasons) {
  Response response{.status = reasons.empty() ? 200 : 503,
                    .content_type = "application/json",
                    .headers = {{"Cache-Control", "no-store"}}};
  response.body = reasons.empty() ? "{\"status\":\"ok\"" : "{\"status\":\"failing\",\"reasons\":[";
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) response.body += ',';
    base::append_json_string(response.body, reasons[i]);
  }
  response.body += reasons.empty() ? "}" : "]}";
  return response;
}

std::vector<std::string> reasons_of(const ServiceParts& parts) {
  std::vector<std::string> reasons;
  for (const auto& trouble : parts.troubles) {
    if (auto reason = trouble(); !reason.empty()) reasons.push_back(std::move(reason));
  }
  return reasons;
}

}  // namespace

std::string metrics_text(const std::vector<base::Metric>& metrics) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& metric : metrics) {
    auto same = std::ranges::find(families, metric.name, &prometheus::MetricFamily::name);
    if (same == families.end()) {
      families.push_back({.name = metric.name, .help = metric.help, .type = type_of(metric), .metric = {}});
      same = std::prev(families.end());
    }
    same->metric.push_back(to_metric(metric));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

void add_service_routes(Router& router, ServiceParts given) {
  const auto parts = std::make_shared<const ServiceParts>(std::move(given));
  router.add(Method::kGet, "/livez", [](Request&) -> asio::awaitable<Response> { co_return health({}); });
  router.add(Method::kGet, "/readyz",
             [parts](Request&) -> asio::awaitable<Response> { co_return health(reasons_of(*parts)); });
  router.add(Method::kGet, "/metrics", [parts](Request&) -> asio::awaitable<Response> {
    if (parts->refresh) parts->refresh();
    co_return Response{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                       .body = metrics_text(parts->metrics)};
  });
  router.add(Method::kGet, "/openapi.json", [](Request&) -> asio::awaitable<Response> {
    co_return Response{.content_type = "application/json",
                       .headers = {{"Cache-Control", "no-cache"}},
                       .body = std::string{openapi_json()}};
  });
}

}  // namespace horad::edge
