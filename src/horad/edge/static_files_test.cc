// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/static_files.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "horad/edge/gzip.h"
#include "horad/edge/test_directory.h"

namespace horad::edge {
namespace {

using HeaderList = std::vector<std::pair<std::string_view, std::string_view>>;

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    directory_.write("index.html", "<html>" + std::string(1000, ' ') + "</html>");
    directory_.write("assets/app-1a2b.js", "console.log(1);" + std::string(2000, ';'));
    directory_.write("fonts/a b/0-255.pbf", "font");
    directory_.write("robots.txt", "x");
    files_ = *StaticFiles::open(directory_.path());
  }
  Response get(std::string_view path, HeaderList headers = {}) const {
    Request request;
    request.headers = std::move(headers);
    return files_->get(path, request);
  }

  TestDirectory directory_;
  std::shared_ptr<const StaticFiles> files_;
};

TEST_F(StaticFilesTest, ServesFilesWithTheirTypes) {
  EXPECT_EQ(get("").content_type, "text/html; charset=utf-8");
  EXPECT_EQ(get("robots.txt").body, "x");
  EXPECT_EQ(get("assets/app-1a2b.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(get("fonts/a b/0-255.pbf").body, "font");
}

TEST_F(StaticFilesTest, KeepsHashedFilesForEverAndAsksAboutOthers) {
  EXPECT_NE(header(get("assets/app-1a2b.js"), "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(header(get("index.html"), "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, PagesCarryAPolicyWithoutForeignHosts) {
  const auto policy = header(get(""), "Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'self'"), std::string::npos);
  EXPECT_NE(policy.find("worker-src 'self' blob:"), std::string::npos);
  EXPECT_EQ(policy.find("http"), std::string::npos);
  EXPECT_EQ(header(get("robots.txt"), "X-Content-Type-Options"), "nosniff");
}

TEST_F(StaticFilesTest, AnUnchangedFileIsNotSentAgain) {
  const auto etag = header(get(""), "ETag");
  const std::string several = "\"x\", W/" + etag;
  EXPECT_EQ(get("", {{"If-None-Match", several}}).status, 304);
  EXPECT_TRUE(get("", {{"If-None-Match", etag}}).body.empty());
  EXPECT_EQ(get("", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(StaticFilesTest, PacksTextForThoseWhoTakeIt) {
  const auto packed = get("assets/app-1a2b.js", {{"Accept-Encoding", "br, gzip"}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(*gunzip(packed.body, 1u << 20), get("assets/app-1a2b.js").body);
  EXPECT_EQ(header(get("robots.txt", {{"Accept-Encoding", "gzip"}}), "Content-Encoding"), "");
}

TEST_F(StaticFilesTest, PagesOfTheApplicationGetItsShell) {
  const HeaderList browser = {{"Accept", "text/html,*/*"}};
  EXPECT_EQ(get("map/10/53/25", browser).status, 200);
  EXPECT_EQ(get("missing.js", browser).status, 404);
  EXPECT_EQ(get("map").status, 404) << "a program asks for what is not there";
}

TEST_F(StaticFilesTest, NothingOutsideTheDirectoryIsReached) {
  for (const std::string_view path :
       {"../robots.txt", "assets/../../x", "/etc/passwd", "./index.html", "assets/..", "index.html/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  EXPECT_EQ(get(std::string_view{"robots.txt\0.js", 14}).status, 404);
}

TEST(StaticFiles, SaysWhatIsMissing) {
  EXPECT_EQ(StaticFiles::open("/nowhere/at/all").error().code, ErrorCode::kNotFound);
  const TestDirectory empty;
  EXPECT_EQ(StaticFiles::open(empty.path()).error().code, ErrorCode::kNotFound);
  empty.write("index.html", std::string(100, 'x'));
  EXPECT_EQ(StaticFiles::open(empty.path(), {.most_bytes = 50}).error().code, ErrorCode::kTooLarge);
}

TEST(Gzip, GivesBackWhatWentIn) {
  rc::check([](const std::string& text) { RC_ASSERT(*gunzip(gzip(text), text.size()) == text); });
}

TEST(Gzip, RefusesDamageAndExcess) {
  const auto packed = gzip(std::string(100'000, 'x'));
  EXPECT_EQ(gunzip(packed, 1000).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(gunzip(packed.substr(0, packed.size() / 2), 1u << 20).error().code, ErrorCode::kDamaged);
  EXPECT_EQ(gunzip("not gzip", 100).error().code, ErrorCode::kDamaged);
}

TEST(Gzip, ReadsWhatAClientTakes) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("br;q=1.0, gzip;q=0.8"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("gzip; q=0.000, br"));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip(""));
}

}  // namespace
}  // namespace horad::edge
