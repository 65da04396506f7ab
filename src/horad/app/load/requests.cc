// SPDX-License-Identifier: Apache-2.0
#include "horad/app/load/requests.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace horad::app::load {
namespace {

constexpr std::array kKinds = {
    KindName{Kind::kPatch, "patch", "PATCH one attribute of one entity"},
    KindName{Kind::kPatchLd, "patch-ld", "PATCH one attribute as JSON-LD with a remote @context"},
    KindName{Kind::kGet, "get", "GET one entity"},
    KindName{Kind::kPage, "page", "GET 20 entities by type"},
    KindName{Kind::kQuery, "query", "GET 20 entities by type and temperature>25"},
    KindName{Kind::kOneHit, "one-hit", "GET entities by type and serial==N: one hit"},
    KindName{Kind::kNear, "near", "GET 20 entities within 1 km"},
    KindName{Kind::kCreate, "create", "POST one new entity"},
    KindName{Kind::kBatch, "batch", "POST an upsert of 100 entities"},
};

/// SplitMix64 (Steele, Lea, Flood 2014): spreads consecutive numbers over all entities and values.
std::uint64_t spread(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

double two_decimals(std::uint64_t hash, int from, int to) {
  return from + static_cast<double>(hash % static_cast<std::uint64_t>((to - from) * 100)) / 100.0;
}

void append_entity(std::string& out, std::uint64_t id, std::uint64_t salt) {
  const std::uint64_t h = spread(id * 31 + salt);
  fmt::format_to(std::back_inserter(out),
                 R"({{"id":"urn:ngsi-ld:BenchProbe:{:09}","type":"BenchProbe",)"
                 R"("temperature":{{"type":"Property","value":{:.2f},"unitCode":"CEL"}},)"
                 R"("humidity":{{"type":"Property","value":{:.2f},"unitCode":"P1"}},)"
                 R"("pm25":{{"type":"Property","value":{:.2f},"unitCode":"GQ"}},)"
                 R"("noise":{{"type":"Property","value":{:.2f},"unitCode":"2N"}},)"
                 R"("serial":{{"type":"Property","value":{}}},)"
                 R"("location":{{"type":"GeoProperty","value":{{"type":"Point","coordinates":[{:.6f},{:.6f}]}}}}}})",
                 id, two_decimals(h, -10, 30), two_decimals(spread(h), 20, 99), two_decimals(spread(h + 1), 1, 80),
                 two_decimals(spread(h + 2), 30, 90), id, 25.6 + two_decimals(spread(id), 0, 40) / 100.0,
                 53.5 + two_decimals(spread(id + 7), 0, 20) / 100.0);
}

void append_head(std::string& out, std::string_view method, std::string_view path, const Target& target,
                 std::size_t body, std::string_view type = "application/json") {
  fmt::format_to(std::back_inserter(out), "{} {} HTTP/1.1\r\nHost: {}:{}\r\n", method, path, target.host, target.port);
  if (body > 0) fmt::format_to(std::back_inserter(out), "Content-Type: {}\r\nContent-Length: {}\r\n", type, body);
  out += "\r\n";
}

void append_post(std::string& out, std::string_view path, const Target& target, std::string_view body) {
  append_head(out, "POST", path, target, body.size());
  out += body;
}

void append_batch(std::string& out, const Target& target, std::uint64_t first, std::uint64_t count,
                  std::uint64_t entities, std::uint64_t salt) {
  std::string body = "[";
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) body += ',';
    append_entity(body, (first + i) % entities, salt);
  }
  body += ']';
  append_post(out, "/ngsi-ld/v1/entityOperations/upsert?options=update", target, body);
}

constexpr std::string_view kEntities = "/ngsi-ld/v1/entities";

}  // namespace

std::span<const KindName> kinds() { return kKinds; }

Result<Kind> parse_kind(std::string_view name) {
  std::string names;
  for (const auto& kind : kKinds) {
    if (kind.name == name) return kind.kind;
    names += names.empty() ? "" : ", ";
    names += kind.name;
  }
  return fail(ErrorCode::kInvalidRequest, fmt::format("there is no load '{}'; there are: {}", name, names));
}

Result<Target> parse_target(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme))
    return fail(ErrorCode::kInvalidRequest, fmt::format("'{}' does not start with http://", url));
  std::string_view rest = url.substr(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  Target target;
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && !rest.ends_with(']');
  target.host = rest.substr(0, has_port ? colon : rest.size());
  target.port = has_port ? rest.substr(colon + 1) : "80";
  const bool four =
      target.host.starts_with("127.") && target.host.find_first_not_of("0123456789.") == std::string::npos;
  if (target.host == "[::1]") target.host = "::1";
  if (!four && target.host != "localhost" && target.host != "::1") {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("'{}' is not a loopback address: a load test stays on this machine", target.host));
  }
  return target;
}

void append_request(std::string& out, Kind kind, const Target& target, std::uint64_t number, std::uint64_t entities,
                    std::uint64_t fresh) {
  const std::uint64_t hash = spread(number);
  const std::uint64_t id = hash % entities;
  switch (kind) {
    case Kind::kPatch:
    case Kind::kPatchLd: {
      const bool linked = kind == Kind::kPatchLd;
      auto body = fmt::format(R"({{"value":{:.2f})", two_decimals(spread(hash), -10, 30));
      body += linked ? fmt::format(R"(,"@context":"{}"}})", kLoadContext) : "}";
      append_head(out, "PATCH", fmt::format("{}/urn:ngsi-ld:BenchProbe:{:09}/attrs/temperature", kEntities, id), target,
                  body.size(), linked ? "application/ld+json" : "application/json");
      out += body;
      return;
    }
    case Kind::kGet:
      return append_head(out, "GET", fmt::format("{}/urn:ngsi-ld:BenchProbe:{:09}", kEntities, id), target, 0);
    case Kind::kPage:
      return append_head(out, "GET", fmt::format("{}?type=BenchProbe&limit=20", kEntities), target, 0);
    case Kind::kQuery:
      return append_head(out, "GET", fmt::format("{}?type=BenchProbe&q=temperature%3E25&limit=20", kEntities), target,
                         0);
    case Kind::kOneHit:
      return append_head(out, "GET", fmt::format("{}?type=BenchProbe&q=serial=={}&limit=20", kEntities, id), target, 0);
    case Kind::kNear:
      return append_head(
          out, "GET",
          fmt::format(
              "{}?type=BenchProbe&limit=20&georel=near;maxDistance==1000&geometry=Point&coordinates=[{:.4f},{:.4f}]",
              kEntities, 25.6 + two_decimals(hash, 0, 40) / 100.0, 53.5 + two_decimals(spread(hash), 0, 20) / 100.0),
          target, 0);
    case Kind::kCreate: {
      std::string body;
      append_entity(body, fresh + number, 0);
      return append_post(out, kEntities, target, body);
    }
    case Kind::kBatch:
      return append_batch(out, target, id, 100, entities, hash);
  }
}

void append_preload(std::string& out, const Target& target, std::uint64_t first, std::uint64_t count) {
  append_batch(out, target, first, count, first + count, 0);
}

bool is_expected(Kind kind, int status) {
  switch (kind) {
    case Kind::kPatch:
    case Kind::kPatchLd:
      return status == 204;
    case Kind::kCreate:
      return status == 201;
    case Kind::kBatch:
      return status == 204 || status == 201;
    case Kind::kGet:
    case Kind::kPage:
    case Kind::kQuery:
    case Kind::kOneHit:
    case Kind::kNear:
      return status == 200;
  }
  return false;
}

}  // namespace horad::app::load
