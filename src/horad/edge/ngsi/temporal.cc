// SPDX-License-Identifier: Apache-2.0
// /temporal/entities and /temporal/entityOperations/query: reading the past
#include <algorithm>

#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/map_use.h"
#include "horad/edge/ngsi/temporal_text.h"
#include "horad/model/context.h"
#include "horad/model/type_selection.h"

namespace horad::edge::ngsi {
namespace {

/// Lays views over one history and writes it.
class Writer {
 public:
  Writer(const Exchange& exchange, const TemporalForm& form, const store::HistoryQuery& query, TemporalMembers members)
      : context_(*exchange.caller.context), members_(std::move(members)) {
    if (query.aggregation) {
      for (const auto method : query.aggregation->methods) methods_.push_back(aggregate_name(method));
    }
    options_ = {.form = form.form,
                .time = static_cast<model::TemporalTime>(query.time_property),
                .methods = methods_,
                .sys_attrs = form.sys_attrs,
                .with_context = exchange.media != Media::kJson,
                .id = members_.id,
                .type = members_.type};
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// False when nothing of the entity is to be shown.
  bool shows(const store::EntityHistory& history) const {
    return members_.id || members_.type ||
           std::ranges::any_of(history.series, [this](const auto& one) { return is_shown(one.name); });
  }

  void append(std::string& out, const store::EntityHistory& history) const {
    std::vector<model::TemporalSeries> series;
    series.reserve(history.series.size());
    for (const auto& one : history.series) {
      if (is_shown(one.name)) series.push_back(view_of(one));
    }
    const model::TemporalEntity entity{.id = history.id,
                                       .types = history.types,
                                       .created_at = history.created_at,
                                       .modified_at = history.modified_at,
                                       .deleted_at = history.deleted_at,
                                       .series = series};
    model::append_temporal(out, entity, context_, options_);
  }

 private:
  bool is_shown(model::NameId name) const {
    if (name == model::kScopeName) return members_.scope;
    const auto in = [name](const auto& list) { return std::ranges::find(list, name) != list.end(); };
    return (members_.all_attributes || in(members_.shown)) && !in(members_.omitted);
  }

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
  const TemporalMembers members_;
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
boost::asio::awaitable<Result<broker::HistoryPage>> find_page(Exchange& x, broker::TemporalQuery query,
                                                              const model::QueryText& text, MapUse& use) {
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
  co_return co_await x.broker.temporal_query(x.caller, std::move(query), text);
}

/// Says with 206 and Content-Range where an answer ends that was cut by time (6.3.10). It begins where the question
/// does, or at its first instance; with lastN it goes from new to old.
void say_range(Response& response, const store::HistoryQuery& query, const std::optional<store::HistoryCut>& cut) {
  if (!cut) return;
  const bool newest_first = query.last_n > 0;
  const auto begin = (newest_first ? query.to : query.from).value_or(cut->first);
  response.status = 206;
  std::string range = "date-time " + base::format_time(begin) + "-" + base::format_time(cut->last) + "/";
  range += newest_first ? std::to_string(query.last_n) : "*";
  response.headers.emplace_back("Content-Range", std::move(range));
}

Result<void> check_use(const Exchange& x, const MapUse& use) {
  return use.make || use.map ? check_past_map(x) : Result<void>{};
}

Reply run(Exchange& x, TemporalQuestion asked, MapUse use) {
  if (const auto possible = check_use(x, use); !possible) co_return problem(possible.error());
  auto form = temporal_form_of(x);
  if (!form) co_return problem(form.error());
  if (asked.temporal.aggr_methods && x.request.method == Method::kPost) form->form = model::TemporalForm::kAggregated;
  auto members = temporal_members_of(x, asked.projection);
  if (!members) co_return problem(members.error());
  const auto text = asked.text;
  auto query = temporal_query_of(x, std::move(asked), form->form, *members);
  if (!query) co_return problem(query.error());
  PageInfo info{.limit = query->entities.limit, .offset = query->entities.offset, .more = false, .count = {}};
  const auto window = query->history;
  const Writer writer{x, *form, window, std::move(*members)};
  const auto page = co_await find_page(x, std::move(*query), text, use);
  if (!page) co_return problem(page.error());
  std::string body = "[";
  for (const auto& entity : page->entities) {
    if (!writer.shows(entity)) continue;
    if (body.size() > 1) body += ',';
    writer.append(body, entity);
  }
  info.more = page->more;
  info.count = page->count;
  auto response = answer(x, use.make ? 201 : 200, body + "]");
  add_paging(response, x, info);
  if (use.map) add_map(response, *use.map);
  say_range(response, window, page->cut);
  co_return response;
}

bool has_type(const broker::Target& target, const store::EntityHistory& history) {
  if (!target.types) return true;
  model::Entity types_only;
  types_only.id = history.id;
  types_only.types = history.types;
  const auto document = model::encode(types_only);
  return target.types->matches(model::DocumentView{document});
}

Response nothing_found(std::string_view what) { return problem({ErrorCode::kNotFound, std::string{what}, {}}); }

}  // namespace

Reply retrieve_history(Exchange& x) {
  const auto form = temporal_form_of(x);
  if (!form) co_return problem(form.error());
  auto query = history_query_of(temporal_text_of(x), form->form);
  if (!query) co_return problem(query.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  if (const auto possible = check_use(x, *use); !possible) co_return problem(possible.error());
  const auto projection = temporal_projection_of(x);
  auto members = temporal_members_of(x, projection);
  if (!members) co_return problem(members.error());
  if (auto done = narrow(*query, projection, *members); !done) co_return problem(done.error());
  query->ids = {target->id};
  const auto one_of = members->one_of;
  const Writer writer{x, *form, *query, std::move(*members)};
  const auto window = *query;
  const auto found = co_await x.broker.history(x.caller, std::move(*query), one_of);
  if (!found) co_return problem(found.error());
  const auto& history = found->entities.front();
  if (!has_type(*target, history)) co_return nothing_found("There is no entity with this id and type.");
  const auto is_attribute = [](const auto& one) { return one.name != model::kScopeName; };
  const bool bare = !one_of.empty() && !window.from && !window.to && std::ranges::none_of(history.series, is_attribute);
  if (bare || !writer.shows(history))
    co_return nothing_found("The past of the entity has nothing of what is asked for.");
  std::string body;
  writer.append(body, history);
  auto response = answer(x, 200, std::move(body));
  if (const auto named = co_await name_map(x, *use, *target); !named) co_return problem(named.error());
  if (use->map) add_map(response, *use->map);
  say_range(response, window, found->cut);
  co_return response;
}

Reply query_history(Exchange& x) {
  auto text = query_text_of(x);
  if (!text) co_return problem(text.error());
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  co_return co_await run(x, {std::move(*text), temporal_text_of(x), temporal_projection_of(x)}, std::move(*use));
}

Reply query_history_by_body(Exchange& x) {
  const auto body = read_query_body(x);
  if (!body) co_return problem(body.error());
  if (body->lang) co_return problem({ErrorCode::kNotSupported, "The past is not read in one language.", "/lang"});
  auto temporal = temporal_text_of(*body);
  if (!temporal) co_return problem(temporal.error());
  co_return co_await run(x, {body->text, std::move(*temporal), temporal_projection_of(*body)}, body->map);
}

}  // namespace horad::edge::ngsi
