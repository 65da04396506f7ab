// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "horad/base/result.h"

namespace horad::edge {

/// `bytes` as a gzip member, at a level that suits what is packed once and sent often.
std::string gzip(std::string_view bytes);

/// Errors: kDamaged for bytes that are not whole gzip members, kTooLarge when the content is above `most` bytes.
Result<std::string> gunzip(std::string_view bytes, std::size_t most);

/// True when `accept_encoding` (the header) allows gzip.
bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace horad::edge
