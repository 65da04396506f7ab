// SPDX-License-Identifier: Apache-2.0
#include "horad/model/links.h"

#include <gtest/gtest.h>

#include "horad/model/represent.h"

namespace horad::model {
namespace {

class Links : public testing::Test {
 protected:
  NameId name(const std::string& text) {
    return names_.intern("https://uri.etsi.org/ngsi-ld/default-context/" + text).value();
  }

  /// An entity with one relationship to each of the others, `to`.
  Document entity(const std::string& id, const std::vector<std::string>& to,
                  AttributeKind kind = AttributeKind::kRelationship) {
    Entity out;
    out.id = id;
    out.types = {name("T")};
    Attribute attribute;
    attribute.name = name("to");
    attribute.kind = kind;
    if (to.size() == 1 && kind == AttributeKind::kRelationship) {
      attribute.value = to[0];
    } else {
      std::string list;
      for (const auto& one : to) list += (list.empty() ? "\"" : ",\"") + one + "\"";
      attribute.value = JsonText{"[" + list + "]"};
    }
    if (!to.empty()) out.attributes.push_back(attribute);
    return Document{encode(out)};
  }

  void add(const std::string& id, const std::vector<std::string>& to) { all_.add(entity(id, to)); }

  /// Follows everything for so many levels.
  static RepresentOptions levels(std::size_t count, Form form = Form::kSimplified) {
    RepresentOptions out;
    out.form = form;
    if (count == 0) return out;
    auto forms = std::make_shared<LinkedForms>();
    forms->others = levels(count - 1, form);
    out.linked = std::move(forms);
    return out;
  }

  Result<void> walk(LinkWalk<RepresentOptions>& links) {
    while (!links.wanted().empty()) {
      std::vector<Document> found;
      for (const auto& id : links.wanted()) {
        const auto* const document = all_.find(id);
        found.push_back(document == nullptr ? Document{} : *document);
      }
      asked_.push_back(links.wanted());
      if (auto taken = links.take(found); !taken) return taken;
    }
    return {};
  }

  std::string inlined(const Document& root, const RepresentOptions& options) {
    LinkWalk<RepresentOptions> links{std::span{&root, 1}, options};
    EXPECT_TRUE(walk(links));
    const auto context = Context::core(names_);
    std::string out;
    append_entity(out, root.view(), *context, options, &links.documents());
    return out;
  }

  Names names_;
  LinkedDocuments all_;
  std::vector<std::vector<std::string>> asked_;
};

TEST_F(Links, TargetsOfEveryRelationship) {
  const auto targets = [](const Document& document) { return targets_of(*document.view().attributes().begin()); };
  EXPECT_EQ(targets(entity("urn:a", {"urn:b"})), std::vector<std::string>{"urn:b"});
  EXPECT_EQ(targets(entity("urn:a", {"urn:b", "urn:c"})), (std::vector<std::string>{"urn:b", "urn:c"}));
  EXPECT_EQ(targets(entity("urn:a", {"urn:b", "urn:c"}, AttributeKind::kListRelationship)),
            (std::vector<std::string>{"urn:b", "urn:c"}));
  EXPECT_TRUE(targets(entity("urn:a", {"urn:b", "urn:c"}, AttributeKind::kListProperty)).empty());
}

TEST_F(Links, AreFetchedLevelByLevelEachOnce) {
  add("urn:b", {"urn:d"});
  add("urn:c", {"urn:d", "urn:gone"});
  add("urn:d", {"urn:e"});
  add("urn:e", {});
  const std::vector roots{entity("urn:a", {"urn:b", "urn:c"}), entity("urn:a2", {"urn:b", "urn:a"})};
  const auto way = levels(3);
  LinkWalk<RepresentOptions> links{roots, way};
  ASSERT_TRUE(walk(links));
  EXPECT_EQ(asked_, (std::vector<std::vector<std::string>>{{"urn:b", "urn:c"}, {"urn:d", "urn:gone"}, {"urn:e"}}));
  std::vector<std::string_view> reached;
  for (const auto& one : links.reached()) reached.push_back(one.document.view().id());
  EXPECT_EQ(reached, (std::vector<std::string_view>{"urn:b", "urn:c", "urn:d", "urn:e"}));
}

TEST_F(Links, EndAtTheLevelAndAtWhatIsClosed) {
  add("urn:b", {"urn:c"});
  add("urn:c", {});
  const std::vector roots{entity("urn:a", {"urn:b"})};
  const auto one = levels(1);
  LinkWalk<RepresentOptions> shallow{roots, one};
  ASSERT_TRUE(walk(shallow));
  EXPECT_EQ(shallow.reached().size(), 1u);
  const std::vector<std::string> closed{"urn:b"};
  const auto two = levels(2);
  LinkWalk<RepresentOptions> shut{roots, two, closed};
  EXPECT_TRUE(shut.wanted().empty());
}

TEST_F(Links, TooManyAreRefused) {
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= kMostLinked; ++i) many.push_back("urn:" + std::to_string(i));
  add("urn:b", many);
  const std::vector roots{entity("urn:a", {"urn:b"})};
  const auto way = levels(2);
  LinkWalk<RepresentOptions> links{roots, way};
  const auto done = walk(links);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kTooManyResults);
}

TEST_F(Links, CyclesEndWhereTheyMeetThemselves) {
  add("urn:a", {"urn:b"});
  add("urn:b", {"urn:a"});
  EXPECT_EQ(inlined(*all_.find("urn:a"), levels(5)),
            R"({"id":"urn:a","type":"T","to":{"id":"urn:b","type":"T","to":"urn:a"}})");
}

TEST_F(Links, SeveralTargetsAreAnArrayAndMissingOnesKeepTheirUri) {
  add("urn:b", {});
  const auto root = entity("urn:a", {"urn:b", "urn:gone"});
  EXPECT_EQ(inlined(root, levels(1)), R"({"id":"urn:a","type":"T","to":[{"id":"urn:b","type":"T"},"urn:gone"]})");
  EXPECT_EQ(inlined(root, levels(1, Form::kConcise)),
            R"({"id":"urn:a","type":"T","to":{"object":["urn:b","urn:gone"],"entity":[{"id":"urn:b","type":"T"}]}})");
}

TEST_F(Links, WhatWouldBeWrittenIsCountedFirst) {
  // Everything links to everything: few entities, a very long answer.
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back("urn:" + std::to_string(i));
  for (const auto& id : ids) add(id, ids);
  const auto way = levels(10);
  const std::vector roots{*all_.find("urn:0")};
  LinkWalk<RepresentOptions> links{roots, way};
  ASSERT_TRUE(walk(links));
  EXPECT_EQ(count_inlined(roots, way, links.documents(), 5'000), 5'000u);
  EXPECT_EQ(count_inlined(roots, levels(2), links.documents(), 5'000), 7u + 7u * 6u);
}

}  // namespace
}  // namespace horad::model
