// SPDX-License-Identifier: Apache-2.0
// /entities and /entities/{id}, but for the query
#include "horad/edge/ngsi/answers.h"
#include "horad/edge/ngsi/handlers.h"
#include "horad/edge/ngsi/map_use.h"
#include "horad/edge/ngsi/representation.h"
#include "horad/model/type_selection.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::string_view kInputOptions = "normalized concise keyValues simplified";

/// The form of the body, from `options`.
Result<void> read_input_form(Exchange& x) {
  if (auto good = check_options(x, kInputOptions); !good) return good;
  x.caller.simplified = has_option(x, "keyValues") || has_option(x, "simplified");
  return {};
}

}  // namespace

Reply create_entity(Exchange& x) {
  if (const auto good = read_input_form(x); !good) co_return problem(good.error());
  const auto id = co_await x.broker.create(std::move(x.caller), x.request.body);
  if (!id) co_return problem(id.error());
  co_return created("/ngsi-ld/v1/entities/" + path_segment(*id));
}

Reply retrieve_entity(Exchange& x) {
  auto projection = projection_of(x);
  auto join = join_of(x);
  if (!join) co_return problem(join.error());
  projection.join = std::move(*join);
  const auto how = read_representation(x, projection);
  if (!how) co_return problem(how.error());
  const auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto use = map_use_of(x);
  if (!use) co_return problem(use.error());
  const auto found = co_await x.broker.retrieve(x.caller, *target, how->options.entity.listed);
  if (!found) co_return problem(found.error());
  const auto document = found->view();
  if (!model::shows_something(document, how->options.entity)) {
    co_return problem({ErrorCode::kNotFound, "The entity has none of what was asked for.", {}});
  }
  auto shown = co_await show_one_linked(x, *how, *found);
  if (!shown) co_return problem(shown.error());
  auto response = answer_shown(x, *how, std::span{&*found, 1}, std::move(*shown));
  if (const auto named = co_await name_map(x, *use, *target); !named) co_return problem(named.error());
  if (use->map) add_map(response, *use->map);
  co_return response;
}

Reply replace_entity(Exchange& x) {
  if (const auto good = read_input_form(x); !good) co_return problem(good.error());
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.replace(std::move(x.caller), std::move(*target), x.request.body));
}

Reply merge_entity(Exchange& x) {
  if (const auto good = read_input_form(x); !good) co_return problem(good.error());
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  auto options = merge_options_of(x);
  if (!options) co_return problem(options.error());
  co_return answer_update(
      co_await x.broker.merge(std::move(x.caller), std::move(*target), x.request.body, std::move(*options)));
}

Reply delete_entity(Exchange& x) {
  auto target = target_of(x);
  if (!target) co_return problem(target.error());
  co_return answer_done(co_await x.broker.remove(std::move(x.caller), std::move(*target)));
}

}  // namespace horad::edge::ngsi
