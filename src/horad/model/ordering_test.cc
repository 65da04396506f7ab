// SPDX-License-Identifier: Apache-2.0
#include "horad/model/ordering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>

#include "horad/model/order_key.h"
#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::at_second;
using testing::attribute;
using testing::PlainResolver;
using testing::property;

class Order : public ::testing::Test {
 protected:
  void add(std::string id, std::vector<Attribute> attributes) {
    auto entity = testing::entity("urn:" + id, {resolve_("T")}, std::move(attributes));
    entity.created_at = at_second(static_cast<std::int64_t>(entities_.size()));
    entities_.push_back(std::move(entity));
  }
  Attribute value(std::string_view name, Value v) { return property(resolve_(name), std::move(v)); }

  /// The ids in order, without "urn:", as one text.
  std::string sorted(const OrderingText& text) {
    const auto order = Ordering::parse(text, resolve_);
    if (!order) return "refused: " + order.error().pointer;
    std::vector<std::pair<std::string, std::string>> keys;
    for (const auto& entity : entities_) {
      const auto bytes = encode(entity);
      keys.emplace_back("", entity.id.substr(4));
      (*order)->append_key(keys.back().first, DocumentView{bytes});
    }
    // By hand, so that equal ones keep their places.
    for (std::size_t i = 1; i < keys.size(); ++i) {
      for (std::size_t k = i; k > 0 && keys[k].first < keys[k - 1].first; --k) std::swap(keys[k], keys[k - 1]);
    }
    std::string out;
    for (const auto& [key, id] : keys) (out += out.empty() ? "" : " ") += id;
    return out;
  }
  std::string sorted(std::string_view order_by) { return sorted({order_by, {}, {}, {}}); }

  Names names_;
  PlainResolver resolve_{names_};
  std::vector<Entity> entities_;
};

TEST_F(Order, PutsSortsOfValuesOneAfterAnother) {
  add("absent", {});
  add("object", {value("a", JsonText{R"({"x":1})"})});
  add("text", {value("a", std::string("0"))});
  add("time", {value("a", JsonText{R"({"@type":"DateTime","@value":"2026-01-01T00:00:00Z"})"})});
  add("number", {value("a", std::int64_t{7})});
  add("true", {value("a", true)});
  add("false", {value("a", false)});
  EXPECT_EQ(sorted("a"), "false true number time text object absent");
  EXPECT_EQ(sorted("a;desc"), "object text time number true false absent");
}

