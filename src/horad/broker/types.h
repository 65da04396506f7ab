// SPDX-License-Identifier: Apache-2.0
// What goes into the operations of the broker and what comes out, beside documents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/model/document.h"
#include "horad/model/names.h"
#include "horad/model/query.h"
#include "horad/store/history.h"

namespace horad::model {
class Context;
}

namespace horad::broker {

struct Forwarding;

/// In whose data an operation works, and in whose words it is said.
struct Caller {
  std::string tenant;                       // "" is the default tenant, which always exists
  std::shared_ptr<model::Context> context;  // never null
  bool simplified = false;                  // bodies are in the simplified form (options=keyValues)
  bool context_in_body = false;             // each body, or item of a batch, brings its own @context instead
  std::string* unknown_context = nullptr;   // gets the @context that has to be fetched first; then nothing was done
  Forwarding* forwarding = nullptr;         // null: this broker alone; else it outlives the operation, see forward.h
};

/// Which entity a write is for. An entity that the type selection does not match counts as not found, and nothing
/// changes.
struct Target {
  std::string id;
  std::shared_ptr<const model::TypeSelection> types;  // null: any
};

struct NotUpdated {
  model::NameId name;
  std::string reason;
};

/// What became of each attribute of a write (5.2.18). Nothing in `not_updated`: all went in.
struct UpdateResult {
  std::vector<model::NameId> updated;
  std::vector<NotUpdated> not_updated;
  bool scope_updated = false;
  std::string scope_not_updated;            // the reason; empty: it was, or was not given
  std::shared_ptr<model::Context> context;  // in whose words the request was
};

struct DeleteAttribute {
  std::string dataset_id;  // empty: the default instance
  bool all = false;        // every instance
};

struct MergeOptions {
  std::optional<Timestamp> observed_at;  // for every attribute that the merge touches and that carries none
  std::string lang;                      // of simplified texts that are merged into LanguageProperties; empty: @none
};

enum class BatchKind : std::uint8_t {
  kCreate,
  kUpsertReplace,
  kUpsertUpdate,
  kUpdate,
  kUpdateNoOverwrite,
  kDelete,
  kMerge,
};

/// What a purge takes from the entities that match: themselves, or some of their attributes.
struct PurgeWhat {
  enum class Kind : std::uint8_t { kEntities, kListed, kOthers };
  Kind kind = Kind::kEntities;
  std::vector<model::NameId> attributes;  // for kListed (`drop`) and kOthers (`keep`)
};

struct BatchError {
  std::string id;  // as far as it could be read
  Error error;
};

/// Per item, in the order of the input (5.2.16). An id that stands twice is answered twice.
struct BatchResult {
  std::vector<std::string> created;    // entities that were not there before
  std::vector<std::string> succeeded;  // every item that was done, the created ones included
  std::vector<BatchError> errors;
};

struct EntityPage {
  std::vector<model::Document> documents;
  std::vector<std::vector<std::string>> places;  // of each: where it is, as in a MapEntry; empty: all are here alone
  std::optional<std::uint64_t> count;
  bool more = false;  // there are matches after this page
};

/// A temporal query (5.7.4). Types, ids and patterns say which entities are meant, those that are gone included; q, geo
/// and scope are judged on their instances in the window. An entity without instances there does not match.
struct TemporalQuery {
  enum class Order : std::uint8_t { kAny, kAscending, kDescending };  // by id; kAny: some order, the same on every page

  model::Query entities;
  std::vector<model::NameId> one_of;  // a match has instances of one of these; empty: of any attribute
  store::HistoryQuery history;        // what is answered; its ids are filled in by the broker
  Order order = Order::kAny;
};

struct HistoryPage {
  std::vector<store::EntityHistory> entities;
  std::optional<std::uint64_t> count;
  bool more = false;
  std::optional<store::HistoryCut> cut;  // instances were left out: the answer ends there in time
};

/// What became of a write of the temporal API.
struct TemporalWritten {
  std::string id;
  bool created = false;  // there was no past of this entity before
};

/// Which registrations are asked for (5.10.2): by what they offer, and by what they are.
struct RegistrationQuery {
  model::Query entities;                      // ids, id_pattern, types, attributes; limit and offset
  model::Query properties;                    // q, geo and scope conditions on the registration itself
  std::shared_ptr<const model::QFilter> csf;  // null: any
  struct Window {                             // against the observation or the management interval
    store::TimeProperty property = store::TimeProperty::kObservedAt;
    std::optional<Timestamp> from;
    std::optional<Timestamp> to;
  };
  std::optional<Window> window;  // none: sources of what is now
  bool sys_attrs = false;
};

struct AttributeInfo {
  model::NameId name;
  std::uint64_t entities = 0;               // that have it
  std::vector<model::AttributeKind> kinds;  // seen in it, ascending
  std::vector<model::NameId> types;         // of the entities that have it
};

struct TypeInfo {
  model::NameId name;
  std::uint64_t entities = 0;
  std::vector<AttributeInfo> attributes;
};

}  // namespace horad::broker
