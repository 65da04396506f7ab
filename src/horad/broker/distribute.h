// SPDX-License-Identifier: Apache-2.0
// Writes that concern registered sources (ETSI GS CIM 009, 4.3.6 and 5.6), as pure decisions: what of a body stays
// here, what goes to which source, and what nobody can take. Bodies are split as JSON, so that every form of them
// (normalized, concise, simplified, merges with nulls) passes through as it was written.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/broker/fan_out.h"
#include "horad/broker/forward.h"
#include "horad/broker/json.h"

namespace horad::broker {

/// One write to one entity, as it came.
struct WriteRequest {
  SourceOp op = SourceOp::kCreateEntity;
  std::string method;                                           // of the request to a source
  std::string path;                                             // of it, behind /ngsi-ld/v1
  std::vector<std::pair<std::string, std::string>> parameters;  // of it: those that mean the same there
  std::string id;                                               // of the entity; empty: it stands in the body
  std::string path_end;                                         // of it, behind the attribute: one of its instances
  std::string attribute;                                        // when the write is about one; in the caller's words
  std::shared_ptr<const model::TypeSelection> types;            // null: any
  std::string_view body;                                        // empty: there is none
  bool simplified = false;                                      // the body is in the simplified form
  const model::Query* purge = nullptr;                          // of a purge: which entities; outlives the call
};

/// What became of a write in one place.
struct PlaceResult {
  std::shared_ptr<const Registration> source;  // null: here
  int status = 0;                              // of the answer; 0: there was none
  Error error;                                 // when it is not 2xx
  std::vector<model::NameId> attributes;       // it was about; empty: all
  bool partly = false;                         // it answered 207: some of it was not done
};

struct WritePlan {
  std::string id;
  bool here = true;        // something is left to do here, with local_body
  std::string local_body;  // what of the body stays; the body as it was when nothing goes elsewhere
  std::vector<Outgoing> requests;
  std::vector<PlaceResult> places;   // for each request, what it is about
  std::vector<PlaceResult> refused;  // proxied sources that cannot do the operation: kConflict
};

/// Splits a write. The body must have been checked to be valid for the operation before anything is sent.
///   errors   kConflict when it goes round (Forwarding::looped); kInvalidRequest, kBadRequestData when the body cannot
///            be split; kContextNotAvailable, see words_for()
Result<WritePlan> plan_write(const Sources& sources, const WriteRequest& write, const Caller& caller,
                             std::shared_ptr<model::Context> body_context, Contexts& contexts, std::string_view alias,
                             Timestamp now);

/// A batch, item by item: what stays here, and one request to each source with what it takes.
struct BatchPlan {
  std::string local_body;  // JSON array; empty: nothing stays
  std::vector<Outgoing> requests;
  std::vector<std::vector<std::string>> ids;                 // for each request: the entities in it
  std::vector<std::pair<std::string, PlaceResult>> refused;  // by entity
  std::vector<std::string> elsewhere;                        // entities that are not dealt with here at all
};
/// `context_of` answers the context of an item's body.
Result<BatchPlan> plan_batch(
    const Sources& sources, const WriteRequest& write, const Caller& caller,
    std::move_only_function<Result<std::shared_ptr<model::Context>>(const json::object&)> context_of,
    Contexts& contexts, std::string_view alias, Timestamp now);

/// What a reply of a source means for the write.
PlaceResult result_of(PlaceResult about, const SourceReply& reply);

}  // namespace horad::broker
