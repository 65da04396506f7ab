// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/context.h"
#include "horad/model/query.h"
#include "horad/model/type_selection.h"

namespace horad::edge::ngsi {
namespace {

bool may_stand_in_path(char c) noexcept {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view{"-._~!$&'()*+,;=:@"}.find(c) != std::string_view::npos;
}

/// As a value in a query string: what may stand there and means nothing is left readable.
void append_value(std::string& url, std::string_view value) {
  for (const char c : value) {
    if (std::string_view{":*/@()!$"}.find(c) != std::string_view::npos) {
      url += c;
    } else {
      url += base::percent_encode({&c, 1});
    }
  }
}

/// The same request for another page, its parameters in alphabetical order.
std::string page_url(const Exchange& exchange, std::size_t limit, std::size_t offset) {
  std::map<std::string_view, std::string> parameters;
  for (const auto& [name, value] : exchange.request.parameters) parameters[name] = value;
  parameters["limit"] = std::to_string(limit);
  parameters["offset"] = std::to_string(offset);
  std::string url{exchange.request.path};
  if (url.ends_with('/')) url.pop_back();  // the path has one form, however it was asked for
  char separator = '?';
  for (const auto& [name, value] : parameters) {
    ((url += std::exchange(separator, '&')) += name) += '=';
    append_value(url, value);
  }
  return url;
}

Result<std::size_t> read_number(const Exchange& x, std::string_view name, std::size_t fallback) {
  const auto* const found = x.request.find(name);
  if (found == nullptr) return fallback;
  std::size_t value = 0;
  const char* const end = found->value.data() + found->value.size();
  const auto read = std::from_chars(found->value.data(), end, value);
  if (read.ec == std::errc{} && read.ptr == end) return value;
  return fail(ErrorCode::kBadRequestData, "'" + std::string{name} + "' is a whole number.", std::string{name});
}

}  // namespace

Result<PageInfo> read_page(const Exchange& x, bool counted) {
  const auto limit = read_number(x, "limit", model::kDefaultLimit);
  if (!limit) return std::unexpected(limit.error());
  const auto offset = read_number(x, "offset", 0);
  if (!offset) return std::unexpected(offset.error());
  if (*limit > model::kMostLimit) {
    return fail(ErrorCode::kTooManyResults, "'limit' is at most " + std::to_string(model::kMostLimit) + ".", "limit");
  }
  if (*limit == 0 && !counted)
    return fail(ErrorCode::kBadRequestData, "'limit=0' goes with 'count=true' only.", "limit");
  return PageInfo{.limit = *limit, .offset = *offset, .more = false, .count = {}};
}

std::string path_segment(std::string_view id) {
  std::string out;
  for (const char c : id) {
    if (may_stand_in_path(c)) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string id_list(const std::vector<std::string>& ids) {
  std::string out = "[";
  for (const auto& id : ids) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, id);
  }
  return out + "]";
}

std::string batch_result_json(const broker::BatchResult& result) {
  std::string out = "{\"success\":" + id_list(result.succeeded) + ",\"errors\":[";
  for (std::size_t i = 0; i < result.errors.size(); ++i) {
    out += i > 0 ? ",{\"entityId\":" : "{\"entityId\":";
    base::append_json_string(out, result.errors[i].id);
    out += ",\"error\":" + problem(result.errors[i].error).body + "}";
  }
  return out + "]}";
}

std::string update_result_json(const broker::UpdateResult& result) {
  const auto name_of = [&](model::NameId name) { return result.context->names().text(name); };  // a URI: 5.2.18
  std::vector<std::string> updated;
  for (const auto name : result.updated) updated.emplace_back(name_of(name));
  if (result.scope_updated) updated.emplace_back("scope");
  std::string out = "{\"updated\":" + id_list(updated) + ",\"notUpdated\":[";
  const char* comma = "";
  const auto refused = [&](std::string_view name, std::string_view reason) {
    out.append(std::exchange(comma, ",")).append("{\"attributeName\":");
    base::append_json_string(out, name);
    out += ",\"reason\":";
    base::append_json_string(out, reason);
    out += '}';
  };
  for (const auto& one : result.not_updated) refused(name_of(one.name), one.reason);
  if (!result.scope_not_updated.empty()) refused("scope", result.scope_not_updated);
  return out + "]}";
}

Response answer_update(const Result<broker::UpdateResult>& result) {
  if (!result) return problem(result.error());
  if (result->not_updated.empty() && result->scope_not_updated.empty()) return no_content();
  return {.status = 207, .content_type = "application/json", .headers = {}, .body = update_result_json(*result)};
}

Response answer_done(const Result<void>& result) { return result ? no_content() : problem(result.error()); }

Result<broker::MergeOptions> merge_options_of(const Exchange& exchange) {
  broker::MergeOptions options;
  options.lang = exchange.parameter("lang");
  const auto* const at = exchange.request.find("observedAt");
  if (at == nullptr) return options;
  const auto time = base::parse_time(at->value);
  if (!time) return fail(time.error().code, time.error().detail, "observedAt");
  options.observed_at = *time;
  return options;
}

Result<broker::Target> target_of(const Exchange& exchange) {
  broker::Target out{exchange.request.captures.front(), nullptr};
  if (auto good = model::check_entity_id(out.id); !good) return std::unexpected(std::move(good).error());
  const auto* const type = exchange.request.find("type");
  if (type == nullptr) return out;
  auto selection = model::TypeSelection::parse(type->value, *exchange.caller.context);
  if (!selection) return std::unexpected(std::move(selection).error());
  out.types = std::move(*selection);
  return out;
}

void add_paging(Response& response, const Exchange& exchange, const PageInfo& page) {
  const auto add = [&](std::size_t offset, std::string_view relation) {
    response.headers.emplace_back(
        "Link", fmt::format("<{}>;rel=\"{}\";type=\"{}\"", page_url(exchange, page.limit, offset), relation,
                            media_name(exchange.media)));
  };
  if (page.limit > 0 && page.more) add(page.offset + page.limit, "next");
  if (page.limit > 0 && page.offset > 0) add(page.offset - std::min(page.limit, page.offset), "prev");
  if (page.count) response.headers.emplace_back("NGSILD-Results-Count", std::to_string(*page.count));
}

}  // namespace horad::edge::ngsi
