// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "horad/store/history/bits.h"
#include "horad/store/history/huffman.h"
#include "horad/store/history/integers.h"
#include "horad/store/history/numbers.h"

namespace horad::store::history {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

std::vector<std::int64_t> walk(std::uint64_t seed, std::size_t count, std::int64_t step) {
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> out(count);
  std::int64_t at = 2000;
  for (auto& v : out) v = at += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * step + 1)) - step;
  return out;
}

std::vector<std::int64_t> noise(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  std::vector<std::int64_t> out(count);
  for (auto& v : out) v = static_cast<std::int64_t>(random());
  return out;
}

std::vector<std::int64_t> repeated(std::vector<std::int64_t> pattern, std::size_t times) {
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < times; ++i) out.insert(out.end(), pattern.begin(), pattern.end());
  return out;
}

struct IntegerCase {
  std::string name;
  std::vector<std::int64_t> values;
  double most_bytes_each;
};

class Integers : public testing::TestWithParam<IntegerCase> {};
INSTANTIATE_TEST_SUITE_P(Streams, Integers,
                         testing::Values(IntegerCase{"None", {}, 0}, IntegerCase{"One", {42}, 2},
                                         IntegerCase{"Constant", std::vector<std::int64_t>(1000, 7), 0.01},
                                         IntegerCase{"Linear", {10, 20, 30, 40, 50, 60}, 1},
                                         IntegerCase{"Extremes", {kMin, kMax, 0, kMin, kMax, -1}, 12},
                                         IntegerCase{"Walk", walk(1, 1024, 8), 0.56},
                                         IntegerCase{"WideWalk", walk(2, 1024, 90), 1.03},
                                         IntegerCase{"Noise", noise(3, 500), 8.2},
                                         IntegerCase{"Runs", repeated({1, 1, 1, 1, 1, 1, 1, 1, 9}, 3), 0.6},
                                         IntegerCase{"FewValues", repeated({5, 1'000'000, -3, 77}, 64), 0.35},
                                         IntegerCase{"TwoSymbols", repeated({0, 1, 1, 0, 2, 2}, 100), 0.4},
                                         IntegerCase{"OddCount", walk(4, 65, 3), 1.0}),
                         [](const auto& c) { return c.param.name; });

TEST_P(Integers, ComeBack) {
  std::string bytes;
  put_integers(bytes, GetParam().values);
  EXPECT_LE(static_cast<double>(bytes.size()),
            GetParam().most_bytes_each * static_cast<double>(std::max<std::size_t>(1, GetParam().values.size())));
  base::Reader in(bytes);
  std::vector<std::int64_t> back;
  ASSERT_TRUE(get_integers(in, GetParam().values.size(), back));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(back, GetParam().values);
}

TEST_P(Integers, CutBytesAreRefused) {
  std::string bytes;
  put_integers(bytes, GetParam().values);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    base::Reader in(std::string_view{bytes}.substr(0, size));
    std::vector<std::int64_t> back;
    EXPECT_FALSE(get_integers(in, GetParam().values.size(), back) && in.ok()) << size;
  }
}

TEST(Streams, BitsOfEveryWidthComeBack) {
  std::mt19937_64 random(7);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::size_t count : {1u, 7u, 63u, 64u, 65u, 200u}) {
      std::vector<std::uint64_t> values(count);
      for (auto& v : values) v = width == 0 ? 0 : random() >> (64 - width);
      std::string bytes;
      pack_bits(bytes, values, width);
      ASSERT_EQ(bytes.size(), packed_size(count, width));
      std::vector<std::uint64_t> back(count, 1);
      base::Reader in(bytes);
      ASSERT_TRUE(unpack_bits(in, width, back));
      ASSERT_EQ(back, values) << width;
    }
  }
}

TEST(Streams, HuffmanComesBackForAnyDistribution) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> values(2 + random() % 1500);
    const unsigned spread = static_cast<unsigned>(random() % 40);
    for (auto& v : values) v = (random() % (1ull << spread)) >> (random() % (spread + 1));
    const auto plan = plan_huffman(values);
    if (!plan) continue;
    std::string bytes;
    put_huffman(bytes, values, plan->low_bits);
    std::vector<std::uint64_t> back(values.size());
    base::Reader in(bytes);
    ASSERT_TRUE(get_huffman(in, back));
    ASSERT_EQ(back, values);
  }
}

