// SPDX-License-Identifier: Apache-2.0
#include "horad/model/change_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/parse_json.h"
#include "horad/model/represent.h"

namespace horad::model {
namespace {

using detail::Json;
using detail::JsonType;

bool is_null_text(Json json) noexcept {
  return json.type() == JsonType::STRING && detail::text_of(json) == detail::kNgsiLdNull;
}

const detail::Path kTop;

/// The values were minified when they came in, so writing them again cannot fail but for their depth.
Result<void> append_copy(std::string& out, Json json) {
  return detail::append_minified(out, json, kTop, detail::JsonNulls::kAllow);
}

Result<void> append_merged(std::string& out, Json target, Json patch, std::size_t depth);

/// A patch put over nothing: its nulls have nothing to remove.
Result<void> append_fresh(std::string& out, Json patch, std::size_t depth) {
  if (patch.type() != JsonType::OBJECT) return append_copy(out, patch);
  if (depth > detail::kDeepestJson) return fail(ErrorCode::kBadRequestData, "a value is nested too deep");
  out += '{';
  const char* comma = "";
  for (const auto member : patch.get_object().value_unsafe()) {
    if (is_null_text(member.value)) continue;
    out += std::exchange(comma, ",");
    base::append_json_string(out, member.key);
    out += ':';
    if (auto done = append_fresh(out, member.value, depth + 1); !done) return done;
  }
  out += '}';
  return {};
}

Result<void> append_merged_objects(std::string& out, simdjson::dom::object target, simdjson::dom::object patch,
                                   std::size_t depth) {
  out += '{';
  const char* comma = "";
  for (const auto member : target) {
    Json change;
    const bool changed = patch.at_key(member.key).get(change) == simdjson::SUCCESS;
    if (changed && is_null_text(change)) continue;
    out += std::exchange(comma, ",");
    base::append_json_string(out, member.key);
    out += ':';
    auto done = changed ? append_merged(out, member.value, change, depth + 1) : append_copy(out, member.value);
    if (!done) return done;
  }
  for (const auto member : patch) {
    if (is_null_text(member.value) || target.at_key(member.key).error() == simdjson::SUCCESS) continue;
    out += std::exchange(comma, ",");
    base::append_json_string(out, member.key);
    out += ':';
    if (auto done = append_fresh(out, member.value, depth + 1); !done) return done;
  }
  out += '}';
  return {};
}

Result<void> append_merged(std::string& out, Json target, Json patch, std::size_t depth) {
  if (depth > detail::kDeepestJson) return fail(ErrorCode::kBadRequestData, "a value is nested too deep");
  if (target.type() != JsonType::OBJECT || patch.type() != JsonType::OBJECT) return append_fresh(out, patch, depth);
  return append_merged_objects(out, target.get_object().value_unsafe(), patch.get_object().value_unsafe(), depth);
}

/// RFC 7396 on two minified texts.
Result<Value> merged_json(const JsonText& target, const JsonText& patch) {
  simdjson::dom::parser target_parser;
  simdjson::dom::parser patch_parser;
  Json a;
  Json b;
  if (target_parser.parse(target.text).get(a) != simdjson::SUCCESS ||
      patch_parser.parse(patch.text).get(b) != simdjson::SUCCESS) {
    return fail(ErrorCode::kInternal, "a stored value is not JSON");
  }
  JsonText out;
  if (auto done = append_merged(out.text, a, b, 0); !done) return std::unexpected(std::move(done).error());
  return out;
}

/// Geometries and lists are replaced whole: half of one and half of the other is neither.
bool can_merge(AttributeKind kind) noexcept {
  return kind == AttributeKind::kProperty || kind == AttributeKind::kJsonProperty ||
         kind == AttributeKind::kLanguageProperty;
}

std::unexpected<Error> not_of_this_kind(AttributeKind kind) {
  return fail(
      ErrorCode::kBadRequestData,
      fmt::format("the attribute is a {}, which cannot have this value in the simplified form", kind_name(kind)));
}

bool all_uris(const JsonText& list) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(list.text).get(array) != simdjson::SUCCESS || array.size() == 0) return false;
  return std::all_of(array.begin(), array.end(), [](Json item) {
    return item.type() == JsonType::STRING && check_entity_id(detail::text_of(item)).has_value();
  });
}

