// SPDX-License-Identifier: Apache-2.0
// Publishing to MQTT servers (3.1.1 and 5.0): base::Net over libmosquitto, for notifications (ETSI GS CIM 009, clause
// 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "horad/base/world.h"

namespace horad::edge {

/// Where mqtt://USER:PASSWORD@HOST:PORT/TOPIC leads. User, password and topic are percent-decoded.
struct MqttTarget {
  bool tls = false;
  std::string host;
  std::uint16_t port = 1883;  // 8883 with TLS
  std::string user;           // empty: none
  std::string password;
  std::string topic;

  /// errors  kInvalidRequest, without the text, for there may be a password in it
  static Result<MqttTarget> parse(std::string_view url);
  /// For people: scheme, host and port.
  std::string shown() const;
};

struct MqttClientOptions {
  std::size_t most_connections = 64;   // one to each server and user, with a thread of its own; beyond: kOverloaded
  std::size_t most_in_flight = 1024;   // messages waiting or under way; beyond: kOverloaded
  std::size_t body_limit = 64u << 20;  // bytes of a message; beyond: kTooLarge
  Duration connect_timeout = std::chrono::seconds(5);
  Duration idle = std::chrono::seconds(60);  // after which a connection is closed
  std::string ca_file = {};  // PEM of further certificate authorities; those of the system are always trusted
};

/// An exchange publishes `body` on the topic of `url`. Two headers say how: "MQTT-Version" (mqtt3.1.1, mqtt5.0) and
/// "MQTT-QoS" (0, 1, 2). The answer is a status as in HTTP: 200 once the server has acknowledged (QoS 0: once it is
/// with the operating system), 403 when it may not be published, 413 when the server does not take it in this size, 503
/// when it cannot take it now.
///
/// A connection that breaks fails what is on it; the next exchange makes a new one. Certificates are verified. Nobody
/// waits for another server: each connection has its own thread, and times are kept by one that does nothing else.
class MqttClient final : public base::Net {
 public:
  explicit MqttClient(MqttClientOptions options = {});
  ~MqttClient()
      override;  // answers what is under way with kUnavailable; waits for name look-ups, a few seconds at most

  /// `done` runs on a thread of the client and must be short. Errors: see base::Net.
  void exchange(base::OutboundRequest request, Done done) override;

  struct State;  // inside mqtt_client.cc

 private:
  std::unique_ptr<State> state_;
};

}  // namespace horad::edge
