// SPDX-License-Identifier: Apache-2.0
// Connections are driven by poll() here, and not by the loops of libmosquitto: those use select(), which ends the
// process at the 1024th open file.
#include "horad/edge/mqtt_client.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "horad/edge/public_address.h"

namespace horad::edge {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kKeepAliveSeconds = 30;
constexpr auto kSystemAuthorities = "/etc/ssl/certs";

struct Message {
  std::uint64_t number = 0;
  std::string topic;
  std::string body;
  int qos = 0;
};

struct Waiting {
  base::Net::Done done;
  Steady::time_point deadline;
};

std::string text_of_error(int code) {
  return code == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(code);  // NOLINT(concurrency-mt-unsafe)
}

/// What the server says of a message (MQTT 5.0, 3.4.2.1), as a status of HTTP. MQTT 3.1.1 only has 0.
int status_of_reason(int reason) noexcept {
  if (reason < 0x80) return 200;
  constexpr int kNotAuthorized = 0x87;
  constexpr int kTopicInvalid = 0x90;
  constexpr int kPayloadInvalid = 0x99;
  const bool never = reason == kNotAuthorized || reason == kTopicInvalid || reason == kPayloadInvalid;
  return never ? 403 : 503;
}

void start_mosquitto_once() {
  static const int started = mosquitto_lib_init();
  (void)started;
}

/// A socket that breaks while it is written to is an error to be read, and no signal.
void block_broken_pipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

/// The first public address of a host, as text. Blocks for as long as the look-up of the name takes.
///   errors  kIo, also when it has other addresses as well: what is connected to must not depend on the order
Result<std::string> public_address_of(const MqttTarget& target) {
  addrinfo wish{};
  wish.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), nullptr, &wish, &found) != 0 || found == nullptr) {
    return fail(ErrorCode::kIo, target.shown() + ": there is no such host.");
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, &::freeaddrinfo};
  for (const auto* one = found; one != nullptr; one = one->ai_next) {
    if (!is_public(*one->ai_addr)) return fail(ErrorCode::kIo, target.shown() + ": this address is not public.");
  }
  char text[NI_MAXHOST];
  if (::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) {
    return fail(ErrorCode::kIo, target.shown() + ": there is no such host.");
  }
  return std::string{text};
}

class Connection;

}  // namespace

struct MqttClient::State {
  explicit State(MqttClientOptions given) : options(std::move(given)) {}

  void keep_time();
  void complete(std::uint64_t number, Result<base::OutboundResponse> result);
  Result<void> enqueue(const MqttTarget& target, const std::string& version, bool public_only, Message message);
  /// Takes the messages of a connection that ends; new ones make a new connection.
  std::deque<Message> leave(Connection& connection);

  const MqttClientOptions options;
  std::mutex mutex;  // guards all that follows
  std::condition_variable changed;
  std::map<std::string, std::shared_ptr<Connection>> connections;  // by server, user, version and reach
  std::vector<std::shared_ptr<Connection>> ended;                  // to be joined
  std::map<std::uint64_t, Waiting> waiting;
  std::vector<std::pair<base::Net::Done, Error>> refused;
  std::uint64_t last_number = 0;
  bool stopping = false;
  std::thread keeper;
};

