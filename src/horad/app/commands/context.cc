// SPDX-License-Identifier: Apache-2.0
// `horad context`: which documents stand for the URLs of JSON-LD contexts in a running Horad.
#include <fmt/format.h>
#include <simdjson.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "horad/app/command.h"
#include "horad/base/text.h"
#include "horad/edge/http_client.h"

namespace horad::app {
namespace {

struct ContextOptions {
  std::string url = "http://127.0.0.1:8080";
  std::string context, file;
  bool json = false;
};

class Pins {
 public:
  explicit Pins(const ContextOptions& options) : options_(options) {}

  Result<base::OutboundResponse> ask(std::string method, std::string_view query = {}, std::string body = {}) {
    base::OutboundRequest request;
    request.method = std::move(method);
    request.url = options_.url + "/api/v1/contexts/pins" + std::string{query};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/ld+json");
    request.body = std::move(body);
    auto answer = client_.request(std::move(request));
    if (answer && answer->status / 100 != 2)
      return fail(ErrorCode::kIo, fmt::format("the server answered {}: {}", answer->status, reason_of(answer->body)));
    return answer;
  }
  std::string query() const { return "?url=" + base::percent_encode(options_.context); }

 private:
  static std::string reason_of(const std::string& body) {
    simdjson::dom::parser parser;
    simdjson::dom::element problem;
    std::string_view detail;
    if (parser.parse(body).get(problem) == simdjson::SUCCESS && problem["detail"].get(detail) == simdjson::SUCCESS)
      return std::string{detail};
    return body.substr(0, 500);
  }
  const ContextOptions& options_;
  edge::HttpClient client_;
};

Result<std::string> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, fmt::format("cannot read '{}'", path));
  return std::string{std::istreambuf_iterator<char>(in), {}};
}

Result<void> pin(const ContextOptions& options) {
  auto document = read(options.file);
  if (!document) return std::unexpected(std::move(document).error());
  Pins pins(options);
  if (auto done = pins.ask("PUT", pins.query(), std::move(*document)); !done)
    return std::unexpected(std::move(done).error());
  return {};
}

Result<void> unpin(const ContextOptions& options) {
  Pins pins(options);
  if (auto done = pins.ask("DELETE", pins.query()); !done) return std::unexpected(std::move(done).error());
  return {};
}

Result<void> list(const ContextOptions& options) {
  const auto answer = Pins(options).ask("GET");
  if (!answer) return std::unexpected(answer.error());
  if (options.json) {
    fmt::print("{}\n", answer->body);
    return {};
  }
  simdjson::dom::parser parser;
  simdjson::dom::array rows;
  if (parser.parse(answer->body).get(rows) != simdjson::SUCCESS)
    return fail(ErrorCode::kIo, "the answer is not what it should be");
  for (const auto row : rows) {
    std::string_view url, origin;
    std::uint64_t bytes = 0;
    if (row["url"].get(url) != simdjson::SUCCESS || row["origin"].get(origin) != simdjson::SUCCESS ||
        row["bytes"].get(bytes) != simdjson::SUCCESS)
      return fail(ErrorCode::kIo, "the answer is not what it should be");
    fmt::print("{}  {} bytes, by {}\n", url, bytes, origin);
  }
  return {};
}

int ended(const Result<void>& result) {
  if (result) return kExitOk;
  fmt::print(stderr, "horad context: {}\n", result.error().detail);
  return kExitFailed;
}

}  // namespace

void add_context(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<ContextOptions>();
  auto* const command = program.add_subcommand("context", "Pin JSON-LD context documents of a running Horad");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Result<void> (*act)(const ContextOptions&)) {
    auto* const sub = command->add_subcommand(name, help);
    sub->add_option("--url", options->url, "The server")->capture_default_str();
    sub->callback([options, act, &exit_code] { exit_code = ended(act(*options)); });
    return sub;
  };
  auto* const pinning = add("pin", "Let a file stand for the URL of an @context", pin);
  pinning->add_option("context", options->context, "URL of the @context")->required();
  pinning->add_option("file", options->file, "The document: JSON with an @context")->required();
  add("list", "What is pinned", list)->add_flag("--json", options->json, "As JSON");
  add("unpin", "Let the URL stand for itself again", unpin)
      ->add_option("context", options->context, "URL of the @context")
      ->required();
}

}  // namespace horad::app
