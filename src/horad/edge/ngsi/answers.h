// SPDX-License-Identifier: Apache-2.0
// Small parts of answers that several handlers write.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/broker/types.h"
#include "horad/edge/ngsi/operation.h"

namespace horad::edge::ngsi {

/// `id` as one segment of a path: what may stand there stays as it is, the rest is percent-encoded.
std::string path_segment(std::string_view id);

/// ["id", ...]
std::string id_list(const std::vector<std::string>& ids);
/// {"success": [...], "errors": [{entityId, error}]}
std::string batch_result_json(const broker::BatchResult& result);
/// {"updated": [...], "notUpdated": [{attributeName, reason}]}
std::string update_result_json(const broker::UpdateResult& result);
/// 204, or 207 with the result when something was not updated.
Response answer_update(const Result<broker::UpdateResult>& result);
/// 204, or the problem.
Response answer_done(const Result<void>& result);

/// The parameters `observedAt` and `lang` of a merge.   errors  kBadRequestData
Result<broker::MergeOptions> merge_options_of(const Exchange& exchange);

/// The entity a write is about: the id in the path, narrowed by the parameter `type`.   errors  kBadRequestData
Result<broker::Target> target_of(const Exchange& exchange);

struct PageInfo {
  std::size_t limit = 0;
  std::size_t offset = 0;
  bool more = false;
  std::optional<std::uint64_t> count;
};
/// limit and offset of a list that is not a query.   errors  kBadRequestData; kTooManyResults above the greatest limit
Result<PageInfo> read_page(const Exchange& x, bool counted);
/// Adds NGSILD-Results-Count and the links to the next and the previous page, each absent at its edge.
void add_paging(Response& response, const Exchange& exchange, const PageInfo& page);

}  // namespace horad::edge::ngsi
