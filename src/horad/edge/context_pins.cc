// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/context_pins.h"

#include <utility>

#include "horad/base/text.h"
#include "horad/broker/contexts.h"

namespace horad::edge {
namespace {

using Reply = boost::asio::awaitable<Response>;
constexpr std::string_view kPath = "/api/v1/contexts/pins";

std::string list_json(broker::Broker& broker) {
  std::string out = "[";
  for (const auto& [url, pin] : broker.contexts().shelf().pins()) {
    out += out.size() > 1 ? ",{\"url\":" : "{\"url\":";
    base::append_json_string(out, url);
    out += ",\"bytes\":" + std::to_string(pin.text.size());
    out += pin.configured ? ",\"origin\":\"configuration\"}" : ",\"origin\":\"command\"}";
  }
  return out + "]";
}

Result<std::string> url_in(const Request& request) {
  const auto* const url = request.find("url");
  if (url != nullptr && request.parameters.size() == 1) return url->value;
  return fail(ErrorCode::kInvalidRequest, "The one parameter is 'url', the URL of the @context.", "url");
}

Response done(const Result<void>& result) { return result ? Response{.status = 204} : problem(result.error()); }

}  // namespace

void add_context_pin_routes(Router& router, broker::Broker& broker) {
  router.add(Method::kGet, kPath, [&broker](Request&) -> Reply {
    co_return Response{.content_type = "application/json", .body = list_json(broker)};
  });
  router.add(Method::kPut, kPath, [&broker](Request& request) -> Reply {
    auto url = url_in(request);
    if (!url) co_return problem(url.error());
    co_return done(co_await broker.pin_context(std::move(*url), std::string{request.body}));
  });
  router.add(Method::kDelete, kPath, [&broker](Request& request) -> Reply {
    auto url = url_in(request);
    if (!url) co_return problem(url.error());
    co_return done(co_await broker.unpin_context(std::move(*url)));
  });
}

}  // namespace horad::edge
