// SPDX-License-Identifier: Apache-2.0
// room: city
#include <simdjson.h>

#include <cstdint>

#include "horad/city/exchange/osm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entity = horad::city::exchange::osm_entity({reinterpret_cast<const char*>(data), size});
  if (!entity || !*entity) return 0;
  simdjson::dom::parser parser;
  if (parser.parse((*entity)->json).error() != simdjson::SUCCESS) __builtin_trap();  // whatever came in, JSON goes out
  return 0;
}
