// SPDX-License-Identifier: Apache-2.0
#include "horad/model/links.h"

#include <algorithm>

#include "horad/model/parse_json.h"

namespace horad::model {

std::vector<std::string> targets_of(const AttributeView& attribute) {
  std::vector<std::string> out;
  if (attribute.kind() != AttributeKind::kRelationship && attribute.kind() != AttributeKind::kListRelationship) {
    return out;
  }
  const auto value = attribute.value();
  if (value.type() == ValueType::kString) out.emplace_back(value.as_text());
  if (value.type() != ValueType::kJson) return out;
  simdjson::dom::parser parser;
  detail::Json root;
  const auto text = value.as_text();
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS || !root.is_array()) return out;
  for (const auto item : root.get_array().value_unsafe()) {
    if (std::string_view id; item.get(id) == simdjson::SUCCESS) out.emplace_back(id);
  }
  return out;
}

const LinkPath* follow(const LinkPath& path, const AttributeView& attribute) {
  const auto found = std::ranges::find(path.names, attribute.name());
  return found == path.names.end() ? nullptr : &path.below[static_cast<std::size_t>(found - path.names.begin())];
}

const Document* LinkedDocuments::find(std::string_view id) const {
  const auto found = documents_.find(id);
  return found == documents_.end() ? nullptr : &found->second;
}

void LinkedDocuments::add(const Document& document) { documents_.try_emplace(document.view().id(), document); }

}  // namespace horad::model