TEST_F(Order, OrdersNumbersByValue) {
  add("1", {value("a", 10.5)});
  add("2", {value("a", std::int64_t{-3})});
  add("3", {value("a", -3.5)});
  add("4", {value("a", std::int64_t{9'007'199'254'740'993})});
  add("5", {value("a", 9'007'199'254'740'992.0)});
  add("6", {value("a", std::int64_t{0})});
  EXPECT_EQ(sorted("a;asc"), "3 2 6 1 5 4");
  EXPECT_EQ(sorted("a;desc"), "4 5 1 6 2 3");
}

TEST_F(Order, ComparesSeveralKeysOneAfterAnother) {
  add("1", {value("a", std::string("x")), value("b", std::int64_t{1})});
  add("2", {value("a", std::string("xy")), value("b", std::int64_t{3})});
  add("3", {value("a", std::string("x")), value("b", std::int64_t{2})});
  EXPECT_EQ(sorted("a,b"), "1 3 2");
  EXPECT_EQ(sorted("a,b;desc"), "3 1 2");
  EXPECT_EQ(sorted("a;desc,b"), "2 1 3");
  EXPECT_EQ(sorted("type;asc,b;desc"), "2 3 1");
}

TEST_F(Order, KnowsMembersAndPaths) {
  auto first = value("a", std::int64_t{1});
  first.sub_attributes = {value("s", std::string("z"))};
  first.observed_at = at_second(5);
  auto second = value("a", std::int64_t{2});
  second.sub_attributes = {value("s", std::string("y"))};
  second.observed_at = at_second(4);
  add("1", {first, value("address", JsonText{R"({"city":{"name":"Brest"},"n":[3]})"})});
  add("2", {second, value("address", JsonText{R"({"city":{"name":"Aršа"},"n":[2]})"})});
  EXPECT_EQ(sorted("a.s"), "2 1");
  EXPECT_EQ(sorted("a.observedAt"), "2 1");
  EXPECT_EQ(sorted("a.observedAt;desc"), "1 2");
  EXPECT_EQ(sorted("address[city.name]"), "2 1");
  EXPECT_EQ(sorted("address[n.0]"), "2 1");
  EXPECT_EQ(sorted("id;desc"), "2 1");
  EXPECT_EQ(sorted("createdAt;desc"), "2 1");
  EXPECT_EQ(sorted("a.s.none,a"), "1 2");
}

TEST_F(Order, TakesTheDefaultInstance) {
  auto other = value("a", std::int64_t{0});
  other.dataset_id = "urn:d:1";
  add("1", {other, value("a", std::int64_t{5})});
  add("2", {value("a", std::int64_t{3})});
  add("3", {other});
  EXPECT_EQ(sorted("a"), "3 2 1");
}

TEST_F(Order, ReadsLanguages) {
  const auto name = [&](std::string map) {
    return attribute(resolve_("name"), AttributeKind::kLanguageProperty, JsonText{std::move(map)});
  };
  add("1", {name(R"({"be":"б","en":"a"})")});
  add("2", {name(R"({"be":"а","en":"b"})")});
  EXPECT_EQ(sorted("name[en]"), "1 2");
  EXPECT_EQ(sorted("name[be]"), "2 1");
  EXPECT_EQ(sorted("name"), "2 1");
}

TEST_F(Order, UsesCollations) {
  add("b", {value("a", std::string("b"))});
  add("accent", {value("a", std::string("á"))});
  add("A", {value("a", std::string("A"))});
  EXPECT_EQ(sorted("a"), "A b accent");
  EXPECT_EQ(sorted({"a", "und", {}, {}}), "A accent b");
  EXPECT_EQ(sorted({"a;desc", "de-u-co-phonebk", {}, {}}), "b accent A");
  for (const auto* tag : {"", "!!nope", "not a bcp47 tag!!", "de_DE!", "x"}) {
    EXPECT_EQ(sorted({"a", tag, {}, {}}), "refused: collation") << tag;
  }
}

TEST_F(Order, UsesDistances) {
  const auto place = [&](std::string geometry) {
    return attribute(resolve_("location"), AttributeKind::kGeoProperty, JsonText{std::move(geometry)});
  };
  add("far", {place(R"({"type":"Point","coordinates":[30,55]})")});
  add("none", {});
  add("near", {place(R"({"type":"Point","coordinates":[27.1,53]})")});
  add("around", {place(R"({"type":"Polygon","coordinates":[[[26,52],[28,52],[28,54],[26,54],[26,52]]]})")});
  add("line", {place(R"({"type":"LineString","coordinates":[[27.5,50],[27.5,56]]})")});
  EXPECT_EQ(sorted({"location;dist-asc", {}, {}, "[27,53]"}), "around near line far none");
  EXPECT_EQ(sorted({"location;dist-desc", {}, {}, "[27,53]"}), "far line near around none");
  EXPECT_EQ(sorted({"location;dist-asc", {}, "LineString", "[[30,54],[30,56]]"}), "far around line near none");
  EXPECT_EQ(sorted("location;dist-asc"), "refused: orderFrom");
  EXPECT_EQ(sorted({"location;dist-asc", {}, {}, "8,40"}), "refused: orderFrom");
  EXPECT_EQ(sorted({"location;dist-asc", {}, "Circle", "[1,2]"}), "refused: orderFrom");
}

TEST_F(Order, RefusesWhatIsNoOrder) {
  for (const auto* text : {"", ",", "a,", "a;", ";asc", "a;up", "a;asc;desc", "a==1", "a;b", "a|b", "!a", "a[",
                           "a.b;dist-asc", "id;dist-asc,", "createdAt;dist-asc"}) {
    EXPECT_EQ(sorted({text, {}, {}, "[1,2]"}), "refused: orderBy") << text;
  }
  std::string many = "a";
  for (std::size_t i = 0; i < Ordering::kMostKeys; ++i) many += ",a";
  EXPECT_EQ(Ordering::parse({many, {}, {}, {}}, resolve_).error().code, ErrorCode::kTooComplexQuery);
}

/// Keys compare as numbers and texts themselves do.
TEST(OrderKey, AgreesWithPlainComparison) {
  std::mt19937_64 random(42);
  const auto number = [&]() -> q::Number {
    switch (random() % 5) {
      case 0:
        return {true, static_cast<std::int64_t>(random()), 0};
      case 1:
        return {true, static_cast<std::int64_t>(random() % 5) - 2, 0};
      case 2:
        return {false, 0, static_cast<double>(static_cast<std::int64_t>(random() % 9) - 4) / 2};
      case 3:
        return {false, 0, std::ldexp(1.0, static_cast<int>(random() % 140) - 70) * (random() % 2 == 0 ? 1 : -1)};
      default:
        return {true, (random() % 2 == 0 ? 1 : -1) * (std::int64_t{1} << (50 + random() % 13)), 0};
    }
  };
  const auto key = [](auto write, bool descending) {
    std::string out;
    detail::OrderKeyWriter writer(out, descending);
    write(writer);
    return out;
  };
  for (int round = 0; round < 20'000; ++round) {
    const auto a = number();
    const auto b = number();
    const auto want = q::compare(a, b);
    for (const bool descending : {false, true}) {
      const auto ka = key([&](auto& w) { w.number(a); }, descending);
      const auto kb = key([&](auto& w) { w.number(b); }, descending);
      const auto got = descending ? kb <=> ka : ka <=> kb;
      ASSERT_TRUE(got == want) << a.as_double() << " and " << b.as_double();
    }
  }
  for (int round = 0; round < 20'000; ++round) {
    const auto text = [&] {
      std::string out;
      for (auto n = random() % 4; n > 0; --n) out.push_back("\0\1a\xFF"[random() % 4]);
      return out;
    };
    const auto a = text();
    const auto b = text();
    const auto ka = key([&](auto& w) { w.text(a); }, false);
    const auto kb = key([&](auto& w) { w.text(b); }, false);
    ASSERT_EQ(ka < kb, a < b);
    ASSERT_EQ(key([&](auto& w) { w.text(a); }, true) > key([&](auto& w) { w.text(b); }, true), a < b);
  }
}

}  // namespace
}  // namespace horad::model