/// A simplified value as the value of an attribute of another kind than guessed.
Result<Value> as_kind(const AttributePatch& patch, AttributeKind kind, std::string_view lang) {
  const auto& value = patch.attribute.value;
  const auto* text = std::get_if<std::string>(&value);
  const auto* json = std::get_if<JsonText>(&value);
  switch (kind) {
    case AttributeKind::kRelationship:
      if (text != nullptr ? check_entity_id(*text).has_value() : json != nullptr && all_uris(*json)) return value;
      break;
    case AttributeKind::kLanguageProperty: {
      if (text == nullptr) break;
      JsonText map{"{"};
      base::append_json_string(map.text, lang.empty() ? "@none" : lang);
      map.text += ':';
      base::append_json_string(map.text, *text);
      map.text += '}';
      return map;
    }
    case AttributeKind::kVocabProperty:
      if (text != nullptr) return patch.as_vocab;
      break;
    case AttributeKind::kJsonProperty:
      if (json != nullptr) return value;
      break;
    case AttributeKind::kListProperty:
      if (json != nullptr && json->text.starts_with('[')) return value;
      break;
    case AttributeKind::kListRelationship:
      if (json != nullptr && all_uris(*json)) return value;
      break;
    case AttributeKind::kProperty:
    case AttributeKind::kGeoProperty:
      break;
  }
  return not_of_this_kind(kind);
}

/// Members that an attribute of its new kind cannot have.
void drop_foreign_members(Attribute& out) {
  const bool linked = out.kind == AttributeKind::kRelationship || out.kind == AttributeKind::kListRelationship;
  if (linked || out.kind == AttributeKind::kJsonProperty) out.unit_code.clear();
  if (!linked) out.object_type.reset();
  if (!out.extras) return;
  if (linked) out.extras.make().value_type.reset();
  if (!linked) out.extras.make().more_object_types.clear();
}

Result<void> put_value(Attribute& out, const AttributePatch& patch, PatchValue how, std::string_view lang) {
  if (patch.simplified && patch.attribute.kind != out.kind && patch.attribute.kind == AttributeKind::kProperty) {
    AttributePatch converted = patch;
    converted.simplified = false;
    converted.attribute.kind = out.kind;
    auto value = as_kind(patch, out.kind, lang);
    if (!value) return std::unexpected(std::move(value).error());
    converted.attribute.value = std::move(*value);
    return put_value(out, converted, how, lang);
  }
  const auto& given = patch.attribute;
  const auto* old_json = std::get_if<JsonText>(&out.value);
  const auto* new_json = std::get_if<JsonText>(&given.value);
  const bool merge =
      how == PatchValue::kMerge && out.kind == given.kind && can_merge(given.kind) && old_json && new_json;
  if (std::exchange(out.kind, given.kind) != given.kind) drop_foreign_members(out);
  if (!merge) {
    out.value = given.value;
    return {};
  }
  auto merged = merged_json(*old_json, *new_json);
  if (!merged) return std::unexpected(std::move(merged).error());
  out.value = std::move(*merged);
  return {};
}

Result<void> put_sub_attribute(Attribute& out, const AttributePatch& sub, PatchValue how) {
  auto& subs = out.sub_attributes;
  const auto place = std::ranges::find_if(subs, [&](const Attribute& one) {
    return one.name == sub.attribute.name && one.dataset_id == sub.attribute.dataset_id;
  });
  if (sub.remove_all) {
    if (place != subs.end()) subs.erase(place);
    return {};
  }
  auto fresh = place == subs.end() ? attribute_of(sub) : patched(*place, sub, how);
  if (!fresh) return std::unexpected(std::move(fresh).error());
  if (place == subs.end()) {
    subs.push_back(std::move(*fresh));
  } else {
    *place = std::move(*fresh);
  }
  return {};
}

