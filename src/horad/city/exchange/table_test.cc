// SPDX-License-Identifier: Apache-2.0
#include "horad/city/exchange/table.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace horad::city::exchange {
namespace {

struct Read {
  std::vector<std::string> values;  // "a|b" of each row
  std::vector<std::uint64_t> bad;
  std::uint64_t rows = 0;
};
Read read_all(std::string_view text, std::size_t chunk) {
  Read out;
  TableReader reader(
      [&](const Row& row) -> Result<void> {
        if (row["a"] == "refuse") return fail(ErrorCode::kBadRequestData, "no");
        out.values.push_back(std::string(row["a"]) + "|" + std::string(row["b"]));
        return {};
      },
      [&](std::uint64_t number, const Error&) { out.bad.push_back(number); });
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size())))
    EXPECT_TRUE(reader.feed(text.substr(0, chunk)));
  EXPECT_TRUE(reader.finish());
  out.rows = reader.rows();
  return out;
}

TEST(TableReader, ReadsTheWildForms) {
  const std::string_view text = "\xEF\xBB\xBFx, a ,b\r\n1,2,3\r\n,\"say \"\"hi\"\", you\",\"two\nlines\"\n\n9,8\n7,6,5";
  const auto read = read_all(text, 1000);
  EXPECT_EQ(read.values, (std::vector<std::string>{"2|3", "say \"hi\", you|two\nlines", "8|", "6|5"}));
  EXPECT_TRUE(read.bad.empty());
  EXPECT_EQ(read.rows, 4u);
}
TEST(TableReader, BadRowsAreCountedAndNamed) {
  const auto read = read_all("a,b\n1,2\n1,2,3\nrefuse,1\n\xFF,1\n4,5\n", 1000);
  EXPECT_EQ(read.values, (std::vector<std::string>{"1|2", "4|5"}));
  EXPECT_EQ(read.bad, (std::vector<std::uint64_t>{3, 4, 5}));
  EXPECT_EQ(read.rows, 5u);
}
TEST(TableReader, WhereItIsCutDoesNotMatter) {
  EXPECT_TRUE(rc::check("any chunking", [] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "\"", ",", "\n", "\r\n", "\"\"", " ", "ж"));
    std::string text = "a,b\n";
    for (const auto& piece : pieces) text += piece;
    const auto chunk = *rc::gen::inRange<std::size_t>(1, 9);
    const auto whole = read_all(text, 1000);
    const auto cut = read_all(text, chunk);
    RC_ASSERT(cut.values == whole.values);
    RC_ASSERT(cut.bad == whole.bad);
  }));
}
TEST(TableReader, ALostQuoteIsNotRememberedForEver) {
  TableReader reader([](const Row&) -> Result<void> { return {}; }, [](std::uint64_t, const Error&) {});
  const auto fed = reader.feed("a,b\n\"" + std::string(3 << 20, 'x'));
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code, ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace horad::city::exchange