namespace {

/// One connection and its thread. `queue` and `leaving` are guarded by the mutex of the client, the rest is the
/// thread's.
class Connection {
 public:
  struct Manner {
    bool version5 = true;
    bool public_only = false;  // only addresses of the public internet are connected to, see public_address.h
  };
  Connection(MqttClient::State& client, MqttTarget target, Manner manner, std::string the_key)
      : key(std::move(the_key)), client_(client), target_(std::move(target)), manner_(manner) {
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  ~Connection() {
    if (wake_ >= 0) ::close(wake_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() {
    thread_ = std::thread([this] { run(); });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
  }

  const std::string key;
  std::deque<Message> queue;
  bool idle = false;
  bool leaving = false;  // asked to make room for another

 private:
  void run();
  Result<void> open();
  Result<void> serve();
  Result<void> turn();
  bool may_leave();
  Result<void> publish_waiting();
  void publish(Message message);
  Error broken(int code) const { return {ErrorCode::kIo, target_.shown() + ": " + text_of_error(code) + ".", {}}; }

  static void on_connect(mosquitto*, void* self, int reason, int, const mosquitto_property*);
  static void on_publish(mosquitto*, void* self, int id, int reason, const mosquitto_property*);

  MqttClient::State& client_;
  const MqttTarget target_;
  const Manner manner_;
  int wake_ = -1;
  std::thread thread_;
  mosquitto* handle_ = nullptr;
  bool connected_ = false;
  std::string refusal_;
  std::unordered_map<int, std::uint64_t> unacknowledged_;  // packet id to message
  Steady::time_point last_use_ = Steady::now();
};

void Connection::run() {
  block_broken_pipe();
  auto ended = open();
  if (ended) ended = serve();
  if (handle_ != nullptr) {
    if (connected_) mosquitto_disconnect(handle_);
    mosquitto_destroy(handle_);
  }
  const auto why = ended ? Error{ErrorCode::kUnavailable, "The program is stopping.", {}} : std::move(ended).error();
  for (const auto& message : client_.leave(*this)) client_.complete(message.number, std::unexpected(why));
  for (const auto& [id, number] : unacknowledged_) client_.complete(number, std::unexpected(why));
}

Result<void> Connection::open() {
  handle_ = mosquitto_new(nullptr, true, this);
  if (handle_ == nullptr || wake_ < 0) return fail(ErrorCode::kOverloaded, "No memory for another MQTT connection.");
  mosquitto_int_option(handle_, MOSQ_OPT_PROTOCOL_VERSION, manner_.version5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  mosquitto_int_option(handle_, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_connect_v5_callback_set(handle_, on_connect);
  mosquitto_publish_v5_callback_set(handle_, on_publish);
  int code = MOSQ_ERR_SUCCESS;
  if (!target_.user.empty()) {
    const char* const password = target_.password.empty() ? nullptr : target_.password.c_str();
    code = mosquitto_username_pw_set(handle_, target_.user.c_str(), password);
  }
  if (code == MOSQ_ERR_SUCCESS && target_.tls) {
    const char* const file = client_.options.ca_file.empty() ? nullptr : client_.options.ca_file.c_str();
    code = mosquitto_tls_set(handle_, file, kSystemAuthorities, nullptr, nullptr, nullptr);
    if (code == MOSQ_ERR_SUCCESS) code = mosquitto_tls_opts_set(handle_, SSL_VERIFY_PEER, nullptr, nullptr);
  }
  auto host = target_.host;
  if (manner_.public_only) {
    auto address = public_address_of(target_);
    if (!address) return std::unexpected(std::move(address).error());
    if (!target_.tls) host = std::move(*address);  // with TLS the name is needed, and the certificate has to fit it
  }
  if (code == MOSQ_ERR_SUCCESS) {
    code = mosquitto_connect_async(handle_, host.c_str(), target_.port, kKeepAliveSeconds);
  }
  if (code != MOSQ_ERR_SUCCESS) return std::unexpected(broken(code));
  return {};
}

void Connection::on_connect(mosquitto*, void* self, int reason, int, const mosquitto_property*) {
  auto& connection = *static_cast<Connection*>(self);
  connection.connected_ = reason == 0;
  if (reason != 0) {
    connection.refusal_ =
        connection.manner_.version5 ? mosquitto_reason_string(reason) : mosquitto_connack_string(reason);
  }
}

void Connection::on_publish(mosquitto*, void* self, int id, int reason, const mosquitto_property*) {
  auto& connection = *static_cast<Connection*>(self);
  const auto found = connection.unacknowledged_.find(id);
  if (found == connection.unacknowledged_.end()) return;  // QoS 0 was answered when it was sent
  const auto number = found->second;
  connection.unacknowledged_.erase(found);
  base::OutboundResponse response;
  response.status = status_of_reason(reason);
  connection.client_.complete(number, std::move(response));
}

Result<void> Connection::serve() {
  const auto connect_until = Steady::now() + client_.options.connect_timeout;
  for (;;) {
    if (may_leave()) return {};
    if (!refusal_.empty()) return fail(ErrorCode::kIo, target_.shown() + ": " + refusal_);
    if (!connected_ && Steady::now() >= connect_until) {
      return fail(ErrorCode::kTimeout, target_.shown() + ": no connection in time.");
    }
    if (connected_) {
      if (auto done = publish_waiting(); !done) return done;
    }
    if (auto done = turn(); !done) return done;
  }
}

/// Waits for the socket or for a message, and lets the library do what there is to do.
Result<void> Connection::turn() {
  const int socket = mosquitto_socket(handle_);
  if (socket < 0) return fail(ErrorCode::kIo, target_.shown() + ": the connection was closed.");
  const auto events = static_cast<short>(POLLIN | (mosquitto_want_write(handle_) ? POLLOUT : 0));
  pollfd files[2] = {{.fd = socket, .events = events, .revents = 0}, {.fd = wake_, .events = POLLIN, .revents = 0}};
  constexpr int kStepMs = 500;  // keep-alive and the time to connect are looked at so often
  ::poll(files, 2, kStepMs);
  if ((files[1].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = ::read(wake_, &count, sizeof count);
  }
  int code = MOSQ_ERR_SUCCESS;
  if ((files[0].revents & POLLOUT) != 0) code = mosquitto_loop_write(handle_, 1);
  if (code == MOSQ_ERR_SUCCESS && (files[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0) {
    code = mosquitto_loop_read(handle_, 1);
  }
  if (code == MOSQ_ERR_SUCCESS) code = mosquitto_loop_misc(handle_);
  if (code != MOSQ_ERR_SUCCESS && refusal_.empty()) return std::unexpected(broken(code));
  return {};
}

/// True when the program stops, or when nothing has been sent for long.
bool Connection::may_leave() {
  const std::lock_guard lock{client_.mutex};
  if (client_.stopping) return true;
  idle = queue.empty() && unacknowledged_.empty();
  if (!idle || !connected_) return false;
  if (!leaving && Steady::now() - last_use_ < client_.options.idle) return false;
  client_.connections.erase(key);  // under the same lock under which messages come: none is left behind
  return true;
}

Result<void> Connection::publish_waiting() {
  std::deque<Message> taken;
  {
    const std::lock_guard lock{client_.mutex};
    taken.swap(queue);
    std::erase_if(taken, [&](const Message& one) { return !client_.waiting.contains(one.number); });  // too late
  }
  for (auto& message : taken) publish(std::move(message));
  return {};
}

void Connection::publish(Message message) {
  last_use_ = Steady::now();
  int id = 0;
  const int code = mosquitto_publish_v5(handle_, &id, message.topic.c_str(), static_cast<int>(message.body.size()),
                                        message.body.data(), message.qos, false, nullptr);
  base::OutboundResponse response;
  switch (code) {
    case MOSQ_ERR_SUCCESS:
      if (message.qos > 0) {
        unacknowledged_[id] = message.number;
        return;
      }
      response.status = 200;
      break;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
      response.status = 413;
      break;
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
      response.status = 403;
      break;
    default:
      return client_.complete(message.number, std::unexpected(broken(code)));
  }
  client_.complete(message.number, std::move(response));
}

}  // namespace

void MqttClient::State::complete(std::uint64_t number, Result<base::OutboundResponse> result) {
  base::Net::Done done;
  {
    const std::lock_guard lock{mutex};
    const auto found = waiting.find(number);
    if (found == waiting.end()) return;  // its time was over before
    done = std::move(found->second.done);
    waiting.erase(found);
  }
  done(std::move(result));
}

std::deque<Message> MqttClient::State::leave(Connection& connection) {
  const std::lock_guard lock{mutex};
  const auto found = connections.find(connection.key);
  if (found != connections.end() && found->second.get() == &connection) connections.erase(found);
  changed.notify_all();  // the keeper joins the thread
  return std::exchange(connection.queue, {});
}

/// With the mutex held. Errors: kOverloaded.
Result<void> MqttClient::State::enqueue(const MqttTarget& target, const std::string& version, bool public_only,
                                        Message message) {
  const auto key = fmt::format("{} {} {}:{}@{}", version, public_only, target.user, target.password, target.shown());
  auto& connection = connections[key];
  if (!connection) {
    if (connections.size() > options.most_connections) {
      connections.erase(key);
      for (const auto& [other, one] : connections) {
        if (!one->idle || one->leaving) continue;
        one->leaving = true;  // there is room when this is tried again
        one->wake();
        break;
      }
      return fail(ErrorCode::kOverloaded, "There are too many MQTT connections.");
    }
    connection = std::make_shared<Connection>(
        *this, target, Connection::Manner{.version5 = version == "mqtt5.0", .public_only = public_only}, key);
    ended.push_back(connection);
    connection->start();
  }
  connection->queue.push_back(std::move(message));
  connection->idle = false;
  connection->wake();
  return {};
}

/// Ends what has waited too long, answers what was refused, joins threads that have ended.
void MqttClient::State::keep_time() {
  std::unique_lock lock{mutex};
  while (!stopping) {
    const auto now = Steady::now();
    auto next = now + std::chrono::seconds(1);
    std::vector<base::Net::Done> late;
    for (auto at = waiting.begin(); at != waiting.end();) {
      if (at->second.deadline > now) {
        next = std::min(next, at->second.deadline);
        ++at;
      } else {
        late.push_back(std::move(at->second.done));
        at = waiting.erase(at);
      }
    }
    auto no = std::exchange(refused, {});
    std::vector<std::shared_ptr<Connection>> gone;
    for (auto at = ended.begin(); at != ended.end();) {
      const auto known = connections.find((*at)->key);
      if (known != connections.end() && known->second == *at) {
        ++at;
      } else {
        gone.push_back(std::move(*at));
        at = ended.erase(at);
      }
    }
    if (late.empty() && no.empty() && gone.empty()) {
      changed.wait_until(lock, next);
      continue;
    }
    lock.unlock();
    for (auto& done : late) done(fail(ErrorCode::kTimeout, "There was no answer in time."));
    for (auto& [done, why] : no) done(std::unexpected(std::move(why)));
    for (const auto& connection : gone) connection->join();
    lock.lock();
  }
}

MqttClient::MqttClient(MqttClientOptions options) : state_(std::make_unique<State>(std::move(options))) {
  start_mosquitto_once();
  state_->keeper = std::thread([state = state_.get()] { state->keep_time(); });
}

MqttClient::~MqttClient() {
  std::vector<std::shared_ptr<Connection>> all;
  {
    const std::lock_guard lock{state_->mutex};
    state_->stopping = true;
    for (const auto& connection : state_->ended) connection->wake();
    state_->changed.notify_all();
    all = state_->ended;
  }
  state_->keeper.join();
  for (const auto& connection : all) connection->join();
  const auto stopped = [] { return fail(ErrorCode::kUnavailable, "The program is stopping."); };
  for (auto& [done, why] : state_->refused) done(std::unexpected(std::move(why)));
  for (auto& [number, one] : state_->waiting) one.done(stopped());
}

void MqttClient::exchange(base::OutboundRequest request, Done done) {
  std::string version = "mqtt5.0";
  Message message;
  for (const auto& [name, value] : request.headers) {
    if (name == "MQTT-Version") version = value;
    if (name == "MQTT-QoS") message.qos = value == "1" ? 1 : value == "2" ? 2 : 0;
  }
  auto target = MqttTarget::parse(request.url);
  Result<void> possible;
  if (!target) possible = std::unexpected(target.error());
  if (request.body.size() > state_->options.body_limit) {
    possible = fail(ErrorCode::kTooLarge, "The message is too large.");
  }
  const std::lock_guard lock{state_->mutex};
  if (possible && state_->waiting.size() >= state_->options.most_in_flight) {
    possible = fail(ErrorCode::kOverloaded, "Too many messages wait already.");
  }
  if (possible) {
    message.number = ++state_->last_number;
    message.topic = target->topic;
    message.body = std::move(request.body);
    const auto number = message.number;
    possible = state_->enqueue(*target, version, request.public_only, std::move(message));
    if (possible) {
      state_->waiting[number] = {std::move(done), Steady::now() + request.timeout};
      state_->changed.notify_all();
      return;
    }
  }
  state_->refused.emplace_back(std::move(done), std::move(possible).error());
  state_->changed.notify_all();
}

}  // namespace horad::edge
