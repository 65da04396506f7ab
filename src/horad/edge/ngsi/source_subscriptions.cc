// SPDX-License-Identifier: Apache-2.0
// /csourceSubscriptions (ETSI GS CIM 009, 5.11)
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"

namespace horad::edge::ngsi {
Reply create_source_subscription(Exchange& x) {
  const auto id = co_await x.broker.create_source_subscription(std::move(x.caller), x.request.body);
  if (!id) co_return problem(id.error());
  co_return created("/ngsi-ld/v1/csourceSubscriptions/" + path_segment(*id));
}

Reply list_source_subscriptions(Exchange& x) {
  const auto counted = flag(x, "count");
  if (!counted) co_return problem(counted.error());
  auto info = read_page(x, *counted);
  if (!info) co_return problem(info.error());
  const auto page = co_await x.broker.source_subscriptions(x.caller, info->limit, info->offset);
  if (!page) co_return problem(page.error());
  info->more = info->offset + page->items.size() < page->count;
  if (*counted) info->count = page->count;
  std::string body = "[";
  for (const auto& item : page->items) (body += body.size() > 1 ? "," : "") += item;
  auto response = answer(x, 200, with_context(x, body + "]"));
  add_paging(response, x, *info);
  co_return response;
}

Reply show_source_subscription(Exchange& x) {
  if (const auto good = check_options(x, "sysAttrs normalized"); !good) co_return problem(good.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto found = co_await x.broker.source_subscription(x.caller, target->id);
  if (!found) co_return problem(found.error());
  co_return answer(x, 200, with_context(x, std::move(*found)));
}

Reply update_source_subscription(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.update_source_subscription(std::move(x.caller), target->id, x.request.body));
}

Reply delete_source_subscription(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_source_subscription(std::move(x.caller), target->id));
}

}  // namespace horad::edge::ngsi
