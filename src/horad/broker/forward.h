// SPDX-License-Identifier: Apache-2.0
// Passing operations on to registered sources (ETSI GS CIM 009, 4.3.6, 6.3.17 and 6.3.18), as pure decisions: which
// sources take part with what part of the operation, and the requests that ask them. Sending is in fan_out.h, reading
// answers in source_answer.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/base/world.h"
#include "horad/broker/forwarding.h"
#include "horad/broker/registry.h"
#include "horad/broker/types.h"
#include "horad/model/context.h"

namespace horad::broker {

inline constexpr std::size_t kMostAnswerBytes = 16u << 20;  // of one answer of a source; larger ones are not used

/// The part of an operation that goes to one source.
struct Share {
  std::shared_ptr<const Registration> source;
  std::vector<std::string> ids;           // narrower than asked; empty: as asked
  std::string id_pattern;                 // the same
  std::vector<model::NameId> types;       // what the source was registered for; sorted
  std::vector<model::NameId> attributes;  // sorted; empty: all
};

struct Plan {
  std::vector<Share> shares;                                // exclusive, redirect, inclusive, auxiliary; oldest first
  std::vector<std::shared_ptr<const Registration>> unable;  // exclusive or redirect ones that cannot do the operation
  bool looped = false;  // an exclusive or redirect source was left out because asking it would go round in circles
};

/// True when a proxy of this name stands in a Via header: `1.1 name, 1.1 other (comment)`.
bool names_proxy(std::string_view via, std::string_view name);
/// By what name a warning speaks of a source.
std::string agent_of(const Registration& source);

/// Which sources take part.
///   ops     what may be asked of them; one of these is enough
///   alias   ours; a request that names it in Via has been here, and one that names a source has been there
///   answers  the sources to ask; those left out of a loop stand in the warnings
Plan plan_forward(const Sources& sources, const Wanted& wanted, SourceOps ops, Forwarding& forwarding,
                  std::string_view alias, Timestamp now);

/// True when only this source may speak of the attribute of this entity: an exclusive one, or else a redirect one.
bool claims(const Registration& source, std::string_view id, std::span<const model::NameId> types,
            model::NameId attribute);
/// True when it is redirect and is the place of the whole entity, whatever its attributes.
bool claims_all(const Registration& source, std::string_view id, std::span<const model::NameId> types);

/// In whose words a source is asked: the caller's context when it has a URL, the registered one, or full names.
struct Words {
  std::shared_ptr<model::Context> context;  // never null
  std::string url;                          // for the Link header; empty: full names, no header
  bool same_as_caller = true;               // texts in the caller's words (q, geoproperty) can be passed on as they are
};
/// A registered context that cannot be had leaves full names.
///   spoken   the context of the request: the caller's, or that of its body
///   errors   kContextNotAvailable when the registered context has to be fetched first, see Caller::unknown_context
class Contexts;
Result<Words> words_for(const Registration& source, const std::shared_ptr<model::Context>& spoken, const Caller& caller,
                        Contexts& contexts);

/// One request to a source, without a body yet.
struct Outgoing {
  std::shared_ptr<const Registration> source;
  base::OutboundRequest request;
};

/// Adds the parameter to a URL, encoded; what may stand in a query stays readable.
void add_parameter(std::string& url, std::string_view name, std::string_view value);
/// `id` as a segment of a path.
std::string path_part(std::string_view id);
/// Names as a list in the words of the source.
std::string name_list(const std::vector<model::NameId>& names, const model::Context& words, char separator = ',');
/// The type selection of a request in the words of the source.
std::string type_text(const model::TypeSelection& types, const model::Context& words);

/// A request for `path` (behind /ngsi-ld/v1) with its headers: Via, tenant, context, accept, contextSourceInfo, and
/// local=true where the registration wants it. The body and its type are the caller's to add: see set_body().
Outgoing outgoing(const Share& share, std::string method, std::string_view path, const Words& words,
                  const Forwarding& forwarding, std::string_view alias);
/// Adds a body that has been written in `words` with its content type; with application/ld+json, which a registration
/// can ask for, the context goes into it.
void set_body(Outgoing& out, json::value body, const Words& words);

}  // namespace horad::broker
