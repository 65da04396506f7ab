// SPDX-License-Identifier: Apache-2.0
#include "horad/broker/join.h"

#include <charconv>

#include "horad/model/document.h"
#include "horad/model/links.h"

namespace horad::broker {
namespace {

constexpr auto kIdsWanted = "'containedBy' is a list of entity ids.";
constexpr auto kFormWanted = "'join' is flat, inline or @none.";

std::unexpected<Error> wrong(std::string_view parameter, std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), std::string{parameter});
}

Result<std::size_t> read_level(std::string_view text) {
  std::size_t level = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error == std::errc{} && end == text.data() + text.size() && level > 0 && level <= model::kMostJoinLevels) {
    return level;
  }
  return wrong("joinLevel", "'joinLevel' is a number from 1 to " + std::to_string(model::kMostJoinLevels) + ".");
}

}  // namespace

Result<Join> make_join(std::string_view form, std::optional<std::string_view> level,
                       std::vector<std::string> contained_by) {
  Join out;
  if (form == "flat") {
    out.form = Join::Form::kFlat;
  } else if (form == "inline") {
    out.form = Join::Form::kInline;
  } else if (!form.empty() && form != "@none") {
    return wrong("join", kFormWanted);
  }
  const auto levels = level ? read_level(*level) : Result<std::size_t>{1};
  if (!levels) return std::unexpected(levels.error());
  out.levels = out.form == Join::Form::kNone ? 0 : *levels;
  for (const auto& id : contained_by) {
    if (!model::check_entity_id(id)) return wrong("containedBy", kIdsWanted);
  }
  out.contained_by = std::move(contained_by);
  return out;
}

Result<Join> join_of(const json::object& body) {
  const auto* const form = body.if_contains("join");
  if (form != nullptr && !form->is_string()) return wrong("join", kFormWanted);
  std::optional<std::string> level;
  if (const auto* const value = body.if_contains("joinLevel")) level = to_text(*value);
  std::vector<std::string> contained;
  if (const auto* const ids = body.if_contains("containedBy")) {
    const auto* const list = ids->if_array();
    if (list == nullptr || list->empty()) return wrong("containedBy", kIdsWanted);
    for (const auto& id : *list) contained.emplace_back(id.is_string() ? text_of(id.get_string()) : std::string_view{});
  }
  return make_join(form == nullptr ? std::string_view{} : text_of(form->get_string()),
                   level ? std::optional<std::string_view>{*level} : std::nullopt, std::move(contained));
}

}  // namespace horad::broker
