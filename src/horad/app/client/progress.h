// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace horad::app::client {

/// Shows on standard error how far long work is: a bar that moves on a terminal, a line every ten seconds elsewhere,
/// nothing when quiet (`--json`).
class Progress {
 public:
  /// `total` 0: not known, only the count is shown.
  Progress(std::string label, std::uint64_t total, bool quiet);
  ~Progress();  // ends the line
  void at(std::uint64_t done);

 private:
  void draw(std::uint64_t done);
  std::string label_;
  std::uint64_t total_;
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point started_, last_;
};

}  // namespace horad::app::client
