// SPDX-License-Identifier: Apache-2.0
#include "horad/app/load/load_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

namespace horad::app::load {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::steady_clock;

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

Result<Socket> connect_to(const Target& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found) != 0 || found == nullptr) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("'{}:{}' is not an address", target.host, target.port));
  }
  Socket socket;
  for (const addrinfo* at = found; at != nullptr && socket.get() < 0; at = at->ai_next) {
    Socket attempt(::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0));
    if (attempt.get() >= 0 && ::connect(attempt.get(), at->ai_addr, at->ai_addrlen) == 0) socket = std::move(attempt);
  }
  ::freeaddrinfo(found);
  if (socket.get() < 0)
    return fail(ErrorCode::kUnavailable, fmt::format("nothing listens on {}:{}", target.host, target.port));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

struct Answer {
  int status = 0;
  std::size_t head = 0;  // bytes up to and with the empty line
  std::size_t body = 0;
};

/// The answer at the front of `text`, or nothing while it is not whole.
std::optional<Answer> find_answer(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos || text.size() < 12) return std::nullopt;
  Answer answer;
  answer.head = end + 4;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  constexpr std::string_view kField = "content-length:";
  for (auto line = text.find("\r\n"); line < end; line = text.find("\r\n", line + 2)) {
    const auto field = text.substr(line + 2, kField.size());
    if (field.size() < kField.size() || ::strncasecmp(field.data(), kField.data(), kField.size()) != 0) continue;
    auto value = text.substr(line + 2 + kField.size());
    while (value.starts_with(' ')) value.remove_prefix(1);
    std::from_chars(value.data(), value.data() + value.size(), answer.body);
  }
  if (text.size() < answer.head + answer.body) return std::nullopt;
  return answer;
}

/// Blocking: writes all of `request`, reads one answer.
Result<Answer> exchange(const Socket& socket, std::string_view request, std::string& buffer) {
  while (!request.empty()) {
    const auto sent = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) return fail(ErrorCode::kIo, "the server closed the connection");
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
  buffer.clear();
  for (;;) {
    char chunk[65536];
    const auto got = ::recv(socket.get(), chunk, sizeof chunk, 0);
    if (got <= 0) return fail(ErrorCode::kIo, "the server closed the connection");
    buffer.append(chunk, static_cast<std::size_t>(got));
    if (const auto answer = find_answer(buffer)) return *answer;
  }
}

struct Connection {
  Socket socket;
  std::string out;
  std::size_t written = 0;
  std::string in;
  SteadyTime intended{};
  bool busy = false;
};

/// One thread's share of the plan.
class Runner {
 public:
  Runner(const LoadPlan& plan, unsigned index, unsigned connections)
      : plan_(plan), index_(index), connections_(connections) {}

  Result<void> open() {
    epoll_ = Socket(::epoll_create1(EPOLL_CLOEXEC));
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (auto opened = reconnect(i); !opened) return opened;
    }
    return {};
  }

  void run(SteadyTime start) {
    start_ = start;
    end_ = start + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(plan_.seconds));
    last_answer_ = start;
    for (std::size_t i = 0; i < connections_.size(); ++i) free_.push_back(i);
    std::vector<epoll_event> events(connections_.size());
    while (steady_clock::now() < end_ || (busy_ > 0 && steady_clock::now() < end_ + std::chrono::seconds(5))) {
      send_due();
      const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
      for (int i = 0; i < ready; ++i) serve(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
    }
    report_.broken += busy_;
    report_.seconds = std::chrono::duration<double>(last_answer_ - start_).count();
    const auto planned = static_cast<std::uint64_t>(plan_.seconds * plan_.rate / plan_.threads);
    report_.unsent = planned > next_ ? planned - next_ : 0;
  }

  LoadReport& report() { return report_; }

 private:
  Result<void> reconnect(std::size_t i) {
    auto socket = connect_to(plan_.target);
    if (!socket) return std::unexpected(std::move(socket).error());
    ::fcntl(socket->get(), F_SETFL, ::fcntl(socket->get(), F_GETFL) | O_NONBLOCK);
    auto& connection = connections_[i];
    connection = Connection{};
    connection.socket = *std::move(socket);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &event);
    return {};
  }

  SteadyTime due(std::uint64_t k) const {
    const double seconds = (static_cast<double>(k) * plan_.threads + index_) / plan_.rate;
    return start_ + std::chrono::duration_cast<steady_clock::duration>(std::chrono::duration<double>(seconds));
  }

  int wait_ms() const {
    const auto now = steady_clock::now();
    if (plan_.rate == 0 || free_.empty()) return 50;
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(due(next_) - now).count();
    return left <= 0 ? 0 : static_cast<int>(std::min<long>(left / 1000, 50));  // below 1 ms it spins, to be on time
  }

  void send_due() {
    while (!free_.empty()) {
      const auto now = steady_clock::now();
      if (now >= end_) return;
      if (plan_.rate > 0 && due(next_) > now) return;
      const std::size_t i = free_.front();
      free_.pop_front();
      auto& connection = connections_[i];
      connection.intended = plan_.rate > 0 ? due(next_) : now;
      connection.out.clear();
      connection.written = 0;
      connection.in.clear();
      append_request(connection.out, plan_.kind, plan_.target, next_++ * plan_.threads + index_, plan_.entities,
                     plan_.fresh);
      connection.busy = true;
      ++busy_;
      push(i);
    }
  }

  void push(std::size_t i) {
    auto& connection = connections_[i];
    while (connection.written < connection.out.size()) {
      const auto sent = ::send(connection.socket.get(), connection.out.data() + connection.written,
                               connection.out.size() - connection.written, MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch(i, EPOLLIN | EPOLLOUT);
      if (sent <= 0) return lose(i);
      connection.written += static_cast<std::size_t>(sent);
    }
    if (connection.written > 65536) watch(i, EPOLLIN);
  }

  void watch(std::size_t i, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = i;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connections_[i].socket.get(), &event);
  }

  void serve(std::size_t i) {
    auto& connection = connections_[i];
    if (connection.written < connection.out.size()) push(i);
    static thread_local char chunk[262144];
    const auto got = ::recv(connection.socket.get(), chunk, sizeof chunk, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (got <= 0) return lose(i);
    connection.in.append(chunk, static_cast<std::size_t>(got));
    if (const auto answer = find_answer(connection.in); answer && connection.busy) settle(i, *answer);
  }

  void settle(std::size_t i, const Answer& answer) {
    auto& connection = connections_[i];
    last_answer_ = steady_clock::now();
    connection.busy = false;
    --busy_;
    free_.push_back(i);
    if (is_expected(plan_.kind, answer.status)) {
      ++report_.answered;
      report_.latency->add(static_cast<std::uint64_t>((last_answer_ - connection.intended).count()));
      return;
    }
    if (report_.unexpected++ == 0) {
      report_.first_unexpected = answer.status;
      report_.first_body = connection.in.substr(answer.head, 300);
    }
  }

  void lose(std::size_t i) {
    if (connections_[i].busy) {
      ++report_.broken;
      --busy_;
      free_.push_back(i);
    }
    if (!reconnect(i)) {  // gone for good: this connection sends no more
      connections_[i] = Connection{};
      std::erase(free_, i);
    }
  }

  const LoadPlan& plan_;  // outlives the runner: run_load() holds both
  unsigned index_;
  Socket epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> free_;
  std::uint64_t busy_ = 0;
  std::uint64_t next_ = 0;
  SteadyTime start_{}, end_{}, last_answer_{};
  LoadReport report_;
};

