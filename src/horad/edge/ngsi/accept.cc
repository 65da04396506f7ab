// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/ngsi/accept.h"

#include <algorithm>
#include <string>

#include "horad/base/text.h"

namespace horad::edge::ngsi {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view lower_b) noexcept {
  return std::ranges::equal(a, lower_b, [](char x, char y) { return lower(x) == y; });
}

/// Takes what stands before `separator` off the front of `rest`, trimmed.
std::string_view next(std::string_view& rest, char separator) noexcept {
  const auto end = rest.find(separator);
  const auto part = base::trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

/// A weight in thousandths; a malformed one is not there, and a range without weight has the full one.
int weight(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 1000;
  int value = (text[0] - '0') * 1000;
  int scale = 100;
  for (std::size_t i = 2; i < text.size(); ++i, scale /= 10) {
    if (text[i] < '0' || text[i] > '9') return 1000;
    value += (text[i] - '0') * scale;
  }
  return std::min(value, 1000);
}

struct Fit {
  int specificity = -1;  // 0 for */*, 1 for application/*, 2 for the type itself
  int weight = 0;
};

int specificity(std::string_view range, std::string_view name) noexcept {
  if (range == "*/*" || range == "*") return 0;
  if (same_ignoring_case(range, "application/*")) return 1;
  return same_ignoring_case(range, name) ? 2 : -1;
}

int weight_of(std::string_view accept, std::string_view name) noexcept {
  Fit best;
  while (!accept.empty()) {
    auto item = next(accept, ',');
    const int fit = specificity(next(item, ';'), name);
    int q = 1000;
    while (!item.empty()) {
      const auto parameter = next(item, ';');
      if (parameter.size() > 1 && lower(parameter[0]) == 'q' && parameter[1] == '=') q = weight(parameter.substr(2));
    }
    if (fit > best.specificity) best = {fit, q};
  }
  return best.weight;
}

}  // namespace

std::string_view media_name(Media media) noexcept {
  switch (media) {
    case Media::kJson:
      return "application/json";
    case Media::kLdJson:
      return "application/ld+json";
    case Media::kGeoJson:
      return "application/geo+json";
  }
  return {};
}

Result<Media> negotiate(std::string_view accept, std::span<const Media> offered) {
  if (base::trim(accept).empty()) return offered.front();
  int heaviest = 0;
  Media chosen = offered.front();
  for (const Media media : offered) {
    const int found = weight_of(accept, media_name(media));
    if (found <= heaviest) continue;
    heaviest = found;
    chosen = media;
  }
  if (heaviest > 0) return chosen;
  std::string names;
  for (const Media media : offered) (names += names.empty() ? "" : ", ") += media_name(media);
  return fail(ErrorCode::kNotAcceptable, "The answer can be written as " + names + ".", "Accept");
}

bool is_media_type(std::string_view content_type, std::string_view name) noexcept {
  return same_ignoring_case(next(content_type, ';'), name);
}

}  // namespace horad::edge::ngsi
