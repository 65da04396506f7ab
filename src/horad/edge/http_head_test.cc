// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/http_head.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <boost/beast/http.hpp>

namespace horad::edge {
namespace {

namespace http = boost::beast::http;

struct Parsed {
  std::size_t size = 0;
  int refused = 0;
  RequestHead head;
};

Parsed parse(std::string_view bytes, HeadLimits limits = {}) {
  Parsed out;
  std::size_t scanned = 0;
  const auto size = parse_head(bytes, limits, scanned, out.head);
  if (size) {
    out.size = *size;
  } else {
    out.refused = size.error().status;
  }
  return out;
}

TEST(ParseHead, ReadsLineAndHeaders) {
  const std::string_view bytes =
      "PATCH /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nContent-Length:  12 \r\nX-Y:\t a b \r\n\r\nrest";
  const auto parsed = parse(bytes);
  ASSERT_EQ(parsed.refused, 0);
  EXPECT_EQ(bytes.substr(parsed.size), "rest");
  EXPECT_EQ(parsed.head.method, Method::kPatch);
  EXPECT_EQ(parsed.head.target, "/a/b?c=d");
  EXPECT_EQ(parsed.head.host, "h:1");
  EXPECT_EQ(parsed.head.content_length, 12u);
  EXPECT_TRUE(parsed.head.keep_alive);
  EXPECT_EQ(parsed.head.headers.back(), (std::pair<std::string_view, std::string_view>{"X-Y", "a b"}));
}

TEST(ParseHead, WaitsForTheBlankLine) {
  const std::string_view whole = "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse(whole.substr(0, size)).size, 0u) << size;
    EXPECT_EQ(parse(whole.substr(0, size)).refused, 0) << size;
  }
  EXPECT_EQ(parse(whole).size, whole.size());
}

TEST(ParseHead, TakesTheAbsoluteForm) {
  EXPECT_EQ(parse("GET http://h:80/a?b HTTP/1.1\r\nHost: h\r\n\r\n").head.target, "/a?b");
  EXPECT_EQ(parse("GET HTTP://h HTTP/1.1\r\nHost: h\r\n\r\n").head.target, "/");
}

TEST(ParseHead, ConnectionIsAList) {
  EXPECT_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, CLOSE\r\n\r\n").head.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n\r\n").head.upgrade);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
}

TEST(ParseHead, KeepsNothingOfTheRequestBefore) {
  RequestHead head;
  std::size_t scanned = 0;
  ASSERT_TRUE(
      parse_head("POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", {}, scanned, head));
  scanned = 0;
  ASSERT_TRUE(parse_head("GET / HTTP/1.1\r\nHost: g\r\n\r\n", {}, scanned, head));
  EXPECT_FALSE(head.content_length);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.http_1_0);
  EXPECT_EQ(head.headers.size(), 1u);
}

rc::Gen<std::string> header_text() {
  return rc::gen::container<std::string>(
      rc::gen::element('a', 'B', '1', '-', ' ', '\t', ':', ',', '"', '\r', '\n', '\0', '\x7f', '\xc3'));
}

/// Beast's parser as a referee: what we take, it takes, with the same meaning.
TEST(ParseHead, NeverTakesWhatAnotherParserReadsDifferently) {
  rc::check([] {
    std::string bytes = *rc::gen::element<std::string>("GET ", "POST ", "PATCH  ", "get ") +
                        *rc::gen::element<std::string>("/", "/a?b=c", "*", "/\t", "http://h/x");
    bytes += *rc::gen::element<std::string>(" HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/1.1\n", "\r\n", " HTTP/1.11\r\n");
    const auto names = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "X", "X ", "", "Expect"));
    for (const auto& name : names) {
      const auto value = *rc::gen::oneOf(rc::gen::element<std::string>("h", "1", "chunked", "close", "0", "+1", "1, 1"),
                                         header_text());
      bytes += name + *rc::gen::element<std::string>(":", ": ", " : ", "") + value +
               *rc::gen::element<std::string>("\r\n", "\r\n", "\n", "\r\n ");
    }
    bytes += "\r\n";
    const auto ours = parse(bytes);
    if (ours.size == 0 || !ours.head.method) return;

    http::request_parser<http::empty_body> theirs;
    theirs.skip(true);
    boost::system::error_code error;
    theirs.put(boost::asio::buffer(bytes), error);
    RC_ASSERT(!error);
    RC_ASSERT(theirs.is_header_done());
    const auto& message = theirs.get();
    std::size_t i = 0;
    for (const auto& field : message) {
      RC_ASSERT(std::string_view(field.name_string().data(), field.name_string().size()) == ours.head.headers[i].first);
      RC_ASSERT(std::string_view(field.value().data(), field.value().size()) == ours.head.headers[i].second);
      ++i;
    }
    RC_ASSERT(i == ours.head.headers.size());
    RC_ASSERT(message.chunked() == ours.head.chunked);
    RC_ASSERT(theirs.content_length().has_value() == ours.head.content_length.has_value());
    if (ours.head.content_length) RC_ASSERT(*theirs.content_length() == *ours.head.content_length);
    RC_ASSERT(message.keep_alive() == ours.head.keep_alive);
  });
}

