// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_attribute.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "horad/base/time.h"
#include "horad/model/parse_instance.h"
#include "horad/model/parse_outline.h"
#include "horad/model/parse_value.h"

namespace horad::model::detail {
namespace {

/// What the core @context says of a name, beyond a name like any other.
struct CoreName {
  bool geo = false;    // location, observationSpace, operationSpace: GeoProperties
  bool proof = false;  // ngsildproof
};
CoreName core_name(NameId name, const Context& context) noexcept {
  constexpr std::string_view kNgsiLd = "https://uri.etsi.org/ngsi-ld/";
  auto iri = context.names().text(name);
  if (iri.size() > kNgsiLd.size() + 16 || !iri.starts_with(kNgsiLd)) return {};
  iri.remove_prefix(kNgsiLd.size());
  return {.geo = iri == "location" || iri == "observationSpace" || iri == "operationSpace",
          .proof = iri == "ngsildproof"};
}

/// The kind and value that a name of the core @context asks for.
Result<void> check_core_name(CoreName is, const AttributePatch& patch, const Path& at) {
  const auto& attribute = patch.attribute;
  if (is.geo && (patch.given & AttributePatch::kKind) && attribute.kind != AttributeKind::kGeoProperty) {
    return refuse(at, "location, observationSpace and operationSpace are GeoProperties");
  }
  if (!is.proof) return {};
  if ((patch.given & AttributePatch::kKind) && attribute.kind != AttributeKind::kProperty) {
    return refuse(at, "ngsildproof is a Property");
  }
  const auto* json = std::get_if<JsonText>(&attribute.value);
  if (!(patch.given & AttributePatch::kValue) || (json != nullptr && json->text.starts_with('{'))) return {};
  return refuse(at, "the value of ngsildproof is an object, the proof");
}

/// In the simplified form a few objects say their kind; everything else is the value.
Result<void> read_simplified(NameId name, Json json, const Path& at, Context& context, Reading reading,
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
  if (reading != Reading::kMerge && has_null(*parsed)) {
    return refuse(here, "urn:ngsi-ld:null is legal inside a value in a merge only");
  }
  patch.simplified = key.empty() && reading >= Reading::kPartial;
  if (patch.simplified && value.type() == JsonType::STRING) patch.as_vocab = context.expand(text_of(value));
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

template <class Keep>
Result<void> read_all(NameId name, Json json, const Path& at, Context& context, AttributePlace place, Reading reading,
                      Keep keep) {
  const auto core = core_name(name, context);
  if (place.form == InputForm::kSimplified) {
    return each_simplified(json, at, [&](Json item, const Path& here, std::string_view dataset_id) -> Result<void> {
      AttributePatch patch;
      if (reading >= Reading::kUpdate && is_ngsi_ld_null(item)) {
        patch.attribute.name = name;
        patch.remove_all = true;
      } else if (auto done = read_simplified(name, item, here, context, reading, patch); !done) {
        return done;
      }
      if (auto good = check_core_name(core, patch, here); !good) return good;
      patch.attribute.dataset_id = dataset_id;
      keep(std::move(patch));
      return {};
    });
  }
  return each_instance(json, at, [&](Json item, const Path& here) -> Result<void> {
    AttributePatch patch;
    const InstancePlace stands{.is_body = place.is_body, .proof = core.proof};
    if (auto done = read_instance(name, item, here, context, reading, stands, patch); !done) return done;
    if (auto good = check_core_name(core, patch, here); !good) return good;
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

Result<Timestamp> parse_date_time(Json json, const Path& at, std::string_view what) {
  if (json.type() != JsonType::STRING)
    return refuse(at, fmt::format("{} is a time such as 2026-11-22T19:17:22Z", what));
  const auto time = base::parse_time(text_of(json));
  if (!time) return refuse(at, time.error().detail);
  return *time;
}

Result<void> parse_attribute(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                             std::vector<Attribute>& out, std::vector<AttributeKey>* removed) {
  const auto reading = removed != nullptr ? Reading::kUpdate : Reading::kWhole;
  return read_all(name, json, at, context, place, reading, [&](AttributePatch&& p) {
    if (p.remove_all) {
      removed->push_back({p.attribute.name, std::move(p.attribute.dataset_id)});
    } else {
      out.push_back(std::move(p.attribute));
    }
  });
}

Result<void> parse_attribute_patch(NameId name, Json json, const Path& at, Context& context, AttributePlace place,
                                   Reading reading, std::vector<AttributePatch>& out) {
  return read_all(name, json, at, context, place, reading, [&](AttributePatch&& p) { out.push_back(std::move(p)); });
}

Result<void> parse_temporal_attribute(NameId name, Json json, const Path& at, Context& context,
                                      std::vector<HistoryEdit::Addition>& out) {
  if (json.type() == JsonType::ARRAY && json.get_array().value_unsafe().size() == 0) return {};
  return read_all(name, json, at, context, {}, Reading::kTemporal,
                  [&](AttributePatch&& p) { out.push_back({std::move(p.attribute), p.remove_all, std::nullopt}); });
}

}  // namespace horad::model::detail
