// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "horad/base/result.h"

namespace horad::edge::ngsi {

/// What NGSI-LD answers may be written as.
enum class Media : std::uint8_t { kJson, kLdJson, kGeoJson };

std::string_view media_name(Media media) noexcept;

/// Chooses the answer's media type by the Accept header (RFC 9110, 12.5.1). Of each offered type the most specific
/// range that names it gives the weight, the heaviest type wins, and among equals the order of `offered`. No header:
/// the first offered.
///   errors   kNotAcceptable when every offered type has weight 0 or no range
Result<Media> negotiate(std::string_view accept, std::span<const Media> offered);

/// True when the Content-Type header (parameters aside) is `name`, which is lower-case.
bool is_media_type(std::string_view content_type, std::string_view name) noexcept;

}  // namespace horad::edge::ngsi
