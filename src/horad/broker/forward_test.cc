// SPDX-License-Identifier: Apache-2.0
// Which sources take part, what they are asked, what of their answers comes in.
#include "horad/broker/forward.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "horad/base/sim_world.h"
#include "horad/broker/contexts.h"
#include "horad/broker/fan_out.h"
#include "horad/broker/source_answer.h"
#include "horad/broker/source_net.h"
#include "horad/model/q.h"
#include "horad/model/type_selection.h"

namespace horad::broker {
namespace {

using testing::SourceNet;

class ForwardTest : public ::testing::Test {
 protected:
  using Ptr = std::shared_ptr<const Registration>;

  Ptr source(const std::string& id, const std::string& offers, const std::string& more = "") {
    const auto body = R"({"id":")" + id + R"(","type":"ContextSourceRegistration","information":)" + offers + "," +
                      more + R"("endpoint":"http://)" + id.substr(id.rfind(':') + 1) + R"("})";
    auto definition = define_registration(body, "", *contexts.core(), names, now);
    EXPECT_TRUE(definition) << definition.error().detail;
    auto compiled = compile_registration(*definition, *contexts.core(), names);
    EXPECT_TRUE(compiled) << compiled.error().detail;
    compiled->version = now + Duration{++made};
    compiled->health = std::make_shared<SourceHealth>();
    return std::make_shared<const Registration>(std::move(*compiled));
  }
  model::NameId attribute(std::string_view name) { return contexts.core()->resolve_attribute(name).value(); }
  std::shared_ptr<const model::TypeSelection> types(std::string_view text) {
    return model::TypeSelection::parse(text, *contexts.core()).value();
  }
  Plan plan(std::vector<Ptr> all, const Wanted& wanted, SourceOp op = SourceOp::kRetrieveEntity) {
    return plan_forward(Sources{std::move(all)}, wanted, SourceOps::of({op}), forwarding, "me", now);
  }
  static Wanted by_id(const std::string& id, const model::TypeSelection* types = nullptr) {
    Wanted out;
    out.ids = {&id, 1};
    out.types = types;
    return out;
  }
  static Wanted by_type(const model::TypeSelection& types, std::span<const model::NameId> attributes = {}) {
    Wanted out;
    out.types = &types;
    out.attributes = attributes;
    return out;
  }
  static Share share_of(Ptr source) {
    Share out;
    out.source = std::move(source);
    return out;
  }
  static std::vector<std::string> ids(const std::vector<Ptr>& all) {
    std::vector<std::string> out;
    for (const auto& one : all) out.push_back(one->id);
    return out;
  }
  template <class T>
  T run(Task<T> task) {
    boost::asio::io_context loop;
    auto answer = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
    loop.run();
    return answer.get();
  }
  SourceEntities read(std::string_view body, std::size_t most = 10) {
    return read_source_entities(body, contexts.core(), contexts, "", most);
  }
  Piece piece(Ptr from, std::string_view body) { return {std::move(from), read(body).entities.at(0)}; }

