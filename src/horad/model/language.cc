// SPDX-License-Identifier: Apache-2.0
#include "horad/model/language.h"

#include <fmt/format.h>

#include <algorithm>

#include "horad/base/text.h"
#include "horad/model/q_json.h"

namespace horad::model {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool same(std::string_view a, std::string_view b) noexcept { return std::ranges::equal(a, b, {}, lower, lower); }

/// True when `tag` is `range` or continues it with a further subtag.
bool continues(std::string_view tag, std::string_view range) noexcept {
  return tag.size() > range.size() && tag[range.size()] == '-' && same(tag.substr(0, range.size()), range);
}

/// Without the last subtag, and without a single letter that would then stand last (RFC 4647, 3.4); empty at the end.
std::string_view shorter(std::string_view range) noexcept {
  const auto dash = range.rfind('-');
  if (dash == std::string_view::npos) return {};
  range = range.substr(0, dash);
  return range.size() > 2 && range[range.size() - 2] == '-' ? range.substr(0, range.size() - 2) : range;
}

bool is_range(std::string_view text) noexcept {
  if (text == "*") return true;
  std::size_t subtag = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '-') {
      if (subtag == 0 || subtag > 8) return false;
      subtag = 0;
      continue;
    }
    const char c = lower(text[i]);
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return false;
    ++subtag;
  }
  return true;
}

/// `0`, `1`, `0.25`: thousandths, none when malformed.
std::optional<int> read_weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int value = (text[0] - '0') * 1000;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int scale = 100;
  for (std::size_t i = 2; i < text.size(); ++i, scale /= 10) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value += (text[i] - '0') * scale;
  }
  return value <= 1000 ? std::optional(value) : std::nullopt;
}

std::string_view unquoted(std::string_view key) noexcept { return key.substr(1, key.size() - 2); }

}  // namespace

Result<std::shared_ptr<const LanguageFilter>> LanguageFilter::parse(std::string_view text) {
  const auto wrong = [](std::string_view part) {
    return fail(
        ErrorCode::kBadRequestData,
        fmt::format("'{}' is no language range; the parameter lang is a list such as be,en;q=0.5,*;q=0.1.", part),
        "lang");
  };
  auto filter = std::make_shared<LanguageFilter>();
  if (text.size() > kMostBytes) return fail(ErrorCode::kTooComplexQuery, "The list of languages is too long.", "lang");
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    const auto part = base::trim(text.substr(at, end - at));
    at = end + 1;
    Range range;
    const auto semicolon = part.find(';');
    range.tag = base::to_lower(base::trim(part.substr(0, semicolon)));
    if (!is_range(range.tag)) return wrong(part);
    if (semicolon != std::string_view::npos) {
      const auto weight = base::trim(part.substr(semicolon + 1));
      const auto value =
          weight.starts_with("q=") || weight.starts_with("Q=") ? read_weight(weight.substr(2)) : std::nullopt;
      if (!value) return wrong(part);
      range.weight = *value;
    }
    if (filter->ranges_.size() + filter->unwanted_.size() == kMostRanges) {
      return fail(ErrorCode::kTooComplexQuery, fmt::format("At most {} languages may be listed.", kMostRanges), "lang");
    }
    if (range.weight == 0) {
      filter->unwanted_.push_back(std::move(range.tag));
    } else {
      const auto lighter =
          std::ranges::find_if(filter->ranges_, [&](const Range& o) { return o.weight < range.weight; });
      filter->ranges_.insert(lighter, std::move(range));
    }
  }
  return filter;
}

bool LanguageFilter::unwanted(std::string_view tag) const noexcept {
  return std::ranges::any_of(unwanted_,
                             [tag](const std::string& one) { return same(tag, one) || continues(tag, one); });
}

std::optional<LanguageFilter::Choice> LanguageFilter::find(std::string_view map,
                                                           std::string_view range) const noexcept {
  std::optional<Choice> longer;
  q::JsonItems items(map);
  while (items.next()) {
    const auto tag = unquoted(items.key());
    if (same(tag, range)) return Choice{items.key(), items.value()};
    if (!longer && continues(tag, range) && !unwanted(tag)) longer = Choice{items.key(), items.value()};
  }
  if (longer) return longer;
  const auto rest = shorter(range);
  return rest.empty() ? std::nullopt : find(map, rest);
}

std::optional<LanguageFilter::Choice> LanguageFilter::any(std::string_view map) const noexcept {
  std::optional<Choice> first;
  q::JsonItems items(map);
  while (items.next()) {
    if (!first || (unwanted(unquoted(first->tag)) && !unwanted(unquoted(items.key())))) {
      first = Choice{items.key(), items.value()};
    }
  }
  return first;
}

std::optional<LanguageFilter::Choice> LanguageFilter::choose(std::string_view language_map) const noexcept {
  for (const auto& range : ranges_) {
    auto found = range.tag == "*" ? any(language_map) : find(language_map, range.tag);
    if (found) return found;
  }
  if (auto untagged = find(language_map, "@none")) return untagged;
  return any(language_map);
}

}  // namespace horad::model
