// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "horad/base/text.h"
#include "horad/edge/public_address.h"

namespace horad::edge {
namespace {

constexpr std::size_t kMostHeaderBytes = 256 * 1024;
constexpr std::size_t kKeptHandles = 64;
constexpr auto kSystemAuthorities = "/etc/ssl/certs";

struct Waiting {
  base::OutboundRequest request;
  base::Net::Done done;
};

/// An exchange that never starts. Its `done` runs on the client's thread as well, where the caller holds no lock.
struct Refused {
  base::Net::Done done;
  Error why;
};

/// One exchange under way. Its address is curl's user data, so it stays where it is.
struct Exchange {
  base::OutboundRequest request;
  base::Net::Done done;
  base::OutboundResponse response;
  curl_slist* header_lines = nullptr;
  std::size_t header_bytes = 0;
  std::size_t body_limit = 0;
  bool too_large = false;
  bool not_public = false;  // an address of the host was refused

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { curl_slist_free_all(header_lines); }
};

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::size_t bytes = size * count;
  if (exchange.response.body.size() + bytes > exchange.body_limit) {
    exchange.too_large = true;
    return 0;
  }
  exchange.response.body.append(data, bytes);
  return bytes;
}

std::size_t take_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line{data, size * count};
  if (line.starts_with("HTTP/")) exchange.response.headers.clear();  // a new head: what came before was a 100 Continue
  exchange.header_bytes += line.size();
  if (exchange.header_bytes > kMostHeaderBytes) {
    exchange.too_large = true;
    return 0;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    exchange.response.headers.emplace_back(base::to_lower(base::trim(line.substr(0, colon))),
                                           base::trim(line.substr(colon + 1)));
  }
  return line.size();
}

/// Opens the socket for an address that curl is about to connect to, unless the exchange may not go there.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.request.public_only && !is_public(address->addr)) {
    exchange.not_public = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

/// What curl would send as something else than it is: a header that smuggles lines, a method that is none.
Result<void> check(const base::OutboundRequest& request) {
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
    return fail(ErrorCode::kInvalidRequest, "The URL is neither http nor https.", "url");
  }
  if (request.url.size() > 64 * 1024 || has_line_break(request.url))
    return fail(ErrorCode::kInvalidRequest, "The URL is not one.", "url");
  if (request.method.empty() || !std::ranges::all_of(request.method, [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return fail(ErrorCode::kInvalidRequest, "The method is not one.", "method");
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || has_line_break(name) || has_line_break(value) || name.find(':') != std::string::npos) {
      return fail(ErrorCode::kInvalidRequest, "A header is not 'Name: value' on one line.", name);
    }
  }
  return {};
}

/// The URL for people: without the user and the password that may stand in it.
std::string shown(std::string_view url) {
  const auto begin = url.find("://") + 3;
  const auto at = url.substr(begin, url.find_first_of("/?#", begin) - begin).rfind('@');
  std::string out{url.substr(0, begin)};
  return out.append(url.substr(at == std::string_view::npos ? begin : begin + at + 1));
}

Error error_of(CURLcode code, const Exchange& exchange) {
  const auto what =
      fmt::format("{} {}: {}.", exchange.request.method, shown(exchange.request.url), curl_easy_strerror(code));
  if (exchange.too_large)
    return {ErrorCode::kTooLarge, fmt::format("The answer is larger than {} bytes.", exchange.body_limit), {}};
  if (exchange.not_public) {
    return {
        ErrorCode::kIo,
        fmt::format("{} is on a loopback or private network, which is not allowed here.", shown(exchange.request.url)),
        {}};
  }
  if (code == CURLE_OPERATION_TIMEDOUT) return {ErrorCode::kTimeout, what, {}};
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
    return {ErrorCode::kInvalidRequest, what, "url"};
  return {ErrorCode::kIo, what, {}};
}

void start_curl_once() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

}  // namespace

struct HttpClient::State {
  explicit State(HttpClientOptions given);
  ~State();

  void run();
  void take_waiting();
  void begin(Waiting waiting);
  bool set_up(CURL* handle, Exchange& exchange) const;
  void set_method(CURL* handle, const Exchange& exchange) const;
  void finish_done();
  void finish(CURL* handle, CURLcode code);
  void end_all();
  void keep(CURL* handle);

  const HttpClientOptions options;
  CURLM* multi = nullptr;
  std::mutex mutex;
  std::deque<Waiting> waiting;                                   // guarded by mutex
  std::vector<Refused> refused;                                  // guarded by mutex
  std::size_t in_flight = 0;                                     // guarded by mutex: waiting and under way
  bool stopping = false;                                         // guarded by mutex
  std::unordered_map<CURL*, std::unique_ptr<Exchange>> running;  // the client's thread only
  std::vector<CURL*> spare;                                      // the client's thread only
  std::thread thread;
};

HttpClient::State::State(HttpClientOptions given) : options(std::move(given)) {
  start_curl_once();
  multi = curl_multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.most_per_host));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(std::min<std::size_t>(options.most_in_flight, 256)));
  thread = std::thread([this] { run(); });
}

HttpClient::State::~State() {
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  curl_multi_wakeup(multi);
  thread.join();
  for (CURL* handle : spare) curl_easy_cleanup(handle);
  curl_multi_cleanup(multi);
}

