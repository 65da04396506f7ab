// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/tiles.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "horad/edge/gzip.h"
#include "horad/edge/test_directory.h"

namespace horad::edge {
namespace {

namespace asio = boost::asio;

void run_sql(sqlite3* database, const std::string& sql) {
  char* message = nullptr;
  ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
}

/// Tile 1/1/0 (north-east) is gzip of "vector", 2/0/0 is empty, everything else is not there.
void make_mbtiles(const std::string& path) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  run_sql(database, "CREATE TABLE metadata (name TEXT, value TEXT)");
  run_sql(database, "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)");
  run_sql(database,
          "INSERT INTO metadata VALUES ('name','Town "
          "\"A\"'),('format','pbf'),('minzoom','0'),('maxzoom','14'),('bounds','25.7,53.5,25.9,53.7'),"
          "('center','east'),('json','{\"vector_layers\":[{\"id\":\"water\",\"fields\":{}}]}')");
  sqlite3_stmt* insert = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(database, "INSERT INTO tiles VALUES (?,?,?,?)", -1, &insert, nullptr), SQLITE_OK);
  const auto packed = gzip("vector");
  const auto add = [&](int z, int x, int row, std::string_view data) {
    sqlite3_bind_int(insert, 1, z);
    sqlite3_bind_int(insert, 2, x);
    sqlite3_bind_int(insert, 3, row);
    sqlite3_bind_blob(insert, 4, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
    ASSERT_EQ(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
  };
  add(1, 1, 1, packed);
  add(2, 0, 3, "");
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

class TilesTest : public testing::Test {
 protected:
  TilesTest() {
    make_mbtiles(directory_ / "town.mbtiles");
    tiles_ = *Tiles::open(directory_ / "town.mbtiles");
    add_tile_routes(router_, tiles_);
  }
  Response get(std::string_view path, std::vector<std::pair<std::string_view, std::string_view>> headers = {}) const {
    Request request;
    request.path = path;
    request.headers = std::move(headers);
    asio::io_context context;
    Response response;
    asio::co_spawn(context, router_.handle(request),
                   [&](const std::exception_ptr&, Response made) { response = std::move(made); });
    context.run();
    return response;
  }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  TestDirectory directory_;
  std::shared_ptr<const Tiles> tiles_;
  Router router_;
};

TEST_F(TilesTest, SendsTilesAsStored) {
  const auto tile = get("/tiles/1/1/0", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(tile.status, 200);
  EXPECT_EQ(tile.content_type, "application/vnd.mapbox-vector-tile");
  EXPECT_EQ(header(tile, "Content-Encoding"), "gzip");
  EXPECT_EQ(*gunzip(tile.body, 100), "vector");
}

TEST_F(TilesTest, UnpacksForThoseWhoDoNotTakeGzip) {
  EXPECT_EQ(get("/tiles/1/1/0.pbf").body, "vector");
  EXPECT_EQ(get("/tiles/1/1/0.mvt").body, "vector");
}

TEST_F(TilesTest, EmptyTilesAreNoContent) {
  EXPECT_EQ(get("/tiles/1/0/0").status, 204);
  EXPECT_EQ(get("/tiles/2/0/0").status, 204);
}

TEST_F(TilesTest, WhatCannotBeATileIsNotFound) {
  for (const std::string_view path : {"/tiles/1/2/0", "/tiles/1/0/2", "/tiles/25/0/0", "/tiles/a/0/0", "/tiles/1/-1/0",
                                      "/tiles/1/0/0.exe", "/tiles/1/0"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(TilesTest, UnchangedTilesAreNotSentAgain) {
  const auto etag = header(get("/tiles/1/1/0"), "ETag");
  ASSERT_FALSE(etag.empty());
  EXPECT_EQ(get("/tiles/1/1/0", {{"If-None-Match", etag}}).status, 304);
}

TEST_F(TilesTest, DescribesItself) {
  const auto json = get("/tiles.json", {{"Host", "localhost:8080"}}).body;
  EXPECT_NE(json.find("\"http://localhost:8080/tiles/{z}/{x}/{y}"), std::string::npos) << json;
  EXPECT_NE(json.find("\"name\":\"Town \\\"A\\\"\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"maxzoom\":14"), std::string::npos);
  EXPECT_NE(json.find("\"bounds\":[25.7,53.5,25.9,53.7]"), std::string::npos) << json;
  EXPECT_EQ(json.find("\"center\""), std::string::npos) << "what is no numbers is left out";
  EXPECT_NE(json.find("\"vector_layers\":[{\"id\":\"water\""), std::string::npos);
}

TEST_F(TilesTest, ManyThreadsReadAtOnce) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        const auto tile = tiles_->tile({1, 1, 0});
        if (tile && *tile && *gunzip(**tile, 100) == "vector") ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good.load(), 400);
}

TEST(Tiles, SaysWhatIsWrongWithAFile) {
  const TestDirectory directory;
  EXPECT_EQ(Tiles::open(directory / "none.mbtiles").error().code, ErrorCode::kNotFound);
  directory.write("text.mbtiles", std::string(4096, 'x'));
  EXPECT_EQ(Tiles::open(directory / "text.mbtiles").error().code, ErrorCode::kDamaged);
}

TEST(Tiles, WithoutAFileThereAreNone) {
  Router router;
  add_tile_routes(router, nullptr);
  Request request;
  request.path = "/tiles.json";
  asio::io_context context;
  int status = 0;
  asio::co_spawn(context, router.handle(request),
                 [&](const std::exception_ptr&, Response made) { status = made.status; });
  context.run();
  EXPECT_EQ(status, 404);
}

}  // namespace
}  // namespace horad::edge
