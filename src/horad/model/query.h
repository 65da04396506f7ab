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
};

/// A parsed `q` (4.9), type selection (4.17), idPattern, and geo-query (4.10). Parsing bounds depth, length and list
/// sizes (kTooComplexQuery). Immutable once made, shared freely between threads. Defined in q.h, type_selection.h,
/// geo_query.h.
class QFilter;
class TypeSelection;
class GeoQuery;
class IdPattern;

struct Query {
  std::vector<std::string> ids;                 // ascending, no doubles; empty: any
  std::shared_ptr<const IdPattern> id_pattern;  // null: any; `ids` wins over it
  std::shared_ptr<const TypeSelection> types;   // null: any
  std::shared_ptr<const QFilter> q;             // null: any
  std::shared_ptr<const GeoQuery> geo;          // null: any
  std::vector<NameId> attributes;               // has at least one of them; empty: any
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

/// The parameters of a query as they came, percent-decoded. Absent ones are none; the names are those of the API.
struct QueryText {
  std::optional<std::string> id;           // list, `,`
  std::optional<std::string> id_pattern;   // idPattern
  std::optional<std::string> type;         // type_selection.h
  std::optional<std::string> q;            // q.h
  std::optional<std::string> georel;       // geo_query.h
  std::optional<std::string> geometry;     // a GeoJSON type
  std::optional<std::string> coordinates;  // JSON
  std::optional<std::string> geoproperty;  // default: location
  std::optional<std::string> attrs;        // list, `,`
  std::optional<std::string> limit;        // default kDefaultLimit, at most kMostLimit; 0 only with count
  std::optional<std::string> offset;
  std::optional<std::string> count;  // true, false
  bool local = false;                // asked of this broker alone, so that it may be wide
};

/// Makes a query of its parameters. What it asks must be narrowed by type, attrs, q or georel, or be local.
///   errors  kBadRequestData; kTooComplexQuery; kTooManyResults when `limit` is above kMostLimit; what `names` answers.
///   The pointer
///           names the parameter
Result<Query> parse_query(const QueryText& text, NameResolver& names);

}  // namespace horad::model
