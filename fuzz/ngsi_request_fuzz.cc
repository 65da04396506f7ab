// SPDX-License-Identifier: Apache-2.0
// room: edge
// Any bytes as the headers and parameters that the NGSI-LD binding reads: Accept, Link, and the time part of a query.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/edge/ngsi/accept.h"
#include "horad/edge/ngsi/link.h"
#include "horad/edge/ngsi/temporal_text.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own
using edge::ngsi::Media;

/// Takes what stands before the next line break.
std::string take(std::string_view& rest) {
  const auto end = rest.find('\n');
  std::string out{rest.substr(0, end)};
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::array kOffered{Media::kJson, Media::kLdJson, Media::kGeoJson};
  (void)edge::ngsi::negotiate(text, kOffered);
  (void)edge::ngsi::is_media_type(text, "application/json");
  if (const auto link = edge::ngsi::context_link(text); link && *link) {
    const bool plain = (*link)->find_first_of("<>") == std::string::npos;
    if (plain && edge::ngsi::context_link(edge::ngsi::context_link_header(**link)).value() != **link) std::abort();
  }
  edge::ngsi::TemporalText time;
  for (auto* const slot : {&time.timerel, &time.time_at, &time.end_time_at, &time.timeproperty, &time.last_n,
                           &time.aggr_methods, &time.aggr_period}) {
    if (!text.empty()) *slot = take(text);
  }
  for (const auto form :
       {model::TemporalForm::kNormalized, model::TemporalForm::kValues, model::TemporalForm::kAggregated}) {
    const auto query = edge::ngsi::history_query_of(time, form);
    if (query && query->from && query->to && *query->from >= *query->to) std::abort();
  }
  return 0;
}
