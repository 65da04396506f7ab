// SPDX-License-Identifier: Apache-2.0
// A blocking client for tests of the server: it sends raw bytes, so that it can be as wrong as it likes, and reads
// whole answers.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace horad::edge {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void finish_sending() { ::shutdown(socket_, SHUT_WR); }

  /// The next answer; none when the connection ended before a whole one came. `of_head`: it has no body whatever it
  /// says.
  std::optional<Answer> receive(bool of_head = false) {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    Answer answer;
    const auto end = buffer_.find("\r\n\r\n");
    parse_head(std::string_view{buffer_}.substr(0, end), answer);
    buffer_.erase(0, end + 4);
    const auto length = answer.headers.find("content-length");
    if (length == answer.headers.end() || of_head) return answer;
    const auto size = static_cast<std::size_t>(std::atoll(length->second.c_str()));
    while (buffer_.size() < size) {
      if (!more()) return std::nullopt;
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
  }
  std::optional<Answer> ask(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return receive(request.starts_with("HEAD "));
  }
  std::optional<Answer> get(std::string_view target, std::string_view headers = {}) {
    std::string request = "GET ";
    request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(headers).append("\r\n");
    return ask(request);
  }
  /// True once the server has closed; what it sent before is dropped.
  bool closed() {
    while (more()) {
    }
    return ended_;
  }
  /// Bytes up to and with `mark`, which stay taken; none when the connection ends before.
  std::optional<std::string> receive_until(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos) {
      if (!more()) return std::nullopt;
    }
    const auto end = buffer_.find(mark) + mark.size();
    std::string out = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return out;
  }

 private:
  bool more() {
    char bytes[16384];
    const auto got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got == 0) ended_ = true;
    if (got < 0 && errno == ECONNRESET) ended_ = true;
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  static void parse_head(std::string_view head, Answer& answer) {
    answer.status = std::atoi(std::string{head.substr(std::min<std::size_t>(9, head.size()), 3)}.c_str());
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
      const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
      const auto colon = line.find(": ");
      if (colon == std::string_view::npos) continue;
      std::string name{line.substr(0, colon)};
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      answer.headers[name] = line.substr(colon + 2);
    }
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string buffer_;
};

}  // namespace horad::edge
