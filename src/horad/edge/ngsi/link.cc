// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/link.h"

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

using Unexpected = std::unexpected<Error>;

Unexpected broken() {
  return fail(ErrorCode::kInvalidRequest, "The Link header is not of the form <URL>; rel=\"...\".", "Link");
}

/// Where the parameters of one link end: at a comma outside quotes.
std::size_t end_of_link(std::string_view text) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == ',' && !quoted) return i;
  }
  return text.size();
}

bool has_context_relation(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto one = base::trim(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    const auto equals = one.find('=');
    if (equals == std::string_view::npos || base::to_lower(base::trim(one.substr(0, equals))) != "rel") continue;
    auto value = base::trim(one.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (value == kContextRelation) return true;
  }
  return false;
}

}  // namespace

Result<std::optional<std::string>> context_link(std::string_view header) {
  std::optional<std::string> found;
  for (auto rest = base::trim(header); !rest.empty();) {
    const auto close = rest.find('>');
    if (rest.front() != '<' || close == std::string_view::npos) return broken();
    const auto url = base::trim(rest.substr(1, close - 1));
    const auto tail = rest.substr(close + 1);
    const auto end = end_of_link(tail);
    if (has_context_relation(tail.substr(0, end))) {
      if (url.empty()) return broken();
      if (found)
        return fail(ErrorCode::kInvalidRequest, "The Link header names more than one JSON-LD context.", "Link");
      found = std::string{url};
    }
    rest = base::trim(end < tail.size() ? tail.substr(end + 1) : std::string_view{});
  }
  return found;
}

std::string context_link_header(std::string_view url) {
  std::string out = "<";
  out.append(url).append(">; rel=\"").append(kContextRelation).append("\"; type=\"application/ld+json\"");
  return out;
}

}  // namespace horad::edge::ngsi
