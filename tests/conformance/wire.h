// SPDX-License-Identifier: Apache-2.0
// Blocking HTTP/1.1 on loopback, small and literal: what a case says is what goes over the wire.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "case_file.h"
#include "horad/base/result.h"

namespace conformance {

struct Answer {
  int status = 0;
  Headers headers;  // names in lower case
  std::string body;
};

struct Host {
  std::string address;
  std::uint16_t port = 0;
};

/// One exchange on a connection of its own. `Content-Length` is added unless a header says `Content-Length: none`; a
/// header whose value is `none` is left out.   errors  kIo
horad::Result<Answer> send(const Host& host, const std::string& method, const std::string& target,
                           const Headers& headers, const std::string& body);

/// What a path of the sink is answered with.
struct Served {
  int status = 200;
  std::string location;  // empty: none
  std::string body;
};

/// Takes notifications on a free port of loopback. A path that ends in /status/NNN is answered with that status, one
/// that serve() named with what that says, others with 200.
class Sink {
 public:
  Sink();
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  std::string url() const;
  void serve(const std::string& path, Served answer);
  /// The oldest request at `path` that was not taken yet; waits for it at most `most`.   errors  kTimeout
  horad::Result<Answer> take(const std::string& path, std::chrono::milliseconds most = std::chrono::seconds(10));

 private:
  void run();
  void serve_connection(int connection);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // guards received_ and served_
  std::condition_variable arrived_;
  std::map<std::string, std::deque<Answer>> received_;  // status 0
  std::map<std::string, Served> served_;
  std::thread thread_;
};

}  // namespace conformance
