// SPDX-License-Identifier: Apache-2.0
// Types and attributes that sources have (ETSI GS CIM 009, 5.7.5 to 5.7.10): their answers, read with suspicion, and
// what all places have together.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "horad/broker/contexts.h"
#include "horad/broker/forward.h"
#include "horad/broker/types.h"

namespace horad::broker {

/// What one place says. What it does not say (numbers, kinds, attributes of a type) is none.
struct FoundNames {
  std::vector<TypeInfo> types;
  std::vector<AttributeInfo> attributes;
  std::string trouble;  // why something of the answer was left out; empty: all came in
};

/// Reads any answer of these operations: a list of names, one type or attribute, or an array of such. Names that are
/// not valid, and what is beyond 10 000 of them, are left out and said in `trouble`. `words` is the context for objects
/// that bring none. `tenant`: whose contexts an answer can name.
FoundNames read_found_names(std::string_view body, const std::shared_ptr<model::Context>& words, Contexts& contexts,
                            const std::string& tenant);

/// Leaves of an answer what the source was registered for: lists cannot be asked for in part.
void keep_share(FoundNames& found, const Share& share);

/// What all places have: each name once, numbers summed, kinds and names united. An entity that is at two places is
/// counted at both, for nobody says which entities were counted.
class NameMerger {
 public:
  void add(const TypeInfo& type);
  void add(const AttributeInfo& attribute);
  void add(const FoundNames& found);
  /// By the text of their names.
  std::vector<TypeInfo> types(const model::Names& names) &&;
  std::vector<AttributeInfo> attributes(const model::Names& names) &&;

 private:
  using Attributes = std::map<model::NameId, AttributeInfo>;
  struct Type {
    std::uint64_t entities = 0;
    Attributes attributes;
  };
  static void add(Attributes& to, const AttributeInfo& attribute);
  static std::vector<AttributeInfo> by_text(Attributes from, const model::Names& names);

  std::map<model::NameId, Type> types_;
  Attributes attributes_;
};

}  // namespace horad::broker
