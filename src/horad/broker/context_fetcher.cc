// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/context_fetcher.h"

#include <fmt/format.h>

#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "horad/base/text.h"

namespace horad::broker {
namespace {

std::unexpected<Error> not_available(std::string_view url, std::string_view why) {
  return fail(ErrorCode::kContextNotAvailable, fmt::format("The @context {} is not available: {}", url, why),
              "/@context");
}

std::string_view header_of(const base::OutboundResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// One download under way.
struct Download {
  std::string url;     // as it was asked for
  std::string target;  // where the redirects have led
  std::size_t hops = 0;
  Duration deadline{};  // on the steady clock
};

}  // namespace

struct ContextFetcher::Core : std::enable_shared_from_this<Core> {
  Core(base::Net& the_net, base::Clock& the_clock, const FetchLimits& the_limits, Accept the_accept)
      : net(the_net), clock(the_clock), limits(the_limits), accept(std::move(the_accept)) {}

  void fetch(const std::string& url, Done done);
  void step(Download download);
  void arrived(Download download, Result<base::OutboundResponse> response);
  void redirect(Download download, std::string_view location);
  Result<void> take(const std::string& url, std::string text);
  void finish(const std::string& url, const Result<void>& result);

  base::Net& net;
  base::Clock& clock;
  const FetchLimits limits;
  std::mutex accepting;  // guards accept; held while it runs, so that the destructor can wait for it
  Accept accept;
  std::mutex mutex;  // guards waiting and waiters
  std::unordered_map<std::string, std::vector<Done>> waiting;
  std::size_t waiters = 0;
};

void ContextFetcher::Core::fetch(const std::string& url, Done done) {
  bool fits = false;
  bool first = false;
  {
    const std::lock_guard lock{mutex};
    first = !waiting.contains(url);
    fits = waiters < limits.waiting && (!first || waiting.size() < limits.at_once);
    if (fits) {
      ++waiters;
      waiting[url].push_back(std::move(done));
    }
  }
  if (!fits) return done(fail(ErrorCode::kOverloaded, "Too many @context documents are being fetched; try again."));
  if (first) step({.url = url, .target = url, .hops = 0, .deadline = clock.steady() + limits.time});
}

void ContextFetcher::Core::step(Download download) {
  const auto left = download.deadline - clock.steady();
  if (left <= Duration::zero()) return finish(download.url, not_available(download.url, "it took too long."));
  base::OutboundRequest request{.method = "GET",
                                .url = download.target,
                                .headers = {{"Accept", "application/ld+json, application/json;q=0.9, */*;q=0.1"}},
                                .body = {}};
  request.timeout = left;
  request.body_limit = ContextShelf::kMostBytes;
  request.public_only = !limits.private_addresses;
  net.exchange(std::move(request), [self = shared_from_this(), download = std::move(download)](auto response) mutable {
    self->arrived(std::move(download), std::move(response));
  });
}

void ContextFetcher::Core::arrived(Download download, Result<base::OutboundResponse> response) {
  if (!response) return finish(download.url, not_available(download.url, response.error().detail));
  if (is_redirect(response->status)) return redirect(std::move(download), header_of(*response, "location"));
  if (response->status != 200) {
    return finish(download.url,
                  not_available(download.url, fmt::format("{} answered {}.", download.target, response->status)));
  }
  auto taken = take(download.url, std::move(response->body));
  if (!taken && taken.error().code != ErrorCode::kContextNotAvailable) {
    taken.error().detail = fmt::format("The document at {} is no @context: {}.", download.url, taken.error().detail);
    taken.error().code = ErrorCode::kBadRequestData;
  }
  finish(download.url, taken);
}

void ContextFetcher::Core::redirect(Download download, std::string_view location) {
  if (location.empty()) return finish(download.url, not_available(download.url, "it leads nowhere."));
  if (++download.hops > limits.redirects) {
    return finish(download.url,
                  not_available(download.url, fmt::format("it leads on more than {} times.", limits.redirects)));
  }
  auto next = base::resolve_url(download.target, location);
  const bool secure = download.target.starts_with("https://");
  if (!next.starts_with("https://") && (secure || !next.starts_with("http://")))
    return finish(download.url, not_available(download.url, fmt::format("it leads to {}.", next)));
  download.target = std::move(next);
  step(std::move(download));
}

Result<void> ContextFetcher::Core::take(const std::string& url, std::string text) {
  const std::lock_guard lock{accepting};
  if (!accept) return not_available(url, "the server is stopping.");
  return accept(url, std::move(text));
}

void ContextFetcher::Core::finish(const std::string& url, const Result<void>& result) {
  std::vector<Done> done;
  {
    const std::lock_guard lock{mutex};
    const auto found = waiting.find(url);
    done = std::move(found->second);
    waiting.erase(found);
    waiters -= done.size();
  }
  for (auto& one : done) one(result);
}

ContextFetcher::ContextFetcher(base::Net& net, base::Clock& clock, const FetchLimits& limits, Accept accept)
    : core_(std::make_shared<Core>(net, clock, limits, std::move(accept))) {}

ContextFetcher::~ContextFetcher() {
  const std::lock_guard lock{core_->accepting};
  core_->accept = nullptr;
}

void ContextFetcher::fetch(const std::string& url, Done done) { core_->fetch(url, std::move(done)); }

}  // namespace horad::broker
