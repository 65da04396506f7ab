// SPDX-License-Identifier: Apache-2.0
// What the live feed tells: log records gathered per entity, narrowed to what a client asked for, written as JSON.
// Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "horad/base/result.h"
#include "horad/base/time.h"
#include "horad/edge/http.h"
#include "horad/model/context.h"
#include "horad/model/document.h"
#include "horad/store/store.h"

namespace horad::edge {

struct LngLatBox {
  double west = -180, south = -90, east = 180, north = 90;  // degrees; west > east crosses the antimeridian
  bool contains(double lng, double lat) const noexcept;
};

/// What one client wants to see. Empty lists and no box mean everything.
struct LiveFilter {
  std::string tenant;
  std::vector<std::string> types;       // IRIs
  std::vector<std::string> attributes;  // IRIs
  std::vector<std::string> ids;         // ascending
  std::optional<LngLatBox> box;
};

/// Reads type, attrs, id, bbox and tenant; short names are those of the core @context.
///   errors   kInvalidRequest: an unknown parameter, a broken name or box, more than 1 000 names or ids
Result<LiveFilter> parse_live_filter(const Request& request, const model::Context& context);

/// Where in the log a client is, as opaque text that fits into a URL and an SSE id.
std::string format_live_cursor(const store::Cursor& cursor);
/// Errors: kInvalidRequest for what format_live_cursor did not write for this many shards.
Result<store::Cursor> parse_live_cursor(std::string_view text, std::size_t shards);

struct LivePlace {
  double lng = 0, lat = 0;
};

/// All that happened to one entity during one batch.
struct LiveChange {
  store::Address address;
  std::vector<model::NameId> types;    // before or after; empty when neither is known
  bool gone = false;                   // deleted during the batch; when `after` is there, made anew since
  bool whole = false;                  // everything in it is news: it was created, or its types or scopes changed
  bool missing = false;                // the record came without the entity: `after` has to be read
  std::vector<model::NameId> changed;  // attributes written or removed, each once
  model::Document after;               // the entity as the last record left it; empty when it is gone
  std::optional<LivePlace> was_at;     // location before the batch, when it was a point
  std::string json;  // the entity with all its changed attributes, made once for all clients; or empty
};

/// Immutable once made, shared by all clients.
struct LiveBatch {
  std::vector<LiveChange> changes;  // in order of their first record
  store::Cursor end;                // of the log, after the batch
  Timestamp at{};                   // of the newest record
};

/// Gathers records (or batches) so that the last value of an entity's attribute wins.
class LiveCollector {
 public:
  explicit LiveCollector(model::NameId location) : location_(location) {}
  void add(const store::Record& record);  // records of Space::kSystem are skipped
  void add(const LiveBatch& batch);
  std::size_t size() const noexcept { return batch_.changes.size(); }
  LiveBatch take(store::Cursor end);

 private:
  LiveChange& change_of(const store::Address& address);

  model::NameId location_;
  LiveBatch batch_;
  struct Hash {
    std::size_t operator()(const store::Address& address) const noexcept;
  };
  std::unordered_map<store::Address, std::size_t, Hash> places_;
};

/// Writes and chooses. Bound to one name table.
class LiveWriter {
 public:
  explicit LiveWriter(model::Names& names);
  const model::Context& context() const noexcept { return *context_; }
  model::NameId location() const noexcept { return location_; }

  bool wanted(const LiveFilter& filter, const LiveChange& change) const;
  /// {"id", "type", changed attributes in concise form}; an attribute that was removed stands as null. `only`: IRIs,
  /// empty for all.
  void append_entity(std::string& out, const LiveChange& change, const std::vector<std::string>& only) const;
  /// The messages of one batch for one client: "gone", then "changes" in pieces of about 1 MiB. None when nothing is
  /// wanted.
  std::vector<std::string> messages(const LiveFilter& filter, const LiveBatch& batch) const;

 private:
  bool has_wanted_type(const LiveFilter& filter, const LiveChange& change) const;
  bool has_wanted_attribute(const LiveFilter& filter, const LiveChange& change) const;
  bool is_inside(const LngLatBox& box, const LiveChange& change) const;
  void append_types(std::string& out, model::DocumentView document) const;
  void append_instances(std::string& out, model::DocumentView document, model::NameId name) const;

  model::Names& names_;
  std::shared_ptr<model::Context> context_;
  model::NameId location_;
};

std::string live_hello(const store::Cursor& cursor);
std::string live_beat(Timestamp at, const store::Cursor& cursor);
std::string live_resync(std::string_view reason);

}  // namespace horad::edge
