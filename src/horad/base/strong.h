// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

namespace horad::base {

/// A value that cannot be mixed up with another of the same representation: `using Metres = Strong<struct MetresTag,
/// double>`.
template <class Tag, class T>
class Strong {
 public:
  using Representation = T;
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}
  constexpr const T& get() const noexcept { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace horad::base

template <class Tag, class T>
struct std::hash<horad::base::Strong<Tag, T>> {
  std::size_t operator()(const horad::base::Strong<Tag, T>& v) const noexcept { return std::hash<T>{}(v.get()); }
};
