// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace horad::base {

/// Few and stable: each tells the caller something different to do. `edge` maps each to one HTTP status.
enum class ErrorCode : std::uint8_t {
  kInvalidRequest,       // not JSON, empty, unknown parameter, wrong shape: fix the request
  kBadRequestData,       // well formed but against the rules of NGSI-LD: fix the data
  kNotFound,             // no such thing here
  kNonexistentTenant,    // no such tenant
  kAlreadyExists,        // choose another id, or update
  kConflict,             // contradicts what is stored
  kNotSupported,         // this operation cannot be done on this thing
  kTooComplexQuery,      // ask something simpler
  kTooManyResults,       // ask for less
  kContextNotAvailable,  // a JSON-LD @context could not be had
  kTooLarge,             // body, batch or page above our limit, which the detail names
  kMethodNotAllowed,     // this path has other methods
  kLengthRequired,       // a body needs its length
  kUnsupportedMedia,     // content type we do not read
  kNotAcceptable,        // content type we cannot write
  kOverloaded,           // come back later; nothing was done
  kUnavailable,          // not ready, stopping, or writes are stopped after a disk failure
  kTimeout,              // took longer than it may
  kStorageFull,          // no space: nothing was done
  kIo,                   // disk or network failed
  kDamaged,              // bytes on disk are not what was written
  kWrongVersion,         // data of a format this program does not know
  kBusy,                 // somebody else holds it (a second process on one data directory)
  kInternal,             // our fault
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string detail;   // one sentence for a person: what, which, what to do; no secrets
  std::string pointer;  // where in the input, as a JSON Pointer or parameter name; empty when it is not about one place
};

template <class T>
using Result = std::expected<T, Error>;

/// `return fail(ErrorCode::kNotFound, "...")`: an unexpected value for any Result.
inline std::unexpected<Error> fail(ErrorCode code, std::string detail, std::string pointer = {}) {
  return std::unexpected(Error{code, std::move(detail), std::move(pointer)});
}

}  // namespace horad::base

namespace horad {
using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;
}  // namespace horad
