// SPDX-License-Identifier: Apache-2.0
// Reading the members of small JSON documents (subscriptions, registrations) with one way to refuse what is wrong:
// kBadRequestData and a JSON Pointer.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/broker/json.h"

namespace horad::broker {

inline constexpr std::size_t kMostListed = 1'000;  // entries of any list in a subscription

inline std::unexpected<Error> wrong(std::string_view at, std::string what) {
  return fail(ErrorCode::kBadRequestData, std::move(what), "/" + std::string{at});
}

/// A pointer into an object by member name; null when it is not there.
inline const json::value* member(const json::object& object, std::string_view name) noexcept {
  return object.if_contains(json::string_view{name.data(), name.size()});
}

/// Reads the members of one object, remembering the first that is wrong.
class Members {
 public:
  Members(const json::object& object, std::string path) : object_(object), path_(std::move(path)) {}

  const Result<void>& state() const noexcept { return state_; }
  std::string at(std::string_view name) const {
    return path_.empty() ? std::string{name} : path_ + "/" + std::string{name};
  }
  void refuse(std::string_view name, std::string what) {
    if (state_) state_ = wrong(at(name), std::move(what));
  }
  const json::value* find(std::string_view name) const noexcept { return member(object_, name); }

  std::string_view text(std::string_view name) {
    const auto* const value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string() || value->get_string().empty()) {
      refuse(name, "'" + std::string{name} + "' is a text and not empty.");
      return {};
    }
    return text_of(value->get_string());
  }
  bool flag(std::string_view name, bool fallback) {
    const auto* const value = find(name);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) refuse(name, "'" + std::string{name} + "' is true or false.");
    return value->is_bool() ? value->get_bool() : fallback;
  }
  /// A number above zero in units of `unit`; the fallback when it is not there.
  Duration duration(std::string_view name, Duration unit, Duration fallback) {
    const auto* const value = find(name);
    if (value == nullptr) return fallback;
    json::error_code trouble;
    const auto number = value->is_number() ? value->to_number<double>(trouble) : 0.0;
    if (!(number > 0) || number > 1e9) {
      refuse(name, "'" + std::string{name} + "' is a number above 0.");
      return fallback;
    }
    return Duration{static_cast<Duration::rep>(number * static_cast<double>(unit.count()))};
  }
  /// Calls `each` with every text of a list that must not be empty.
  template <class Each>
  void texts(std::string_view name, Each each) {
    const auto* const value = find(name);
    if (value == nullptr) return;
    const auto* const list = value->if_array();
    if (list == nullptr || list->empty() || list->size() > kMostListed) {
      return refuse(name, "'" + std::string{name} + "' is a list of 1 to 1000 texts.");
    }
    for (const auto& item : *list) {
      if (!item.is_string() || item.get_string().empty())
        return refuse(name, "'" + std::string{name} + "' has texts only.");
      keep(each(text_of(item.get_string())));
    }
  }
  void keep(Result<void> done) {
    if (!done && state_) state_ = std::move(done);
  }

 private:
  const json::object& object_;
  std::string path_;
  Result<void> state_;
};

/// Whether texts that a document gives may stand in the head of a request (RFC 9110).
inline bool is_header_text(std::string_view text) noexcept {
  return std::ranges::none_of(text,
                              [](char c) { return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f'; });
}
inline bool is_header_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

/// Documents may say "@id" and "@type" for "id" and "type".
inline void rename_aliases(json::object& body) {
  for (const auto& [alias, name] : {std::pair{"@id", "id"}, std::pair{"@type", "type"}}) {
    auto* const value = body.if_contains(alias);
    if (value == nullptr) continue;
    auto moved = std::move(*value);
    body.erase(alias);
    body.insert_or_assign(name, std::move(moved));
  }
}

}  // namespace horad::broker
