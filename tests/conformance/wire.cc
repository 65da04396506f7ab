// SPDX-License-Identifier: Apache-2.0
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>

#include "horad/base/text.h"

namespace conformance {
namespace {

using horad::Result;
using horad::base::to_lower;
using horad::base::trim;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  bool read_more(std::string& into) const {
    char buffer[16 * 1024];
    const auto got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

 private:
  int fd_;
};

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

struct Message {
  std::string first_line;
  Headers headers;
  std::string body;
};

std::string header_in(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

/// Reads one message; `headers_only` for answers that have no body whatever their headers say.
std::optional<Message> read_message(const Socket& socket, bool headers_only = false) {
  std::string bytes;
  std::size_t end = 0;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (!socket.read_more(bytes)) return std::nullopt;
  }
  Message out;
  std::string_view head{bytes.data(), end + 2};
  for (bool first = true; !head.empty(); first = false) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    if (first) {
      out.first_line = line;
    } else {
      out.headers.emplace_back(to_lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
  }
  out.body = bytes.substr(end + 4);
  const auto length = headers_only ? 0 : std::strtoul(header_in(out.headers, "content-length").c_str(), nullptr, 10);
  while (out.body.size() < length) {
    if (!socket.read_more(out.body)) return std::nullopt;
  }
  return out;
}

std::string write_request(const Host& host, const std::string& method, const std::string& target,
                          const Headers& headers, const std::string& body) {
  std::string out = method + " " + target + " HTTP/1.1\r\nHost: " + host.address + "\r\nConnection: close\r\n";
  bool length = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
  for (const auto& [name, value] : headers) {
    if (to_lower(name) == "content-length") length = false;
    if (value != "none") out += name + ": " + value + "\r\n";
  }
  if (length) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return out + "\r\n" + body;
}

}  // namespace

Result<Answer> send(const Host& host, const std::string& method, const std::string& target, const Headers& headers,
                    const std::string& body) {
  const Socket socket{::socket(AF_INET, SOCK_STREAM, 0)};
  const auto address = address_of(host.address, host.port);
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return horad::fail(horad::ErrorCode::kIo, "cannot connect");
  }
  if (!socket.write(write_request(host, method, target, headers, body)))
    return horad::fail(horad::ErrorCode::kIo, "cannot send");
  auto message = read_message(socket, method == "HEAD");
  if (!message || message->first_line.size() < 12) return horad::fail(horad::ErrorCode::kIo, "no answer");
  return Answer{std::stoi(message->first_line.substr(9, 3)), std::move(message->headers), std::move(message->body)};
}

Sink::Sink() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  auto address = address_of("127.0.0.1", 0);
  socklen_t size = sizeof address;
  bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
  listen(listener_, 64);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { run(); }};
}

Sink::~Sink() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string Sink::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void Sink::run() {
  for (;;) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    serve_connection(connection);
  }
}

void Sink::serve(const std::string& path, Served answer) {
  const std::lock_guard lock{mutex_};
  served_.insert_or_assign(path, std::move(answer));
}

void Sink::serve_connection(int connection) {
  const Socket socket{connection};
  const auto message = read_message(socket);
  if (!message) return;
  const auto begin = message->first_line.find(' ') + 1;
  const auto path = message->first_line.substr(begin, message->first_line.find(' ', begin) - begin);
  const auto marker = path.find("/status/");
  Served answer{
      .status = marker == std::string::npos ? 200 : std::stoi(path.substr(marker + 8)), .location = {}, .body = {}};
  {
    const std::lock_guard lock{mutex_};
    if (const auto found = served_.find(path); found != served_.end()) answer = found->second;
  }
  auto head = "HTTP/1.1 " + std::to_string(answer.status) + " Told\r\nConnection: close\r\n";
  if (!answer.location.empty()) head += "Location: " + answer.location + "\r\n";
  socket.write(head + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body);
  const std::lock_guard lock{mutex_};
  received_[path].push_back({0, message->headers, message->body});
  arrived_.notify_all();
}

Result<Answer> Sink::take(const std::string& path, std::chrono::milliseconds most) {
  std::unique_lock lock{mutex_};
  auto& queue = received_[path];
  if (!arrived_.wait_for(lock, most, [&] { return !queue.empty(); })) {
    return horad::fail(horad::ErrorCode::kTimeout, "no notification came to " + path);
  }
  auto request = std::move(queue.front());
  queue.pop_front();
  return request;
}

}  // namespace conformance
