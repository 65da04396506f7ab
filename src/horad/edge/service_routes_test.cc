// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/service_routes.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace horad::edge {
namespace {

namespace asio = boost::asio;

Response get(const Router& router, std::string_view path) {
  Request request;
  request.path = path;
  asio::io_context context;
  Response response;
  asio::co_spawn(context, router.handle(request),
                 [&](const std::exception_ptr&, Response made) { response = std::move(made); });
  context.run();
  return response;
}

TEST(ServiceRoutes, ReadinessGivesItsReasons) {
  std::string trouble;
  Router router;
  add_service_routes(router, {.metrics = {}, .troubles = {[&] { return trouble; }, [] { return std::string{}; }}});
  EXPECT_EQ(get(router, "/readyz").status, 200);
  EXPECT_EQ(get(router, "/readyz").body, "{\"status\":\"ok\"}");
  trouble = "The disk \"failed\".";
  EXPECT_EQ(get(router, "/readyz").status, 503);
  EXPECT_EQ(get(router, "/readyz").body, "{\"status\":\"failing\",\"reasons\":[\"The disk \\\"failed\\\".\"]}");
  EXPECT_EQ(get(router, "/livez").status, 200) << "a server that is not ready is alive";
}

TEST(ServiceRoutes, MetricsAreInTheTextFormat) {
  base::Counter good, bad;
  base::Gauge open;
  base::LatencyHistogram took;
  good.add(3);
  open.set(-2);
  took.observe(20e-6);
  took.observe(100);
  const auto text = metrics_text({{"x_total", "Things", {{"kind", "good"}}, &good},
                                  {"x_open", "Open", {}, &open},
                                  {"x_total", "Things", {{"kind", "bad"}}, &bad},
                                  {"x_seconds", "Time", {}, &took}});
  EXPECT_NE(text.find("# TYPE x_total counter"), std::string::npos) << text;
  EXPECT_EQ(text.find("# TYPE x_total counter"), text.rfind("# TYPE x_total counter")) << "one family for one name";
  EXPECT_NE(text.find("x_total{kind=\"good\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("x_open -2"), std::string::npos) << text;
  EXPECT_NE(text.find("x_seconds_count 2"), std::string::npos) << text;
  EXPECT_NE(text.find("x_seconds_bucket{le=\"+Inf\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("x_seconds_bucket{le=\"3.2e-05\"} 1"), std::string::npos) << text;
}

TEST(ServiceRoutes, TheApiDescriptionIsJsonAndNamesTheseRoutes) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  ASSERT_EQ(parser.parse(std::string{openapi_json()}).get(document), simdjson::SUCCESS);
  std::string_view version;
  ASSERT_EQ(document["openapi"].get(version), simdjson::SUCCESS);
  EXPECT_EQ(version, "3.1.0");
  simdjson::dom::object paths;
  ASSERT_EQ(document["paths"].get(paths), simdjson::SUCCESS);
  for (const std::string_view path :
       {"/livez", "/readyz", "/metrics", "/openapi.json", "/live", "/tiles.json", "/tiles/{z}/{x}/{y}"}) {
    simdjson::dom::element route;
    EXPECT_EQ(paths[path].get(route), simdjson::SUCCESS) << path;
  }
}

}  // namespace
}  // namespace horad::edge
