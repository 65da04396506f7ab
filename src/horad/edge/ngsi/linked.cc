// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/linked.h"

#include <charconv>

#include "horad/edge/ngsi/representation.h"
#include "horad/model/links.h"

namespace horad::edge::ngsi {
namespace {

constexpr std::size_t kMostInlined = 20'000;  // entities written inside of others in one answer

std::unexpected<Error> wrong(std::string_view parameter, std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

Result<void> read_form(std::string_view text, Join& out) {
  if (text.empty() || text == "@none") return {};
  if (text != "flat" && text != "inline") return wrong("join", "'join' is flat, inline or @none.");
  out.form = text == "flat" ? Join::Form::kFlat : Join::Form::kInline;
  return {};
}

Result<std::size_t> read_level(std::string_view text) {
  std::size_t level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error == std::errc{} && end == text.data() + text.size() && level > 0 && level <= model::kMostJoinLevels) {
    return level;
  }
  return wrong("joinLevel", "'joinLevel' is a number from 1 to " + std::to_string(model::kMostJoinLevels) + ".");
}

Result<void> add_contained(std::string_view id, Join& out) {
  if (!model::check_entity_id(id)) return wrong("containedBy", "'containedBy' is a list of entity ids.");
  out.contained_by.emplace_back(id);
  return {};
}

Result<void> finish(std::optional<std::string_view> level, Join& out) {
  std::size_t levels = 1;
  if (level) {
    const auto read = read_level(*level);
    if (!read) return std::unexpected(read.error());
    levels = *read;
  }
  out.levels = out.form == Join::Form::kNone ? 0 : levels;
  return {};
}

Error too_much() {
  return {ErrorCode::kTooManyResults,
          "More than " + std::to_string(kMostInlined) +
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
  Join out;
  if (auto done = read_form(exchange.parameter("join"), out); !done) return std::unexpected(std::move(done).error());
  const auto* const level = exchange.request.find("joinLevel");
  const auto text = level == nullptr ? std::nullopt : std::optional<std::string_view>{level->value};
  if (auto done = finish(text, out); !done) return std::unexpected(std::move(done).error());
  for (auto list = exchange.parameter("containedBy"); !list.empty();) {
    const auto end = list.find(',');
    if (auto done = add_contained(list.substr(0, end), out); !done) return std::unexpected(std::move(done).error());
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  }
  return out;
}

Result<Join> join_of(const broker::json::object& body) {
  Join out;
  if (const auto* const form = body.if_contains("join")) {
    if (!form->is_string()) return wrong("join", "'join' is flat, inline or @none.");
    if (auto done = read_form(broker::text_of(form->get_string()), out); !done) return std::unexpected(done.error());
  }
  std::optional<std::string> level;
  if (const auto* const value = body.if_contains("joinLevel")) level = broker::to_text(*value);
  const auto text = level ? std::optional<std::string_view>{*level} : std::nullopt;
  if (auto done = finish(text, out); !done) return std::unexpected(std::move(done).error());
  if (const auto* const ids = body.if_contains("containedBy")) {
    const auto* const list = ids->if_array();
    if (list == nullptr || list->empty()) return wrong("containedBy", "'containedBy' is a list of entity ids.");
    for (const auto& id : *list) {
      const auto one = id.is_string() ? broker::text_of(id.get_string()) : std::string_view{};
      if (auto done = add_contained(one, out); !done) return std::unexpected(std::move(done).error());
    }
  }
  return out;
}

boost::asio::awaitable<Result<std::string>> show_all_linked(const Exchange& exchange, const Representation& how,
                                                            std::span<const model::Document> documents) {
  const auto& context = *exchange.caller.context;
  if (how.join.form == Join::Form::kNone) co_return show_all(how, documents, context);
  const auto walk = co_await walk_from(exchange, how, documents);
  if (!walk) co_return std::unexpected(walk.error());
  if (how.join.form == Join::Form::kFlat) co_return show_all(how, documents, context, nullptr, walk->reached());
  if (model::count_inlined(documents, how.options.entity, walk->documents(), kMostInlined + 1) > kMostInlined) {
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
  if (model::count_inlined(one, how.options.entity, walk->documents(), kMostInlined + 1) > kMostInlined) {
    co_return std::unexpected(too_much());
  }
  co_return show_one(how, document.view(), context, &walk->documents());
}

}  // namespace horad::edge::ngsi
