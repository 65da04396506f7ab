// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/operation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "horad/base/text.h"
#include "horad/broker/contexts.h"
#include "horad/edge/ngsi/link.h"
#include "horad/edge/ngsi/spread.h"
#include "horad/edge/problem.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::size_t kMostAttempts = 64;  // each after another @context of the request was fetched
constexpr std::array kMedia{Media::kJson, Media::kLdJson, Media::kGeoJson};

/// Calls `each` with every word of `text` until one answers true, which is then the answer.
template <class Each>
bool any_word(std::string_view text, char separator, Each each) {
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (each(text.substr(0, end))) return true;
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return false;
}

bool has_word(std::string_view list, std::string_view word) {
  return any_word(list, ' ', [word](std::string_view one) { return one == word; });
}

Result<void> check_parameters(const Operation& operation, const Request& request) {
  for (std::size_t i = 0; i < request.parameters.size(); ++i) {
    const auto& name = request.parameters[i].name;
    if (!has_word(operation.parameters, name)) {
      return fail(ErrorCode::kInvalidRequest, "This operation has no parameter '" + name + "'.", name);
    }
    for (std::size_t k = 0; k < i; ++k) {
      if (request.parameters[k].name != name) continue;
      return fail(ErrorCode::kInvalidRequest, "The parameter '" + name + "' stands there twice.", name);
    }
  }
  return {};
}

bool valid_tenant(std::string_view name) noexcept {
  return name.size() <= 50 && std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
         });
}

Result<void> read_tenant(const Request& request, Exchange& exchange) {
  const auto name = request.header("ngsild-tenant");
  if (!valid_tenant(name)) {
    return fail(ErrorCode::kBadRequestData, "A tenant's name has at most 50 letters, digits, '_' and '-'.",
                "NGSILD-Tenant");
  }
  exchange.caller.tenant = std::string{name};
  return {};
}

Result<void> check_body(const Operation& operation, const Request& request, Exchange& exchange) {
  const auto type = request.header("content-type");
  const bool plain = is_media_type(type, "application/json") ||
                     (operation.body == Body::kPatch && is_media_type(type, "application/merge-patch+json"));
  exchange.caller.context_in_body = !plain && is_media_type(type, "application/ld+json");
  if (!plain && !exchange.caller.context_in_body) {
    return fail(ErrorCode::kUnsupportedMedia, "The body must be application/json or application/ld+json.",
                "Content-Type");
  }
  if (base::trim(request.body).empty()) return fail(ErrorCode::kInvalidRequest, "The body is empty.");
  return {};
}

Result<void> read_media(const Operation& operation, const Request& request, Exchange& exchange) {
  if (operation.answer == Answer::kNothing) return {};
  const std::size_t offered = operation.answer == Answer::kGeoJson ? 3 : 2;
  const auto chosen = negotiate(request.header("accept"), std::span{kMedia}.first(offered));
  if (!chosen) return std::unexpected(chosen.error());
  exchange.media = *chosen;
  return {};
}

/// The context from the Link header or, with application/ld+json, from the body. In a batch each item brings its own.
Result<void> read_context(const Request& request, Exchange& exchange) {
  if (const auto header = request.header("link"); !header.empty()) {
    auto url = context_link(header);
    if (!url) return std::unexpected(std::move(url).error());
    if (*url && exchange.caller.context_in_body) {
      return fail(ErrorCode::kBadRequestData,
                  "With application/ld+json the context stands in the body, not in a Link header.", "Link");
    }
    if (*url) {
      std::string json;
      base::append_json_string(json, **url);
      auto context = exchange.broker.contexts().get(exchange.caller, json);
      if (!context) return std::unexpected(std::move(context).error());
      exchange.caller.context = std::move(*context);
      return {};
    }
  }
  exchange.caller.context = exchange.broker.contexts().core();
  return {};
}

