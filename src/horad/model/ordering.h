// SPDX-License-Identifier: Apache-2.0
// The order of the entities of an answer (ETSI GS CIM 009 V1.9.1, 4.23 and 5.2.43).
//
//   name   name;asc   name;desc      by the value of an attribute
//   type;asc,name.accuracy;desc      several keys, the first decides; sub-attributes, and the members observedAt,
//                                    createdAt, modifiedAt, unitCode, datasetId
//   address[city.name]               by an element of a compound value; of a languageMap: by one language
//   id  type  createdAt  modifiedAt  of the entity
//   location;dist-asc  ;dist-desc    by the distance of a GeoProperty to a reference geometry
//
// Ascending means: false, true, numbers, times, texts, then whatever has no order of its own (objects, arrays), then
// entities without the value; descending turns all that round but for the last, which stay last. Texts are ordered by
// code points, or by the collation of a language. Of several instances the default one counts, else the first. Equal
// entities stay in the order of the store.
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

class NameResolver;

struct OrderingText {  // as it came
  std::string_view order_by;
  std::optional<std::string_view> collation;    // a language tag (BCP 47), Unicode extensions included
  std::optional<std::string_view> geometry;     // a GeoJSON type; absent: Point
  std::optional<std::string_view> coordinates;  // JSON; wanted by distances
};

class Ordering {
 public:
  static constexpr std::size_t kMostKeys = 16;
  static constexpr std::size_t kMostBytes = 4096;

  ///   errors  kBadRequestData: an unknown direction, collation or path, a distance without coordinates;
  ///           kTooComplexQuery; the pointer names the parameter (orderBy, collation, orderFrom)
  static Result<std::shared_ptr<const Ordering>> parse(const OrderingText& text, NameResolver& names);
  Ordering(const Ordering&) = delete;
  Ordering& operator=(const Ordering&) = delete;
  ~Ordering();

  /// Appends the bytes by which the document is ordered: compared as unsigned bytes, smaller ones come first. Any
  /// thread. Cost: one scan over the attributes per key; collations cost some 100 ns per text.
  void append_key(std::string& out, DocumentView document) const;

  /// True when the entity ids alone decide.
  bool by_id_only() const noexcept;

 private:
  struct State;
  explicit Ordering(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace horad::model
