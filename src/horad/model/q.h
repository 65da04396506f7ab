// SPDX-License-Identifier: Apache-2.0
// The NGSI-LD query language (ETSI GS CIM 009 V1.9.1, 4.9): conditions on attribute values, written as one line of
// text.
//
//   speed>50;brand=="Audi"|brand=="BMW"    `;` and, `|` or; and binds stronger; parentheses group
//   speed   !speed                         the attribute exists; it does not (an extension of the grammar of 4.9)
//   speed==50,60   speed==50..60           any of a list; a range, both ends in; with `!=`: none of them
//   speed.accuracy<0.5                     a sub-attribute; observedAt, createdAt, modifiedAt, unitCode, datasetId
//   stand there too address[city.name]=="Minsk"            a path into a compound value; a step of digits is an index
//   into an array name[be]=="Вада"   name[*]=="Вада"     a LanguageProperty in one language, in any; without brackets:
//   in any brand~="^A"   brand!~="^A"             a regular expression (RE2), looked for anywhere in a text
//   owner{name}=="Ada"                     of the entity a Relationship leads to; owner{Person:name} and
//                                          owner{Person}.name ask persons only; owner{worksAt{name}} goes on
//   owner==urn:ngsi-ld:Person:1            a Relationship; URIs may stand in quotes, too
//   speed.observedAt>=2026-11-22T00:00:00Z a time in UTC; also dates (2026-11-22) and times of day (07:30:00Z)
//   category==commercial                   a word without quotes is a URI, too; with expandValues=category it is a term
//   of the @context, as it is in quotes
//   https://example.org/speed>50           an expanded name, taken whole: it has no sub-attributes
//   modifiedAt>2026-11-22T00:00:00Z        of the entity itself; createdAt, too
//
// Values are JSON numbers, "text" with the escapes of JSON, true, false, times, URIs. There are no blanks between the
// parts. Quoted patterns keep their backslashes (only \" is an escape); unquoted ones end at `;`, or at `|` or `)`
// outside of brackets.
//
// What holds:
//   * A term is about an attribute that is there: without it nothing but `!attribute` holds, `!=` neither.
//   * Types must agree: 5 is not "5"; `==`, `<`, `~=`, `!~=` are then false and `!=` is true. Integers and doubles are
//   one type.
//     A time agrees with {"@type": "DateTime", "@value": ...} (Date, Time), with times of the system and with text that
//     is one. Texts are ordered by their UTF-8 bytes. Booleans and URIs have no order (kBadRequestData with `<` and its
//     like).
//   * Arrays: `==` and `~=` hold when they do for one element, `!=` and `!~=` when they do for all; an order never
//   holds.
//   * Relationships know `==` and `!=` only. JSON null equals nothing.
//   * An attribute with several instances (datasetId): one for which the term holds is enough.
//   * Linked entities: one entity that the relationship leads to, is there and has the type is enough. They are looked
//     for in our own store, and only as deep as the caller joins.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "horad/model/links.h"
#include "horad/model/query.h"

namespace horad::model {

namespace q {
struct Tree;
}

/// What a filter surely wants of one attribute, for an index that can find candidates by value. Whatever matches the
/// filter has an instance of `attribute` whose value is as said, or is a compound one (ValueType::kJson), of which
/// nothing is said.
struct QFact {
  struct NumberRange {  // both ends in
    double low;
    double high;
  };
  NameId attribute;
  std::variant<NumberRange, std::vector<std::string>> value;  // or one of these texts
};

/// How a filter is to be read.
struct QReading {
  /// expandValues: attributes whose texts and URIs are expanded by the @context before they are compared. (The keys of
  /// compound values are compared as they came, so that jsonKeys has nothing to say.)
  std::vector<NameId> expand_values;
  /// How many relationships away linked entities may be asked for; beyond, kBadRequestData.
  std::size_t levels = 0;
};

class QFilter {
 public:
  static constexpr std::size_t kMostBytes = 16'384;
  static constexpr std::size_t kMostDepth = 32;  // of parentheses
  static constexpr std::size_t kMostTerms = 256;
  static constexpr std::size_t kMostValues = 2048;  // over all lists
  static constexpr std::size_t kMostSteps = 16;     // of a path, brackets included
  static constexpr std::size_t kMostPatterns = 16;

  /// Names are expanded by `names`.
  ///   errors  kBadRequestData with the position; kTooComplexQuery beyond the bounds above; what `names` answers;
  ///   pointer "q"
  static Result<std::shared_ptr<const QFilter>> parse(std::string_view text, NameResolver& names,
                                                      const QReading& reading = {});
  QFilter(const QFilter&) = delete;
  QFilter& operator=(const QFilter&) = delete;
  ~QFilter();

  /// Cost: one scan over the document's attributes per term, no allocation but for patterns and orders on escaped JSON
  /// text.
  /// Of linked entities nothing is known here: what is asked of them counts as met when the relationship is there.
  bool matches(DocumentView document) const;
  /// The truth, when `linked` has what links() leads to.
  bool matches(DocumentView document, const LinkedDocuments& linked) const;
  /// The relationships that are followed; empty when nothing is asked of linked entities.
  const LinkPath& links() const noexcept { return links_; }

  /// Appends the attributes that the filter looks at, ascending, each once. Their values are all that decides, but for
  /// the entity's own createdAt and modifiedAt.
  void append_attributes(std::vector<NameId>& out) const;
  /// Attributes that every match has, ascending. May be empty: `a|b` is met by either.
  const std::vector<NameId>& required_attributes() const noexcept { return required_; }
  /// Facts that all hold for every match, one per simple term that must hold; may be empty.
  const std::vector<QFact>& facts() const noexcept { return facts_; }
  /// False when it only asks for createdAt and modifiedAt of the entity: such a filter alone is too wide for a query.
  bool has_attribute() const noexcept { return has_attribute_; }

 private:
  explicit QFilter(std::unique_ptr<const q::Tree> tree);
  std::unique_ptr<const q::Tree> tree_;
  std::vector<NameId> required_;
  std::vector<QFact> facts_;
  LinkPath links_;
  bool has_attribute_ = false;
};

}  // namespace horad::model
