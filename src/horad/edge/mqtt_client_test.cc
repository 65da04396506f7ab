// SPDX-License-Identifier: Apache-2.0
// Against a real mosquitto in a process of its own; skipped where there is none.
#include "horad/edge/mqtt_client.h"

#include <gtest/gtest.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <optional>
#include <thread>

#include "horad/edge/test_certificates.h"
#include "horad/edge/test_directory.h"

extern char** environ;

namespace horad::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(MqttTarget, IsReadFromUrls) {
  const auto plain = MqttTarget::parse("mqtt://host/a/b");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "host");
  EXPECT_EQ(plain->port, 1883);
  EXPECT_EQ(plain->topic, "a/b");
  EXPECT_TRUE(plain->user.empty());
  const auto whole = MqttTarget::parse("MQTTS://me:p%40ss:x@[::1]:8884/a%20b");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->tls);
  EXPECT_EQ(whole->host, "::1");
  EXPECT_EQ(whole->port, 8884);
  EXPECT_EQ(whole->user, "me");
  EXPECT_EQ(whole->password, "p@ss:x");
  EXPECT_EQ(whole->topic, "a b");
  EXPECT_EQ(whole->shown(), "mqtts://::1:8884") << "what is shown has no password";
}

TEST(MqttTarget, RefusesWhatIsNone) {
  for (const auto* const url : {"http://h/t", "mqtt://h", "mqtt://h/", "mqtt:///t", "mqtt://h:0/t", "mqtt://h:x/t",
                                "mqtt://h:70000/t", "mqtt://h/a/+", "mqtt://h/a/#", "mqtt://h/a%00", "mqtt", ""}) {
    const auto target = MqttTarget::parse(url);
    ASSERT_FALSE(target) << url;
    EXPECT_EQ(target.error().code, ErrorCode::kInvalidRequest);
  }
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

std::string program() {
  for (const auto* const path : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return {};
}

/// A mosquitto with this configuration beside its listener on `port`.
class Mosquitto {
 public:
  explicit Mosquitto(const std::string& more, std::uint16_t port = free_port()) : port_(port) {
    // As root it would become another user, who may not read what is the test's.
    directory_.write("conf", "user root\nlistener " + std::to_string(port_) + " 127.0.0.1\n" + more + "\n");
    const auto path = program();
    const auto conf = directory_ / "conf";
    const char* const arguments[] = {path.c_str(), "-c", conf.c_str(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
    ::posix_spawn(&pid_, path.c_str(), &quiet, nullptr, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&quiet);
    for (int i = 0; i < 200 && !listens(); ++i) std::this_thread::sleep_for(milliseconds(25));
  }
  ~Mosquitto() { stop(); }
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  std::uint16_t port() const { return port_; }

 private:
  bool listens() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port_);
    const bool yes = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return yes;
  }

  TestDirectory directory_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

class MqttClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (program().empty()) GTEST_SKIP() << "skipped: mosquitto is not installed";
  }

  static base::OutboundRequest message(const std::string& url, const std::string& body, const char* qos = "1",
                                       const char* version = "mqtt5.0", Duration timeout = seconds(5)) {
    base::OutboundRequest out{.method = "POST", .url = url, .headers = {}, .body = body};
    out.headers = {{"MQTT-Version", version}, {"MQTT-QoS", qos}};
    out.timeout = timeout;
    return out;
  }
  static std::future<Result<base::OutboundResponse>> send(MqttClient& client, base::OutboundRequest request) {
    auto promise = std::make_shared<std::promise<Result<base::OutboundResponse>>>();
    auto answer = promise->get_future();
    client.exchange(std::move(request), [promise](auto result) { promise->set_value(std::move(result)); });
    return answer;
  }
  static Result<base::OutboundResponse> publish(MqttClient& client, base::OutboundRequest request) {
    return send(client, std::move(request)).get();
  }

  /// The next message that comes to `topic` after this has been called, and shortly before.
  static std::future<std::string> listen(std::uint16_t port, const std::string& topic) {
    return std::async(std::launch::async, [port, topic]() -> std::string {
      mosquitto_message* got = nullptr;
      const int code = mosquitto_subscribe_simple(&got, 1, true, topic.c_str(), 2, "127.0.0.1", port, nullptr, 60, true,
                                                  nullptr, nullptr, nullptr, nullptr);
      if (code != MOSQ_ERR_SUCCESS) return mosquitto_strerror(code);
      std::string body{static_cast<const char*>(got->payload), static_cast<std::size_t>(got->payloadlen)};
      mosquitto_message_free(&got);
      return body;
    });
  }
  /// Publishes until the listener has got one: it may come after the first.
  static std::string heard(MqttClient& client, const base::OutboundRequest& request,
                           std::future<std::string>& listener) {
    for (int i = 0; i < 100; ++i) {
      const auto sent = publish(client, request);
      EXPECT_TRUE(sent) << sent.error().detail;
      if (sent) EXPECT_EQ(sent->status, 200);
      if (!sent || listener.wait_for(milliseconds(50)) == std::future_status::ready) break;
    }
    return listener.wait_for(seconds(5)) == std::future_status::ready ? listener.get() : "nothing came";
  }
};

TEST_F(MqttClientTest, PublishesInEveryQualityAndVersion) {
  const Mosquitto server{"allow_anonymous true"};
  MqttClient client;
  const auto url = "mqtt://127.0.0.1:" + std::to_string(server.port()) + "/city/a";
  for (const auto* const version : {"mqtt3.1.1", "mqtt5.0"}) {
    for (const auto* const qos : {"0", "1", "2"}) {
      const auto body = std::string{version} + qos;
      auto listener = listen(server.port(), "city/a");
      EXPECT_EQ(heard(client, message(url, body, qos, version), listener), body);
    }
  }
}

TEST_F(MqttClientTest, AnswersManyAtOnce) {
  const Mosquitto server{"allow_anonymous true"};
  MqttClient client;
  const auto url = "mqtt://127.0.0.1:" + std::to_string(server.port()) + "/city/many";
  std::vector<std::future<Result<base::OutboundResponse>>> all;
  for (int i = 0; i < 300; ++i) all.push_back(send(client, message(url, std::to_string(i), i % 2 == 0 ? "1" : "2")));
  for (auto& one : all) {
    const auto answer = one.get();
    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ(answer->status, 200);
  }
}

TEST_F(MqttClientTest, SignsIn) {
  TestDirectory directory;
  directory.write("passwords",
                  "user_with_password:$7$101$DJEdWpis1ub7wd3W$2wJOFueA24YFV/"
                  "q35IJT3MI6cOXkHX75PZXGcxMPeuMuc//YqFDyk6Nz5MKcrJtvkKXXmJItkorF7qZEoCb/9g==\n");
  const Mosquitto server{"allow_anonymous false\npassword_file " + (directory / "passwords")};
  MqttClient client;
  const auto at = "@127.0.0.1:" + std::to_string(server.port()) + "/t";
  const auto good = publish(client, message("mqtt://user_with_password:password" + at, "x"));
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->status, 200);
  const auto bad = publish(client, message("mqtt://user_with_password:wrong" + at, "x"));
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kIo);
  EXPECT_EQ(bad.error().detail.find("wrong"), std::string::npos) << "a password is never told: " << bad.error().detail;
}

