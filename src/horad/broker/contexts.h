// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "horad/base/result.h"
#include "horad/model/names.h"

namespace horad::model {
class Context;
}

namespace horad::broker {

/// Compiled JSON-LD contexts by their JSON text, so that each is parsed once and its names are looked up once. Any
/// thread.
class Contexts {
 public:
  static constexpr std::size_t kMost = 1'000;  // kept; beyond, all but the core context are dropped and made again
  static constexpr std::size_t kMostBytes = 256 * 1024;  // of one context; larger ones are kTooLarge

  explicit Contexts(model::Names& names);
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
