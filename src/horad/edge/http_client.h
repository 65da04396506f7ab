// SPDX-License-Identifier: Apache-2.0
// HTTP to other machines and, for the command line, to a running Horad: base::Net over libcurl, in one thread of its
// own.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "horad/base/world.h"

namespace horad::edge {

struct HttpClientOptions {
  std::size_t most_in_flight = 1024;   // exchanges waiting or under way; beyond: kOverloaded
  std::size_t most_per_host = 64;      // connections to one host; more exchanges wait for one of them
  std::size_t body_limit = 64u << 20;  // bytes of an answer; beyond: kTooLarge
  Duration connect_timeout = std::chrono::seconds(5);
  std::string user_agent = "horad";
  std::string proxy = {};    // URL; empty: none, whatever the environment says
  std::string ca_file = {};  // PEM of further certificate authorities; those of the system are always trusted
};

/// Connections are kept and used again. Redirects are answers like others, never followed. Certificates are verified.
class HttpClient final : public base::Net {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient() override;  // answers what is under way with kUnavailable, joins the thread

  /// `done` runs on the client's thread and must be short. Errors: see base::Net.
  void exchange(base::OutboundRequest request, Done done) override;

  /// The same, waiting for the answer: for the command line. Not from a `done`.
  Result<base::OutboundResponse> request(base::OutboundRequest request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::edge
