// SPDX-License-Identifier: Apache-2.0
#include "horad/store/history/block.h"

#include <gtest/gtest.h>

#include <random>

#include "horad/store/history/history_twin.h"

namespace horad::store::history {
namespace {

struct Rows {
  model::Names names;
  std::vector<Weather::Step> steps;
  BlockBuilder builder;

  explicit Rows(std::uint64_t seed, std::size_t count) {
    Weather weather(seed, names);
    while (builder.rows() < count) {
      auto step = weather.next();
      if (step.change.set.empty()) continue;
      std::optional<std::int64_t> observed;
      if (const auto at = step.change.set[0].observed_at) observed = at->time_since_epoch().count();
      builder.begin_row(step.at.time_since_epoch().count(), observed);
      for (const auto& attribute : step.change.set) builder.add(attribute, false);
      steps.push_back(std::move(step));
    }
  }
};

// Everything a block holds, column by column.
std::vector<model::Attribute> all_of(const BlockReader& reader) {
  std::vector<model::Attribute> out;
  BlockCells cells(reader);
  for (std::size_t column = 0; column < reader.columns().size(); ++column) {
    if (reader.columns()[column].key.parent != kNoParent) continue;
    for (std::size_t cell = 0; cell < reader.columns()[column].count; ++cell) {
      auto attribute = cells.attribute(column, cell, Timestamp{}, std::nullopt, Timestamp{});
      if (attribute) out.push_back(std::move(*attribute));
    }
  }
  return out;
}

TEST(Block, RowsComeBack) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Rows rows(seed, 100);
    const Block block = rows.builder.finish(5, 900);
    const auto reader = BlockReader::open(block);
    ASSERT_TRUE(reader) << reader.error().detail;
    EXPECT_EQ(reader->summary(), block.summary);
    const auto times = reader->times();
    ASSERT_TRUE(times);
    for (std::size_t row = 0; row < rows.steps.size(); ++row)
      EXPECT_EQ(times->at[row], rows.steps[row].at.time_since_epoch().count());
    std::size_t cells = 0;
    for (const auto& step : rows.steps) cells += step.change.set.size();
    EXPECT_EQ(all_of(*reader).size(), cells);
  }
}

TEST(Block, JoinedPartsEqualOneBlock) {
  for (std::uint64_t seed = 30; seed < 45; ++seed) {
    Rows rows(seed, 60);
    const Block once = rows.builder.finish(1, 60);
    BlockBuilder joined;
    ASSERT_TRUE(joined.append(*BlockReader::open(once)));
    ASSERT_TRUE(joined.append(*BlockReader::open(once)));
    const Block twice = joined.finish(1, 120);
    auto expected = all_of(*BlockReader::open(once));
    const auto found = all_of(*BlockReader::open(twice));
    ASSERT_EQ(found.size(), expected.size() * 2);
    BlockBuilder alone;
    ASSERT_TRUE(alone.append(*BlockReader::open(once)));
    EXPECT_EQ(all_of(*BlockReader::open(alone.finish(1, 60))), expected);
  }
}

TEST(Block, HeaderStatisticsAreThoseOfTheValues) {
  model::Names names;
  BlockBuilder rows;
  model::Attribute a;
  a.name = *names.intern("https://example.org/t");
  double sum = 0;
  for (int i = 0; i < 100; ++i) {
    rows.begin_row(i, i);
    a.value = (i * 37 % 100) / 4.0;
    sum += (i * 37 % 100) / 4.0;
    rows.add(a, false);
  }
  const Block block = rows.finish(1, 100);
  const auto reader = BlockReader::open(block);
  const Statistics& s = reader->columns().at(0).statistics;
  ASSERT_EQ(s.kind, Statistics::Kind::kDecimal);
  NumberTotal total;
  total.add(s);
  EXPECT_EQ(total.count(), 100u);
  EXPECT_EQ(total.min(), 0.0);
  EXPECT_EQ(total.max(), 24.75);
  EXPECT_EQ(total.sum(), sum);
  EXPECT_EQ(static_cast<double>(s.last) / kPowers[s.exponent], (99 * 37 % 100) / 4.0);
}

TEST(Block, DamagedBytesDoNoHarm) {
  Rows rows(77, 40);
  const Block block = rows.builder.finish(1, 40);
  std::mt19937_64 random(3);
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = block.bytes;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const auto reader = BlockReader::open(bytes, block.names);
    if (!reader) continue;
    (void)reader->times();
    (void)all_of(*reader);
  }
}

TEST(Block, AnotherVersionIsRefused) {
  Rows rows(78, 3);
  Block block = rows.builder.finish(1, 3);
  block.bytes[0] = 9;
  EXPECT_EQ(BlockReader::open(block).error().code, ErrorCode::kWrongVersion);
}

}  // namespace
}  // namespace horad::store::history
