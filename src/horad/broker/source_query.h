// SPDX-License-Identifier: Apache-2.0
// What registered sources are asked about entities, now and over time, as requests (ETSI GS CIM 009, 4.3.6, 5.7.1 to
// 5.7.4). Pure.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/broker/forward.h"
#include "horad/broker/types.h"
#include "horad/model/query.h"

namespace horad::broker {

/// Refuses an operation that would go round, and says so in `forwarding`.
std::unexpected<Error> went_round(Forwarding& forwarding);

/// Exclusive and redirect sources that may have something of it: those that alone may speak of it.
std::vector<std::shared_ptr<const Registration>> proxied_of(const Sources& sources, const Wanted& wanted,
                                                            Timestamp now);

/// The conditions on the content of entities, in the caller's words. Views into `text`.
std::vector<std::pair<std::string_view, std::string_view>> filters_of(const model::QueryText& text);

/// What one source is asked, before it is known by which operation.
struct SourceQuery {
  const Share& share;
  const Words& words;
  std::string types;  // in the source's words; empty: any
  std::string ids;    // list
  std::string pattern;
  std::string attributes;
  std::vector<std::pair<std::string_view, std::string_view>> filters;
  std::size_t limit = 0;  // 0: none is said
  std::size_t offset = 0;
};

/// Texts with commas between.
std::string joined(std::span<const std::string> texts);
/// The wanted types in the source's words: those of the request, else those the source is registered for.
std::string types_for(const model::TypeSelection* types, const Share& share, const Words& words);

/// Asks for entities, by queryEntity or else by queryBatch.
Outgoing by_query(const SourceQuery& query, const Forwarding& forwarding, std::string_view alias);
/// Asks for one entity, by retrieveEntity or else as by_query().
Outgoing by_retrieve(const Share& share, const Words& words, const Target& target, const Forwarding& forwarding,
                     std::string_view alias);

/// Asks for the past of entities, by queryTemporal. Of `window` the time property, the times and lastN are said.
Outgoing by_temporal_query(const SourceQuery& query, const store::HistoryQuery& window, const Forwarding& forwarding,
                           std::string_view alias);
/// Asks for the past of one entity, by retrieveTemporal or else by queryTemporal.
Outgoing by_temporal_retrieve(const Share& share, const Words& words, const std::string& id,
                              const store::HistoryQuery& window, const Forwarding& forwarding, std::string_view alias);

}  // namespace horad::broker