TEST(Streams, PresenceComesBack) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 300; ++round) {
    const std::size_t rows = 1 + random() % 600;
    const auto style = random() % 4;
    std::vector<std::uint32_t> present;
    for (std::uint32_t row = 0; row < rows; ++row) {
      if (style == 0 || (style == 1 && row % 5 == 2) || (style == 2 && random() % 3 == 0) ||
          (style == 3 && row > rows / 2))
        present.push_back(row);
    }
    std::string bytes;
    put_presence(bytes, present, rows);
    std::vector<std::uint32_t> back;
    base::Reader in(bytes);
    ASSERT_TRUE(get_presence(in, rows, present.size(), back));
    ASSERT_TRUE(in.at_end());
    ASSERT_EQ(back, present);
    base::Reader again(bytes);
    ASSERT_FALSE(get_presence(again, rows, present.size() + 1, back));
  }
}

struct TimeCase {
  std::string name;
  std::int64_t step;
  std::int64_t jitter;
  std::int64_t unit;
  double most_bytes_each;
};
class Times : public testing::TestWithParam<TimeCase> {};
INSTANTIATE_TEST_SUITE_P(Streams, Times,
                         testing::Values(TimeCase{"Regular", 10'000, 0, 1'000'000, 0.03},
                                         TimeCase{"Jittered", 10'000, 50, 1'000'000, 0.95},
                                         TimeCase{"Random", 0, 100'000'000, 1, 4.2}, TimeCase{"Same", 0, 0, 1, 0.03}),
                         [](const auto& c) { return c.param.name; });
TEST_P(Times, ComeBack) {
  std::mt19937_64 random(10);
  std::vector<std::int64_t> times;
  std::int64_t clock = 1'795'219'200'000'000'000;
  for (int i = 0; i < 1024; ++i) {
    clock += GetParam().step * GetParam().unit * (i % 300 == 299 ? 7 : 1);
    const auto spread = static_cast<std::uint64_t>(2 * GetParam().jitter + 1);
    times.push_back(clock + (static_cast<std::int64_t>(random() % spread) - GetParam().jitter) * GetParam().unit);
  }
  std::string bytes;
  put_times(bytes, times);
  EXPECT_LE(static_cast<double>(bytes.size()) / 1024, GetParam().most_bytes_each);
  std::vector<std::int64_t> back;
  base::Reader in(bytes);
  ASSERT_TRUE(get_times(in, times.size(), back));
  EXPECT_EQ(back, times);
}

TEST(Streams, ArrivalsMayBeDistancesToObservations) {
  const auto observed = noise(11, 300);
  auto arrivals = observed;
  for (std::size_t i = 0; i < arrivals.size(); ++i) arrivals[i] += static_cast<std::int64_t>(i % 3) * 1000;
  std::string bytes;
  put_times(bytes, arrivals, observed);
  EXPECT_LT(bytes.size(), 150u);
  std::vector<std::int64_t> back;
  base::Reader in(bytes);
  ASSERT_TRUE(get_times(in, arrivals.size(), back, observed));
  EXPECT_EQ(back, arrivals);
}

TEST(Streams, TextsComeBack) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back(std::string(static_cast<std::size_t>(i), 'x') + std::to_string(i));
  const std::vector<std::string_view> different(texts.begin(), texts.end());
  std::vector<std::int64_t> indexes;
  for (int i = 0; i < 200; ++i) indexes.push_back(i * 7 % 40);
  std::string bytes;
  put_texts(bytes, different, indexes);
  std::string storage;
  std::vector<std::string_view> back;
  std::vector<std::int64_t> back_indexes;
  base::Reader in(bytes);
  ASSERT_TRUE(get_texts(in, indexes.size(), storage, back, back_indexes));
  EXPECT_EQ(back, different);
  EXPECT_EQ(back_indexes, indexes);
}

bool same(const Number& a, const Number& b) { return a.integer == b.integer && a.bits == b.bits; }

struct NumberCase {
  std::string name;
  std::vector<Number> numbers;
  bool raw;
};
class Numbers : public testing::TestWithParam<NumberCase> {};
Number d(double v) { return Number::of(v); }
Number i(std::int64_t v) { return Number::of(v); }
INSTANTIATE_TEST_SUITE_P(
    Streams, Numbers,
    testing::Values(
        NumberCase{"Decimals", {d(21.53), d(-0.07), d(0.1), d(1000.0)}, false},
        NumberCase{"WholeAreIntegers", {i(21), d(21.5), i(-3)}, false},
        NumberCase{"WholeOfBothKinds", {i(21), d(21.0), d(21.5)}, false},
        NumberCase{"BigIntegers", {i(kMax), i(kMin), i(0)}, false},
        NumberCase{"MinusZero", {d(-0.0), d(0.0), d(1.5), d(2.5), d(3.5)}, false},
        NumberCase{"AnExceptionAmongDecimals", {d(1.5), d(0.1 + 0.2), d(2.5), d(3.5), d(4.5), i(kMax)}, true},
        NumberCase{"OneException", {d(1.5), d(0.1 + 0.2), d(2.5), d(3.5), d(4.5), d(5.5), d(6.5), d(7.5)}, false},
        NumberCase{"SeventeenDigits", {d(0.1 + 0.2), d(1.0 / 3), d(M_PI)}, true},
        NumberCase{"Huge", {d(1e300), d(5e-324), d(-1e22)}, true},
        NumberCase{"FifteenDigits", {d(0.123456789012345), d(0.5)}, false}),
    [](const auto& c) { return c.param.name; });
TEST_P(Numbers, ComeBackExactly) {
  const auto& numbers = GetParam().numbers;
  const Decimals decimals = to_decimals(numbers);
  EXPECT_EQ(decimals.raw, GetParam().raw);
  std::string bytes;
  put_decimals(bytes, decimals);
  Decimals back;
  base::Reader in(bytes);
  ASSERT_TRUE(get_decimals(in, numbers.size(), back));
  EXPECT_TRUE(in.at_end());
  for (std::size_t n = 0; n < numbers.size(); ++n) EXPECT_TRUE(same(back.at(n), numbers[n])) << n;
}

TEST(Streams, RandomDoublesComeBackExactly) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 500; ++round) {
    std::vector<Number> numbers(1 + random() % 50);
    for (auto& n : numbers) {
      const double real = random() % 4 == 0 ? std::bit_cast<double>(random())
                                            : std::round(static_cast<double>(random() % 1'000'000)) / 1000;
      n = random() % 5 == 0 ? i(static_cast<std::int64_t>(random())) : d(std::isfinite(real) ? real : 0.0);
    }
    std::string bytes;
    put_decimals(bytes, to_decimals(numbers));
    Decimals back;
    base::Reader in(bytes);
    ASSERT_TRUE(get_decimals(in, numbers.size(), back));
    for (std::size_t n = 0; n < numbers.size(); ++n) ASSERT_TRUE(same(back.at(n), numbers[n]));
  }
}

TEST(Streams, PlainDecimalsAreReadStrictly) {
  for (const char* good : {"0", "-1", "27.5", "-0.25", "27.0", "123456789012345678"})
    EXPECT_TRUE(read_plain(good)) << good;
  for (const char* bad : {"", "-", ".5", "5.", "01", "1e3", "-0", "-0.0", "1234567890123456789", "1.2.3", "+1"})
    EXPECT_FALSE(read_plain(bad)) << bad;
}

TEST(Streams, ArbitraryBytesDoNoHarm) {
  std::mt19937_64 random(13);
  for (int round = 0; round < 8000; ++round) {
    std::string bytes(random() % 60, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() : random() % 8);
    const std::size_t count = random() % 300;
    std::vector<std::int64_t> values;
    std::vector<std::uint32_t> present;
    std::string storage;
    std::vector<std::string_view> texts;
    Decimals decimals;
    base::Reader a(bytes), b(bytes), c(bytes), e(bytes), f(bytes);
    (void)get_integers(a, count, values);
    (void)get_presence(b, count, count / 2, present);
    (void)get_times(c, count, values);
    (void)get_texts(e, count, storage, texts, values);
    (void)get_decimals(f, count, decimals);
  }
}

}  // namespace
}  // namespace horad::store::history
