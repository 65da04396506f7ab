// SPDX-License-Identifier: Apache-2.0
// room: model
// The query language, the type selection language and id patterns, from any bytes; what is read is asked of a document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/model/id_pattern.h"
#include "horad/model/language.h"
#include "horad/model/ordering.h"
#include "horad/model/q.h"
#include "horad/model/scope_query.h"
#include "horad/model/type_selection.h"

namespace {

using namespace horad::model;

/// A few names for all, so that nothing grows and names of the document are hit often.
class FewNames final : public NameResolver {
 public:
  horad::Result<NameId> resolve_type(std::string_view name) override {
    return NameId{static_cast<std::uint32_t>(name.size() % 4)};
  }
  horad::Result<NameId> resolve_attribute(std::string_view name) override {
    return NameId{name.empty() ? 0 : static_cast<unsigned char>(name.front()) % 8u};
  }
  std::string expand(std::string_view term) const override { return std::string(term); }
  const Names& names() const noexcept override { return names_; }

 private:
  Names names_;
};

Attribute make(std::uint32_t name, AttributeKind kind, Value value) {
  Attribute attribute;
  attribute.name = NameId{name};
  attribute.kind = kind;
  attribute.value = std::move(value);
  attribute.unit_code = "KMH";
  attribute.observed_at = horad::Timestamp{};
  return attribute;
}

std::string make_document() {
  Names names;  // ids 0 to 7 exist while the document is written
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h"}) (void)names.intern(name);
  Entity entity;
  entity.id = "urn:ngsi-ld:Lamp:17";
  entity.types = {NameId{1}, NameId{2}};
  entity.attributes = {
      make(0, AttributeKind::kProperty, std::int64_t{5}),
      make(1, AttributeKind::kProperty, std::string("text")),
      make(2, AttributeKind::kProperty,
           JsonText{R"({"a":[1,"\u00e9\"",{"b":null}],"@value":"2026-11-22T00:00:00Z","@type":"DateTime"})"}),
      make(3, AttributeKind::kLanguageProperty, JsonText{R"({"en":"x","be":["y","z"]})"}),
      make(4, AttributeKind::kRelationship, std::string("urn:a")),
      make(5, AttributeKind::kGeoProperty, JsonText{R"({"type":"Point","coordinates":[1,2]})"}),
      make(6, AttributeKind::kProperty, true),
      make(7, AttributeKind::kListRelationship, JsonText{R"([{"object":"urn:a"}])"}),
  };
  entity.attributes[0].sub_attributes.push_back(make(1, AttributeKind::kProperty, 2.5));
  return encode(entity);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string bytes = make_document();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const DocumentView document(bytes);
  static FewNames names;
  if (const auto filter = QFilter::parse(text, names)) {
    const bool held = (*filter)->matches(document);
    for (const NameId needed : (*filter)->required_attributes()) {
      if (held && !document.find(needed)) std::abort();
    }
  }
  if (const auto types = TypeSelection::parse(text, names)) (void)(*types)->matches(document);
  if (const auto pattern = IdPattern::parse(text)) {
    const bool held = (*pattern)->matches(document.id());
    if (held && !document.id().starts_with((*pattern)->required_prefix())) std::abort();
  }
  if (const auto scope = ScopeQuery::parse(text)) (void)(*scope)->matches(document);
  if (const auto language = LanguageFilter::parse(text)) (void)(*language)->choose(R"({"en":"x","be":["y","z"]})");
  if (const auto order = Ordering::parse({text, {}, {}, "[1,2]"}, names)) {
    std::string key;
    (*order)->append_key(key, document);
  }
  return 0;
}