/// Lets the operation be passed on to registered sources, unless it is to stay here.
Result<void> allow_forwarding(const Request& request, Exchange& exchange) {
  if (!exchange.broker.has_sources(exchange.caller.tenant)) return {};
  const auto local = flag(exchange, "local");
  if (!local) return std::unexpected(local.error());
  if (*local) return {};
  const auto split = flag(exchange, "splitEntities");
  if (!split) return std::unexpected(split.error());
  auto& forwarding = exchange.forwarding;
  forwarding.split_entities = *split;
  for (const auto& [name, value] : request.headers) forwarding.headers.emplace_back(base::to_lower(name), value);
  exchange.caller.forwarding = &forwarding;
  return {};
}

Result<void> prepare(const Operation& operation, const Request& request, Exchange& exchange) {
  if (auto done = read_tenant(request, exchange); !done) return done;
  if (auto done = check_parameters(operation, request); !done) return done;
  if (operation.body != Body::kNone) {
    if (auto done = check_body(operation, request, exchange); !done) return done;
  }
  if (auto done = read_media(operation, request, exchange); !done) return done;
  if (auto done = read_context(request, exchange); !done) return done;
  return allow_forwarding(request, exchange);
}

void echo_tenant(const Request& request, Response& response) {
  const auto tenant = request.header("ngsild-tenant");
  if (valid_tenant(tenant) && !tenant.empty()) response.headers.emplace_back("NGSILD-Tenant", tenant);
}

/// Runs an operation on the entities of the snapshot that NGSILD-Snapshot names (6.3.22).
boost::asio::awaitable<Response> run_in_snapshot(const Operation& operation, Exchange& exchange) {
  const std::string id{exchange.request.header("ngsild-snapshot")};
  if (!operation.in_snapshots) {
    co_return problem({ErrorCode::kNotSupported, "A snapshot can only be read.", "NGSILD-Snapshot"});
  }
  if (auto good = model::check_entity_id(id); !good) {
    co_return problem({ErrorCode::kBadRequestData, good.error().detail, "NGSILD-Snapshot"});
  }
  auto space = co_await exchange.broker.enter_snapshot(exchange.caller.tenant, id);
  if (!space) co_return problem(space.error());
  std::swap(exchange.caller.tenant, *space);
  exchange.caller.forwarding = nullptr;  // what sources had to give is in the snapshot
  auto response = co_await operation.run(exchange);
  exchange.caller.tenant = std::move(*space);  // whatever comes after is the tenant's own again
  response.headers.emplace_back("NGSILD-Snapshot", id);
  co_return response;
}

/// Where the object that starts at `at` ends: the index of its closing brace. The text is valid JSON of ours.
std::size_t end_of_object(std::string_view text, std::size_t at) noexcept {
  int depth = 0;
  for (bool quoted = false; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return text.size();
}

/// What forwarding had to say besides the answer.
void tell_of_sources(const Exchange& exchange, Response& response) {
  if (exchange.forwarding.looped) {
    response = problem_of_status(508, "The request came back to where it had been: registrations form a loop.");
  }
  for (const auto& warning : exchange.forwarding.warnings) {
    response.headers.emplace_back("NGSILD-Warning", broker::warning_header(warning));
  }
}

/// Whether the Link header of this answer names a hosted document for the terms that the request brought.
bool speaks_hosted(const Operation& operation, const Exchange& exchange, const Response& response) noexcept {
  const auto& context = exchange.caller.context;  // null when the operation took it, and so does not speak in it
  return operation.answer != Answer::kNothing && exchange.media == Media::kJson && response.status == 200 && context &&
         context->url().empty();
}

}  // namespace

std::string_view Exchange::parameter(std::string_view name) const noexcept {
  const auto* const found = request.find(name);
  return found == nullptr ? std::string_view{} : std::string_view{found->value};
}

std::string_view Exchange::spoken_context() const noexcept { return caller.context->json(); }

