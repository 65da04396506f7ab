// SPDX-License-Identifier: Apache-2.0
#include "horad/edge/problem.h"

#include <fmt/format.h>

#include "horad/base/text.h"

namespace horad::edge {
namespace {

struct Row {
  int status;
  std::string_view ngsi;     // error type of NGSI-LD (ETSI GS CIM 009, 6.3.2); empty: about:blank
  std::string_view title;    // empty: the phrase of the status
  int retry_after = 0;       // seconds; 0: no Retry-After
  bool tells_detail = true;  // false: the detail may name files and devices, and stays inside
};

constexpr Row row_for(ErrorCode code) {
  switch (code) {  // no default: a code without a row is a warning, and warnings are errors
    case ErrorCode::kInvalidRequest:
      return {400, "InvalidRequest", "The request is not valid"};
    case ErrorCode::kBadRequestData:
      return {400, "BadRequestData", "The data breaks the rules of NGSI-LD"};
    case ErrorCode::kNotFound:
      return {404, "ResourceNotFound", "There is no such thing here"};
    case ErrorCode::kNonexistentTenant:
      return {404, "NonexistentTenant", "There is no such tenant"};
    case ErrorCode::kAlreadyExists:
      return {409, "AlreadyExists", "It exists already"};
    case ErrorCode::kConflict:
      return {409, "Conflict", "It contradicts what is stored"};
    case ErrorCode::kNotSupported:
      return {422, "OperationNotSupported", "This cannot be done here"};
    case ErrorCode::kTooComplexQuery:
      return {403, "TooComplexQuery", "The query is too complex"};
    case ErrorCode::kTooManyResults:
      return {403, "TooManyResults", "The answer would be too large"};
    case ErrorCode::kContextNotAvailable:
      return {504, "LdContextNotAvailable", "A JSON-LD @context is not available"};
    case ErrorCode::kTooLarge:
      return {413, "", ""};
    case ErrorCode::kMethodNotAllowed:
      return {405, "", ""};
    case ErrorCode::kLengthRequired:
      return {411, "", ""};
    case ErrorCode::kUnsupportedMedia:
      return {415, "", ""};
    case ErrorCode::kNotAcceptable:
      return {406, "", ""};
    case ErrorCode::kOverloaded:
      return {429, "", "", 1};
    case ErrorCode::kUnavailable:
      return {503, "", "", 5, false};
    case ErrorCode::kTimeout:
      return {503, "", "", 5, false};
    case ErrorCode::kBusy:
      return {503, "", "", 5, false};
    case ErrorCode::kStorageFull:
      return {507, "", "", 0, false};
    case ErrorCode::kIo:
      return {500, "InternalError", "The server failed", 0, false};
    case ErrorCode::kDamaged:
      return {500, "InternalError", "The server failed", 0, false};
    case ErrorCode::kWrongVersion:
      return {500, "InternalError", "The server failed", 0, false};
    case ErrorCode::kInternal:
      return {500, "InternalError", "The server failed", 0, false};
  }
  return {500, "InternalError", "The server failed", 0, false};
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"";
  out += name;
  out += "\":";
  base::append_json_string(out, value);
}

Response write_problem(const Row& row, std::string_view detail, std::string_view pointer) {
  Response response;
  response.status = row.status;
  response.content_type = "application/problem+json";
  if (row.retry_after > 0) response.headers.emplace_back("Retry-After", std::to_string(row.retry_after));
  std::string& out = response.body;
  out = "{\"type\":\"";
  out += row.ngsi.empty() ? "about:blank" : "https://uri.etsi.org/ngsi-ld/errors/";
  out += row.ngsi;
  out += '"';
  append_member(out, "title", row.title.empty() ? reason_phrase(row.status) : row.title);
  if (!detail.empty()) append_member(out, "detail", detail);
  if (!pointer.empty()) append_member(out, "pointer", pointer);
  out += fmt::format(",\"status\":{}}}", row.status);
  return response;
}

std::string_view safe_detail(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return "The server does not take this now; /readyz says why.";
    case ErrorCode::kTimeout:
      return "It took longer than it may.";
    case ErrorCode::kBusy:
      return "Something else holds what is needed.";
    case ErrorCode::kStorageFull:
      return "There is no space left; nothing was changed.";
    default:
      return "The cause is in the server's log.";
  }
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 203:
      return "Non-Authoritative Information";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 207:
      return "Multi-Status";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    case 508:
      return "Loop Detected";
    default:
      return "Unknown";
  }
}

Response problem(const Error& error) {
  const Row row = row_for(error.code);
  if (row.status == 411) return Response{.status = 411};  // CIM 009 wants no body here
  if (row.tells_detail) return write_problem(row, error.detail, error.pointer);
  Response response = write_problem(row, safe_detail(error.code), error.pointer);
  response.cause = error.detail;
  return response;
}

Response problem_of_status(int status, std::string_view detail) {
  return write_problem({status, "", "", status == 503 ? 1 : 0}, detail, {});
}

}  // namespace horad::edge
