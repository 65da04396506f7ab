// SPDX-License-Identifier: Apache-2.0
#include "json_match.h"

#include <boost/json/serialize.hpp>
#include <vector>

#include "horad/base/time.h"

namespace conformance {
namespace {

namespace json = boost::json;

std::string_view view(const json::string& text) { return {text.data(), text.size()}; }

std::string differs(const std::string& at, const std::string& want, const json::value& got) {
  return (at.empty() ? "/" : at) + ": want " + want + ", got " + json::serialize(got);
}

/// What a text in angle brackets says of a value; none when it is no wildcard.
enum class Fit { kNoWildcard, kFits, kDoesNot };

Fit wildcard(std::string_view want, const json::value& got) {
  const auto fit = [](bool fits) { return fits ? Fit::kFits : Fit::kDoesNot; };
  if (want == "<any>") return Fit::kFits;
  if (want == "<string>") return fit(got.is_string());
  if (want == "<number>") return fit(got.is_number());
  const auto text = got.is_string() ? view(got.get_string()) : std::string_view{};
  if (want == "<time>") return fit(horad::base::parse_time(text).has_value());
  if (want == "<uri>") return fit(text.find(':') != std::string_view::npos);
  constexpr std::string_view kContains = "<contains ";
  if (want.starts_with(kContains) && want.ends_with('>')) {
    const auto part = want.substr(kContains.size(), want.size() - kContains.size() - 1);
    return fit(text.find(part) != std::string_view::npos);
  }
  return Fit::kNoWildcard;
}

std::string compare_objects(const json::object& want, const json::value& value, const std::string& at) {
  if (!value.is_object()) return differs(at, "an object", value);
  const auto& got = value.get_object();
  for (const auto& member : want) {
    if (member.key() == "...") continue;
    const std::string here = at + "/" + std::string{member.key().data(), member.key().size()};
    const auto* const found = got.if_contains(member.key());
    if (found == nullptr) return here + ": is missing";
    if (auto wrong = difference(member.value(), *found, here); !wrong.empty()) return wrong;
  }
  if (want.contains("...")) return {};
  for (const auto& member : got) {
    if (!want.contains(member.key()))
      return at + "/" + std::string{member.key().data(), member.key().size()} + ": should not be there";
  }
  return {};
}

std::string compare_unordered(const json::array& want, const json::array& got, const std::string& at) {
  if (got.size() + 1 != want.size()) return differs(at, std::to_string(want.size() - 1) + " items", got);
  std::vector<bool> used(got.size());
  for (std::size_t i = 1; i < want.size(); ++i) {
    std::size_t k = 0;
    while (k < got.size() && (used[k] || !difference(want[i], got[k]).empty())) ++k;
    if (k == got.size()) return at + ": no item is " + json::serialize(want[i]) + " in " + json::serialize(got);
    used[k] = true;
  }
  return {};
}

std::string compare_arrays(const json::array& want, const json::value& value, const std::string& at) {
  if (!value.is_array()) return differs(at, "an array", value);
  const auto& got = value.get_array();
  if (!want.empty() && want[0] == "<unordered>") return compare_unordered(want, got, at);
  if (got.size() != want.size()) return differs(at, std::to_string(want.size()) + " items", value);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (auto wrong = difference(want[i], got[i], at + "/" + std::to_string(i)); !wrong.empty()) return wrong;
  }
  return {};
}

}  // namespace

std::string difference(const json::value& want, const json::value& got, const std::string& at) {
  if (want.is_object()) return compare_objects(want.get_object(), got, at);
  if (want.is_array()) return compare_arrays(want.get_array(), got, at);
  if (want.is_string()) {
    const auto fit = wildcard(view(want.get_string()), got);
    if (fit != Fit::kNoWildcard) return fit == Fit::kFits ? std::string{} : differs(at, json::serialize(want), got);
  }
  if (want.is_number() && got.is_number()) {
    const bool same = want.to_number<double>() == got.to_number<double>();
    return same ? std::string{} : differs(at, json::serialize(want), got);
  }
  return want == got ? std::string{} : differs(at, json::serialize(want), got);
}

bool glob(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (std::size_t skip = star; skip <= text.size(); ++skip) {
    if (glob(pattern.substr(star + 1), text.substr(skip))) return true;
  }
  return false;
}

}  // namespace conformance