  model::Names names;
  Contexts contexts{names};
  base::SimClock clock;
  Timestamp now = clock.now();
  Forwarding forwarding;
  Caller caller{.tenant = {}, .context = contexts.core()};
  int made = 0;
  const std::string bus = "urn:b:1";
};

TEST_F(ForwardTest, SourcesAreFoundByIdPatternTypeAndAttribute) {
  const Sources all{{source("urn:r:id", R"([{"entities":[{"type":"Bus","id":"urn:b:1"}]}])"),
                     source("urn:r:pattern", R"([{"entities":[{"type":"Bus","idPattern":"^urn:b:"}]}])"),
                     source("urn:r:type", R"([{"entities":[{"type":"Bus"}],"propertyNames":["speed"]}])"),
                     source("urn:r:tram", R"([{"entities":[{"type":"Tram"}]}])"),
                     source("urn:r:any", R"([{"propertyNames":["weather"]}])")}};
  using Ids = std::vector<std::string>;
  const std::string other = "urn:x:1";
  EXPECT_EQ(ids(all.matching(by_id(bus))), (Ids{"urn:r:id", "urn:r:pattern", "urn:r:type", "urn:r:tram", "urn:r:any"}));
  EXPECT_EQ(ids(all.matching(by_id(other))), (Ids{"urn:r:type", "urn:r:tram", "urn:r:any"}));
  const auto buses = types("Bus");
  EXPECT_EQ(ids(all.matching(by_id(other, buses.get()))), (Ids{"urn:r:type", "urn:r:any"}));
  const auto load = attribute("load");
  EXPECT_EQ(ids(all.matching(by_type(*buses, {&load, 1}))), (Ids{"urn:r:id", "urn:r:pattern"}));
  EXPECT_EQ(ids(all.matching(by_type(*types("Tram|Boat")))), (Ids{"urn:r:tram", "urn:r:any"}));
}

TEST_F(ForwardTest, ASourceIsAskedForItsPartOnly) {
  const auto buses = types("Bus");
  const auto out = plan({source("urn:r:a", R"([{"entities":[{"type":"Bus","id":"urn:b:1"}],"propertyNames":["speed"]},
                                               {"entities":[{"type":"Tram"}],"propertyNames":["load"]}])")},
                        by_type(*buses));
  ASSERT_EQ(out.shares.size(), 1u);
  EXPECT_EQ(out.shares[0].ids, std::vector<std::string>{"urn:b:1"});
  EXPECT_EQ(out.shares[0].attributes, std::vector{attribute("speed")});
}

TEST_F(ForwardTest, TheOrderIsExclusiveRedirectInclusiveAuxiliary) {
  const std::string offer = R"([{"entities":[{"type":"Bus","id":"urn:b:1"}],"propertyNames":["speed"]}])";
  const auto out =
      plan({source("urn:r:aux", offer, R"("mode":"auxiliary",)"), source("urn:r:inc", offer),
            source("urn:r:red", offer, R"("mode":"redirect",)"), source("urn:r:exc", offer, R"("mode":"exclusive",)")},
           by_id(bus));
  std::vector<std::string> order;
  for (const auto& share : out.shares) order.push_back(share.source->id);
  EXPECT_EQ(order, (std::vector<std::string>{"urn:r:exc", "urn:r:red", "urn:r:inc", "urn:r:aux"}));
}

TEST_F(ForwardTest, OperationsThatASourceDoesNotHaveAreNotAsked) {
  const std::string offer = R"([{"entities":[{"type":"Bus"}]}])";
  const auto out = plan({source("urn:r:inc", offer, R"("operations":["updateOps"],)"),
                         source("urn:r:red", offer, R"("mode":"redirect","operations":["updateOps"],)")},
                        by_id(bus));
  EXPECT_TRUE(out.shares.empty());
  ASSERT_EQ(out.unable.size(), 1u);
  EXPECT_EQ(out.unable[0]->id, "urn:r:red");
}

TEST_F(ForwardTest, ARequestThatHasBeenThereDoesNotGoThereAgain) {
  const std::string offer = R"([{"entities":[{"type":"Bus"}]}])";
  const auto inclusive = source("urn:r:inc", offer, R"("contextSourceAlias":"peer",)");
  const auto redirect = source("urn:r:red", offer, R"("mode":"redirect","contextSourceAlias":"peer",)");
  forwarding.headers = {{"via", "1.1 someone, 1.1 peer (Horad)"}};
  EXPECT_TRUE(plan({inclusive}, by_id(bus)).shares.empty());
  EXPECT_FALSE(plan({inclusive}, by_id(bus)).looped);
  ASSERT_EQ(forwarding.warnings.size(), 1u);  // told once, however often
  EXPECT_EQ(forwarding.warnings.front().code, 199);
  EXPECT_TRUE(plan({redirect}, by_id(bus)).looped);
  forwarding.headers = {{"via", "1.1 me"}};
  EXPECT_TRUE(plan({source("urn:r:x", offer)}, by_id(bus)).shares.empty());
  forwarding.headers = {{"via", "1.1 me-too, 1.1 peers"}};
  EXPECT_EQ(plan({inclusive}, by_id(bus)).shares.size(), 1u);
}

TEST_F(ForwardTest, ExpiredSourcesAndThoseTheFilterLeavesOutAreNotAsked) {
  const std::string offer = R"([{"entities":[{"type":"Bus"}]}])";
  const auto later = base::format_time(now + std::chrono::seconds(10));
  const auto expiring = source("urn:r:e", offer, R"("expiresAt":")" + later + R"(",)");
  EXPECT_EQ(plan({expiring}, by_id(bus)).shares.size(), 1u);
  now += std::chrono::seconds(20);
  EXPECT_TRUE(plan({expiring}, by_id(bus)).shares.empty());
  forwarding.csf = model::QFilter::parse("kind==\"sensor\"", *contexts.core()).value();
  const auto out = plan({source("urn:r:s", offer, R"("kind":"sensor",)"), source("urn:r:t", offer)}, by_id(bus));
  ASSERT_EQ(out.shares.size(), 1u);
  EXPECT_EQ(out.shares[0].source->id, "urn:r:s");
}

TEST_F(ForwardTest, ARequestCarriesWhatItShould) {
  const auto one = source("urn:r:a", R"([{"entities":[{"type":"Bus"}]}])",
                          R"("tenant":"there","management":{"localOnly":true,"timeout":250},"contextSourceInfo":[
                             {"key":"Authorization","value":"Bearer x"},{"key":"user","value":"urn:ngsi-ld:request"},
                             {"key":"absent","value":"urn:ngsi-ld:request"},{"key":"NGSILD-Tenant","value":"evil"},
                             {"key":"Via","value":"1.1 evil"},{"key":"accept","value":"application/ld+json"}],)");
  forwarding.headers = {{"via", "1.1 first"}, {"user", "anna"}, {"ngsild-tenant", "mine"}};
  const auto words = words_for(*one, contexts.core(), caller, contexts).value();
  const auto out = outgoing(share_of(one), "GET", "/entities/urn:b:1", words, forwarding, "me").request;
  EXPECT_EQ(out.url, "http://a/ngsi-ld/v1/entities/urn:b:1?local=true");
  EXPECT_EQ(out.timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(testing::header_of(out, "Via"), "1.1 first, 1.1 me");
  EXPECT_EQ(testing::header_of(out, "NGSILD-Tenant"), "there");
  EXPECT_EQ(testing::header_of(out, "Authorization"), "Bearer x");
  EXPECT_EQ(testing::header_of(out, "user"), "anna");
  EXPECT_EQ(testing::header_of(out, "absent"), "");
  EXPECT_EQ(testing::header_of(out, "Accept"), "application/ld+json");
  EXPECT_EQ(std::ranges::count(out.headers, "Via", [](const auto& h) { return h.first; }), 1);
}

TEST_F(ForwardTest, ParametersStayReadableAndSafe) {
  std::string url = "http://a/x";
  add_parameter(url, "id", "urn:b:1,urn:b:2");
  add_parameter(url, "q", "a==\"x&y\"");
  EXPECT_EQ(url, "http://a/x?id=urn:b:1,urn:b:2&q=a%3D%3D%22x%26y%22");
  EXPECT_EQ(path_part("urn:b:1/../x?y"), "urn:b:1%2F..%2Fx%3Fy");
}

TEST_F(ForwardTest, AContextWithoutAUrlIsSentAsFullNames) {
  const auto one = source("urn:r:a", R"([{"entities":[{"type":"Bus"}]}])");
  const auto own = contexts.get("", R"({"Bus":"https://example.org/Bus"})", nullptr).value();
  const auto words = words_for(*one, own, caller, contexts).value();
  EXPECT_FALSE(words.same_as_caller);
  EXPECT_EQ(type_text(*model::TypeSelection::parse("Bus", *own).value(), *words.context), "https://example.org/Bus");
}

TEST_F(ForwardTest, LyingAnswersDoNotComeIn) {
  EXPECT_EQ(read("not json").trouble, "the answer is not JSON");
  EXPECT_EQ(read("[1,2]").entities.size(), 0u);
  EXPECT_FALSE(read("[1]").trouble.empty());
  EXPECT_FALSE(read(std::string(100'000, '[')).trouble.empty());
  EXPECT_FALSE(read(R"({"id":"no uri","type":"Bus"})").trouble.empty());
  EXPECT_FALSE(read(R"({"id":"urn:b:1"})").trouble.empty());
  EXPECT_FALSE(read(R"({"id":"urn:b:1","type":"Bus","speed":{"type":"Property","value":null}})").trouble.empty());
  EXPECT_EQ(read("[]").trouble, "");
  const auto mixed = read(R"([{"id":"urn:b:1","type":"Bus","speed":1},{"id":"x"}])");
  EXPECT_EQ(mixed.entities.size(), 1u);
  EXPECT_EQ(mixed.items, 2u);
  EXPECT_FALSE(mixed.trouble.empty());
  const auto many = read(R"([{"id":"urn:b:1","type":"Bus"},{"id":"urn:b:2","type":"Bus"}])", 1);
  EXPECT_EQ(many.entities.size(), 1u);
  EXPECT_FALSE(many.trouble.empty());
}

TEST_F(ForwardTest, TimesOfTheSourceAreKept) {
  const auto out =
      read(R"({"id":"urn:b:1","type":"Bus","createdAt":"2020-01-01T00:00:00Z","modifiedAt":"2020-01-02T00:00:00Z",
      "speed":[{"type":"Property","value":1,"modifiedAt":"2020-01-03T00:00:00Z"},
               {"type":"Property","value":2,"datasetId":"urn:d:1","modifiedAt":"2020-01-04T00:00:00Z"}]})");
  ASSERT_EQ(out.entities.size(), 1u) << out.trouble;
  const auto& entity = out.entities[0];
  EXPECT_EQ(base::format_time(entity.modified_at), "2020-01-02T00:00:00Z");
  EXPECT_EQ(base::format_time(entity.attributes[0].modified_at), "2020-01-03T00:00:00Z");
  EXPECT_EQ(base::format_time(entity.attributes[1].modified_at), "2020-01-04T00:00:00Z");
}

TEST_F(ForwardTest, TheNewestInstanceCounts) {
  const auto speed = [](std::string_view value, std::string_view at) {
    return R"({"id":"urn:b:1","type":"Bus","speed":{"type":"Property","value":)" + std::string{value} +
           R"(,"observedAt":")" + std::string{at} + R"("}})";
  };
  const auto merged = [&](std::string_view first, std::string_view second) {
    Merger merger;
    merger.add(piece(nullptr, speed("1", first)));
    merger.add(piece(nullptr, speed("2", second)));
    return std::get<std::int64_t>(std::move(merger).take().at(0).attributes.at(0).value);
  };
  EXPECT_EQ(merged("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"), 2);
  EXPECT_EQ(merged("2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"), 1);
  EXPECT_EQ(merged("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"), 1) << "the first of two that are as new";
}

TEST_F(ForwardTest, AnAuxiliarySourceOnlyAdds) {
  const auto aux = source("urn:r:aux", R"([{"entities":[{"type":"Bus"}]}])", R"("mode":"auxiliary",)");
  Merger merger;
  merger.add(piece(nullptr, R"({"id":"urn:b:1","type":"Bus","speed":1})"));
  merger.add(piece(
      aux,
      R"({"id":"urn:b:1","type":"Bus","speed":{"type":"Property","value":2,"modifiedAt":"2090-01-01T00:00:00Z"},"load":3})"));
  const auto out = std::move(merger).take();
  ASSERT_EQ(out.size(), 1u);
  ASSERT_EQ(out[0].attributes.size(), 2u);
  EXPECT_EQ(std::get<std::int64_t>(out[0].attributes[0].value), 1);
}

TEST_F(ForwardTest, OnlyTheExclusiveSourceSpeaksOfItsAttributes) {
  const auto exclusive =
      source("urn:r:e", R"([{"entities":[{"type":"Bus","id":"urn:b:1"}],"propertyNames":["speed"]}])",
             R"("mode":"exclusive",)");
  const std::vector<Ptr> all{exclusive};
  auto local = piece(nullptr, R"({"id":"urn:b:1","type":"Bus","speed":1,"load":2})");
  EXPECT_TRUE(sift(local, all));
  ASSERT_EQ(local.entity.attributes.size(), 1u);
  EXPECT_EQ(local.entity.attributes[0].name, attribute("load"));
  auto theirs = piece(exclusive, R"({"id":"urn:b:1","type":"Bus","speed":1})");
  EXPECT_TRUE(sift(theirs, all));
  EXPECT_EQ(theirs.entity.attributes.size(), 1u);
  auto other = piece(nullptr, R"({"id":"urn:b:2","type":"Bus","speed":1})");
  EXPECT_TRUE(sift(other, all));
  EXPECT_EQ(other.entity.attributes.size(), 1u);
}

TEST_F(ForwardTest, ARedirectedEntityIsNotHere) {
  const std::vector<Ptr> all{source("urn:r:d", R"([{"entities":[{"type":"Bus"}]}])", R"("mode":"redirect",)")};
  auto local = piece(nullptr, R"({"id":"urn:b:1","type":"Bus","speed":1})");
  EXPECT_FALSE(sift(local, all));
  auto tram = piece(nullptr, R"({"id":"urn:t:1","type":"Tram","speed":1})");
  EXPECT_TRUE(sift(tram, all));
}

TEST_F(ForwardTest, ManySourcesAreAskedAFewAtATime) {
  SourceNet net;
  std::vector<Outgoing> requests;
  for (int i = 0; i < 100; ++i) {
    const auto one = source("urn:r:s" + std::to_string(i), R"([{"entities":[{"type":"Bus"}]}])");
    net.hangs(one->endpoint);
    requests.push_back(outgoing(share_of(one), "GET", "/entities/urn:b:1", {contexts.core(), {}}, forwarding, "me"));
  }
  boost::asio::io_context loop;
  auto answer = boost::asio::co_spawn(loop, ask_all(net, clock, std::move(requests)), boost::asio::use_future);
  while (loop.poll() > 0 || net.most_waiting() == 0) {
  }
  EXPECT_EQ(net.most_waiting(), kMostAtOnce);
  net.release();
  loop.run();
  const auto replies = answer.get();
  ASSERT_EQ(replies.size(), 100u);
  for (const auto& reply : replies) EXPECT_EQ(reply.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(net.most_waiting(), kMostAtOnce);
}

TEST_F(ForwardTest, AFailedSourceIsLeftAloneForAWhile) {
  SourceNet net;
  const auto one = source("urn:r:a", R"([{"entities":[{"type":"Bus"}]}])", R"("management":{"cooldown":1000},)");
  const auto ask_it = [&] {
    std::vector<Outgoing> requests;
    requests.push_back(outgoing(share_of(one), "GET", "/entities/urn:b:1", {contexts.core(), {}}, forwarding, "me"));
    return run(ask_all(net, clock, std::move(requests))).at(0);
  };
  EXPECT_EQ(ask_it().error().code, ErrorCode::kIo);
  net.says("http://a", 200, "{}");
  EXPECT_EQ(ask_it().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(warning_of(*one, ask_it())->code, 199);
  clock.advance(std::chrono::seconds(2));
  EXPECT_TRUE(ask_it());
  EXPECT_EQ(one->health->asked.load(), 2u);
  EXPECT_EQ(one->health->failed.load(), 1u);
}

TEST_F(ForwardTest, WarningsSayWhatASourceDidWrong) {
  const auto one = source("urn:r:a", R"([{"entities":[{"type":"Bus"}]}])");
  const auto answered = [](int status) {
    base::OutboundResponse out;
    out.status = status;
    return SourceReply{out};
  };
  EXPECT_FALSE(warning_of(*one, answered(200)));
  EXPECT_FALSE(warning_of(*one, answered(404)));
  EXPECT_EQ(warning_of(*one, answered(403))->code, 299);
  EXPECT_EQ(warning_of(*one, fail(ErrorCode::kTimeout, "x"))->code, 199);
  EXPECT_EQ(warning_of(*one, fail(ErrorCode::kTooLarge, "x"))->code, 111);
  EXPECT_EQ(warning_header({111, "urn:r:a", "it said \"no\"\r\nX: y"}), "111 urn:r:a \"it said \\\"no\\\"X: y\"");
  const auto back = read_warning("111 urn:r:a \"it said \\\"no\\\"\"");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->code, 111);
  EXPECT_EQ(back->agent, "urn:r:a");
  EXPECT_EQ(back->text, "it said \"no\"");
  for (const auto* const odd :
       {"", "199", "199 ", "x a \"b\"", "99 a \"b\"", "199 a b", "199 a \"", "199  \"b\"", "199 a\tb \"c\""}) {
    EXPECT_FALSE(read_warning(odd)) << odd;
  }
}

}  // namespace
}  // namespace horad::broker
