// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/matcher.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "horad/broker/contexts.h"
#include "horad/model/context.h"
#include "horad/model/parse.h"

namespace horad::broker {
namespace {

constexpr Timestamp kThen{std::chrono::seconds{1'000}};
constexpr Timestamp kNow{std::chrono::seconds{2'000}};

struct World {
  model::Names names;
  Contexts contexts{names};
  model::Parser parser;

  Matcher::Ptr subscription(const std::string& id, const std::string& members) {
    const auto body = R"({"id":")" + id +
                      R"(","type":"Subscription","notification":{"endpoint":{"uri":"http://h/"}},)" + members + "}";
    const auto definition = define_subscription(body, id, *contexts.core(), names, kNow);
    EXPECT_TRUE(definition) << definition.error().detail << "\n" << body;
    return std::make_shared<const Subscription>(
        compile_subscription(*definition, {contexts.core(), contexts.core()}).value());
  }
  model::NameId attribute(std::string_view name) { return contexts.core()->resolve_attribute(name).value(); }
  std::string document(const std::string& text) {
    EXPECT_TRUE(parser.load(text));
    const auto entity = parser.entity(0, *contexts.core());
    EXPECT_TRUE(entity) << text;
    model::Change change;
    change.kind = model::ChangeKind::kCreated;
    change.types = entity->types;
    change.set = entity->attributes;
    return model::encode(model::apply(nullptr, entity->id, change, kThen));
  }
};

/// Ids of the subscriptions that concerns() says yes to, asked one by one.
std::set<std::string> by_hand(const std::vector<Matcher::Ptr>& all, const Event& event) {
  std::set<std::string> out;
  for (const auto& one : all) {
    if (concerns(*one, event)) out.insert(one->id);
  }
  return out;
}

std::set<std::string> by_index(const Matcher& matcher, const Event& event) {
  std::vector<Matcher::Ptr> found;
  matcher.match(event, found);
  std::set<std::string> out;
  for (const auto& one : found) EXPECT_TRUE(out.insert(one->id).second) << "found twice";
  return out;
}

RC_GTEST_PROP(Matcher, FindsWhatAskingEachOneFinds, ()) {
  World world;
  Matcher matcher;
  std::vector<Matcher::Ptr> all;
  const auto pick = [](int n) { return *rc::gen::inRange(0, n); };
  const std::vector<std::string> selectors{R"({"type":"A"})",
                                           R"({"type":"B"})",
                                           R"({"type":"A,B"})",
                                           R"({"type":"A;B"})",
                                           R"({"type":"*","idPattern":"1$"})",
                                           R"({"type":"A","id":"urn:e:1"})",
                                           R"({"type":"*","id":["urn:e:1","urn:e:2"]})"};
  const std::vector<std::string> triggers{"entityCreated",    "entityUpdated",    "entityDeleted",
                                          "attributeUpdated", "attributeCreated", "attributeDeleted"};
  for (int i = 0; i < 25; ++i) {
    std::string members;
    if (pick(4) != 0)
      members += R"("entities":[)" + selectors[static_cast<std::size_t>(pick(7))] + "," +
                 selectors[static_cast<std::size_t>(pick(7))] + "]";
    if (members.empty() || pick(2) == 0)
      members += std::string{members.empty() ? "" : ","} +
                 (pick(2) == 0 ? R"("watchedAttributes":["x"])" : R"("watchedAttributes":["y","x"])");
    if (pick(2) == 0) members += R"(,"notificationTrigger":[")" + triggers[static_cast<std::size_t>(pick(6))] + "\"]";
    if (pick(4) == 0) members += R"(,"q":"x>5")";
    all.push_back(world.subscription("urn:s:" + std::to_string(pick(20)), members));
    std::erase_if(all, [&](const auto& one) { return one->id == all.back()->id && one != all.back(); });
    matcher.put(all.back());
    if (pick(5) == 0) {
      matcher.remove(all.front()->id);
      all.erase(all.begin());
    }
  }
  RC_ASSERT(matcher.size() == all.size());
  for (int i = 0; i < 20; ++i) {
    const std::vector<std::string> types{"\"A\"", "\"B\"", R"(["A","B"])", "\"C\""};
    const auto bytes =
        world.document(R"({"id":"urn:e:)" + std::to_string(pick(4)) + R"(","type":)" +
                       types[static_cast<std::size_t>(pick(4))] + R"(,"x":)" + std::to_string(pick(10)) + R"(,"z":1})");
    std::vector<Touched> touched;
    for (const auto* const name : {"x", "y", "z"}) {
      if (pick(2) == 0)
        touched.push_back({world.attribute(name), pick(2) == 0 ? kAttributeCreated : kAttributeUpdated});
    }
    Event event{.document = model::DocumentView{bytes}, .created = pick(3) == 0, .deleted = false, .touched = touched};
    if (pick(4) == 0) {  // all attributes go with the entity
      touched = {{world.attribute("x"), kAttributeDeleted}, {world.attribute("z"), kAttributeDeleted}};
      event = {.document = event.document, .created = false, .deleted = true, .touched = touched};
    }
    RC_ASSERT(by_index(matcher, event) == by_hand(all, event));
  }
}

TEST(TouchedBy, TellsCreatedUpdatedAndDeletedApart) {
  World world;
  const auto before =
      world.document(R"({"id":"urn:e:1","type":"A","x":1,"y":2,"z":[{"value":3},{"value":4,"datasetId":"urn:d:1"}]})");
  const model::DocumentView view{before};
  model::Change change;
  model::Attribute x;
  x.name = world.attribute("x");
  x.value = std::int64_t{5};
  model::Attribute w = x;
  w.name = world.attribute("w");
  change.set = {x, w};
  change.removed = {{world.attribute("y"), ""}, {world.attribute("z"), "urn:d:1"}};
  const auto after = model::apply_encoded(&view, "urn:e:1", change, kNow);
  const auto touched = touched_by(change, model::DocumentView{after}, kNow);
  const auto how = [&](std::string_view name) {
    for (const auto& one : touched) {
      if (one.name == world.attribute(name)) return static_cast<int>(one.how);
    }
    return 0;
  };
  EXPECT_EQ(how("x"), kAttributeUpdated);
  EXPECT_EQ(how("w"), kAttributeCreated);
  EXPECT_EQ(how("y"), kAttributeDeleted);
  EXPECT_EQ(how("z"), kAttributeUpdated) << "one of its instances is still there";
  EXPECT_EQ(touched.back().how, kAttributeDeleted) << "and one is gone";
  EXPECT_EQ(touched.size(), 5u);
}

}  // namespace
}  // namespace horad::broker
