// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_instance.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "horad/model/parse_outline.h"
#include "horad/model/parse_value.h"

namespace horad::model::detail {
namespace {

constexpr std::size_t kMostUnitCodeBytes = 64;

/// Reads one attribute, at one place in the tree. From kPartial on what was given is noted.
class InstanceReader {
 public:
  InstanceReader(Context& context, Reading reading, InstancePlace place)
      : context_(context), reading_(reading), patches_(reading >= Reading::kPartial), place_(place) {}

  /// `patch.attribute` is the attribute; its sub-attributes stand in it, or in `patch` when patches are read.
  Result<void> read(NameId name, Json json, const Path& at, AttributePatch& patch) {
    patch.attribute.name = name;
    if (reading_ >= Reading::kUpdate && is_ngsi_ld_null(json)) {
      patch.remove_all = true;
      return {};
    }
    if (json.type() != JsonType::OBJECT || looks_like_geometry(json)) return read_bare(json, at, patch);
    const auto outline = outline_of(json, at, place_.is_body, reading_ == Reading::kTemporal);
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
    if (reading_ != Reading::kMerge && has_null(*value)) {
      return refuse(at, "urn:ngsi-ld:null is legal inside a value in a merge only");
    }
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
    if (reading_ >= Reading::kUpdate && is_removal(outline)) {
      if (!kind) patch.attribute.kind = kind_of(outline.value_is, outline.value.json);
      patch.remove_all = true;
      return {};
    }
    if (kind && member_of_value(*kind) != outline.value_is) {
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
    if (outline.object_type) {
      if (auto done = read_object_type(outline.object_type, at, patch); !done) return done;
    }
    if (outline.has_extras()) return read_extras(outline, at, patch);
    return {};
  }

  Result<void> read_extras(const Outline& outline, const Path& at, AttributePatch& patch) {
    if (outline.expires_at) {
      if (auto done = read_expires_at(outline.expires_at, at, patch); !done) return done;
    }
    if (outline.value_type) {
      if (auto done = read_value_type(outline.value_type, at, patch); !done) return done;
    }
    if (outline.id_sealed) {
      if (auto done = read_id_sealed(outline.id_sealed, at, patch); !done) return done;
    }
    if (outline.type_sealed) return read_type_sealed(outline.type_sealed, at, patch);
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
    const auto time = parse_date_time(found.json, here, "observedAt");
    if (!time) return std::unexpected(time.error());
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
    auto types = read_type_names(found.json, here, "an objectType");
    if (!types) return std::unexpected(std::move(types).error());
    patch.attribute.object_type = types->front();
    if (types->size() > 1) patch.attribute.extras.make().more_object_types.assign(types->begin() + 1, types->end());
    patch.given |= AttributePatch::kObjectType;
    return {};
  }

  /// The name of an entity type, or an array of them.
  Result<std::vector<NameId>> read_type_names(Json json, const Path& at, std::string_view what) {
    std::vector<NameId> types;
    const auto add = [&](Json item, const Path& here) -> Result<void> {
      if (item.type() != JsonType::STRING || is_ngsi_ld_null(item)) {
        return refuse(here, fmt::format("{} is the name of an entity type, or several in an array", what));
      }
      const auto type = context_.resolve_type(text_of(item));
      if (!type) return refuse(here, type.error().detail, type.error().code);
      if (std::ranges::find(types, *type) == types.end()) types.push_back(*type);
      return {};
    };
    Result<void> done;
    if (json.type() == JsonType::ARRAY) {
      const auto array = json.get_array().value_unsafe();
      if (array.size() == 0) return refuse(at, "this array is empty");
      if (array.size() > kMostTypes) {
        return refuse(at, fmt::format("this array has more than {} items", kMostTypes), ErrorCode::kTooLarge);
      }
      std::size_t i = 0;
      for (const Json item : array) {
        const Path here{&at, {}, i++};
        if (done = add(item, here); !done) break;
      }
    } else {
      done = add(json, at);
    }
    if (!done) return std::unexpected(std::move(done).error());
    return types;
  }

  Result<void> read_expires_at(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (removes(found, AttributePatch::kExpiresAt, patch)) return {};
    const auto time = parse_date_time(found.json, here, "expiresAt");
    if (!time) return std::unexpected(time.error());
    patch.attribute.extras.make().expires_at = *time;
    patch.given |= AttributePatch::kExpiresAt;
    return {};
  }

  Result<void> read_value_type(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (removes(found, AttributePatch::kValueType, patch)) return {};
    const bool kind_known = (patch.given & AttributePatch::kKind) != 0;
    const auto kind = patch.attribute.kind;
    if (kind_known && (kind == AttributeKind::kRelationship || kind == AttributeKind::kListRelationship)) {
      return refuse(here, fmt::format("a {} has no valueType", name_of(kind)));
    }
    if (found.json.type() != JsonType::STRING || is_ngsi_ld_null(found.json)) {
      return refuse(here, "a valueType is a text such as xsd:double");
    }
    if (kind_known && kind == AttributeKind::kLanguageProperty && text_of(found.json) != "langString") {
      return refuse(here, "the valueType of a LanguageProperty is langString");
    }
    const auto type = context_.resolve_type(text_of(found.json));
    if (!type) return refuse(here, type.error().detail, type.error().code);
    patch.attribute.extras.make().value_type = *type;
    patch.given |= AttributePatch::kValueType;
    return {};
  }

  Result<void> check_proof(const Path& at) const {
    if (place_.proof) return {};
    return refuse(at, "entityIdSealed and entityTypeSealed stand in ngsildproof alone");
  }

  Result<void> read_id_sealed(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (auto good = check_proof(here); !good) return good;
    if (removes(found, AttributePatch::kIdSealed, patch)) return {};
    auto uri = parse_uri(found.json, here, "entityIdSealed");
    if (!uri) return std::unexpected(std::move(uri).error());
    patch.attribute.extras.make().entity_id_sealed = std::move(*uri);
    patch.given |= AttributePatch::kIdSealed;
    return {};
  }

  Result<void> read_type_sealed(const Found& found, const Path& at, AttributePatch& patch) {
    const Path here{&at, found.key};
    if (auto good = check_proof(here); !good) return good;
    if (removes(found, AttributePatch::kTypesSealed, patch)) return {};
    auto types = read_type_names(found.json, here, "entityTypeSealed");
    if (!types) return std::unexpected(std::move(types).error());
    patch.attribute.extras.make().entity_types_sealed = std::move(*types);
    patch.given |= AttributePatch::kTypesSealed;
    return {};
  }

  Result<void> read_sub_attributes(Json object, const Path& at, AttributePatch& patch) {
    if (place_.depth >= kDeepestSubAttribute)
      return refuse(at, "sub-attributes are nested more than 16 levels deep", ErrorCode::kTooLarge);
    InstanceReader below(context_, reading_, {.depth = place_.depth + 1});
    for (const auto member : object.get_object().value_unsafe()) {
      if (member_of(member.key) != Member::kOther) continue;
      const Path here{&at, member.key};
      const auto name = context_.resolve_attribute(member.key);
      if (!name) return refuse(here, name.error().detail, name.error().code);
      auto done = each_instance(member.value, here, [&](Json item, const Path& place) -> Result<void> {
        AttributePatch sub;
        if (auto read = below.read(*name, item, place, sub); !read) return read;
        if (patches_) {
          patch.sub_attributes.push_back(std::move(sub));
        } else if (!sub.remove_all) {  // the attribute is written anew: there is nothing to remove
          patch.attribute.sub_attributes.push_back(std::move(sub.attribute));
        }
        return {};
      });
      if (!done) return done;
    }
    return patches_ ? check_unique(patch.sub_attributes, at, context_)
                    : check_unique(patch.attribute.sub_attributes, at, context_);
  }

  Context& context_;
  Reading reading_;
  bool patches_;  // what is read are members of a patch
  InstancePlace place_;
};

}  // namespace

Result<void> read_instance(NameId name, Json json, const Path& at, Context& context, Reading reading,
                           InstancePlace place, AttributePatch& patch) {
  return InstanceReader(context, reading, place).read(name, json, at, patch);
}

}  // namespace horad::model::detail
