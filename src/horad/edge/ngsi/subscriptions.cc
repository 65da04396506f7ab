// SPDX-License-Identifier: Apache-2.0
// /subscriptions, and where sources notify that have some of ours
#include "horad/base/text.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/preferences.h"

namespace horad::edge::ngsi {
namespace {

/// Headers of the request, which lives until the handler has answered.
broker::HeaderSource headers_of(const Exchange& x) {
  return [&x](std::string_view name) -> std::optional<std::string> {
    const auto value = x.request.header(base::to_lower(name));
    return value.empty() ? std::nullopt : std::optional{std::string{value}};
  };
}

/// A subscription has no members that a reader of an older version is spared (4.3.6.8): it is shown as it is.
Response answer_unaltered(const Exchange& x, std::string body) {
  auto response = answer(x, 200, with_context(x, std::move(body)));
  auto preferences = read_preferences(x.request.header("prefer"), false);
  if (!preferences.applied.empty()) {
    response.headers.emplace_back("Preference-Applied", std::move(preferences.applied));
  }
  return response;
}

/// /subscriptions/ is the list, which can be neither changed nor deleted; a path with another id is that of one.
bool is_list(const Exchange& x) { return x.request.captures.front().empty(); }

Response refuse_list() {
  auto response = problem({ErrorCode::kMethodNotAllowed, "The list of subscriptions can be read and added to.", {}});
  response.headers.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
  return response;
}

}  // namespace

Reply create_subscription(Exchange& x) {
  const auto id = co_await x.broker.create_subscription(std::move(x.caller), x.request.body, headers_of(x));
  if (!id) co_return problem(id.error());
  co_return created("/ngsi-ld/v1/subscriptions/" + path_segment(*id));
}

Reply list_subscriptions(Exchange& x) {
  if (const auto good = check_options(x, "sysAttrs normalized"); !good) co_return problem(good.error());
  const auto counted = flag(x, "count");
  if (!counted) co_return problem(counted.error());
  auto info = read_page(x, *counted);
  if (!info) co_return problem(info.error());
  const auto page = co_await x.broker.subscriptions(x.caller, info->limit, info->offset, has_option(x, "sysAttrs"));
  if (!page) co_return problem(page.error());
  info->more = info->offset + page->items.size() < page->count;
  if (*counted) info->count = page->count;
  std::string body = "[";
  for (const auto& item : page->items) (body += body.size() > 1 ? "," : "") += item;
  auto response = answer_unaltered(x, body + "]");
  add_paging(response, x, *info);
  co_return response;
}

Reply show_subscription(Exchange& x) {
  if (const auto good = check_options(x, "sysAttrs normalized"); !good) co_return problem(good.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto found = co_await x.broker.subscription(x.caller, target->id, has_option(x, "sysAttrs"));
  if (!found) co_return problem(found.error());
  co_return answer_unaltered(x, std::move(*found));
}

Reply update_subscription(Exchange& x) {
  if (is_list(x)) co_return refuse_list();
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(
      co_await x.broker.update_subscription(std::move(x.caller), target->id, x.request.body, headers_of(x)));
}

Reply delete_subscription(Exchange& x) {
  if (is_list(x)) co_return refuse_list();
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_subscription(std::move(x.caller), target->id));
}

Reply receive_notification(Exchange& x) {
  const auto done = co_await x.broker.receive_notification(x.caller, x.request.body);
  if (!done) co_return problem(done.error());
  co_return Response{.status = 200, .content_type = {}, .headers = {}, .body = {}};
}

}  // namespace horad::edge::ngsi
