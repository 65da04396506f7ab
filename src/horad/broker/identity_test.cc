// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/identity.h"

#include <gtest/gtest.h>

#include "horad/model/change.h"

namespace horad::broker {
namespace {

TEST(Identity, EachTenantHasAnAliasOfItsOwn) {
  EXPECT_EQ(alias_of("horad-1", ""), "horad-1");
  EXPECT_EQ(alias_of("horad-1", "brest"), "horad-1.brest");
}

TEST(Identity, TheFirstAliasIsKept) {
  model::Names names;
  const auto system = SystemNames::make(names).value();
  const auto first = keep_alias(system, "horad-1")(nullptr, Timestamp{}).value();
  const auto bytes = model::apply_encoded(nullptr, identity_address().id, first, Timestamp{});
  const model::DocumentView stored{bytes};
  EXPECT_EQ(read_alias(system, stored).value(), "horad-1");
  EXPECT_TRUE(keep_alias(system, "horad-2")(&stored, Timestamp{}).value().empty());
}

}  // namespace
}  // namespace horad::broker
