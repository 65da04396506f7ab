// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/linked.h"

#include "horad/edge/ngsi/representation.h"
#include "horad/model/links.h"

namespace horad::edge::ngsi {
namespace {

Error too_much() {
  return {ErrorCode::kTooManyResults,
          "More than " + std::to_string(model::kMostInlined) +
              " linked entities would stand in the answer; ask for fewer levels or entities, or for join=flat.",
          "join"};
}

/// Fetches what the entities link to, as far as `how` follows relationships.
boost::asio::awaitable<Result<model::LinkWalk<model::RepresentOptions>>> walk_from(
    const Exchange& exchange, const Representation& how, std::span<const model::Document> documents) {
  model::LinkWalk<model::RepresentOptions> walk{documents, how.options.entity, how.join.contained_by};
  while (!walk.wanted().empty()) {
    const auto found = co_await exchange.broker.read_all(exchange.caller.tenant, walk.wanted());
    if (!found) co_return std::unexpected(found.error());
    if (auto taken = walk.take(*found); !taken) co_return std::unexpected(std::move(taken).error());
  }
  co_return std::move(walk);
}

}  // namespace

Result<Join> join_of(const Exchange& exchange) {
  const auto* const level = exchange.request.find("joinLevel");
  std::vector<std::string> contained;
  for (auto list = exchange.parameter("containedBy"); !list.empty();) {
    const auto end = list.find(',');
    contained.emplace_back(list.substr(0, end));
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return broker::make_join(exchange.parameter("join"),
                           level == nullptr ? std::nullopt : std::optional<std::string_view>{level->value},
                           std::move(contained));
}

boost::asio::awaitable<Result<std::string>> show_all_linked(const Exchange& exchange, const Representation& how,
                                                            std::span<const model::Document> documents) {
  const auto& context = *exchange.caller.context;
  if (how.join.form == Join::Form::kNone) co_return show_all(how, documents, context);
  const auto walk = co_await walk_from(exchange, how, documents);
  if (!walk) co_return std::unexpected(walk.error());
  if (how.join.form == Join::Form::kFlat) co_return show_all(how, documents, context, nullptr, walk->reached());
  if (model::count_inlined(documents, how.options.entity, walk->documents(), model::kMostInlined + 1) >
      model::kMostInlined) {
    co_return std::unexpected(too_much());
  }
  co_return show_all(how, documents, context, &walk->documents());
}

boost::asio::awaitable<Result<std::string>> show_one_linked(const Exchange& exchange, const Representation& how,
                                                            const model::Document& document) {
  const auto& context = *exchange.caller.context;
  if (how.join.form == Join::Form::kNone) co_return show_one(how, document.view(), context);
  const std::span one{&document, 1};
  const auto walk = co_await walk_from(exchange, how, one);
  if (!walk) co_return std::unexpected(walk.error());
  if (how.join.form == Join::Form::kFlat) {
    if (walk->reached().empty()) co_return show_one(how, document.view(), context);
    co_return show_all(how, one, context, nullptr, walk->reached());
  }
  if (model::count_inlined(one, how.options.entity, walk->documents(), model::kMostInlined + 1) > model::kMostInlined) {
    co_return std::unexpected(too_much());
  }
  co_return show_one(how, document.view(), context, &walk->documents());
}

}  // namespace horad::edge::ngsi
