// SPDX-License-Identifier: Apache-2.0
// Linked entities (ETSI GS CIM 009 V1.9.1, 4.5.23): where relationships lead, level by level. Pure: what is to be
// fetched is asked for, whoever has the entities gives them.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "horad/base/result.h"
#include "horad/model/document.h"

namespace horad::model {

/// The ids that a Relationship or ListRelationship leads to, in order; none of other kinds.
std::vector<std::string> targets_of(const AttributeView& attribute);

/// Entities by id.
class LinkedDocuments {
 public:
  /// Null when it is not there. Valid until the next add().
  const Document* find(std::string_view id) const;
  void add(const Document& document);
  std::size_t size() const noexcept { return documents_.size(); }

 private:
  std::unordered_map<std::string_view, Document> documents_;  // a key lies in its document
};

/// Which relationships a condition follows, as a tree. A way of a LinkWalk.
struct LinkPath {
  std::vector<NameId> names;
  std::vector<LinkPath> below;  // behind each of the names
};
const LinkPath* follow(const LinkPath& path, const AttributeView& attribute);

inline constexpr std::size_t kMostLinked = 10'000;        // entities fetched for one answer
inline constexpr std::size_t kMostLinksWalked = 100'000;  // relationships followed for one answer
inline constexpr std::size_t kMostJoinLevels = 10;

/// What was reached, and in which way.
template <class Way>
struct Reached {
  Document document;
  const Way* way;
};

/// A walk along relationships from entities at hand. A `Way` says where it goes on: an overload
/// `const Way* follow(const Way&, const AttributeView&)` answers the way behind an attribute, or null to stop there.
/// Ways must be finitely deep: then the walk ends however the entities are linked. Each entity is fetched once, and
/// visited once on each way.
///
///   while (!walk.wanted().empty()) walk.take(what was fetched);
template <class Way>
class LinkWalk {
 public:
  /// `way` must outlive the walk. Entities of `closed` are neither fetched nor visited (containedBy).
  LinkWalk(std::span<const Document> roots, const Way& way, std::span<const std::string> closed = {}) {
    for (const auto& id : closed) closed_.insert(id);
    for (const auto& root : roots) {
      documents_.add(root);
      roots_.insert(std::string{root.view().id()});
      frontier_.push_back({root, &way});
    }
    advance();
  }

  /// The ids to be fetched next, each once and never asked before; empty at the end.
  const std::vector<std::string>& wanted() const noexcept { return wanted_; }

  /// Takes an answer to wanted(), in the same order; an empty document is an entity that is not there.
  ///   errors   kTooManyResults beyond kMostLinked or kMostLinksWalked
  Result<void> take(std::span<const Document> found) {
    for (const auto& document : found) {
      if (document) documents_.add(document);
    }
    fetched_ += found.size();
    wanted_.clear();
    settle();
    advance();
    if (fetched_ + wanted_.size() > kMostLinked || visited_.size() > kMostLinksWalked) {
      return fail(ErrorCode::kTooManyResults,
                  "More than " + std::to_string(kMostLinked) +
                      " linked entities would have to be looked at; ask for fewer levels or entities.",
                  "join");
    }
    return {};
  }

  const LinkedDocuments& documents() const noexcept { return documents_; }
  /// Entities beside the roots, each once, nearest first, with the way they were reached first.
  const std::vector<Reached<Way>>& reached() const noexcept { return reached_; }

 private:
  /// Follows all that is at hand, until something has to be fetched or there is nothing more.
  void advance() {
    while (!frontier_.empty() && wanted_.empty()) {
      for (const auto& [document, way] : std::exchange(frontier_, {})) {
        for (const AttributeView attribute : document.view().attributes()) {
          if (const Way* const next = follow(*way, attribute)) step(attribute, *next);
        }
      }
      if (wanted_.empty()) settle();
    }
  }

  void step(const AttributeView& attribute, const Way& next) {
    if (visited_.size() > kMostLinksWalked) return;  // take() refuses
    for (auto& id : targets_of(attribute)) {
      if (closed_.contains(id) || !visited_.emplace(id, &next).second) continue;
      if (documents_.find(id) == nullptr && asked_.insert(id).second) wanted_.push_back(id);
      pending_.emplace_back(std::move(id), &next);
    }
  }

  /// What was met and is there now is where the walk goes on.
  void settle() {
    for (const auto& [id, way] : std::exchange(pending_, {})) {
      const auto* const document = documents_.find(id);
      if (document == nullptr) continue;
      frontier_.push_back({*document, way});
      if (!roots_.contains(id) && shown_.insert(id).second) reached_.push_back({*document, way});
    }
  }

  LinkedDocuments documents_;
  std::unordered_set<std::string> closed_, roots_, asked_, shown_;
  std::set<std::pair<std::string, const Way*>> visited_;
  std::vector<Reached<Way>> frontier_, reached_;
  std::vector<std::pair<std::string, const Way*>> pending_;
  std::vector<std::string> wanted_;
  std::size_t fetched_ = 0;
};

}  // namespace horad::model
