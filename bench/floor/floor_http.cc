// SPDX-License-Identifier: Apache-2.0
// The cheapest correct server for a durable PATCH: see README.md.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <simdjson.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
struct Cell {
  double value = 0;
  std::uint64_t writes = 0;
};
struct Connection {
  int fd = -1;
  std::string in;
  std::string out;
};

struct Floor {
  int log_fd = -1;  // below zero: reply only
  std::string log;
  std::unordered_map<std::string, Cell, TextHash, std::equal_to<>> cells;
  simdjson::dom::parser parser;
  std::string padded;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

void remember(Floor& floor, std::string_view key, double value) {
  auto cell = floor.cells.find(key);
  if (cell == floor.cells.end()) cell = floor.cells.emplace(std::string(key), Cell{}).first;
  cell->second.value = value;
  ++cell->second.writes;
  const auto size = static_cast<std::uint32_t>(key.size());
  floor.log.append(reinterpret_cast<const char*>(&size), sizeof size);
  floor.log.append(key);
  floor.log.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void apply(Floor& floor, std::string_view path, std::string_view body) {
  floor.padded.assign(body);
  floor.padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  auto parsed = floor.parser.parse(floor.padded.data(), floor.padded.size(), false);
  if (parsed.error() != simdjson::SUCCESS) return;
  double value = 0;
  if (parsed["value"].get(value) == simdjson::SUCCESS) remember(floor, path, value);
  simdjson::dom::array entities;
  if (parsed.get(entities) != simdjson::SUCCESS) return;
  for (const auto entity : entities) {
    const std::string id(entity["id"].get_string().value());
    for (const auto field : simdjson::dom::object(entity)) {
      if (field.value["value"].get(value) == simdjson::SUCCESS)
        remember(floor, id + '/' + std::string(field.key), value);
    }
  }
}

std::size_t body_size(std::string_view head) {
  constexpr std::string_view kField = "content-length:";
  for (auto line = head.find("\r\n"); line != std::string_view::npos; line = head.find("\r\n", line + 2)) {
    const auto field = head.substr(line + 2, kField.size());
    if (field.size() < kField.size() || ::strncasecmp(field.data(), kField.data(), kField.size()) != 0) continue;
    auto text = head.substr(line + 2 + kField.size());
    while (text.starts_with(' ')) text.remove_prefix(1);
    std::size_t size = 0;
    std::from_chars(text.data(), text.data() + text.size(), size);
    return size;
  }
  return 0;
}

std::string_view answer_to(std::string_view method) {
  if (method == "GET") return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  if (method == "POST") return "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
  return "HTTP/1.1 204 No Content\r\n\r\n";
}

/// Handles every whole request that arrived.
void feed(Floor& floor, Connection& connection) {
  const std::string_view all(connection.in);
  std::size_t used = 0;
  for (;;) {
    const auto end = all.find("\r\n\r\n", used);
    if (end == std::string_view::npos) break;
    const auto head = all.substr(used, end - used);
    const std::size_t body = body_size(head);
    if (all.size() < end + 4 + body) break;
    const auto blank = head.find(' ');
    const auto path = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
    if (floor.log_fd >= 0 && body > 0) apply(floor, path, all.substr(end + 4, body));
    connection.out += answer_to(head.substr(0, blank));
    used = end + 4 + body;
  }
  connection.in.erase(0, used);
}

int listen_on(const char* port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 512) != 0) die("listen");
  return fd;
}

void watch(int epoll, int fd, Connection* connection) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void accept_all(int listener, int epoll, std::vector<std::unique_ptr<Connection>>& connections) {
  for (int fd; (fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections.push_back(std::make_unique<Connection>(Connection{fd, {}, {}}));
    watch(epoll, fd, connections.back().get());
  }
}

void sync_log(Floor& floor) {
  if (floor.log.empty()) return;
  if (::write(floor.log_fd, floor.log.data(), floor.log.size()) < 0 || ::fdatasync(floor.log_fd) != 0) die("log");
  floor.log.clear();
}

[[noreturn]] void serve(Floor& floor, int listener) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener, nullptr);
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> answered;
  std::array<epoll_event, 512> events{};
  static std::array<char, 1 << 20> buffer;
  for (;;) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    answered.clear();
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (connection == nullptr) {
        accept_all(listener, epoll, connections);
        continue;
      }
      const auto got = ::read(connection->fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) {
        ::close(connection->fd);
        std::erase_if(connections, [&](const auto& other) { return other.get() == connection; });
        continue;
      }
      connection->in.append(buffer.data(), static_cast<std::size_t>(got));
      feed(floor, *connection);
      if (!connection->out.empty()) answered.push_back(connection);
    }
    sync_log(floor);
    for (auto* connection : answered) {
      if (::write(connection->fd, connection->out.data(), connection->out.size()) < 0) std::perror("write");
      connection->out.clear();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool durable = argc == 4 && std::string_view(argv[2]) == "durable";
  if (!durable && !(argc == 3 && std::string_view(argv[2]) == "reply")) {
    std::fputs("usage: floor_http PORT reply | floor_http PORT durable FILE\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Floor floor;
  floor.cells.reserve(1 << 20);
  if (durable) {
    floor.log_fd = ::open(argv[3], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (floor.log_fd < 0) die(argv[3]);
  }
  serve(floor, listen_on(argv[1]));
}