TEST_F(MqttClientTest, VerifiesCertificates) {
  const TestCertificates certificates;
  if (!certificates.made()) GTEST_SKIP() << "skipped: openssl is not installed";
  const Mosquitto server{"allow_anonymous true\ncertfile " + certificates.server() + "\nkeyfile " +
                         certificates.server_key()};
  const auto url = "mqtts://localhost:" + std::to_string(server.port()) + "/t";
  MqttClient trusting{{.ca_file = certificates.authority()}};
  const auto good = publish(trusting, message(url, "x"));
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ(good->status, 200);
  MqttClient stranger;
  const auto unknown = publish(stranger, message(url, "x"));
  ASSERT_FALSE(unknown) << "the authority is unknown";
  EXPECT_EQ(unknown.error().code, ErrorCode::kIo) << unknown.error().detail;
  const auto other = publish(trusting, message("mqtts://127.0.0.1:" + std::to_string(server.port()) + "/t", "x"));
  ASSERT_FALSE(other) << "the certificate is for another name";
  EXPECT_EQ(other.error().code, ErrorCode::kIo) << other.error().detail;
}

TEST_F(MqttClientTest, ADeadServerDelaysNobody) {
  const Mosquitto server{"allow_anonymous true"};
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);  // takes connections and says nothing
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent, reinterpret_cast<const sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent, 8), 0);
  ::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size);
  MqttClient client;
  auto slow = send(client, message("mqtt://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/t", "x", "1",
                                   "mqtt5.0", milliseconds(300)));
  auto refused = send(client, message("mqtt://127.0.0.1:" + std::to_string(free_port()) + "/t", "x"));
  const auto good = publish(client, message("mqtt://127.0.0.1:" + std::to_string(server.port()) + "/t", "x"));
  EXPECT_TRUE(good);
  EXPECT_EQ(slow.get().error().code, ErrorCode::kTimeout);
  EXPECT_EQ(refused.get().error().code, ErrorCode::kIo);
  ::close(silent);
}

