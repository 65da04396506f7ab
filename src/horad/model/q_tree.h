// SPDX-License-Identifier: Apache-2.0
// The parsed form of a q filter, shared by its parser, its matcher and its planner. Not for other rooms: see q.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "horad/model/links.h"
#include "horad/model/q.h"
#include "horad/model/q_literal.h"
#include "horad/model/q_pattern.h"
#include "horad/model/query.h"

namespace horad::model::q {

enum class Operator : std::uint8_t {
  kExists,
  kEqual,
  kUnequal,
  kGreater,
  kGreaterEqual,
  kLess,
  kLessEqual,
  kPattern,
  kNotPattern,
};

/// What NGSI-LD keeps beside a value. kNone: an attribute or sub-attribute with a name.
enum class Member : std::uint8_t { kNone, kObservedAt, kCreatedAt, kModifiedAt, kUnitCode, kDatasetId };

struct Step {
  NameId name;  // when `member` is kNone
  Member member = Member::kNone;
};

/// From an entity to those a relationship of it leads to.
struct Hop {
  NameId relationship;
  std::shared_ptr<const TypeSelection> types;  // which of them are meant; null: any
};

struct Term {
  std::vector<Hop> hops;          // where the path begins: at the end of these
  std::vector<Step> path;         // at least one; a member other than kNone only at the end
  std::vector<std::string> keys;  // the steps in brackets
  Operator op = Operator::kExists;
  bool range = false;           // then `values` are its two ends, of one kind, ascending
  std::vector<Literal> values;  // one for orders, at least one for kEqual and kUnequal
  std::optional<TextPattern> pattern;
};

struct Node {
  enum class Kind : std::uint8_t { kTerm, kAnd, kOr, kNot };
  Kind kind = Kind::kTerm;
  Term term;                   // kTerm
  std::vector<Node> children;  // kAnd, kOr: two or more; kNot: one
};

struct Tree {
  Node root;
};

/// See QFilter::parse.
Result<Tree> parse(std::string_view text, NameResolver& names, const QReading& reading = {});
/// Without `linked`, a term about linked entities counts as met when its first relationship is there.
bool matches(const Node& node, DocumentView document, const LinkedDocuments* linked);

}  // namespace horad::model::q
