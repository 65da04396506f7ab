// SPDX-License-Identifier: Apache-2.0
// The table of routes and api/openapi.json say the same.
#include "horad/edge/ngsi/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "horad/broker/json.h"
#include "horad/edge/ngsi/operation.h"
#include "horad/edge/service_routes.h"

namespace horad::edge::ngsi {
namespace {

namespace json = broker::json;

std::string_view verb(Method method) {
  switch (method) {
    case Method::kGet:
      return "get";
    case Method::kHead:
      return "head";
    case Method::kPost:
      return "post";
    case Method::kPut:
      return "put";
    case Method::kPatch:
      return "patch";
    case Method::kDelete:
      return "delete";
    case Method::kOptions:
      return "options";
  }
  return {};
}

std::set<std::string> words(std::string_view text) {
  std::set<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(' ');
    out.emplace(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

/// The names behind "$ref": "#/components/parameters/NAME", without headers.
std::set<std::string> documented(const json::object& operation) {
  std::set<std::string> out;
  for (const auto& parameter : operation.at("parameters").as_array()) {
    const auto* const reference = parameter.as_object().if_contains("$ref");
    if (reference == nullptr) continue;
    const std::string text{broker::text_of(reference->as_string())};
    const auto name = text.substr(text.rfind('/') + 1);
    if (name != "TenantHeader" && name != "ContextLink" && name != "Prefer") out.insert(name);
  }
  return out;
}

TEST(Routes, AreDocumented) {
  const auto parsed = broker::parse_json(openapi_json());
  ASSERT_TRUE(parsed);
  const auto& paths = parsed->as_object().at("paths").as_object();
  std::set<std::string> rows;
  for (const auto& operation : operations()) {
    const std::string name = std::string{verb(operation.method)} + " " + std::string{operation.pattern};
    rows.insert(name);
    const auto* const path = paths.if_contains(json::string_view{operation.pattern.data(), operation.pattern.size()});
    ASSERT_NE(path, nullptr) << name;
    const auto method = verb(operation.method);
    const auto* const entry = path->as_object().if_contains(json::string_view{method.data(), method.size()});
    ASSERT_NE(entry, nullptr) << name;
    EXPECT_EQ(documented(entry->as_object()), words(operation.parameters)) << name;
    EXPECT_EQ(entry->as_object().contains("requestBody"), operation.body != Body::kNone) << name;
  }
  for (const auto& path : paths) {
    const std::string pattern{path.key().data(), path.key().size()};
    if (!pattern.starts_with("/ngsi-ld/")) continue;
    for (const auto& method : path.value().as_object()) {
      EXPECT_TRUE(rows.contains(std::string{method.key().data(), method.key().size()} + " " + pattern)) << pattern;
    }
  }
}

}  // namespace
}  // namespace horad::edge::ngsi
