// SPDX-License-Identifier: Apache-2.0
#include "horad/base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace horad::base {
namespace {

TEST(Crc32c, KnownAnswers) {  // RFC 3720, B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
}
TEST(Crc32c, GoesOnFromASeed) { EXPECT_EQ(crc32c("6789", crc32c("12345")), crc32c("123456789")); }

TEST(Bytes, ReadBackWhatWasPut) {
  EXPECT_TRUE(rc::check("round trip", [](std::uint64_t a, std::int64_t b, const std::string& c, double d) {
    std::string out;
    put_varint(out, a);
    put_signed(out, b);
    put_text(out, c);
    put_fixed(out, d);
    Reader in(out);
    RC_ASSERT(in.varint() == a);
    RC_ASSERT(in.signed_varint() == b);
    RC_ASSERT(in.text() == c);
    RC_ASSERT(std::bit_cast<std::uint64_t>(in.fixed<double>()) == std::bit_cast<std::uint64_t>(d));
    RC_ASSERT((in.ok() && in.at_end()));
  }));
}
TEST(Bytes, DamagedBytesSpoilTheReaderAndNothingElse) {
  EXPECT_TRUE(rc::check("never outside", [](const std::string& junk) {
    Reader in(junk);
    while (in.ok() && !in.at_end()) in.text();
    RC_ASSERT(in.left() == 0u);
  }));
  Reader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_EQ(endless.varint(), 0u);
  EXPECT_FALSE(endless.ok());
}

}  // namespace
}  // namespace horad::base