std::string decode(std::string_view raw, const std::vector<std::size_t>& cuts, bool& failed, std::size_t& used) {
  ChunkDecoder decoder;
  std::string out;
  std::string bytes{raw};
  used = 0;
  for (std::size_t i = 0; !decoder.done() && used < bytes.size(); ++i) {
    const std::size_t piece =
        cuts.empty() ? bytes.size() - used : std::min(bytes.size() - used, 1 + cuts[i % cuts.size()] % 7);
    const auto step = decoder.feed(bytes.data() + used, piece);
    if (!step) {
      failed = true;
      return out;
    }
    out.append(bytes.data() + used, step->produced);
    used += step->used;
  }
  failed = !decoder.done();
  return out;
}

TEST(ChunkDecoder, GivesBackWhatWasChunkedInAnyPieces) {
  rc::check([](const std::vector<std::string>& chunks, const std::vector<std::size_t>& cuts) {
    std::string raw, plain;
    for (const auto& chunk : chunks) {
      if (chunk.empty()) continue;
      char size[32];
      std::snprintf(size, sizeof size, "%zx%s\r\n", chunk.size(), chunk.size() % 2 == 0 ? ";x=y" : "");
      raw += size + chunk + "\r\n";
      plain += chunk;
    }
    raw += "0\r\nA: b\r\n\r\nnext";
    bool failed = false;
    std::size_t used = 0;
    RC_ASSERT(decode(raw, cuts, failed, used) == plain);
    RC_ASSERT(!failed);
    RC_ASSERT(raw.substr(used) == "next");
  });
}

TEST(ChunkDecoder, RefusesBrokenFrames) {
  for (const std::string_view raw : {"x\r\n", "1\nx\r\n0\r\n\r\n", "1\r\nxy\r\n", "\r\n", "1\r\nx0\r\n\r\n",
                                     "1234567890123456\r\n", "-1\r\n", "0\r\n\rx"}) {
    ChunkDecoder decoder;
    std::string bytes{raw};
    EXPECT_FALSE(decoder.feed(bytes.data(), bytes.size())) << raw;
  }
  ChunkDecoder decoder;
  std::string endless = "1;" + std::string(300, 'e');
  EXPECT_FALSE(decoder.feed(endless.data(), endless.size()));
}

TEST(ParseTarget, SplitsAndDecodes) {
  Request request;
  ASSERT_TRUE(parse_target("/a%20b?q=x%3D%3D1+2&flag&&e=%D0%93", request));
  EXPECT_EQ(request.path, "/a%20b");
  ASSERT_EQ(request.parameters.size(), 3u);
  EXPECT_EQ(request.find("q")->value, "x==1 2");
  EXPECT_EQ(request.find("flag")->value, "");
  EXPECT_EQ(request.find("e")->value, "Г");
  EXPECT_EQ(request.find("none"), nullptr);
}

TEST(ParseTarget, RefusesBrokenEscapes) {
  Request request;
  for (const std::string_view target : {"/?a=%", "/?a=%zz", "/?%ff=1", "/?a=\xff"}) {
    const auto parsed = parse_target(target, request);
    ASSERT_FALSE(parsed) << target;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidRequest);
  }
}

}  // namespace
}  // namespace horad::edge
