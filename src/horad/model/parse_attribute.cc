// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_attribute.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "horad/base/time.h"
#include "horad/model/parse_value.h"

namespace horad::model::detail {
namespace {

constexpr std::size_t kMostUnitCodeBytes = 64;

constexpr std::array<std::string_view, 8> kKindNames = {"Property",         "Relationship",    "GeoProperty",
                                                        "LanguageProperty", "VocabProperty",   "JsonProperty",
                                                        "ListProperty",     "ListRelationship"};

std::optional<AttributeKind> kind_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<AttributeKind>(i);
  }
  return std::nullopt;
}
std::string_view name_of(AttributeKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

Member value_member(AttributeKind kind) noexcept {
  switch (kind) {
    case AttributeKind::kProperty:
    case AttributeKind::kGeoProperty:
      return Member::kValue;
    case AttributeKind::kRelationship:
      return Member::kObject;
    case AttributeKind::kLanguageProperty:
      return Member::kLanguageMap;
    case AttributeKind::kVocabProperty:
      return Member::kVocab;
    case AttributeKind::kJsonProperty:
      return Member::kJson;
    case AttributeKind::kListProperty:
      return Member::kValueList;
    case AttributeKind::kListRelationship:
      return Member::kObjectList;
  }
  return Member::kOther;
}

AttributeKind kind_of(Member member, Json value) noexcept {
  switch (member) {
    case Member::kObject:
      return AttributeKind::kRelationship;
    case Member::kLanguageMap:
      return AttributeKind::kLanguageProperty;
    case Member::kVocab:
      return AttributeKind::kVocabProperty;
    case Member::kJson:
      return AttributeKind::kJsonProperty;
    case Member::kValueList:
      return AttributeKind::kListProperty;
    case Member::kObjectList:
      return AttributeKind::kListRelationship;
    default:
      return looks_like_geometry(value) ? AttributeKind::kGeoProperty : AttributeKind::kProperty;
  }
}

constexpr bool is_value_member(Member m) noexcept { return m >= Member::kValue && m <= Member::kObjectList; }

/// One member that was found, with its place.
struct Found {
  Json json;
  std::string_view key;
  explicit operator bool() const noexcept { return key.data() != nullptr; }
};

/// The reserved members of one attribute object, each where it stands in the text.
struct Outline {
  Found type;
  Found value;
  Member value_is = Member::kOther;
  Found observed_at;
  Found unit_code;
  Found dataset_id;
  Found object_type;
  std::size_t others = 0;  // names of sub-attributes
  bool has_metadata() const noexcept { return observed_at || unit_code || dataset_id || object_type; }
};

Result<void> note(Found& place, std::string_view key, Json json, const Path& at) {
  const Path here{&at, key};
  if (place) return refuse(here, fmt::format("{} stands here twice, or beside a member of another kind", key));
  place = {json, key};
  return {};
}

Result<void> note_member(Outline& outline, std::string_view key, Json json, const Path& at, bool is_body) {
  const Path here{&at, key};
  const auto member = member_of(key);
  switch (member) {
    case Member::kOther:
      ++outline.others;
      return {};
    case Member::kType:
      return note(outline.type, key, json, at);
    case Member::kValue:
    case Member::kObject:
    case Member::kLanguageMap:
    case Member::kVocab:
    case Member::kJson:
    case Member::kValueList:
    case Member::kObjectList:
      outline.value_is = member;
      return note(outline.value, key, json, at);
    case Member::kObservedAt:
      return note(outline.observed_at, key, json, at);
    case Member::kUnitCode:
      return note(outline.unit_code, key, json, at);
    case Member::kDatasetId:
      return note(outline.dataset_id, key, json, at);
    case Member::kObjectType:
      return note(outline.object_type, key, json, at);
    case Member::kSystem:
      return {};
    case Member::kUnsupported:
      return refuse(here, fmt::format("{} is not supported", key), ErrorCode::kNotSupported);
    case Member::kContext:
      if (is_body) return {};
      break;
    case Member::kId:
    case Member::kOutputOnly:
      break;
  }
  return refuse(here, fmt::format("{} cannot stand in an attribute that is written", key));
}

Result<Outline> outline_of(Json object, const Path& at, bool is_body) {
  Outline outline;
  for (const auto member : object.get_object().value_unsafe()) {
    if (auto noted = note_member(outline, member.key, member.value, at, is_body); !noted) {
      return std::unexpected(std::move(noted).error());
    }
  }
  return outline;
}

/// True when an object says that it is an attribute instance and not a bare value.
bool looks_like_instance(Json json) noexcept {
  if (json.type() != JsonType::OBJECT || looks_like_geometry(json)) return false;
  for (const auto member : json.get_object().value_unsafe()) {
    const auto is = member_of(member.key);
    if (is_value_member(is) || is == Member::kType || is == Member::kDatasetId || is == Member::kObservedAt)
      return true;
  }
  return false;
}

/// True when the NGSI-LD null stands somewhere inside a compound value.
bool has_null(const Value& value) noexcept {
  const auto* json = std::get_if<JsonText>(&value);
  return json != nullptr && json->text.find(R"("urn:ngsi-ld:null")") != std::string::npos;
}

/// Reads one attribute, at one place in the tree. `patches` decides between whole attributes and patches: when it is
/// on, the NGSI-LD null may stand, nothing is mandatory, and what was given is noted.
class InstanceReader {
 public:
  InstanceReader(Context& context, bool patches, bool is_body, std::size_t depth)
      : context_(context), patches_(patches), is_body_(is_body), depth_(depth) {}

  /// `patch.attribute` is the attribute; its sub-attributes stand in it, or in `patch` when patches are read.
  Result<void> read(NameId name, Json json, const Path& at, AttributePatch& patch) {
    patch.attribute.name = name;
    if (patches_ && is_ngsi_ld_null(json)) {
      patch.remove_all = true;
      return {};
    }
    if (json.type() != JsonType::OBJECT || looks_like_geometry(json)) return read_bare(json, at, patch);
    const auto outline = outline_of(json, at, is_body_);
    if (!outline) return std::unexpected(outline.error());
    if (!patches_ && !outline->type && !outline->value) {
      if (!outline->has_metadata()) return read_bare(json, at, patch);
      return refuse(at, "an attribute has a value, object, languageMap, vocab, json, valueList or objectList");
    }
    if (auto done = read_value(*outline, at, patch); !done) return done;
    if (auto done = read_metadata(*outline, at, patch); !done) return done;
    if (outline->others == 0) return {};
    return read_sub_attributes(json, at, patch);
  }

 private:
  Result<void> read_bare(Json json, const Path& at, AttributePatch& patch) {
    const auto kind = looks_like_geometry(json) ? AttributeKind::kGeoProperty : AttributeKind::kProperty;
    return set_value(kind, json, at, patch);
  }

  Result<void> set_value(AttributeKind kind, Json json, const Path& at, AttributePatch& patch) {
    auto value = parse_value(kind, json, at, context_);
    if (!value) return std::unexpected(std::move(value).error());
    if (!patches_ && has_null(*value)) return refuse(at, "urn:ngsi-ld:null is legal in a partial update or merge only");
    patch.attribute.kind = kind;
    patch.attribute.value = std::move(*value);
    patch.given |= AttributePatch::kKind | AttributePatch::kValue;
    return {};
  }

  Result<void> read_value(const Outline& outline, const Path& at, AttributePatch& patch) {
    std::optional<AttributeKind> kind;
    if (outline.type) {
      const Path here{&at, outline.type.key};
      if (outline.type.json.type() == JsonType::STRING) kind = kind_named(text_of(outline.type.json));
      if (!kind)
        return refuse(here, "the type of an attribute is Property, Relationship, GeoProperty or another of its kinds");
      patch.attribute.kind = *kind;
      patch.given |= AttributePatch::kKind;
    }
    if (!outline.value) {
      if (patches_) return {};
      return refuse(at, fmt::format("this {} has no value", name_of(*kind)));
    }
    const Path here{&at, outline.value.key};
    if (patches_ && is_removal(outline)) {
      patch.remove_all = true;
      return {};
    }
    if (kind && value_member(*kind) != outline.value_is) {
      return refuse(here, fmt::format("{} is not a member of a {}", outline.value.key, name_of(*kind)));
    }
    return set_value(kind.value_or(kind_of(outline.value_is, outline.value.json)), outline.value.json, here, patch);
  }

  /// The value is the NGSI-LD null, in any of its spellings.
  static bool is_removal(const Outline& outline) {
    const Json value = outline.value.json;
    if (is_ngsi_ld_null(value)) return true;
    if (outline.value_is == Member::kLanguageMap && value.type() == JsonType::OBJECT) {
      Json none;
      const bool found = value["@none"].get(none) == simdjson::SUCCESS;
      return found && is_ngsi_ld_null(none) && value.get_object().value_unsafe().size() == 1;
    }
    return false;
  }

  Result<void> read_metadata(const Outline& outline, const Path& at, AttributePatch& patch) {
    if (outline.observed_at) {
      if (auto done = read_observed_at(outline.observed_at, at, patch); !done) return done;
    }
    if (outline.unit_code) {
      if (auto done = read_unit_code(outline.unit_code, at, patch); !done) return done;
    }
    if (outline.dataset_id) {
      if (auto done = read_dataset_id(outline.dataset_id, at, patch); !done) return done;
    }
    if (outline.object_type) return read_object_type(outline.object_type, at, patch);
    return {};
  }

  bool removes(const Found& found, AttributePatch::Member member, AttributePatch& patch) const {
    if (!patches_ || !is_ngsi_ld_null(found.json)) return false;
    patch.removed |= member;
    return true;
  }

  Result<void> read_observed_at(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (removes(found, AttributePatch::kObservedAt, patch)) return {};
    if (found.json.type() != JsonType::STRING) return refuse(here, "observedAt is a time such as 2026-11-22T19:17:22Z");
    const auto time = base::parse_time(text_of(found.json));
    if (!time) return refuse(here, time.error().detail);
    patch.attribute.observed_at = *time;
    patch.given |= AttributePatch::kObservedAt;
    return {};
  }

  Result<void> read_unit_code(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (removes(found, AttributePatch::kUnitCode, patch)) return {};
    if (found.json.type() != JsonType::STRING || text_of(found.json).empty() || is_ngsi_ld_null(found.json)) {
      return refuse(here, "a unitCode is a text such as CEL (UN/CEFACT)");
    }
    const auto kind = patch.attribute.kind;
    if ((patch.given & AttributePatch::kKind) &&
        (kind == AttributeKind::kRelationship || kind == AttributeKind::kJsonProperty ||
         kind == AttributeKind::kListRelationship)) {
      return refuse(here, fmt::format("a {} has no unitCode", name_of(kind)));
    }
    const auto text = text_of(found.json);
    if (text.size() > kMostUnitCodeBytes) return refuse(here, "a unitCode has at most 64 bytes");
    patch.attribute.unit_code = text;
    patch.given |= AttributePatch::kUnitCode;
    return {};
  }

  Result<void> read_dataset_id(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (found.json.type() == JsonType::STRING && text_of(found.json) == "@none") return {};
    if (depth_ > 1) return refuse(here, "datasetId of a sub-attribute is not supported", ErrorCode::kNotSupported);
    auto uri = parse_uri(found.json, here, "a datasetId");
    if (!uri) return std::unexpected(std::move(uri).error());
    patch.attribute.dataset_id = std::move(*uri);
    return {};
  }

  Result<void> read_object_type(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (removes(found, AttributePatch::kObjectType, patch)) return {};
    const auto kind = patch.attribute.kind;
    if ((patch.given & AttributePatch::kKind) && kind != AttributeKind::kRelationship &&
        kind != AttributeKind::kListRelationship) {
      return refuse(here, fmt::format("a {} has no objectType", name_of(kind)));
    }
    if (found.json.type() != JsonType::STRING) return refuse(here, "an objectType is the name of an entity type");
    const auto type = context_.resolve_type(text_of(found.json));
    if (!type) return refuse(here, type.error().detail, type.error().code);
    patch.attribute.object_type = *type;
    patch.given |= AttributePatch::kObjectType;
    return {};
  }

  Result<void> read_sub_attributes(Json object, const Path& at, AttributePatch& patch) {
    if (depth_ >= kDeepestSubAttribute)
      return refuse(at, "sub-attributes are nested more than 16 levels deep", ErrorCode::kTooLarge);
    InstanceReader below(context_, patches_, false, depth_ + 1);
    for (const auto member : object.get_object().value_unsafe()) {
      if (member_of(member.key) != Member::kOther) continue;
      const Path here{&at, member.key};
      const auto name = context_.resolve_attribute(member.key);
      if (!name) return refuse(here, name.error().detail, name.error().code);
      AttributePatch sub;
      if (auto done = below.read(*name, member.value, here, sub); !done) return done;
      if (patches_) {
        patch.sub_attributes.push_back(std::move(sub));
      } else {
        patch.attribute.sub_attributes.push_back(std::move(sub.attribute));
      }
    }
    return patches_ ? check_unique(patch.sub_attributes, at, context_)
                    : check_unique(patch.attribute.sub_attributes, at, context_);
  }

  Context& context_;
  bool patches_;
  bool is_body_;
  std::size_t depth_;
};

/// An array whose items are all attribute instances; any other array is a bare value.
bool is_instance_array(Json json) noexcept {
  if (json.type() != JsonType::ARRAY) return false;
  const auto array = json.get_array().value_unsafe();
  return array.size() > 0 &&
         std::all_of(array.begin(), array.end(), [](Json item) { return looks_like_instance(item); });
}

/// In the simplified form a few objects say their kind; everything else is the value.
Result<void> read_simplified(NameId name, Json json, const Path& at, Context& context, bool patches,
                             AttributePatch& patch) {
  auto kind = looks_like_geometry(json) ? AttributeKind::kGeoProperty : AttributeKind::kProperty;
  Json value = json;
  std::string_view key;
  if (json.type() == JsonType::OBJECT && json.get_object().value_unsafe().size() == 1) {
    const auto member = *json.get_object().value_unsafe().begin();
    const auto is = member_of(member.key);
    if (is == Member::kLanguageMap || is == Member::kVocab || is == Member::kJson) {
      kind = kind_of(is, member.value);
      value = member.value;
      key = member.key;
    }
  }
  const Path here{&at, key};
  auto parsed = parse_value(kind, value, here, context);
  if (!parsed) return std::unexpected(std::move(parsed).error());
  if (!patches && has_null(*parsed)) return refuse(here, "urn:ngsi-ld:null is legal in a partial update or merge only");
  patch.attribute.name = name;
  patch.attribute.kind = kind;
  patch.attribute.value = std::move(*parsed);
  patch.given = AttributePatch::kKind | AttributePatch::kValue;
  return {};
}

/// Calls `one(json, path, dataset_id)` for each instance of a simplified attribute.
template <class One>
Result<void> each_simplified(Json json, const Path& at, One one) {
  Json dataset;
  const bool several = json.type() == JsonType::OBJECT && json.get_object().value_unsafe().size() == 1 &&
                       json["dataset"].get(dataset) == simdjson::SUCCESS && dataset.type() == JsonType::OBJECT;
  if (!several) return one(json, at, std::string_view{});
  const Path inside{&at, "dataset"};
  for (const auto member : dataset.get_object().value_unsafe()) {
    const Path here{&inside, member.key};
    const bool is_default = member.key == "@none";
    if (!is_default) {
      if (auto checked = check_entity_id(member.key); !checked) return refuse(here, std::move(checked.error().detail));
    }
    if (auto done = one(member.value, here, is_default ? std::string_view{} : member.key); !done) return done;
  }
  return {};
}

/// Calls `one(json, path)` for each instance under a name.
template <class One>
Result<void> each_instance(Json json, const Path& at, One one) {
  if (!is_instance_array(json)) return one(json, at);
  std::size_t i = 0;
  for (const Json item : json.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    if (auto done = one(item, here); !done) return done;
  }
  return {};
}

template <class Keep>
Result<void> read_all(NameId name, Json json, const Path& at, Context& context, AttributePlace place, bool patches,
                      Keep keep) {
  if (place.form == InputForm::kSimplified) {
    return each_simplified(json, at, [&](Json item, const Path& here, std::string_view dataset_id) -> Result<void> {
      AttributePatch patch;
      if (patches && is_ngsi_ld_null(item)) {
        patch.attribute.name = name;
        patch.remove_all = true;
      } else if (auto done = read_simplified(name, item, here, context, patches, patch); !done) {
        return done;
      }
      patch.attribute.dataset_id = dataset_id;
      keep(std::move(patch));
      return {};
    });
  }
  return each_instance(json, at, [&](Json item, const Path& here) -> Result<void> {
    AttributePatch patch;
    InstanceReader reader(context, patches, place.is_body, 1);
    if (auto done = reader.read(name, item, here, patch); !done) return done;
    keep(std::move(patch));
    return {};
  });
}

const Attribute& attribute_in(const Attribute& a) noexcept { return a; }
const Attribute& attribute_in(const AttributePatch& p) noexcept { return p.attribute; }

template <class List>
Result<void> check_unique_in(const List& list, const Path& at, const Context& context) {
  if (list.size() > kMostAttributes)
    return refuse(at, "an entity has more than 10000 attributes", ErrorCode::kTooLarge);
  if (list.size() < 2) return {};
  using Key = std::pair<std::uint32_t, std::string_view>;
  const auto key = [](const auto& item) { return Key{attribute_in(item).name.get(), attribute_in(item).dataset_id}; };
  const auto twice = [&](const Key& k) {
    return refuse(at, fmt::format("the attribute {} stands here twice{}", context.compact(NameId{k.first}),
                                  k.second.empty() ? "" : " with the same datasetId"));
  };
  if (list.size() <= 16) {
    for (std::size_t i = 1; i < list.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (key(list[i]) == key(list[j])) return twice(key(list[i]));
      }
    }
    return {};
  }
  std::vector<Key> keys;
  keys.reserve(list.size());
  for (const auto& item : list) keys.push_back(key(item));
  std::ranges::sort(keys);
  const auto pair = std::ranges::adjacent_find(keys);
  return pair == keys.end() ? Result<void>{} : twice(*pair);
}

}  // namespace

Result<void> check_unique(const std::vector<Attribute>& attributes, const Path& at, const Context& context) {
  return check_unique_in(attributes, at, context);
}
Result<void> check_unique(const std::vector<AttributePatch>& attributes, const Path& at, const Context& context) {
  return check_unique_in(attributes, at, context);
}

Result<void> parse_attribute(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                             std::vector<Attribute>& out) {
  return read_all(name, json, at, context, place, false,
                  [&](AttributePatch&& p) { out.push_back(std::move(p.attribute)); });
}

Result<void> parse_attribute_patch(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                                   std::vector<AttributePatch>& out) {
  return read_all(name, json, at, context, place, true, [&](AttributePatch&& p) { out.push_back(std::move(p)); });
}

}  // namespace horad::model::detail
