// SPDX-License-Identifier: Apache-2.0
// What can be asked of current entities, as parsed trees. Pure: matching needs one document and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/document.h"

namespace horad::model {

/// Turns the short names of a query into interned names: the @context of the request, see context.h.
class NameResolver {
 public:
  virtual ~NameResolver() = default;
  virtual Result<NameId> resolve_type(std::string_view name) = 0;
  virtual Result<NameId> resolve_attribute(std::string_view name) = 0;
  /// The IRI that a value stands for when it is a term of the vocabulary (expandValues).
  virtual std::string expand(std::string_view term) const = 0;
  /// The table that the resolved names are from.
  virtual const Names& names() const noexcept = 0;
};

/// A parsed `q` (4.9), type selection (4.17), idPattern, geo-query (4.10), scopeQ (4.19) and order (4.23). Parsing
/// bounds depth, length and list sizes (kTooComplexQuery). Immutable once made, shared freely between threads. Defined
/// in q.h, type_selection.h, id_pattern.h, geo_query.h, scope_query.h, ordering.h.
class QFilter;
class TypeSelection;
class GeoQuery;
class IdPattern;
class ScopeQuery;
class Ordering;

/// One of several alternatives of which entities are meant (5.2.33).
struct Selector {
  std::vector<std::string> ids;                 // ascending, no doubles; empty: any
  std::shared_ptr<const IdPattern> id_pattern;  // null: any; `ids` wins over it
  std::shared_ptr<const TypeSelection> types;   // null: any
};
bool matches(const Selector& selector, DocumentView document);

/// What a projection (pick, omit) without id and type leaves of an entity: one of which nothing is left is no match.
struct Remains {
  bool only_picked = false;              // attributes are left only when they are in `picked`
  std::vector<NameId> picked;            // ascending
  std::vector<NameId> omitted;           // ascending
  std::vector<std::string> dataset_ids;  // of instances, "" for the default one; empty: all
  bool scope = false;                    // scopes are left, too
};
bool matches(const Remains& remains, DocumentView document);

struct Query {
  std::vector<std::string> ids;                 // ascending, no doubles; empty: any
  std::shared_ptr<const IdPattern> id_pattern;  // null: any; `ids` wins over it
  std::shared_ptr<const TypeSelection> types;   // null: any
  std::shared_ptr<const QFilter> q;             // null: any
  std::shared_ptr<const GeoQuery> geo;          // null: any
  std::shared_ptr<const ScopeQuery> scope;      // null: any
  std::vector<NameId> attributes;               // has at least one of them; empty: any
  std::vector<Selector> any_of;                 // meets one of them; empty: any. `ids` and `types` then say what they
                                                // have in common
  std::optional<Remains> remains;
  std::shared_ptr<const QFilter> csf;     // which registered sources may take part; says nothing of an entity
  std::shared_ptr<const Ordering> order;  // null: the order of the store
  std::size_t limit = 20;
  std::size_t offset = 0;
  bool count = false;  // answer the exact number of all matches, too
};

/// True when the document meets every condition of `query`. Cost: one pass over the attributes named in it.
bool matches(const Query& query, DocumentView document);

inline constexpr std::size_t kDefaultLimit = 20;
inline constexpr std::size_t kMostLimit = 1000;
inline constexpr std::size_t kMostQueryIds = 1000;
inline constexpr std::size_t kMostQueryAttributes = 256;
inline constexpr std::size_t kMostSelectors = 256;
inline constexpr std::size_t kMostOrdered = 100'000;  // offset + limit of an ordered query

/// An entity selector of a query in a body, as it came.
struct SelectorText {
  std::optional<std::string> id;          // list, `,`
  std::optional<std::string> id_pattern;  // idPattern
  std::string type;
};

/// The parameters of a query as they came, percent-decoded. Absent ones are none; the names are those of the API.
struct QueryText {
  std::optional<std::string> id;             // list, `,`
  std::optional<std::string> id_pattern;     // idPattern
  std::optional<std::string> type;           // type_selection.h
  std::vector<SelectorText> selectors;       // of a body: instead of the three above
  std::optional<std::string> q;              // q.h
  std::optional<std::string> expand_values;  // expandValues: list, `,`, of attributes
  std::optional<std::string> json_keys;      // jsonKeys: the same
  std::optional<std::string> csf;            // q.h, over members of registrations
  std::optional<std::string> scope_q;        // scopeQ, scope_query.h
  std::optional<std::string> georel;         // geo_query.h
  std::optional<std::string> geometry;       // a GeoJSON type
  std::optional<std::string> coordinates;    // JSON
  std::optional<std::string> geoproperty;    // default: location
  std::optional<std::string> attrs;          // list, `,`
  std::optional<std::string> limit;          // default kDefaultLimit, at most kMostLimit; 0 only with count
  std::optional<std::string> offset;
  std::optional<std::string> count;           // true, false
  std::optional<std::string> order_by;        // orderBy, ordering.h
  std::optional<std::string> collation;       // of texts
  std::optional<std::string> order_from;      // orderFrom: JSON coordinates
  std::optional<std::string> order_geometry;  // their GeoJSON type; absent: Point
  std::size_t join_levels = 0;                // how far q may ask linked entities
  std::optional<bool> local;                  // asked of this broker alone, so that it may be wide
};

/// Makes a query of its parameters. What it asks must be narrowed by type, by attrs or q with more than what the system
/// keeps (createdAt, ...), by georel, or be local. The type `*` makes it local, so that local=false contradicts it.
///   errors  kBadRequestData; kTooComplexQuery; kTooManyResults when `limit` is above kMostLimit; what `names` answers.
///   The pointer
///           names the parameter
Result<Query> parse_query(const QueryText& text, NameResolver& names);

}  // namespace horad::model
