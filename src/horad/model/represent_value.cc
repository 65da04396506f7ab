// SPDX-License-Identifier: Apache-2.0
#include "horad/model/represent_value.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "horad/base/text.h"
#include "horad/model/parse_json.h"

namespace horad::model {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {"Property",         "Relationship",    "GeoProperty",
                                                    "LanguageProperty", "VocabProperty",   "JsonProperty",
                                                    "ListProperty",     "ListRelationship"};
constexpr std::array<std::string_view, 8> kQuotedMembers = {"\"value\"",       "\"object\"",    "\"value\"",
                                                            "\"languageMap\"", "\"vocab\"",     "\"json\"",
                                                            "\"valueList\"",   "\"objectList\""};

/// Writes each text of a stored array of texts through `one`.
template <class One>
void append_texts(std::string& out, std::string_view array, One one) {
  simdjson::dom::parser parser;
  detail::Json root;
  out += '[';
  if (parser.parse(array.data(), array.size()).get(root) == simdjson::SUCCESS &&
      root.type() == detail::JsonType::ARRAY) {
    const char* comma = "";
    for (const auto item : root.get_array().value_unsafe()) {
      std::string_view text;
      if (item.get(text) != simdjson::SUCCESS) continue;
      out += std::exchange(comma, ",");
      one(text);
    }
  }
  out += ']';
}

void append_vocabs(std::string& out, std::string_view array, const Context& context) {
  append_texts(out, array, [&](std::string_view iri) { base::append_json_string(out, context.compact(iri)); });
}

/// [{"object": URI}, ...] of the normalized form; the others have the bare URIs, as they are stored.
void append_object_list(std::string& out, std::string_view array) {
  append_texts(out, array, [&](std::string_view uri) {
    out += "{\"object\":";
    base::append_json_string(out, uri);
    out += '}';
  });
}

bool append_special(std::string& out, AttributeKind kind, bool is_text, bool is_json, std::string_view text,
                    const Context& context, Form form) {
  if (kind == AttributeKind::kVocabProperty && is_text) {
    base::append_json_string(out, context.compact(text));
    return true;
  }
  if (kind == AttributeKind::kVocabProperty && is_json) {
    append_vocabs(out, text, context);
    return true;
  }
  if (kind == AttributeKind::kListRelationship && is_json && form == Form::kNormalized) {
    append_object_list(out, text);
    return true;
  }
  return false;
}

struct ValuePrinter {
  std::string& out;
  void operator()(bool v) const { out += v ? "true" : "false"; }
  void operator()(std::int64_t v) const {
    const fmt::format_int digits(v);
    out.append(digits.data(), digits.size());
  }
  void operator()(double v) const { base::append_json_number(out, v); }
  void operator()(const std::string& v) const { base::append_json_string(out, v); }
  void operator()(const JsonText& v) const { out += v.text; }
};

}  // namespace

AttributeKind kind_for_reader(AttributeKind kind, std::uint8_t reader_version) noexcept {
  // The minor version of the API that brought each kind.
  constexpr std::array<std::uint8_t, 8> kSince = {1, 1, 1, 4, 7, 8, 8, 8};
  return reader_version < kSince[static_cast<std::size_t>(kind)] ? AttributeKind::kProperty : kind;
}

std::string_view kind_name(AttributeKind kind) noexcept { return kKinds[static_cast<std::size_t>(kind)]; }

std::string_view value_member(AttributeKind kind) noexcept {
  auto quoted = kQuotedMembers[static_cast<std::size_t>(kind)];
  return quoted.substr(1, quoted.size() - 2);
}

Value null_value(AttributeKind kind) {
  if (kind == AttributeKind::kLanguageProperty) return JsonText{R"({"@none":"urn:ngsi-ld:null"})"};
  return std::string{"urn:ngsi-ld:null"};
}

std::string_view detail::quoted_value_member(AttributeKind kind) noexcept {
  return kQuotedMembers[static_cast<std::size_t>(kind)];
}

void append_value(std::string& out, AttributeKind kind, const ValueView& value, const Context& context, Form form) {
  const auto type = value.type();
  if (kind == AttributeKind::kVocabProperty || kind == AttributeKind::kListRelationship) {
    const bool is_text = type == ValueType::kString;
    const bool is_json = type == ValueType::kJson;
    const auto text = is_text || is_json ? value.as_text() : std::string_view{};
    if (append_special(out, kind, is_text, is_json, text, context, form)) return;
  }
  value.append_json(out);
}

void append_value(std::string& out, AttributeKind kind, const Value& value, const Context& context, Form form) {
  const auto* text = std::get_if<std::string>(&value);
  const auto* json = std::get_if<JsonText>(&value);
  const std::string_view view = text != nullptr   ? *text
                                : json != nullptr ? std::string_view(json->text)
                                                  : std::string_view{};
  if (append_special(out, kind, text != nullptr, json != nullptr, view, context, form)) return;
  std::visit(ValuePrinter{out}, value);
}

}  // namespace horad::model
