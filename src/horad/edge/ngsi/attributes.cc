// SPDX-License-Identifier: Apache-2.0
// /entities/{id}/attrs and /entities/{id}/attrs/{attr}
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kInputOptions = "normalized concise keyValues simplified";

/// What every write of attributes begins with.
Result<broker::Target> begin(Exchange& x, std::string_view options) {
  if (auto good = check_options(x, options); !good) return std::unexpected(std::move(good).error());
  x.caller.simplified = has_option(x, "keyValues") || has_option(x, "simplified");
  return target_of(x);
}

}  // namespace

Reply append_attributes(Exchange& x) {
  auto target = begin(x, "noOverwrite normalized concise keyValues simplified");
  if (!target) co_return problem(target.error());
  const bool overwrite = !has_option(x, "noOverwrite");
  co_return answer_update(co_await x.broker.append(std::move(x.caller), std::move(*target), x.request.body, overwrite));
}

Reply update_attributes(Exchange& x) {
  auto target = begin(x, kInputOptions);
  if (!target) co_return problem(target.error());
  co_return answer_update(co_await x.broker.update(std::move(x.caller), std::move(*target), x.request.body));
}

Reply partial_update(Exchange& x) {
  auto target = begin(x, kInputOptions);
  if (!target) co_return problem(target.error());
  co_return answer_done(
      co_await x.broker.partial_update(std::move(x.caller), std::move(*target), x.request.captures[1], x.request.body));
}

Reply replace_attribute(Exchange& x) {
  auto target = begin(x, kInputOptions);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.replace_attribute(std::move(x.caller), std::move(*target),
                                                            x.request.captures[1], x.request.body));
}

Reply delete_attribute(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  const auto all = flag(x, "deleteAll");
  if (!all) co_return problem(all.error());
  broker::DeleteAttribute which{.dataset_id = std::string{x.parameter("datasetId")}, .all = *all};
  if (which.dataset_id == "@none") which.dataset_id.clear();
  co_return answer_done(co_await x.broker.remove_attribute(std::move(x.caller), std::move(*target),
                                                           x.request.captures[1], std::move(which)));
}

}  // namespace horad::edge::ngsi
