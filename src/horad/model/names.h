// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "horad/base/result.h"
#include "horad/base/strong.h"

namespace horad::model {

/// An interned expanded name (an IRI): of a type, an attribute, a unit. Valid in one process only; on disk names stand
/// as text.
using NameId = base::Strong<struct NameIdTag, std::uint32_t>;

/// The scope of an entity, as its past keeps it among the attributes. It is the first name of every table, so that it
/// can be a constant.
inline constexpr NameId kScopeName{0};

/// Every expanded name this process has met, each once. Only grows, to `kMost` names, so that a flood of invented
/// attribute names ends in a clear refusal and not in lost memory. Any thread may read while others intern; text()
/// takes no lock.
class Names {
 public:
  static constexpr std::size_t kMost = 1'000'000;
  Names();  // knows the name of the scope
  ~Names();
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  /// The id of `text`, made when it is new. Errors: kOverloaded when the table is full.
  Result<NameId> intern(std::string_view text);
  std::optional<NameId> find(std::string_view text) const;
  /// `id` must come from this table. The view lives as long as the table.
  std::string_view text(NameId id) const noexcept;
  std::size_t size() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace horad::model
