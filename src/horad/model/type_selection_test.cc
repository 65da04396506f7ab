// SPDX-License-Identifier: Apache-2.0
#include "horad/model/type_selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "horad/model/q_testing.h"

namespace horad::model {
namespace {

using testing::PlainResolver;

class Types : public ::testing::Test {
 protected:
  Types() : name_(names_) {}
  bool holds(std::string_view text, std::string_view types) {
    std::vector<NameId> ids;
    for (const char c : types) ids.push_back(name_(std::string_view(&c, 1)));
    const auto selection = TypeSelection::parse(text, name_);
    if (!selection) ADD_FAILURE() << text << ": " << selection.error().detail;
    return selection && (*selection)->matches(DocumentView(encode(testing::entity("urn:e", ids, {}))));
  }
  Names names_;
  PlainResolver name_;
};

TEST_F(Types, JudgeWhatAnEntityIs) {
  for (const std::string_view text :
       {"A", "A,C", "C|A", "A;B", "(A;B)|C", "(C|A);B", "((A))", "C,(A;(B|C))", "*", "C;A|B"}) {
    EXPECT_TRUE(holds(text, "AB")) << text;
  }
  for (const std::string_view text : {"C", "A;C", "C,D", "(A|B);C", "C|A;C"}) EXPECT_FALSE(holds(text, "AB")) << text;
}

TEST_F(Types, RefuseWithThePosition) {
  for (const auto& [text, position] : {std::pair<std::string_view, int>{"", 1},
                                       {"A,", 3},
                                       {",A", 1},
                                       {"A;;B", 3},
                                       {"(A", 3},
                                       {"A)", 2},
                                       {"()", 2},
                                       {"A(B)", 2},
                                       {"A,*", 3}}) {
    const auto selection = TypeSelection::parse(text, name_);
    ASSERT_FALSE(selection) << text;
    EXPECT_EQ(selection.error().code, ErrorCode::kBadRequestData) << text;
    EXPECT_EQ(selection.error().pointer, "type");
    EXPECT_TRUE(selection.error().detail.ends_with(fmt::format("at character {}.", position)))
        << text << ": " << selection.error().detail;
  }
  EXPECT_FALSE(TypeSelection::parse("A,refused", name_));
}

TEST_F(Types, AreBounded) {
  std::string wide = "A";
  for (std::size_t i = 0; i < TypeSelection::kMostNames; ++i) wide += ",A";
  std::string product = "(A|B|C|D)";
  for (int i = 0; i < 8; ++i) product += ";(A|B|C|D)";
  const std::string deep =
      std::string(TypeSelection::kMostDepth + 1, '(') + "A" + std::string(TypeSelection::kMostDepth + 1, ')');
  for (const std::string& text : {wide, product, deep, std::string(TypeSelection::kMostBytes + 1, 'A')}) {
    const auto selection = TypeSelection::parse(text, name_);
    ASSERT_FALSE(selection);
    EXPECT_EQ(selection.error().code, ErrorCode::kTooComplexQuery) << text.substr(0, 30);
  }
}

TEST_F(Types, GiveAlternatives) {
  const auto selection = *TypeSelection::parse("(A|B);C,C;A,B;B", name_);
  ASSERT_EQ(selection->alternatives().size(), 3u);  // AC, BC and B; AC stands once
  EXPECT_FALSE(selection->any());
  EXPECT_TRUE((*TypeSelection::parse("*", name_))->any());
  EXPECT_EQ(TypeSelection::of(name_("A"))->alternatives(), (std::vector<std::vector<NameId>>{{name_("A")}}));
}

/// A twin that judges while it reads, without alternatives.
class Judge {
 public:
  Judge(std::string_view text, std::string_view types) : text_(text), types_(types) {}
  bool any() {
    bool result = all();
    while (at_ < text_.size() && (text_[at_] == ',' || text_[at_] == '|')) {
      ++at_;
      result = all() || result;
    }
    return result;
  }

 private:
  bool all() {
    bool result = one();
    while (at_ < text_.size() && text_[at_] == ';') {
      ++at_;
      result = one() && result;
    }
    return result;
  }
  bool one() {
    const char c = text_[at_++];
    if (c != '(') return types_.find(c) != std::string_view::npos;
    const bool result = any();
    ++at_;
    return result;
  }
  std::string_view text_;
  std::string_view types_;
  std::size_t at_ = 0;
};

std::string random_selection(std::mt19937_64& random, int depth) {
  if (depth == 0 || random() % 3 == 0) return std::string(1, static_cast<char>('A' + random() % 4));
  std::string out = random_selection(random, depth - 1);
  for (auto i = random() % 3; i > 0; --i)
    out += std::string(1, ",|;"[random() % 3]) + random_selection(random, depth - 1);
  return random() % 2 == 0 ? "(" + out + ")" : out;
}

TEST_F(Types, AgreeWithTheirTwin) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 3'000; ++i) {
    const std::string text = random_selection(random, 3);
    std::string types;
    for (const char c : {'A', 'B', 'C', 'D'}) {
      if (random() % 2 == 0 || (c == 'D' && types.empty())) types += c;
    }
    ASSERT_EQ(holds(text, types), Judge(text, types).any()) << text << " for " << types;
  }
}

}  // namespace
}  // namespace horad::model
