// SPDX-License-Identifier: Apache-2.0
// /entityOperations/create, upsert, update, merge, delete
#include "horad/base/text.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"

namespace horad::edge::ngsi {
namespace {

using broker::BatchKind;

Reply run(Exchange& x, BatchKind kind, std::string_view options, broker::MergeOptions merge = {}) {
  if (const auto good = check_options(x, options); !good) co_return problem(good.error());
  x.caller.simplified = has_option(x, "keyValues") || has_option(x, "simplified");
  const auto result = co_await x.broker.batch(std::move(x.caller), kind, x.request.body, std::move(merge));
  if (!result) co_return problem(result.error());
  const auto json = [](int status, std::string body) {
    return Response{.status = status, .content_type = "application/json", .headers = {}, .body = std::move(body)};
  };
  if (!result->errors.empty()) co_return json(207, batch_result_json(*result));
  if (!result->created.empty()) co_return json(201, id_list(result->created));
  co_return no_content();
}

}  // namespace

Reply batch_create(Exchange& x) { return run(x, BatchKind::kCreate, "normalized concise keyValues simplified"); }

Reply batch_upsert(Exchange& x) {
  const auto kind = has_option(x, "update") ? BatchKind::kUpsertUpdate : BatchKind::kUpsertReplace;
  return run(x, kind, "replace update normalized concise keyValues simplified");
}

Reply batch_update(Exchange& x) {
  const auto kind = has_option(x, "noOverwrite") ? BatchKind::kUpdateNoOverwrite : BatchKind::kUpdate;
  return run(x, kind, "replace noOverwrite normalized concise keyValues simplified");
}

Reply batch_merge(Exchange& x) {
  auto options = merge_options_of(x);
  if (!options) co_return problem(options.error());
  co_return co_await run(x, BatchKind::kMerge, "normalized concise keyValues simplified", std::move(*options));
}

Reply batch_delete(Exchange& x) { return run(x, BatchKind::kDelete, ""); }

}  // namespace horad::edge::ngsi
