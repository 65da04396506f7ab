// SPDX-License-Identifier: Apache-2.0
// /jsonldContexts (ETSI GS CIM 009 V1.9.1, 5.13 and 6.29 to 6.30)
#include "horad/broker/contexts.h"

#include <algorithm>

#include "horad/base/text.h"
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/model/context.h"

namespace horad::edge::ngsi {
namespace {

using broker::ContextDocument;
using broker::ContextKind;

std::unexpected<Error> bad_parameter(std::string_view name, std::string detail) {
  return fail(ErrorCode::kBadRequestData, std::move(detail), std::string{name});
}

Result<bool> read_flag(const Exchange& x, std::string_view name) {
  auto value = flag(x, name);
  if (!value) return bad_parameter(name, value.error().detail);
  return value;
}

Result<std::optional<ContextKind>> read_kind(const Exchange& x) {
  const auto* const given = x.request.find("kind");
  if (given == nullptr) return std::nullopt;
  for (const auto kind : {ContextKind::kHosted, ContextKind::kImplicit, ContextKind::kCached}) {
    if (broker::kind_name(kind) == given->value) return kind;
  }
  return bad_parameter("kind", "'kind' is Hosted, Cached or ImplicitlyCreated.");
}

std::string url_of(const Exchange& x, const ContextDocument& document) {
  return document.kind == ContextKind::kCached ? document.url : x.broker.contexts().own_url(path_segment(document.id));
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += out.ends_with('{') ? "\"" : ",\"";
  out.append(name).append("\":");
  base::append_json_string(out, text);
}

/// What stands for the core context, which is no document of ours.
broker::ContextPtr core_document(const Exchange& x, std::string_view url) {
  auto out = std::make_shared<ContextDocument>();
  out->kind = ContextKind::kCached;
  out->id = broker::context_id_of(url);
  out->url = url;
  out->created = x.broker.contexts().started();
  return out;
}

std::string details_json(const Exchange& x, const ContextDocument& document) {
  std::string out = "{";
  append_member(out, "URL", url_of(x, document));
  append_member(out, "localId", document.id);
  append_member(out, "kind", broker::kind_name(document.kind));
  append_member(out, "createdAt", base::format_time(document.created));
  if (document.text.empty()) return out + "}";  // uses of the core context are not counted
  const auto last = document.last_usage.load();
  if (last != 0) append_member(out, "lastUsage", base::format_time(Timestamp{Duration{last}}));
  out += ",\"numberOfHits\":" + std::to_string(document.hits.load());
  if (document.pinned) out += ",\"extraInfo\":\"pinned\"";
  return out + "}";
}

/// No Link header: what is answered is a context, or about some, and in the words of none.
Response plain(const Exchange& x, std::string body) {
  return {.status = 200, .content_type = std::string{media_name(x.media)}, .headers = {}, .body = std::move(body)};
}

}  // namespace

Reply add_context(Exchange& x) {
  const auto id = co_await x.broker.add_context(std::move(x.caller), x.request.body);
  if (!id) co_return problem(id.error());
  co_return created(std::string{broker::kContextsPath} + path_segment(*id));
}

Reply list_contexts(Exchange& x) {
  const auto details = read_flag(x, "details");
  if (!details) co_return problem(details.error());
  const auto kind = read_kind(x);
  if (!kind) co_return problem(kind.error());
  std::string body = "[";
  const auto add = [&](const ContextDocument& document) {
    if (body.size() > 1) body += ',';
    if (*details) {
      body += details_json(x, document);
    } else {
      base::append_json_string(body, url_of(x, document));
    }
  };
  if (!*kind || **kind == ContextKind::kCached) add(*core_document(x, model::kCoreContextUrl));
  for (const auto& document : x.broker.contexts().shelf().list(x.caller.tenant, *kind)) add(*document);
  co_return plain(x, body + "]");
}

Reply show_context(Exchange& x) {
  const auto details = read_flag(x, "details");
  if (!details) co_return problem(details.error());
  const std::string& id = x.request.captures.front();
  if (model::is_core_context(id) && *details) co_return plain(x, details_json(x, *core_document(x, id)));
  const auto found = x.broker.contexts().find(x.caller.tenant, id);
  const bool cached = model::is_core_context(id) || (found && found->kind == ContextKind::kCached);
  if (cached && !*details) {
    co_return problem({ErrorCode::kNotSupported,
                       "A document of kind Cached is served where it is from, not here; 'details=true' tells of it.",
                       "details"});
  }
  if (!found) co_return problem({ErrorCode::kNotFound, "There is no such @context here.", {}});
  auto response = plain(x, *details ? details_json(x, *found) : found->text);
  x.broker.contexts().count_use(*found);
  co_return response;
}

Reply delete_context(Exchange& x) {
  const auto reload = read_flag(x, "reload");
  if (!reload) co_return problem(reload.error());
  const std::string id = x.request.captures.front();
  if (*reload) co_return answer_done(co_await x.broker.reload_context(std::move(x.caller), id));
  co_return answer_done(co_await x.broker.remove_context(std::move(x.caller), id));
}

}  // namespace horad::edge::ngsi
