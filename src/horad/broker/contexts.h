// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/model/names.h"

namespace horad::model {
class Context;
}

namespace horad::broker {

/// The text of @context documents, by the URL they are named by.
using ContextDocuments = std::map<std::string, std::string, std::less<>>;

/// Compiled JSON-LD contexts by their JSON text, so that each is parsed once and its names are looked up once. Any
/// thread.
class Contexts {
 public:
  static constexpr std::size_t kMost = 1'000;  // kept; beyond, all but the core context are dropped and made again
  static constexpr std::size_t kMostBytes = 256 * 1024;  // of one context in a request; larger are kTooLarge

  /// `pinned` documents stand for their URLs and are never fetched, whoever names them: a request, or another document.
  explicit Contexts(model::Names& names, ContextDocuments pinned = {});
  ~Contexts();
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  /// The core context alone. No lock.
  const std::shared_ptr<model::Context>& core() const noexcept;
  /// The context of `json`: a JSON string (URL), object, or array of these; empty text is the core context.
  ///   errors   kBadRequestData, kContextNotAvailable (names the URL), kTooLarge
  Result<std::shared_ptr<model::Context>> get(std::string_view json);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::broker