TEST_F(MqttClientTest, ComesBackAfterTheServerWasAway) {
  std::optional<Mosquitto> server{"allow_anonymous true"};
  const auto port = server->port();
  const auto url = "mqtt://127.0.0.1:" + std::to_string(port) + "/t";
  MqttClient client;
  ASSERT_TRUE(publish(client, message(url, "x")));
  server->stop();
  EXPECT_FALSE(publish(client, message(url, "x")));
  server.reset();
  server.emplace("allow_anonymous true", port);
  const auto again = publish(client, message(url, "x"));
  EXPECT_TRUE(again) << again.error().detail;
}

TEST_F(MqttClientTest, ConnectsToPublicAddressesOnlyWhenAskedTo) {
  const Mosquitto server{"allow_anonymous true"};
  MqttClient client;
  auto inside = message("mqtt://localhost:" + std::to_string(server.port()) + "/t", "x");
  inside.public_only = true;
  const auto refused = publish(client, std::move(inside));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("not public"), std::string::npos) << refused.error().detail;
}

TEST_F(MqttClientTest, ClosesIdleConnectionsToMakeRoom) {
  const Mosquitto server{"allow_anonymous true"};
  MqttClient client{{.most_connections = 1}};
  const auto at = "127.0.0.1:" + std::to_string(server.port()) + "/t";
  ASSERT_TRUE(publish(client, message("mqtt://" + at, "x")));
  Result<base::OutboundResponse> other = fail(ErrorCode::kIo, "not tried");
  for (int i = 0; i < 100 && !other; ++i) {
    other = publish(client, message("mqtt://somebody@" + at, "x"));
    if (!other) {
      EXPECT_EQ(other.error().code, ErrorCode::kOverloaded) << other.error().detail;
      std::this_thread::sleep_for(milliseconds(20));
    }
  }
  EXPECT_TRUE(other);
}

TEST_F(MqttClientTest, AnswersWhatIsUnderWayWhenItEnds) {
  std::future<Result<base::OutboundResponse>> answer;
  {
    MqttClient client;
    answer = send(client, message("mqtt://127.0.0.1:" + std::to_string(free_port()) + "/t", "x"));
  }
  ASSERT_EQ(answer.wait_for(seconds(0)), std::future_status::ready);
  EXPECT_FALSE(answer.get());
}

}  // namespace
}  // namespace horad::edge
