// SPDX-License-Identifier: Apache-2.0
#include "horad/model/history_edit.h"

#include <simdjson.h>

#include "horad/base/text.h"

namespace horad::model {

Value scope_value(const std::vector<std::string>& scopes) {
  if (scopes.size() == 1) return scopes.front();
  std::string list = "[";
  for (const std::string& scope : scopes) {
    if (list.size() > 1) list += ',';
    base::append_json_string(list, scope);
  }
  return JsonText{list + "]"};
}

std::vector<std::string> scopes_of(const Value& value) {
  if (const auto* const text = std::get_if<std::string>(&value)) return {*text};
  std::vector<std::string> out;
  const auto* const json = std::get_if<JsonText>(&value);
  if (json == nullptr) return out;
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  if (parser.parse(json->text).get(array) != simdjson::SUCCESS) return out;
  for (const auto item : array) {
    std::string_view scope;
    if (item.get(scope) == simdjson::SUCCESS) out.emplace_back(scope);
  }
  return out;
}

}  // namespace horad::model
