// SPDX-License-Identifier: Apache-2.0
// room: store
// Arbitrary bytes as a history block: opened, every column decoded and built into attributes; then joined into a new
// block, which must be readable.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "horad/model/names.h"
#include "horad/store/history/block.h"

using namespace horad;
using namespace horad::store::history;

namespace {

constexpr std::size_t kMostCells = 20'000;  // keeps one input quick; a few bytes may claim a million rows

void read_all(const BlockReader& reader) {
  BlockCells cells(reader);
  for (std::size_t column = 0; column < reader.columns().size(); ++column) {
    if (reader.columns()[column].key.parent != kNoParent) continue;
    for (std::size_t cell = 0; cell < reader.columns()[column].count; ++cell) {
      if (!cells.attribute(column, cell, Timestamp{}, std::nullopt, Timestamp{})) break;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<model::NameId> names;
  for (std::uint32_t i = 0; i < 16; ++i) names.emplace_back(i);
  const auto reader = BlockReader::open(bytes, names);
  if (!reader) return 0;
  std::size_t cells = reader->summary().rows;
  for (const auto& column : reader->columns()) cells += column.count;
  if (cells > kMostCells) return 0;
  (void)reader->times();
  read_all(*reader);
  BlockBuilder joined;
  if (!joined.append(*reader)) return 0;
  const Block block = joined.finish(1, 2);
  const auto again = BlockReader::open(block);
  if (!again || !again->times()) std::abort();
  read_all(*again);
  return 0;
}
