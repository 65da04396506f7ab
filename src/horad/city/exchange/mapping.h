// SPDX-License-Identifier: Apache-2.0
// How the rows of a CSV file become entities: a small TOML file, described in docs/operate/import.md.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "horad/base/time.h"
#include "horad/city/exchange/table.h"

namespace horad::city::exchange {

struct Reading {
  std::string json;  // one entity in concise form, every attribute with observedAt when the mapping names a time
  std::optional<Timestamp> at;  // that time
};

/// A checked mapping. Immutable; any thread.
class Mapping {
 public:
  /// Errors: kInvalidRequest with what is wrong and where in the TOML text.
  static Result<Mapping> parse(std::string_view toml);
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  ~Mapping();

  /// Errors: kBadRequestData for a missing column, a number or time that is none, a place off the globe, a local time
  /// that does not exist (the hour that summer time skips). An hour that comes twice is taken as the first.
  Result<Reading> apply(const Row& row) const;

 private:
  struct State;
  explicit Mapping(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads and parses a mapping file. Errors: kInvalidRequest.
Result<Mapping> load_mapping(const std::string& path);

/// True when `line` is one whole JSON object.
bool is_json_object(std::string_view line);

}  // namespace horad::city::exchange
