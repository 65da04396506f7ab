// SPDX-License-Identifier: Apache-2.0
#include "horad/model/expiry.h"

#include <utility>

namespace horad::model {

Document left_of(const Document& document, Timestamp at) {
  const auto view = document.view();
  if (!is_due(view, at)) return document;
  if (view.expires_at() <= at) return {};
  auto entity = view.to_entity();
  take_expired(entity.attributes, at);
  return Document{encode(entity)};
}

Change expire(DocumentView document, Timestamp at) {
  Change change;
  if (!is_due(document, at)) return change;
  if (document.expires_at() <= at) {
    change.kind = ChangeKind::kDeleted;
    return change;
  }
  change.expired = at;
  for (const auto attribute : document.attributes()) {
    if (attribute.expires_at() <= at) change.removed.push_back({attribute.name(), std::string(attribute.dataset_id())});
  }
  return change;
}

void take_expired(std::vector<Attribute>& attributes, Timestamp at) {
  std::erase_if(attributes, [at](const Attribute& attribute) { return expires_at(attribute) <= at; });
  for (auto& attribute : attributes) {
    if (!attribute.sub_attributes.empty()) take_expired(attribute.sub_attributes, at);
  }
}

}  // namespace horad::model
