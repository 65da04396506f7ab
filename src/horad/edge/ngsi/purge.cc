// SPDX-License-Identifier: Apache-2.0
// DELETE /entities (5.6.21): what matches goes, or with `keep` or `drop` attributes of it.
#include <array>
#include <string>
#include <utility>

#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/ngsi/representation.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

/// Attributes that every entity has: to ask for them narrows nothing.
bool is_system(std::string_view name) noexcept {
  return name == "createdAt" || name == "modifiedAt" || name == "deletedAt" || name == "expiresAt";
}

std::string without_system(std::string_view list) {
  std::string out;
  while (!list.empty()) {
    const auto end = list.find(',');
    const auto name = list.substr(0, end);
    if (!is_system(name)) (out += out.empty() ? "" : ",") += name;
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return out;
}

/// True when a brace stands outside of quoted texts: the language of linked entities.
bool has_brace(std::string_view text) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == '{') {
      return true;
    }
  }
  return false;
}

Result<void> refuse_linked(const Exchange& x) {
  for (const std::string_view name : {"q", "attrs", "keep", "drop"}) {
    if (!has_brace(x.parameter(name))) continue;
    return fail(ErrorCode::kBadRequestData, "A purge does not follow relationships to other entities.",
                std::string{name});
  }
  return {};
}

Result<model::Query> read_query(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) return std::unexpected(std::move(text).error());
  if (text->attrs) {
    auto attrs = without_system(*text->attrs);
    text->attrs = attrs.empty() ? std::nullopt : std::optional{std::move(attrs)};
  }
  return model::parse_query(*text, *x.caller.context);
}

Result<broker::PurgeWhat> read_what(Exchange& x) {
  broker::PurgeWhat what;
  const auto* const keep = x.request.find("keep");
  const auto* const drop = x.request.find("drop");
  if (keep == nullptr && drop == nullptr) return what;
  if (keep != nullptr && drop != nullptr) {
    return fail(ErrorCode::kBadRequestData, "keep and drop exclude each other.", "keep");
  }
  const auto& list = keep != nullptr ? keep->value : drop->value;
  auto names = read_names(x, list);
  if (!names) return std::unexpected(std::move(names).error());
  if (names->empty()) {
    return fail(ErrorCode::kBadRequestData, "This list names no attribute.", keep != nullptr ? "keep" : "drop");
  }
  what.kind = keep != nullptr ? broker::PurgeWhat::Kind::kOthers : broker::PurgeWhat::Kind::kListed;
  what.attributes = std::move(*names);
  return what;
}

}  // namespace

Reply purge_entities(Exchange& x) {
  if (const auto good = refuse_linked(x); !good) co_return problem(good.error());
  auto query = read_query(x);
  if (!query) co_return problem(query.error());
  auto what = read_what(x);
  if (!what) co_return problem(what.error());
  const auto result = co_await x.broker.purge(x.caller.tenant, std::move(*query), std::move(*what));
  if (!result) co_return problem(result.error());
  if (result->errors.empty()) co_return no_content();
  co_return Response{
      .status = 207, .content_type = "application/json", .headers = {}, .body = batch_result_json(*result)};
}

}  // namespace horad::edge::ngsi
