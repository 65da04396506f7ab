// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace horad::app::load {

/// Durations counted in buckets of at most 1.6 % width: quantiles of any number of them in 16 KiB. One thread; merge()
/// joins.
class LatencyRecord {
 public:
  void add(std::uint64_t nanoseconds) noexcept {
    ++counts_[bucket_of(nanoseconds)];
    ++total_;
    if (nanoseconds > highest_) highest_ = nanoseconds;
  }
  void merge(const LatencyRecord& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    if (other.highest_ > highest_) highest_ = other.highest_;
  }
  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t highest() const noexcept { return highest_; }
  /// The smallest bucket border that at least `share` of the values do not exceed; 0 when there are none. share in [0,
  /// 1].
  std::uint64_t quantile(double share) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(total_) * share);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen > 0 && seen >= wanted) return border_of(i) < highest_ ? border_of(i) : highest_;
    }
    return highest_;
  }

 private:
  static constexpr unsigned kSubBits = 6;  // 64 buckets for each doubling
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) << kSubBits;

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < (1u << kSubBits)) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return ((static_cast<std::size_t>(shift) + 1) << kSubBits) +
           static_cast<std::size_t>((value >> shift) - (1u << kSubBits));
  }
  static std::uint64_t border_of(std::size_t bucket) noexcept {
    if (bucket < (1u << kSubBits)) return bucket;
    const auto shift = (bucket >> kSubBits) - 1;
    return (((bucket & ((1u << kSubBits) - 1)) + (1u << kSubBits) + 1) << shift) - 1;
  }
  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t highest_ = 0;
};

}  // namespace horad::app::load