/// Members in the extras: those given are put, those removed go, the others stay.
void put_extras(Attribute& out, const AttributePatch& patch) {
  constexpr unsigned kInExtras = AttributePatch::kExpiresAt | AttributePatch::kValueType | AttributePatch::kIdSealed |
                                 AttributePatch::kTypesSealed | AttributePatch::kObjectType;
  const unsigned touched = patch.given | patch.removed;
  if ((touched & kInExtras) == 0 || (!out.extras && !patch.attribute.extras)) return tidy(out);
  static const AttributeExtras kNothing;
  const auto& given = patch.attribute.extras ? *patch.attribute.extras : kNothing;  // what is removed is not set in it
  auto& extras = out.extras.make();
  if (touched & AttributePatch::kExpiresAt) extras.expires_at = given.expires_at;
  if (touched & AttributePatch::kValueType) extras.value_type = given.value_type;
  if (touched & AttributePatch::kObjectType) extras.more_object_types = given.more_object_types;
  if (touched & AttributePatch::kIdSealed) extras.entity_id_sealed = given.entity_id_sealed;
  if (touched & AttributePatch::kTypesSealed) extras.entity_types_sealed = given.entity_types_sealed;
  tidy(out);
}

}  // namespace

Result<Attribute> patched(const Attribute& current, const AttributePatch& patch, PatchValue how,
                          std::string_view lang) {
  Attribute out = current;
  const auto& given = patch.attribute;
  const auto has = [&](AttributePatch::Member m) { return (patch.given & m) != 0; };
  if (has(AttributePatch::kKind) && !has(AttributePatch::kValue) && given.kind != current.kind) {
    return fail(ErrorCode::kBadRequestData, "the type of an attribute can only change together with its value");
  }
  const bool other_kind = has(AttributePatch::kKind) && !patch.simplified && given.kind != current.kind;
  if (how == PatchValue::kReplace && other_kind && value_member(given.kind) != value_member(current.kind)) {
    return fail(ErrorCode::kBadRequestData, fmt::format("a partial update does not make a {} of a {}",
                                                        kind_name(given.kind), kind_name(current.kind)));
  }
  if (has(AttributePatch::kValue)) {
    if (auto done = put_value(out, patch, how, lang); !done) return std::unexpected(std::move(done).error());
  }
  if (has(AttributePatch::kUnitCode)) out.unit_code = given.unit_code;
  if (has(AttributePatch::kObservedAt)) out.observed_at = given.observed_at;
  if (has(AttributePatch::kObjectType)) out.object_type = given.object_type;
  if (patch.removed & AttributePatch::kUnitCode) out.unit_code.clear();
  if (patch.removed & AttributePatch::kObservedAt) out.observed_at.reset();
  if (patch.removed & AttributePatch::kObjectType) out.object_type.reset();
  put_extras(out, patch);
  for (const auto& sub : patch.sub_attributes) {
    if (auto done = put_sub_attribute(out, sub, how); !done) return std::unexpected(std::move(done).error());
  }
  return out;
}

Result<Attribute> attribute_of(const AttributePatch& patch) {
  if (!(patch.given & AttributePatch::kValue)) {
    return fail(ErrorCode::kBadRequestData, "an attribute that does not exist yet needs a value");
  }
  Attribute out = patch.attribute;
  if (const auto* json = std::get_if<JsonText>(&out.value); json != nullptr && can_merge(out.kind)) {
    auto clean = merged_json(JsonText{"0"}, *json);  // nulls in it have nothing to remove
    if (!clean) return std::unexpected(std::move(clean).error());
    out.value = std::move(*clean);
  }
  for (const auto& sub : patch.sub_attributes) {
    if (sub.remove_all) continue;
    auto made = attribute_of(sub);
    if (!made) return std::unexpected(std::move(made).error());
    out.sub_attributes.push_back(std::move(*made));
  }
  return out;
}

}  // namespace horad::model
