// SPDX-License-Identifier: Apache-2.0
// conformance FILE [--url http://ADDRESS:PORT] [--only PART]: runs the cases of one file against a server of its own,
// or against a given one, each in a tenant of its own. Ends with 0 when all passed.
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "case_file.h"
#include "horad/app/server_app.h"
#include "horad/base/text.h"
#include "json_match.h"
#include "wire.h"

namespace conformance {
namespace {

struct Arguments {
  std::string file;
  std::string url;
  std::string only;
};

/// A server in this process, with a data directory that goes when it does.
class OwnServer {
 public:
  OwnServer() {
    std::string pattern = (std::filesystem::temp_directory_path() / "horad-conformance-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    horad::app::ServeOptions options;
    options.data = directory_;
    options.host = "127.0.0.1";
    options.temporal_page_instances = 20;  // so that a case can see what happens above it
    auto opened = horad::app::ServerApp::open(options);
    if (opened) {
      app_ = std::move(*opened);
    } else {
      std::fprintf(stderr, "the server does not start: %s\n", opened.error().detail.c_str());
    }
  }
  ~OwnServer() {
    app_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;
  explicit operator bool() const { return app_ != nullptr; }
  Host host() const { return {"127.0.0.1", app_->port()}; }

 private:
  std::string directory_;
  std::unique_ptr<horad::app::ServerApp> app_;
};

std::string replace_all(std::string text, std::string_view what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

bool has(const Headers& headers, std::string_view lower_name) {
  for (const auto& [name, value] : headers) {
    if (horad::base::to_lower(name) == lower_name) return true;
  }
  return false;
}

std::string check_body(const std::string& want, const std::string& got) {
  if (want.empty()) return {};
  if (want == "(empty)\n") return got.empty() ? std::string{} : "the body should be empty: " + got;
  boost::json::error_code trouble;
  const auto expected = boost::json::parse(want, trouble);
  if (trouble) return "the expected body is not JSON: " + trouble.message();
  const auto actual = boost::json::parse(got, trouble);
  if (trouble) return "the body is not JSON: " + got;
  return difference(expected, actual);
}

std::string check_message(const Exchange& exchange, const Answer& answer) {
  for (const auto& [name, pattern] : exchange.expected_headers) {
    bool found = false;
    for (const auto& [key, value] : answer.headers) found |= key == name && glob(pattern, value);
    if (!found) return "no header " + name + ": " + pattern;
  }
  for (const auto& name : exchange.absent_headers) {
    if (has(answer.headers, name)) return "there is a header " + name;
  }
  return check_body(exchange.expected_body, answer.body);
}

std::string check(const Exchange& exchange, const Answer& answer) {
  const bool status_fits = exchange.status == 0 ? answer.status / 100 == 2 : answer.status == exchange.status;
  if (!status_fits) return "status " + std::to_string(answer.status) + ": " + answer.body;
  return check_message(exchange, answer);
}

class Runner {
 public:
  /// `peer`: a second server, for files that speak of ${peer}.
  Runner(Host host, std::optional<Host> peer) : host_(std::move(host)), peer_(std::move(peer)) {}

  /// What went wrong; empty when nothing did.
  std::string run(const CaseFile& file, const Case& one, const std::string& tenant) {
    kept_.clear();
    for (const auto* const list : {&file.setup, &one.exchanges}) {
      for (const auto& exchange : *list) {
        auto wrong = run(exchange, tenant);
        if (!wrong.empty()) return "line " + std::to_string(exchange.line) + ": " + wrong;
      }
    }
    return {};
  }

 private:
  std::string run(const Exchange& exchange, const std::string& tenant) {
    if (exchange.expects_notification) {
      const auto told = sink_.take("/" + tenant + exchange.target);
      return told ? check_message(exchange, *told) : told.error().detail;
    }
    if (exchange.expects_silence) {
      const auto told = sink_.take("/" + tenant + exchange.target, std::chrono::milliseconds(exchange.silence_ms));
      return told ? "a notification came: " + told->body : std::string{};
    }
    if (exchange.method == "SERVE") {
      auto headers = exchange.headers;
      for (auto& [name, value] : headers) value = fill(std::move(value), tenant);
      serve("/" + tenant + exchange.target, headers, fill(exchange.body, tenant));
      return {};
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      auto trouble = ask(exchange, tenant);
      if (trouble.empty() || !exchange.until || std::chrono::steady_clock::now() > deadline) return trouble;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  /// Puts what was kept of earlier answers, and the address of the sink, where their names stand.
  std::string fill(std::string text, const std::string& tenant) const {
    text = replace_all(std::move(text), "${sink}", sink_.url() + "/" + tenant);
    text = replace_all(std::move(text), "${sink%}", horad::base::percent_encode(sink_.url() + "/" + tenant));
    text = replace_all(std::move(text), "${own}", url_of(host_));
    text = replace_all(std::move(text), "${tenant}", tenant);
    if (peer_) text = replace_all(std::move(text), kPeer, url_of(*peer_));
    for (const auto& [name, value] : kept_) text = replace_all(std::move(text), "${" + name + "}", value);
    return text;
  }

  std::string ask(const Exchange& exchange, const std::string& tenant) {
    auto headers = exchange.headers;
    for (auto& [name, value] : headers) value = fill(std::move(value), tenant);
    if (!has(headers, "ngsild-tenant")) headers.emplace_back("NGSILD-Tenant", tenant);
    if (!exchange.body.empty() && !has(headers, "content-type"))
      headers.emplace_back("Content-Type", "application/json");
    const bool at_peer = peer_ && exchange.target.starts_with(kPeer);
    const auto target = at_peer ? exchange.target.substr(kPeer.size()) : exchange.target;
    const auto answer =
        send(at_peer ? *peer_ : host_, exchange.method, fill(target, tenant), headers, fill(exchange.body, tenant));
    if (!answer) return answer.error().detail;
    auto expected = exchange;
    expected.expected_body = fill(std::move(expected.expected_body), tenant);
    for (auto& [name, value] : expected.expected_headers) value = fill(std::move(value), tenant);
    if (auto trouble = check(expected, *answer); !trouble.empty()) return trouble;
    for (const auto& [name, value] : answer->headers) {
      if (name == "location") kept_["location"] = value;
    }
    return keep(exchange, *answer);
  }

  /// What later exchanges of the case can name as ${NAME}.
  std::string keep(const Exchange& exchange, const Answer& answer) {
    boost::json::error_code trouble;
    const auto json = boost::json::parse(answer.body, trouble);
    for (const auto& [name, from] : exchange.kept) {
      if (!from.starts_with('/')) {
        const auto found = std::ranges::find(answer.headers, horad::base::to_lower(from), &Headers::value_type::first);
        if (found == answer.headers.end()) return "there is no header " + from;
        kept_[name] = found->second;
        continue;
      }
      boost::json::error_code absent;
      const auto* const found = trouble ? nullptr : json.find_pointer(from, absent);
      if (found == nullptr || !found->is_string()) return "there is no text at " + from + " in " + answer.body;
      kept_[name] = std::string{found->get_string().data(), found->get_string().size()};
    }
    return {};
  }

  void serve(const std::string& path, const Headers& headers, std::string body) {
    Served answer;
    answer.body = std::move(body);
    for (const auto& [name, value] : headers) {
      if (name == "Status") answer.status = std::stoi(value);
      if (name == "Location") answer.location = value;
    }
    sink_.serve(path, std::move(answer));
  }

  static constexpr std::string_view kPeer = "${peer}";
  static std::string url_of(const Host& host) { return "http://" + host.address + ":" + std::to_string(host.port); }

  Host host_;
  std::optional<Host> peer_;
  Sink sink_;
  std::map<std::string, std::string> kept_;  // in this case
};

int run_file(const Arguments& arguments) {
  std::ifstream stream{arguments.file};
  std::stringstream text;
  text << stream.rdbuf();
  const auto file = read_cases(text.str());
  if (!stream || !file) {
    std::fprintf(stderr, "%s: %s\n", arguments.file.c_str(), file ? "cannot be read" : file.error().detail.c_str());
    return 2;
  }
  std::optional<OwnServer> own;
  Host host;
  if (arguments.url.empty()) {
    if (!own.emplace()) return 2;
    host = own->host();
  } else {
    const auto colon = arguments.url.rfind(':');
    host = {arguments.url.substr(7, colon - 7), static_cast<std::uint16_t>(std::stoi(arguments.url.substr(colon + 1)))};
  }
  std::optional<OwnServer> peer;
  const bool has_peer = text.str().find("${peer}") != std::string::npos;
  if (has_peer && !peer.emplace()) return 2;
  Runner runner{host, has_peer ? std::optional{peer->host()} : std::nullopt};
  const auto stem = std::filesystem::path{arguments.file}.stem().string();
  int failed = 0;
  int number = 0;
  for (const auto& one : file->cases) {
    ++number;
    if (one.name.find(arguments.only) == std::string::npos) continue;
    const auto wrong = runner.run(*file, one, stem + "-" + std::to_string(getpid()) + "-" + std::to_string(number));
    std::printf("%s %s: %s%s%s\n", wrong.empty() ? "ok  " : "FAIL", stem.c_str(), one.name.c_str(),
                wrong.empty() ? "" : "\n       ", wrong.c_str());
    failed += wrong.empty() ? 0 : 1;
  }
  std::printf("%d cases, %d failed\n", number, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace conformance

int main(int argc, char** argv) {
  conformance::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--url" && i + 1 < argc) {
      arguments.url = argv[++i];
    } else if (word == "--only" && i + 1 < argc) {
      arguments.only = argv[++i];
    } else {
      arguments.file = word;
    }
  }
  if (arguments.file.empty() || (!arguments.url.empty() && !arguments.url.starts_with("http://"))) {
    std::fprintf(stderr, "usage: conformance FILE [--url http://ADDRESS:PORT] [--only PART]\n");
    return 2;
  }
  return conformance::run_file(arguments);
}