void HttpClient::State::run() {
  for (;;) {
    take_waiting();
    {
      const std::lock_guard lock(mutex);
      if (stopping) break;
    }
    int active = 0;
    curl_multi_perform(multi, &active);
    finish_done();
    bool idle = false;
    {
      const std::lock_guard lock(mutex);
      idle = waiting.empty() && refused.empty() && !stopping;
    }
    if (idle) curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  end_all();
}

void HttpClient::State::take_waiting() {
  std::deque<Waiting> taken;
  std::vector<Refused> dropped;
  {
    const std::lock_guard lock(mutex);
    taken.swap(waiting);
    dropped.swap(refused);
  }
  for (auto& one : dropped) one.done(std::unexpected(std::move(one.why)));
  for (auto& one : taken) begin(std::move(one));
}

void HttpClient::State::begin(Waiting one) {
  CURL* handle = nullptr;
  if (spare.empty()) {
    handle = curl_easy_init();
  } else {
    handle = spare.back();
    spare.pop_back();
  }
  auto exchange = std::make_unique<Exchange>();
  exchange->request = std::move(one.request);
  exchange->done = std::move(one.done);
  exchange->body_limit = exchange->request.body_limit == 0 ? options.body_limit
                                                           : std::min(exchange->request.body_limit, options.body_limit);
  if (handle == nullptr || !set_up(handle, *exchange) || curl_multi_add_handle(multi, handle) != CURLM_OK) {
    if (handle != nullptr) keep(handle);
    {
      const std::lock_guard lock(mutex);
      --in_flight;
    }
    exchange->done(fail(ErrorCode::kOverloaded, "No memory for another outgoing request."));
    return;
  }
  running.emplace(handle, std::move(exchange));
}

void HttpClient::State::set_method(CURL* handle, const Exchange& exchange) const {
  const auto& method = exchange.request.method;
  const auto& body = exchange.request.body;
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
  if (method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (method == "GET" || method == "HEAD" || (method == "DELETE" && body.empty())) return;
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.data());  // not copied: the exchange outlives the transfer
}

bool HttpClient::State::set_up(CURL* handle, Exchange& exchange) const {
  bool typed = false;
  for (const auto& [name, value] : exchange.request.headers) {
    typed = typed || base::to_lower(name) == "content-type";
    const auto line = value.empty() ? name + ";" : name + ": " + value;  // curl's way to send an empty value
    curl_slist* const longer = curl_slist_append(exchange.header_lines, line.c_str());
    if (longer == nullptr) return false;
    exchange.header_lines = longer;
  }
  // curl adds these two by itself: a form type nobody asked for, and a wait for 100 Continue that costs a round trip.
  for (const char* line : {"Expect:", typed ? nullptr : "Content-Type:"}) {
    curl_slist* const longer = line == nullptr ? exchange.header_lines : curl_slist_append(exchange.header_lines, line);
    if (longer == nullptr) return false;
    exchange.header_lines = longer;
  }
  const auto milliseconds = [](Duration d) {
    return static_cast<long>(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(d).count()));
  };
  curl_easy_setopt(handle, CURLOPT_URL, exchange.request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   milliseconds(std::min(options.connect_timeout, exchange.request.timeout)));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, milliseconds(exchange.request.timeout));
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, exchange.header_lines);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
  if (exchange.request.public_only) {
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &exchange);
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);  // a kept connection was opened under no such rule
  }
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(handle, CURLOPT_CAPATH, kSystemAuthorities);
  }
  set_method(handle, exchange);
  return true;
}

void HttpClient::State::finish_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }
}

void HttpClient::State::finish(CURL* handle, CURLcode code) {
  const auto found = running.find(handle);
  const auto exchange = std::move(found->second);
  running.erase(found);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(multi, handle);
  keep(handle);
  {
    const std::lock_guard lock(mutex);
    --in_flight;
  }
  if (code != CURLE_OK) {
    exchange->done(std::unexpected(error_of(code, *exchange)));
    return;
  }
  exchange->response.status = static_cast<int>(status);
  exchange->done(std::move(exchange->response));
}

void HttpClient::State::keep(CURL* handle) {
  curl_easy_reset(handle);
  if (spare.size() < kKeptHandles) {
    spare.push_back(handle);
  } else {
    curl_easy_cleanup(handle);
  }
}

void HttpClient::State::end_all() {
  const auto stopped = [] { return fail(ErrorCode::kUnavailable, "The program is stopping."); };
  for (auto& [handle, exchange] : running) {
    curl_multi_remove_handle(multi, handle);
    curl_easy_cleanup(handle);
    exchange->done(stopped());
  }
  running.clear();
  std::deque<Waiting> taken;
  std::vector<Refused> dropped;
  {
    const std::lock_guard lock(mutex);
    taken.swap(waiting);
    dropped.swap(refused);
  }
  for (auto& one : dropped) one.done(std::unexpected(std::move(one.why)));
  for (auto& one : taken) one.done(stopped());
}

HttpClient::HttpClient(HttpClientOptions options) : state_(std::make_unique<State>(std::move(options))) {}
HttpClient::~HttpClient() = default;

void HttpClient::exchange(base::OutboundRequest request, Done done) {
  auto possible = check(request);
  {
    const std::lock_guard lock(state_->mutex);
    if (possible && state_->in_flight >= state_->options.most_in_flight) {
      possible = fail(ErrorCode::kOverloaded, "Too many outgoing requests wait already.");
    }
    if (possible) {
      ++state_->in_flight;
      state_->waiting.push_back({std::move(request), std::move(done)});
    } else {
      state_->refused.push_back({std::move(done), std::move(possible).error()});
    }
  }
  curl_multi_wakeup(state_->multi);
}

Result<base::OutboundResponse> HttpClient::request(base::OutboundRequest request) {
  std::promise<Result<base::OutboundResponse>> promise;
  auto answer = promise.get_future();
  exchange(std::move(request),
           [&promise](Result<base::OutboundResponse> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

}  // namespace horad::edge
