// SPDX-License-Identifier: Apache-2.0
// /temporal/entities and /temporal/entityOperations/query
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/map_use.h"
#include "horad/edge/ngsi/representation.h"
#include "horad/edge/ngsi/temporal_text.h"
#include "horad/model/context.h"
#include "horad/model/type_selection.h"

namespace horad::edge::ngsi {
namespace {

/// Lays views over one history and writes it.
class Writer {
 public:
  Writer(const Exchange& exchange, const TemporalForm& form, const store::HistoryQuery& query)
      : context_(*exchange.caller.context) {
    if (query.aggregation) {
      for (const auto method : query.aggregation->methods) methods_.push_back(aggregate_name(method));
    }
    options_ = {.form = form.form,
                .time = static_cast<model::TemporalTime>(query.time_property),
                .methods = methods_,
                .sys_attrs = form.sys_attrs,
                .with_context = exchange.media != Media::kJson};
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void append(std::string& out, const store::EntityHistory& history) const {
    std::vector<model::TemporalSeries> series;
    series.reserve(history.series.size());
    for (const auto& one : history.series) series.push_back(view_of(one));
    const model::TemporalEntity entity{.id = history.id,
                                       .types = history.types,
                                       .scopes = history.scopes,
                                       .created_at = history.created_at,
                                       .modified_at = history.modified_at,
                                       .deleted_at = history.deleted_at,
                                       .series = series};
    model::append_temporal(out, entity, context_, options_);
  }

 private:
  static model::TemporalSeries view_of(const store::Series& series) {
    model::TemporalSeries out{.name = series.name,
                              .dataset_id = series.dataset_id,
                              .instances = {},
                              .buckets = {},
                              .kind = model::AttributeKind::kProperty};
    for (const auto& one : series.instances) out.instances.push_back({&one.attribute, one.deleted_at, one.instance_id});
    for (const auto& one : series.buckets) out.buckets.push_back({one.start, one.end, one.values});
    return out;
  }

  const model::Context& context_;
  std::vector<std::string_view> methods_;
  model::TemporalOptions options_;
};

static_assert(static_cast<int>(model::TemporalTime::kObservedAt) ==
                  static_cast<int>(store::TimeProperty::kObservedAt) &&
              static_cast<int>(model::TemporalTime::kCreatedAt) == static_cast<int>(store::TimeProperty::kCreatedAt) &&
              static_cast<int>(model::TemporalTime::kModifiedAt) ==
                  static_cast<int>(store::TimeProperty::kModifiedAt) &&
              static_cast<int>(model::TemporalTime::kDeletedAt) == static_cast<int>(store::TimeProperty::kDeletedAt));

/// The histories of a page, of the entities in a map when one is used or asked for.
boost::asio::awaitable<Result<broker::HistoryPage>> find_page(Exchange& x, broker::TemporalQuery query, MapUse& use) {
  if (use.make) {
    auto made = co_await x.broker.map_temporal_query(x.caller.tenant, query, use.lifetime);
    if (!made) co_return std::unexpected(std::move(made).error());
    use.map = std::move(*made);
  }
  if (use.map && !restrict_to_map(x, *use.map, query.entities)) {
    broker::HistoryPage nothing;
    if (query.entities.count) nothing.count = 0;
    co_return nothing;
  }
  co_return co_await x.broker.temporal_query(x.caller.tenant, std::move(query));
}

Reply run(Exchange& x, model::QueryText text, TemporalText temporal, MapUse use) {
  const auto form = temporal_form_of(x);
  if (!form) co_return problem(form.error());
  auto entities = model::parse_query(text, *x.caller.context);
  if (!entities) co_return problem(entities.error());
  auto history = history_query_of(temporal, form->form);
  if (!history) co_return problem(history.error());
  if (!temporal.timerel) {
    co_return problem({ErrorCode::kBadRequestData, "A temporal query needs 'timerel' and 'timeAt'.", "timerel"});
  }
  history->attributes = entities->attributes;
  const Writer writer{x, *form, *history};
  PageInfo info{.limit = entities->limit, .offset = entities->offset, .more = false, .count = {}};
  const auto page = co_await find_page(x, {std::move(*entities), std::move(*history)}, use);
  if (!page) co_return problem(page.error());
  std::string body = "[";
  for (const auto& entity : page->entities) {
    if (body.size() > 1) body += ',';
    writer.append(body, entity);
  }
  info.more = page->more;
  info.count = page->count;
  auto response = answer(x, use.make ? 201 : 200, body + "]");
  add_paging(response, x, info);
  if (use.map) add_map(response, *use.map);
  co_return response;
}

}  // namespace

Reply retrieve_history(Exchange& x) {
  const auto form = temporal_form_of(x);
  if (!form) co_return problem(form.error());
  auto query = history_query_of(temporal_text_of(x), form->form);
  if (!query) co_return problem(query.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto attributes = read_names(x, x.parameter("attrs"));
  if (!attributes) co_return problem(attributes.error());
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  query->ids = {target->id};
  query->attributes = std::move(*attributes);
  const Writer writer{x, *form, *query};
  const auto history = co_await x.broker.history(x.caller.tenant, std::move(*query));
  if (!history) co_return problem(history.error());
  if (target->types) {
    model::Entity types_only;
    types_only.id = history->id;
    types_only.types = history->types;
    const auto document = model::encode(types_only);
    if (!target->types->matches(model::DocumentView{document})) {
      co_return problem({ErrorCode::kNotFound, "There is no entity with this id and type.", {}});
    }
  }
  std::string body;
  writer.append(body, *history);
  auto response = answer(x, 200, std::move(body));
  if (const auto named = name_map(x, *use, target->id); !named) co_return problem(named.error());
  if (use->map) add_map(response, *use->map);
  co_return response;
}

Reply query_history(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  co_return co_await run(x, std::move(*text), temporal_text_of(x), std::move(*use));
}

Reply query_history_by_body(Exchange& x) {
  const auto body = read_query_body(x);
  if (!body) co_return problem(body.error());
  auto temporal = temporal_text_of(*body);
  if (!temporal) co_return problem(temporal.error());
  if (body->pick || body->omit) {
    co_return problem(
        {ErrorCode::kNotSupported, "'pick' and 'omit' are not supported for the past; 'attrs' is.", "/pick"});
  }
  co_return co_await run(x, body->text, std::move(*temporal), body->map);
}

}  // namespace horad::edge::ngsi