Result<void> check(const LoadPlan& plan) {
  if (plan.connections < 1 || plan.connections > 10'000)
    return fail(ErrorCode::kInvalidRequest, "connections: 1 to 10000");
  if (plan.threads < 1 || plan.threads > 64 || plan.threads > plan.connections) {
    return fail(ErrorCode::kInvalidRequest, "threads: 1 to 64, and not more than connections");
  }
  if (!(plan.seconds > 0) || plan.seconds > 300) return fail(ErrorCode::kInvalidRequest, "duration: up to 300 seconds");
  if (!(plan.rate >= 0) || plan.rate > 10e6)
    return fail(ErrorCode::kInvalidRequest, "rate: 0 to 10000000 requests a second");
  if (plan.entities < 1) return fail(ErrorCode::kInvalidRequest, "entities: at least 1");
  return {};
}

void join(LoadReport& total, LoadReport& part) {
  total.answered += part.answered;
  if (total.unexpected == 0) {
    total.first_unexpected = part.first_unexpected;
    total.first_body = std::move(part.first_body);
  }
  total.unexpected += part.unexpected;
  total.broken += part.broken;
  total.unsent += part.unsent;
  total.seconds = std::max(total.seconds, part.seconds);
  total.latency->merge(*part.latency);
}

}  // namespace

Result<LoadReport> run_load(const LoadPlan& plan) {
  if (auto fine = check(plan); !fine) return std::unexpected(std::move(fine).error());
  std::vector<std::unique_ptr<Runner>> runners;
  for (unsigned i = 0; i < plan.threads; ++i) {
    const unsigned share = plan.connections / plan.threads + (i < plan.connections % plan.threads ? 1 : 0);
    runners.push_back(std::make_unique<Runner>(plan, i, share));
    if (auto opened = runners.back()->open(); !opened) return std::unexpected(std::move(opened).error());
  }
  const auto start = steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (auto& runner : runners) threads.emplace_back([&runner, start] { runner->run(start); });
  }
  LoadReport total;
  for (auto& runner : runners) join(total, runner->report());
  return total;
}

Result<void> preload(const Target& target, std::uint64_t count, const std::function<void(std::uint64_t)>& progress) {
  auto socket = connect_to(target);
  if (!socket) return std::unexpected(std::move(socket).error());
  constexpr std::uint64_t kBatch = 500;
  std::string request, buffer;
  for (std::uint64_t first = 0; first < count; first += kBatch) {
    request.clear();
    append_preload(request, target, first, std::min(kBatch, count - first));
    auto answer = exchange(*socket, request, buffer);
    if (!answer) return std::unexpected(std::move(answer).error());
    if (answer->status != 201 && answer->status != 204) {
      return fail(ErrorCode::kIo, fmt::format("the server answered {} to a batch: {}", answer->status,
                                              buffer.substr(answer->head, 300)));
    }
    progress(std::min(first + kBatch, count));
  }
  return {};
}

}  // namespace horad::app::load
