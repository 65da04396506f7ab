// SPDX-License-Identifier: Apache-2.0
// What sources answer, read with suspicion and put together (ETSI GS CIM 009, 4.3.6 and 4.5.5): a source may send
// anything, and only whole, valid entities that were asked for come in.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "horad/broker/contexts.h"
#include "horad/broker/json.h"
#include "horad/broker/registration.h"
#include "horad/model/document.h"
#include "horad/model/entity.h"
#include "horad/model/query.h"

namespace horad::broker {

/// In whose words an object of an answer is: its own context, else `words`.
std::shared_ptr<model::Context> words_of(const json::object& item, const std::shared_ptr<model::Context>& words,
                                         Contexts& contexts, const std::string& tenant);

struct SourceEntities {
  std::vector<model::Entity> entities;
  std::size_t items = 0;  // in the answer, those that were left out included: a full page has more behind it
  std::string trouble;    // why something of the answer was left out; empty: all came in
};

/// Reads an entity, or an array of at most `most` of them, in normalized or concise form, with createdAt and modifiedAt
/// as the source says them. `words` is the context for those that bring none. An item that is not valid is left out
/// and said in `trouble`; the others come in. `tenant`: whose contexts an answer can name.
SourceEntities read_source_entities(std::string_view body, const std::shared_ptr<model::Context>& words,
                                    Contexts& contexts, const std::string& tenant, std::size_t most);

/// Part of an entity from one place.
struct Piece {
  std::shared_ptr<const Registration> source;  // null: from here
  model::Entity entity;
};

/// Which part of what `source` (null: we) says of an entity only another of `sources` may speak of: attributes of
/// exclusive and redirect ones. Everything given must outlive it.
class Sieve {
 public:
  Sieve(const Registration* source, std::string_view id, std::span<const model::NameId> types,
        std::span<const std::shared_ptr<const Registration>> sources);
  bool takes_all() const;
  bool takes(model::NameId attribute) const;

 private:
  std::string_view id_;
  std::span<const model::NameId> types_;
  std::vector<const Registration*> above_;  // those that go before `source`
};

/// Takes from a piece what only another source may speak of. False when nothing is left of it.
bool sift(Piece& piece, std::span<const std::shared_ptr<const Registration>> sources);

/// Puts the pieces of entities together by id. Of two instances the one observed later counts, else the one modified
/// later, else the one added first; an auxiliary source only adds what is missing.
class Merger {
 public:
  void add(Piece piece);
  /// In the order in which their first pieces came.
  std::vector<model::Entity> take() &&;
  std::size_t size() const noexcept { return order_.size(); }

 private:
  struct Merged {
    model::Entity entity;
    std::vector<bool> auxiliary;  // by attribute: it came from an auxiliary source
  };
  void merge(Merged& into, model::Entity from, bool auxiliary);

  std::map<std::string, std::size_t, std::less<>> index_;
  std::vector<Merged> order_;
};

}  // namespace horad::broker
