// SPDX-License-Identifier: Apache-2.0
// Which relationships are followed by a representation, and how much that shows.
#include <algorithm>

#include "horad/model/represent.h"

namespace horad::model {
namespace {

class InlineCount {
 public:
  InlineCount(const LinkedDocuments& linked, std::size_t most) : linked_(linked), most_(most) {}

  void add(DocumentView document, const RepresentOptions& options) {
    path_.push_back(document.id());
    for (const AttributeView attribute : document.attributes()) {
      const auto* const way = follow(options, attribute);
      if (way == nullptr) continue;
      for (const auto& id : targets_of(attribute)) {
        if (count_ >= most_) break;
        const auto* const target = linked_.find(id);
        if (target == nullptr || std::ranges::find(path_, id) != path_.end()) continue;
        ++count_;
        add(target->view(), *way);
      }
    }
    path_.pop_back();
  }
  std::size_t count() const noexcept { return count_; }

 private:
  const LinkedDocuments& linked_;
  const std::size_t most_;
  std::size_t count_ = 0;
  std::vector<std::string_view> path_;  // an entity is not shown inside of itself
};

}  // namespace

const RepresentOptions* follow(const RepresentOptions& options, const AttributeView& attribute) {
  const auto kind = attribute.kind();
  if (!options.linked || (kind != AttributeKind::kRelationship && kind != AttributeKind::kListRelationship)) {
    return nullptr;
  }
  if (!shows(attribute, options)) return nullptr;
  const auto& named = options.linked->named;
  const auto found = std::ranges::find(named, attribute.name(), &std::pair<NameId, RepresentOptions>::first);
  return found == named.end() ? &options.linked->others : &found->second;
}

std::size_t count_inlined(std::span<const Document> documents, const RepresentOptions& options,
                          const LinkedDocuments& linked, std::size_t most) {
  InlineCount count{linked, most};
  for (const auto& document : documents) count.add(document.view(), options);
  return count.count();
}

}  // namespace horad::model
