// SPDX-License-Identifier: Apache-2.0
// /temporal/entities: writing the past
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"

namespace horad::edge::ngsi {

Reply write_history(Exchange& x) {
  const auto written = co_await x.broker.write_history(std::move(x.caller), x.request.body);
  if (!written) co_return problem(written.error());
  if (!written->created) co_return no_content();
  co_return created("/ngsi-ld/v1/temporal/entities/" + path_segment(written->id));
}

Reply append_history(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.append_history(std::move(x.caller), std::move(target->id), x.request.body));
}

Reply delete_history(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_history(std::move(x.caller), std::move(target->id)));
}

Reply delete_history_attribute(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  const auto all = flag(x, "deleteAll");
  if (!all) co_return problem(all.error());
  broker::DeleteAttribute which{.dataset_id = std::string{x.parameter("datasetId")}, .all = *all};
  if (which.dataset_id == "@none") which.dataset_id.clear();
  co_return answer_done(co_await x.broker.remove_history_attribute(std::move(x.caller), std::move(target->id),
                                                                   x.request.captures[1], std::move(which)));
}

Reply modify_instance(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.modify_instance(
      std::move(x.caller), std::move(target->id), x.request.captures[1], x.request.captures[2], x.request.body));
}

Reply delete_instance(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_instance(std::move(x.caller), std::move(target->id),
                                                          x.request.captures[1], x.request.captures[2]));
}

}  // namespace horad::edge::ngsi
