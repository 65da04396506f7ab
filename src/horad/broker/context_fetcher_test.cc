// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/context_fetcher.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "horad/base/sim_world.h"

namespace horad::broker {
namespace {

using std::chrono::seconds;

/// Answers when it is told to, as it is told to.
class ScriptedNet final : public base::Net {
 public:
  void exchange(base::OutboundRequest request, Done done) override {
    asked.push_back(request);
    if (const auto found = answers.find(request.url); found != answers.end()) return done(found->second);
    held.emplace_back(std::move(done));
  }
  void answer_held(const Result<base::OutboundResponse>& response) {
    auto taken = std::move(held);
    held.clear();
    for (auto& done : taken) done(response);
  }
  std::map<std::string, Result<base::OutboundResponse>> answers;
  std::vector<base::OutboundRequest> asked;
  std::vector<Done> held;
};

base::OutboundResponse document(std::string text) { return {.status = 200, .headers = {}, .body = std::move(text)}; }
base::OutboundResponse moved(std::string to) {
  return {.status = 302, .headers = {{"location", std::move(to)}}, .body = {}};
}

class Fetching : public testing::Test {
 protected:
  base::SimClock clock;
  ScriptedNet net;
  FetchLimits limits;
  std::map<std::string, std::string> accepted;
  Result<void> verdict;
  std::optional<ContextFetcher> fetcher;

  void start() {
    fetcher.emplace(net, clock, limits, [this](const std::string& url, std::string text) {
      accepted[url] = std::move(text);
      return verdict;
    });
  }
  /// The result, once there is one.
  std::shared_ptr<std::optional<Result<void>>> fetch(const std::string& url) {
    if (!fetcher) start();
    auto result = std::make_shared<std::optional<Result<void>>>();
    fetcher->fetch(url, [result](Result<void> done) { *result = std::move(done); });
    return result;
  }
};

TEST_F(Fetching, OneDownloadServesAllThatWait) {
  const auto a = fetch("http://a.example/c");
  const auto b = fetch("http://a.example/c");
  EXPECT_EQ(net.asked.size(), 1u);
  EXPECT_FALSE(*a);
  net.answer_held(document("{}"));
  ASSERT_TRUE(*a && *b);
  EXPECT_TRUE(**a && **b);
  EXPECT_EQ(accepted.at("http://a.example/c"), "{}");
  fetch("http://a.example/c");
  EXPECT_EQ(net.asked.size(), 2u) << "what has ended is no longer waited for";
}

TEST_F(Fetching, AsksWithItsBounds) {
  limits.private_addresses = false;
  fetch("http://a.example/c");
  const auto& request = net.asked.at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.timeout, limits.time);
  EXPECT_EQ(request.body_limit, ContextShelf::kMostBytes);
  EXPECT_TRUE(request.public_only);
}

TEST_F(Fetching, FollowsRedirectsAndKeepsTheUrlThatWasAsked) {
  net.answers.emplace("http://a.example/x/c", moved("../y"));
  net.answers.emplace("http://a.example/x/../y", moved("https://b.example/c"));
  net.answers.emplace("https://b.example/c", document("{\"b\":1}"));
  const auto result = fetch("http://a.example/x/c");
  ASSERT_TRUE(*result && **result);
  EXPECT_EQ(accepted.at("http://a.example/x/c"), "{\"b\":1}");
}

TEST_F(Fetching, EndsRedirectsThatGoNowhereOrNeverEnd) {
  net.answers.emplace("http://loop.example/c", moved("http://loop.example/c"));
  net.answers.emplace("https://down.example/c", moved("http://down.example/c"));
  net.answers.emplace("http://file.example/c", moved("file:///etc/passwd"));
  net.answers.emplace("http://empty.example/c", moved(""));
  for (const char* url :
       {"http://loop.example/c", "https://down.example/c", "http://file.example/c", "http://empty.example/c"}) {
    const auto result = fetch(url);
    ASSERT_TRUE(*result) << url;
    ASSERT_FALSE(**result) << url;
    EXPECT_EQ((*result)->error().code, ErrorCode::kContextNotAvailable) << url;
  }
  EXPECT_EQ(std::ranges::count(net.asked, std::string{"http://loop.example/c"}, &base::OutboundRequest::url), 6);
  EXPECT_TRUE(accepted.empty());
}

TEST_F(Fetching, TheWholeWayHasOneTimeLimit) {
  const auto result = fetch("http://a.example/c");
  clock.advance(seconds(4));
  net.answer_held(moved("http://b.example/c"));
  ASSERT_EQ(net.asked.size(), 2u);
  EXPECT_EQ(net.asked.at(1).timeout, seconds(6));
  clock.advance(seconds(7));
  net.answer_held(moved("http://c.example/c"));
  EXPECT_EQ(net.asked.size(), 2u);
  ASSERT_TRUE(*result);
  EXPECT_EQ((*result)->error().code, ErrorCode::kContextNotAvailable);
}

TEST_F(Fetching, SaysWhyADocumentIsNotThere) {
  net.answers.emplace("http://a.example/c", fail(ErrorCode::kTimeout, "no answer in time"));
  net.answers.emplace("http://b.example/c", fail(ErrorCode::kTooLarge, "The answer is larger than 1 byte."));
  net.answers.emplace("http://c.example/c", base::OutboundResponse{.status = 404, .headers = {}, .body = {}});
  for (const auto& [url, word] : std::map<std::string, std::string>{
           {"http://a.example/c", "in time"}, {"http://b.example/c", "larger"}, {"http://c.example/c", "404"}}) {
    const auto result = fetch(url);
    ASSERT_TRUE(*result && !**result) << url;
    EXPECT_EQ((*result)->error().code, ErrorCode::kContextNotAvailable) << url;
    EXPECT_NE((*result)->error().detail.find(word), std::string::npos) << (*result)->error().detail;
    EXPECT_NE((*result)->error().detail.find(url), std::string::npos) << (*result)->error().detail;
  }
}

TEST_F(Fetching, WhatIsNoContextIsBadData) {
  verdict = fail(ErrorCode::kInvalidRequest, "it is a page");
  net.answers.emplace("http://a.example/c", document("<html>"));
  const auto result = fetch("http://a.example/c");
  ASSERT_TRUE(*result && !**result);
  EXPECT_EQ((*result)->error().code, ErrorCode::kBadRequestData);
}

TEST_F(Fetching, IsBoundedInDownloadsAndInThoseWhoWait) {
  limits.at_once = 2;
  limits.waiting = 3;
  fetch("http://a.example/c");
  fetch("http://b.example/c");
  auto third = fetch("http://c.example/c");
  ASSERT_TRUE(*third && !**third);
  EXPECT_EQ((*third)->error().code, ErrorCode::kOverloaded);
  EXPECT_FALSE(*fetch("http://a.example/c"));
  auto fourth = fetch("http://a.example/c");
  ASSERT_TRUE(*fourth && !**fourth);
  EXPECT_EQ((*fourth)->error().code, ErrorCode::kOverloaded);
}

TEST_F(Fetching, AnAnswerAfterTheEndIsNotAccepted) {
  const auto result = fetch("http://a.example/c");
  fetcher.reset();
  net.answer_held(document("{}"));
  EXPECT_TRUE(accepted.empty());
  ASSERT_TRUE(*result && !**result);
}

}  // namespace
}  // namespace horad::broker
