// SPDX-License-Identifier: Apache-2.0
// room: city
// A mapping file, an empty line, and a CSV file that it is applied to.
#include <simdjson.h>

#include <cstdint>

#include "horad/city/exchange/mapping.h"

namespace exchange = horad::city::exchange;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto gap = text.find("\n\n");
  const auto mapping = exchange::Mapping::parse(text.substr(0, gap));
  if (!mapping || gap == std::string_view::npos) return 0;
  exchange::TableReader reader(
      [&](const exchange::Row& row) -> horad::Result<void> {
        const auto reading = mapping->apply(row);
        simdjson::dom::parser parser;
        if (reading && parser.parse(reading->json).error() != simdjson::SUCCESS) __builtin_trap();
        return {};
      },
      [](std::uint64_t, const horad::Error&) {});
  if (reader.feed(text.substr(gap + 2))) (void)reader.finish().has_value();
  return 0;
}
