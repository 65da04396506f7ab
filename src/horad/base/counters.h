// SPDX-License-Identifier: Apache-2.0
// What a component counts about itself. Plain values, registered once in `app`, written out by `edge` at /metrics.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace horad::base {

/// Only goes up. Any thread.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Any thread.
class Gauge {
 public:
  void set(std::int64_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Seconds, in buckets that double from 16 microseconds to about 17 s, and one for the rest. Any thread.
class LatencyHistogram {
 public:
  static constexpr std::size_t kBuckets = 21;  // bucket i holds values <= 16e-6 * 2^i; the last has no bound
  void observe(double seconds) noexcept {
    std::size_t bucket = 0;
    for (double bound = 16e-6; bucket + 1 < kBuckets && seconds > bound; bound *= 2) ++bucket;
    counts_[bucket].add();
    sum_ns_.add(seconds > 0 ? static_cast<std::uint64_t>(seconds * 1e9) : 0);
  }
  std::uint64_t count_in(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
  double sum_seconds() const noexcept { return static_cast<double>(sum_ns_.value()) * 1e-9; }

 private:
  std::array<Counter, kBuckets> counts_;
  Counter sum_ns_;
};

/// One metric as /metrics shows it. Names are Prometheus style in base units (`horad_log_synced_bytes_total`); labels
/// come from small closed sets, never ids or URLs.
struct Metric {
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  std::variant<const Counter*, const Gauge*, const LatencyHistogram*>
      source;  // owned by the component, which outlives the list
};

}  // namespace horad::base
