// SPDX-License-Identifier: Apache-2.0
// /csourceRegistrations (ETSI GS CIM 009, 5.9 and 5.10)
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/query_text.h"
#include "horad/edge/ngsi/temporal_text.h"
#include "horad/model/context.h"
#include "horad/model/q.h"

namespace horad::edge::ngsi {
namespace {

Result<std::optional<broker::RegistrationQuery::Window>> read_window(const Exchange& x) {
  const auto text = temporal_text_of(x);
  const auto asked = history_query_of(text, model::TemporalForm::kNormalized);
  if (!asked) return std::unexpected(asked.error());
  if (!text.timerel) {
    if (!text.timeproperty) return std::nullopt;
    return fail(ErrorCode::kBadRequestData, "'timeproperty' goes with 'timerel' and 'timeAt'.", "timeproperty");
  }
  return broker::RegistrationQuery::Window{asked->time_property, asked->from, asked->to};
}

Result<broker::RegistrationQuery> read_query(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) return std::unexpected(text.error());
  const bool narrow = text->id || text->id_pattern || text->type || text->attrs || text->q || text->georel ||
                      text->scope_q || x.request.find("csf") != nullptr;
  if (!narrow) {
    return fail(ErrorCode::kBadRequestData,
                "Ask for registrations by id, idPattern, type, attrs, q, csf, scopeQ or georel; all of them is too much.");
  }
  text->local = true;  // nothing is passed on
  auto parsed = model::parse_query(*text, *x.caller.context);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  broker::RegistrationQuery out;
  out.entities = *parsed;
  out.properties = std::move(*parsed);
  out.properties.ids.clear();  // these are about the entities
  out.properties.id_pattern = nullptr;
  out.properties.types = nullptr;
  out.properties.attributes.clear();
  if (const auto* const csf = x.request.find("csf")) {
    auto filter = model::QFilter::parse(csf->value, *x.caller.context);
    if (!filter) return fail(filter.error().code, filter.error().detail, "csf");
    out.csf = std::move(*filter);
  }
  const auto window = read_window(x);
  if (!window) return std::unexpected(window.error());
  out.window = *window;
  out.sys_attrs = has_option(x, "sysAttrs");
  return out;
}

}  // namespace

Reply create_registration(Exchange& x) {
  const auto id = co_await x.broker.create_registration(std::move(x.caller), x.request.body);
  if (!id) co_return problem(id.error());
  co_return created("/ngsi-ld/v1/csourceRegistrations/" + path_segment(*id));
}

Reply query_registrations(Exchange& x) {
  if (const auto good = check_options(x, "sysAttrs normalized count"); !good) co_return problem(good.error());
  auto query = read_query(x);
  if (!query) co_return problem(query.error());
  PageInfo info{.limit = query->entities.limit, .offset = query->entities.offset, .more = false, .count = {}};
  const bool counted = query->entities.count;
  const auto page = co_await x.broker.registrations(x.caller, std::move(*query));
  if (!page) co_return problem(page.error());
  info.more = info.offset + page->items.size() < page->count;
  if (counted) info.count = page->count;
  std::string body = "[";
  for (const auto& item : page->items) (body += body.size() > 1 ? "," : "") += item;
  auto response = answer(x, 200, with_context(x, body + "]"));
  add_paging(response, x, info);
  co_return response;
}

Reply show_registration(Exchange& x) {
  if (const auto good = check_options(x, "sysAttrs normalized"); !good) co_return problem(good.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto found = co_await x.broker.registration(x.caller, target->id, has_option(x, "sysAttrs"));
  if (!found) co_return problem(found.error());
  co_return answer(x, 200, with_context(x, std::move(*found)));
}

Reply update_registration(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.update_registration(std::move(x.caller), target->id, x.request.body));
}

Reply delete_registration(Exchange& x) {
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove_registration(std::move(x.caller), target->id));
}

}  // namespace horad::edge::ngsi
