// SPDX-License-Identifier: Apache-2.0
#include "horad/model/change_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/parse_json.h"

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

Result<void> put_value(Attribute& out, const AttributePatch& patch, PatchValue how) {
  const auto& given = patch.attribute;
  const auto* old_json = std::get_if<JsonText>(&out.value);
  const auto* new_json = std::get_if<JsonText>(&given.value);
  const bool merge =
      how == PatchValue::kMerge && out.kind == given.kind && can_merge(given.kind) && old_json && new_json;
  out.kind = given.kind;
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
  const auto place = std::ranges::find(subs, sub.attribute.name, &Attribute::name);
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

}  // namespace

Result<Attribute> patched(const Attribute& current, const AttributePatch& patch, PatchValue how) {
  Attribute out = current;
  const auto& given = patch.attribute;
  const auto has = [&](AttributePatch::Member m) { return (patch.given & m) != 0; };
  if (has(AttributePatch::kKind) && !has(AttributePatch::kValue) && given.kind != current.kind) {
    return fail(ErrorCode::kBadRequestData, "the type of an attribute can only change together with its value");
  }
  if (has(AttributePatch::kValue)) {
    if (auto done = put_value(out, patch, how); !done) return std::unexpected(std::move(done).error());
  }
  if (has(AttributePatch::kUnitCode)) out.unit_code = given.unit_code;
  if (has(AttributePatch::kObservedAt)) out.observed_at = given.observed_at;
  if (has(AttributePatch::kObjectType)) out.object_type = given.object_type;
  if (patch.removed & AttributePatch::kUnitCode) out.unit_code.clear();
  if (patch.removed & AttributePatch::kObservedAt) out.observed_at.reset();
  if (patch.removed & AttributePatch::kObjectType) out.object_type.reset();
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
