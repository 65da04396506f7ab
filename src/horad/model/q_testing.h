// SPDX-License-Identifier: Apache-2.0
// What the tests of queries share: a resolver without contexts, and short ways to write entities.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "horad/model/document.h"
#include "horad/model/entity.h"
#include "horad/model/names.h"
#include "horad/model/query.h"

namespace horad::model::testing {

/// Puts a fixed prefix before every short name; takes IRIs as they are. Refuses the name `refused`.
class PlainResolver final : public NameResolver {
 public:
  explicit PlainResolver(Names& names) : names_(names) {}
  Result<NameId> resolve_type(std::string_view name) override { return resolve(name); }
  Result<NameId> resolve_attribute(std::string_view name) override { return resolve(name); }
  std::string expand(std::string_view term) const override { return "https://example.org/" + std::string(term); }
  const Names& names() const noexcept override { return names_; }
  NameId operator()(std::string_view name) { return *resolve(name); }

 private:
  Result<NameId> resolve(std::string_view name) {
    if (name == "refused") return fail(ErrorCode::kBadRequestData, "This name is refused.");
    if (name.find("://") != std::string_view::npos) return names_.intern(name);
    return names_.intern("https://example.org/" + std::string(name));
  }
  Names& names_;
};

inline Timestamp at_second(std::int64_t second) { return Timestamp{std::chrono::seconds(second)}; }

inline Attribute attribute(NameId name, AttributeKind kind, Value value) {
  Attribute result;
  result.name = name;
  result.kind = kind;
  result.value = std::move(value);
  result.created_at = at_second(1'000);
  result.modified_at = at_second(2'000);
  return result;
}
inline Attribute property(NameId name, Value value) {
  return attribute(name, AttributeKind::kProperty, std::move(value));
}

inline Entity entity(std::string id, std::vector<NameId> types, std::vector<Attribute> attributes) {
  Entity result;
  result.id = std::move(id);
  result.types = std::move(types);
  result.created_at = at_second(1'000);
  result.modified_at = at_second(2'000);
  result.attributes = std::move(attributes);
  return result;
}

}  // namespace horad::model::testing
