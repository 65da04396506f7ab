// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

namespace horad::edge {

/// True for an address of the public internet: not loopback, private, link-local, shared, multicast, documentation,
/// unspecified or reserved, also not one of these mapped into IPv6. False for what is neither IPv4 nor IPv6.
/// Source: the IANA special-purpose address registries (RFC 6890 and its updates).
bool is_public(const sockaddr& address) noexcept;

}  // namespace horad::edge
