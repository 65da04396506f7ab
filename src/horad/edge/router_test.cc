// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "horad/edge/http.h"
#include "horad/edge/problem.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;

Response run(const Router& router, Method method, std::string_view path) {
  Request request;
  request.method = method;
  request.path = path;
  asio::io_context context;
  Response response;
  asio::co_spawn(context, router.handle(request), [&](const std::exception_ptr& exception, Response made) {
    if (exception) std::rethrow_exception(exception);
    response = std::move(made);
  });
  context.run();
  return response;
}

Handler says(std::string word) {
  return [word = std::move(word)](Request& request) -> asio::awaitable<Response> {
    std::string body = word;
    for (const auto& capture : request.captures) body += "|" + capture;
    co_return Response{.body = body};
  };
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    router_.add(Method::kGet, "/e", says("list"));
    router_.add(Method::kPost, "/e", says("create"));
    router_.add(Method::kGet, "/e/{id}", says("one"));
    router_.add(Method::kPatch, "/e/{id}/attrs/{a}", says("patch"));
    router_.add(Method::kGet, "/e/special", says("special"));
    router_.add(Method::kPost, "/e/special/attrs", says("odd"));
    router_.add(Method::kGet, "/{path...}", says("file"));
  }
  Router router_;
};

TEST_F(RouterTest, LiteralsWinOverNamesOverTheRest) {
  EXPECT_EQ(run(router_, Method::kGet, "/e").body, "list");
  EXPECT_EQ(run(router_, Method::kGet, "/e/x").body, "one|x");
  EXPECT_EQ(run(router_, Method::kGet, "/e/special").body, "special");
  EXPECT_EQ(run(router_, Method::kPatch, "/e/special/attrs/a").body, "patch|special|a") << "a dead end is left again";
  EXPECT_EQ(run(router_, Method::kGet, "/").body, "file|");
  EXPECT_EQ(run(router_, Method::kGet, "/a/b.js").body, "file|a/b.js");
}

TEST_F(RouterTest, ASlashAtTheEndMakesNoDifference) {
  EXPECT_EQ(run(router_, Method::kGet, "/e/").body, "list");
  EXPECT_EQ(run(router_, Method::kGet, "/e/x/").body, "one|x");
  EXPECT_EQ(run(router_, Method::kPost, "/e/special/attrs/").body, "odd");
}

TEST_F(RouterTest, AnEmptyNameIsForItsHandlerToRefuse) {
  EXPECT_EQ(run(router_, Method::kPatch, "/e//attrs/a").body, "patch||a");
  Router one;
  one.add(Method::kGet, "/e", says("list"));
  one.add(Method::kPut, "/e/{id}", says("put"));
  EXPECT_EQ(run(one, Method::kPut, "/e/").status, 405);  // the slash at the end makes no difference
  EXPECT_EQ(run(one, Method::kPut, "/e").status, 405);
}

TEST_F(RouterTest, CapturesAreDecodedAfterSplitting) {
  EXPECT_EQ(run(router_, Method::kGet, "/e/urn%3Aa%2Fb").body, "one|urn:a/b");
  EXPECT_EQ(run(router_, Method::kGet, "/e/%zz").status, 400);
}

TEST_F(RouterTest, OtherMethodsOfAKnownPathAreNamed) {
  const auto wrong = run(router_, Method::kDelete, "/e");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.front().second, "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(run(router_, Method::kOptions, "/e").status, 204);
  EXPECT_EQ(run(router_, Method::kHead, "/e").body, "list");
}

TEST_F(RouterTest, APathKnownOnlyAsTheRestOfAnotherIsUnknownToOtherMethods) {
  EXPECT_EQ(run(router_, Method::kPost, "/nowhere").status, 404);
  Router bare;
  bare.add(Method::kGet, "/a", says("a"));
  EXPECT_EQ(run(bare, Method::kGet, "/b").status, 404);
  EXPECT_EQ(run(bare, Method::kGet, "/a//").status, 404);
  EXPECT_EQ(run(bare, Method::kGet, "*").status, 404);
}

struct Row {
  ErrorCode code;
  int status;
  std::string_view type;
};
class ProblemTable : public testing::TestWithParam<Row> {};

TEST_P(ProblemTable, HasStatusAndType) {
  const auto response = problem({GetParam().code, "What \"happened\".", "/a"});
  EXPECT_EQ(response.status, GetParam().status);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_NE(response.body.find("\"type\":\"" + std::string{GetParam().type} + "\""), std::string::npos)
      << response.body;
  EXPECT_NE(response.body.find("\"status\":" + std::to_string(GetParam().status)), std::string::npos);
  EXPECT_EQ(response.body.find("happened") != std::string::npos, GetParam().status < 500 || GetParam().status == 504)
      << response.body;
}

INSTANTIATE_TEST_SUITE_P(
    Codes, ProblemTable,
    testing::Values(Row{ErrorCode::kInvalidRequest, 400, "https://uri.etsi.org/ngsi-ld/errors/InvalidRequest"},
                    Row{ErrorCode::kBadRequestData, 400, "https://uri.etsi.org/ngsi-ld/errors/BadRequestData"},
                    Row{ErrorCode::kNotFound, 404, "https://uri.etsi.org/ngsi-ld/errors/ResourceNotFound"},
                    Row{ErrorCode::kNonexistentTenant, 404, "https://uri.etsi.org/ngsi-ld/errors/NonexistentTenant"},
                    Row{ErrorCode::kAlreadyExists, 409, "https://uri.etsi.org/ngsi-ld/errors/AlreadyExists"},
                    Row{ErrorCode::kNotSupported, 422, "https://uri.etsi.org/ngsi-ld/errors/OperationNotSupported"},
                    Row{ErrorCode::kTooManyResults, 403, "https://uri.etsi.org/ngsi-ld/errors/TooManyResults"},
                    Row{ErrorCode::kContextNotAvailable, 504,
                        "https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable"},
                    Row{ErrorCode::kTooLarge, 413, "about:blank"}, Row{ErrorCode::kOverloaded, 429, "about:blank"},
                    Row{ErrorCode::kUnavailable, 503, "about:blank"}, Row{ErrorCode::kStorageFull, 507, "about:blank"},
                    Row{ErrorCode::kDamaged, 500, "https://uri.etsi.org/ngsi-ld/errors/InternalError"}),
    [](const auto& c) { return "Code" + std::to_string(static_cast<int>(c.param.code)); });

TEST(Problem, SaysWhenToComeBack) {
  EXPECT_EQ(problem({ErrorCode::kOverloaded, "", ""}).headers.front().first, "Retry-After");
  EXPECT_EQ(problem({ErrorCode::kUnavailable, "", ""}).headers.front().first, "Retry-After");
}

TEST(Problem, LengthRequiredHasNoBody) { EXPECT_TRUE(problem({ErrorCode::kLengthRequired, "x", ""}).body.empty()); }

}  // namespace
}  // namespace horad::edge
