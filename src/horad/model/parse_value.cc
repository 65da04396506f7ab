// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_value.h"

#include <fmt/format.h>

#include "horad/base/text.h"

namespace horad::model::detail {
namespace {

Result<Value> minified(Json json, const Path& at, JsonNulls nulls = JsonNulls::kRefuse) {
  JsonText out;
  if (auto done = append_minified(out.text, json, at, nulls); !done) return std::unexpected(std::move(done).error());
  return out;
}

bool is_language_tag(std::string_view tag) noexcept {
  if (tag == "@none") return true;
  if (tag.empty() || tag.size() > 64) return false;
  return tag.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
         std::string_view::npos;
}

Result<void> check_words(Json words, const Path& at) {
  if (words.type() == JsonType::STRING) return {};
  if (words.type() != JsonType::ARRAY)
    return refuse(at, "each language of a languageMap has a text or an array of texts");
  std::size_t i = 0;
  for (const Json word : words.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    if (word.type() != JsonType::STRING)
      return refuse(here, "each language of a languageMap has a text or an array of texts");
  }
  return {};
}

/// An item of an objectList: a URI, bare or as {"object": URI}.
Result<std::string> list_object(Json item, const Path& at) {
  if (item.type() != JsonType::OBJECT) return parse_uri(item, at, "an item of an objectList");
  Json object;
  if (item["object"].get(object) != simdjson::SUCCESS) return refuse(at, "an item of an objectList has an object");
  const Path here{&at, "object"};
  return parse_uri(object, here, "an object");
}

}  // namespace

Result<std::string> parse_uri(Json json, const Path& at, std::string_view what) {
  if (json.type() != JsonType::STRING) return refuse(at, fmt::format("{} is a URI as text", what));
  const auto text = text_of(json);
  if (text == kNgsiLdNull) return refuse(at, "urn:ngsi-ld:null is legal in a partial update or merge only");
  if (auto checked = check_entity_id(text); !checked) return refuse(at, std::move(checked.error().detail));
  return std::string(text);
}

Result<Value> parse_property_value(Json json, const Path& at) {
  switch (json.type()) {
    case JsonType::STRING: {
      const auto text = text_of(json);
      if (text == kNgsiLdNull) return refuse(at, "urn:ngsi-ld:null is legal in a partial update or merge only");
      return std::string(text);
    }
    case JsonType::INT64:
      return json.get_int64().value_unsafe();
    case JsonType::DOUBLE:
      return json.get_double().value_unsafe();
    case JsonType::BOOL:
      return json.get_bool().value_unsafe();
    case JsonType::ARRAY:
    case JsonType::OBJECT:
      return minified(json, at);
    case JsonType::UINT64:
      return refuse(at, "an integer above 9223372036854775807 cannot be kept exactly: write it as text");
    case JsonType::NULL_VALUE:
      break;
  }
  return refuse(at, "JSON null is not a value in NGSI-LD");
}

Result<Value> parse_object(Json json, const Path& at) {
  if (json.type() == JsonType::STRING) {
    auto uri = parse_uri(json, at, "an object");
    if (!uri) return std::unexpected(std::move(uri).error());
    return std::move(*uri);
  }
  if (json.type() != JsonType::ARRAY) return refuse(at, "the object of a Relationship is a URI or an array of URIs");
  std::size_t i = 0;
  for (const Json item : json.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    if (auto uri = parse_uri(item, here, "an object"); !uri) return std::unexpected(std::move(uri).error());
  }
  if (i == 0) return refuse(at, "a Relationship has at least one object");
  return minified(json, at);
}

Result<Value> parse_language_map(Json json, const Path& at) {
  if (json.type() != JsonType::OBJECT) return refuse(at, "a languageMap is an object of language tags");
  for (const auto member : json.get_object().value_unsafe()) {
    const Path here{&at, member.key};
    if (!is_language_tag(member.key))
      return refuse(here, "a key of a languageMap is a language tag (RFC 5646) or @none");
    if (auto words = check_words(member.value, here); !words) return std::unexpected(std::move(words).error());
  }
  return minified(json, at);
}

Result<Value> parse_vocab(Json json, const Path& at, const Context& context) {
  const auto wrong = [](const Path& here) { return refuse(here, "a vocab is a text or an array of texts"); };
  if (json.type() == JsonType::STRING) {
    if (is_ngsi_ld_null(json)) return refuse(at, "urn:ngsi-ld:null is legal in a partial update or merge only");
    return context.expand(text_of(json));
  }
  if (json.type() != JsonType::ARRAY) return wrong(at);
  JsonText out{"["};
  std::size_t i = 0;
  for (const Json item : json.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    if (item.type() != JsonType::STRING) return wrong(here);
    if (i > 1) out.text += ',';
    base::append_json_string(out.text, context.expand(text_of(item)));
  }
  out.text += ']';
  return out;
}

Result<Value> parse_json_value(Json json, const Path& at) {
  const auto type = json.type();
  if (type == JsonType::OBJECT || type == JsonType::ARRAY) return minified(json, at, JsonNulls::kAllow);
  return refuse(at, "the json of a JsonProperty is an object or an array");
}

Result<Value> parse_value_list(Json json, const Path& at) {
  if (json.type() != JsonType::ARRAY) return refuse(at, "a valueList is an array");
  return minified(json, at);
}

Result<Value> parse_object_list(Json json, const Path& at) {
  if (json.type() != JsonType::ARRAY) return refuse(at, "an objectList is an array");
  JsonText out{"["};
  std::size_t i = 0;
  for (const Json item : json.get_array().value_unsafe()) {
    const Path here{&at, {}, i++};
    const auto uri = list_object(item, here);
    if (!uri) return std::unexpected(uri.error());
    if (i > 1) out.text += ',';
    base::append_json_string(out.text, *uri);
  }
  out.text += ']';
  return out;
}

Result<Value> parse_value(AttributeKind kind, Json json, const Path& at, const Context& context) {
  switch (kind) {
    case AttributeKind::kProperty:
      return parse_property_value(json, at);
    case AttributeKind::kRelationship:
      return parse_object(json, at);
    case AttributeKind::kGeoProperty:
      return parse_geometry(json, at);
    case AttributeKind::kLanguageProperty:
      return parse_language_map(json, at);
    case AttributeKind::kVocabProperty:
      return parse_vocab(json, at, context);
    case AttributeKind::kJsonProperty:
      return parse_json_value(json, at);
    case AttributeKind::kListProperty:
      return parse_value_list(json, at);
    case AttributeKind::kListRelationship:
      return parse_object_list(json, at);
  }
  return fail(ErrorCode::kInternal, "an attribute kind without a reader");
}

}  // namespace horad::model::detail