boost::asio::awaitable<Response> serve(const Operation& operation, broker::Broker& broker, Request& request) {
  if (operation.body != Body::kNone && !request.has_length) {
    Response response{.status = 411, .content_type = {}, .headers = {}, .body = {}};  // NGSI-LD wants it without a body
    echo_tenant(request, response);
    co_return response;
  }
  std::string unknown_context;
  Response response;
  for (std::size_t attempt = 0;; ++attempt) {
    Exchange exchange{.request = request, .broker = broker, .caller = {}};
    exchange.caller.unknown_context = &unknown_context;
    if (const auto ready = prepare(operation, request, exchange); !ready) {
      response = problem(ready.error());
    } else if (!request.header("ngsild-snapshot").empty()) {
      response = co_await run_in_snapshot(operation, exchange);
    } else {
      const bool elsewhere = exchange.caller.forwarding != nullptr && spreads(operation);
      response = co_await (elsewhere ? spread(operation, exchange) : operation.run(exchange));
    }
    tell_of_sources(exchange, response);
    if (speaks_hosted(operation, exchange, response)) {
      const auto hosted = co_await broker.host_context(exchange.caller.tenant, exchange.caller.context);
      if (!hosted) response = problem(hosted.error());
    }
    if (unknown_context.empty() || attempt == kMostAttempts) break;
    // Nothing was done, see Caller: with the context it is another attempt.
    const auto obtained = co_await broker.obtain_context(std::string{request.header("ngsild-tenant")}, unknown_context);
    if (!obtained) {
      response = problem(obtained.error());
      break;
    }
    unknown_context.clear();
  }
  echo_tenant(request, response);
  co_return response;
}

Response answer(const Exchange& exchange, int status, std::string body) {
  Response response{.status = status,
                    .content_type = std::string{media_name(exchange.media)},
                    .headers = {},
                    .body = std::move(body)};
  if (exchange.media == Media::kJson || exchange.context_in_link) {
    response.headers.emplace_back("Link",
                                  context_link_header(exchange.broker.contexts().url_of(*exchange.caller.context)));
  }
  return response;
}

Response no_content() { return {.status = 204, .content_type = {}, .headers = {}, .body = {}}; }

Response created(std::string_view location) {
  return {.status = 201, .content_type = {}, .headers = {{"Location", std::string{location}}}, .body = {}};
}

std::string with_context(const Exchange& exchange, std::string object) {
  if (exchange.media == Media::kJson) return object;
  std::string out;
  std::size_t copied = 0;
  const std::size_t start = object.front() == '[' ? 1 : 0;
  for (auto at = object.find('{', start); at != std::string::npos; at = object.find('{', copied)) {
    const auto end = end_of_object(object, at);
    out.append(object, copied, end - copied).append(end == at + 1 ? "\"@context\":" : ",\"@context\":");
    out.append(exchange.spoken_context());
    copied = end;
  }
  return out.append(object, copied);
}

bool has_option(const Exchange& exchange, std::string_view name) noexcept {
  const auto same = [name](std::string_view one) { return one == name; };
  return any_word(exchange.parameter("options"), ',', same) || any_word(exchange.parameter("format"), ',', same);
}

Result<void> check_options(const Exchange& exchange, std::string_view known) {
  for (const std::string_view parameter : {"options", "format"}) {
    std::string_view unknown;
    any_word(exchange.parameter(parameter), ',', [&](std::string_view one) {
      if (!has_word(known, one)) unknown = one;
      return !unknown.empty();
    });
    if (unknown.empty()) continue;
    return fail(
        ErrorCode::kInvalidRequest,
        "'" + std::string{unknown} + "' is not an option of this operation; known are: " + std::string{known} + ".",
        std::string{parameter});
  }
  return {};
}

Result<bool> flag(const Exchange& exchange, std::string_view name) {
  const auto* const found = exchange.request.find(name);
  if (found == nullptr || found->value == "false") return false;
  if (found->value == "true") return true;
  return fail(ErrorCode::kInvalidRequest, "The parameter '" + std::string{name} + "' is true or false.",
              std::string{name});
}

}  // namespace horad::edge::ngsi
