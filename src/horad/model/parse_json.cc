// SPDX-License-Identifier: Apache-2.0
#include "horad/model/parse_json.h"

#include <fmt/format.h>

#include "horad/base/text.h"

namespace horad::model::detail {
namespace {

void append_pointer(std::string& out, const Path* path) {
  if (path == nullptr) return;
  append_pointer(out, path->up);
  if (path->index != Path::kNoIndex) {
    out += '/';
    out += std::to_string(path->index);
  } else if (path->key.data() != nullptr) {
    out += '/';
    for (const char c : path->key) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }
}

Result<void> append_array(std::string& out, simdjson::dom::array array, const Path& at, JsonNulls nulls,
                          std::size_t depth) {
  out += '[';
  std::size_t i = 0;
  for (const Json item : array) {
    if (i > 0) out += ',';
    const Path here{&at, {}, i++};
    if (auto done = append_minified(out, item, here, nulls, depth + 1); !done) return done;
  }
  out += ']';
  return {};
}

Result<void> append_object(std::string& out, simdjson::dom::object object, const Path& at, JsonNulls nulls,
                           std::size_t depth) {
  out += '{';
  bool first = true;
  for (const auto member : object) {
    if (!first) out += ',';
    first = false;
    base::append_json_string(out, member.key);
    out += ':';
    const Path here{&at, member.key};
    if (auto done = append_minified(out, member.value, here, nulls, depth + 1); !done) return done;
  }
  out += '}';
  return {};
}

}  // namespace

std::string pointer_to(const Path* path) {
  std::string out;
  append_pointer(out, path);
  return out;
}

std::unexpected<Error> refuse(const Path& at, std::string detail, ErrorCode code) {
  return fail(code, std::move(detail), pointer_to(&at));
}

Result<void> append_minified(std::string& out, Json json, const Path& at, JsonNulls nulls, std::size_t depth) {
  if (depth > kDeepestJson) return refuse(at, fmt::format("a value is nested more than {} levels deep", kDeepestJson));
  switch (json.type()) {
    case JsonType::ARRAY:
      return append_array(out, json.get_array().value_unsafe(), at, nulls, depth);
    case JsonType::OBJECT:
      return append_object(out, json.get_object().value_unsafe(), at, nulls, depth);
    case JsonType::INT64: {
      const fmt::format_int digits(json.get_int64().value_unsafe());
      out.append(digits.data(), digits.size());
      return {};
    }
    case JsonType::UINT64:
      return refuse(at, "an integer above 9223372036854775807 cannot be kept exactly: write it as text");
    case JsonType::DOUBLE:
      base::append_json_number(out, json.get_double().value_unsafe());
      return {};
    case JsonType::STRING:
      base::append_json_string(out, text_of(json));
      return {};
    case JsonType::BOOL:
      out += json.get_bool().value_unsafe() ? "true" : "false";
      return {};
    case JsonType::NULL_VALUE:
      break;
  }
  if (nulls == JsonNulls::kRefuse) return refuse(at, "JSON null is not a value in NGSI-LD");
  out += "null";
  return {};
}

std::unexpected<Error> not_json(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return fail(ErrorCode::kInvalidRequest, "the body is empty");
    case simdjson::DEPTH_ERROR:
      return fail(ErrorCode::kInvalidRequest, "the JSON is nested too deep");
    case simdjson::NUMBER_ERROR:
      return fail(ErrorCode::kInvalidRequest, "the body has a number that is not JSON or is too large");
    case simdjson::UTF8_ERROR:
      return fail(ErrorCode::kInvalidRequest, "the body is not UTF-8");
    case simdjson::UNCLOSED_STRING:
      return fail(ErrorCode::kInvalidRequest, "the body is not JSON: a string is not closed");
    default:
      return fail(ErrorCode::kInvalidRequest, "the body is not JSON");
  }
}

}  // namespace horad::model::detail
