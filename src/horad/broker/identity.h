// SPDX-License-Identifier: Apache-2.0
// By which name other brokers know this one (ETSI GS CIM 009 V1.9.1, 5.2.40 and 6.3.18).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/broker/system_store.h"
#include "horad/store/store.h"

namespace horad::broker {

/// What a context source says of itself. An alias is a token (RFC 9110), so that it can stand in a Via header.
struct SourceIdentity {
  std::string alias;  // of this broker for one tenant
  Duration uptime{};
  Timestamp at{};
};

/// The alias of one tenant: the one of the broker, for any tenant but the default one with `.` and its name behind.
std::string alias_of(std::string_view broker, std::string_view tenant);

/// Where a made-up alias is kept, so that it is the same after a restart.
store::Address identity_address();
/// Keeps `alias` unless one is kept already.
store::Mutation keep_alias(const SystemNames& names, std::string alias);
/// errors  kDamaged when the entity is not the one keep_alias() made
Result<std::string> read_alias(const SystemNames& names, model::DocumentView document);
/// The alias that is kept; none when there is none yet. For opening only: waits for the store.
Result<std::optional<std::string>> stored_alias(store::Store& store, const SystemNames& names);

}  // namespace horad::broker
