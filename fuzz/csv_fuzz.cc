// SPDX-License-Identifier: Apache-2.0
// room: city
// CSV as found in the wild, cut into pieces of 7 bytes, through the GTFS tables.
#include <algorithm>
#include <cstdint>

#include "horad/city/exchange/gtfs.h"

namespace exchange = horad::city::exchange;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto& tables = exchange::gtfs_tables();
  const auto& table = tables[data[0] % tables.size()];
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  exchange::GtfsMapper mapper("fuzz", [](const std::string& json) {
    if (json.empty()) __builtin_trap();
  });
  exchange::TableReader reader([&](const exchange::Row& row) { return mapper.take(table, row); },
                               [](std::uint64_t, const horad::Error&) {});
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(7, text.size()))) {
    if (!reader.feed(text.substr(0, 7))) return 0;
  }
  (void)reader.finish().has_value();
  mapper.emit_shapes();
  return 0;
}
