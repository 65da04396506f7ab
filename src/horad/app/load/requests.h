// SPDX-License-Identifier: Apache-2.0
// What the load generator asks. Pure: the same number gives the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::app::load {

enum class Kind : std::uint8_t {
  kPatch,    // one attribute of one entity: PATCH .../attrs/temperature
  kPatchLd,  // the same as JSON-LD, its @context the document at kLoadContext, which the server must have
  kGet,      // one entity
  kPage,     // 20 entities by type
  kQuery,    // 20 entities by type and q=temperature>25
  kOneHit,   // q with exactly one hit
  kNear,     // 20 entities within 1 km
  kCreate,   // one new entity
  kBatch,    // upsert of 100 entities
};

/// A document that calls `temperature` what it is called without.
inline constexpr std::string_view kLoadContext = "https://bench.invalid/context.jsonld";

struct KindName {
  Kind kind;
  std::string_view name;
  std::string_view what;
};
std::span<const KindName> kinds();
Result<Kind> parse_kind(std::string_view name);  // kInvalidRequest lists the names

struct Target {
  std::string host = "127.0.0.1";  // loopback only, see parse_target
  std::string port = "8080";
};
/// Reads `http://HOST:PORT`. Errors: kInvalidRequest when it is not plain http or not a loopback address: a load test
/// never leaves the machine.
Result<Target> parse_target(std::string_view url);

/// Appends request number `number` of `kind` to `out`. `entities` >= 1 is how many the server holds; ids of kCreate
/// start at `fresh`.
void append_request(std::string& out, Kind kind, const Target& target, std::uint64_t number, std::uint64_t entities,
                    std::uint64_t fresh);

/// The batch that loads entities [first, first + count): five attributes of two decimals and a place, about 600 bytes
/// each.
void append_preload(std::string& out, const Target& target, std::uint64_t first, std::uint64_t count);

/// The status that a correct server answers.
bool is_expected(Kind kind, int status);

}  // namespace horad::app::load
