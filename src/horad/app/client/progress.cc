// SPDX-License-Identifier: Apache-2.0
#include "horad/app/client/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace horad::app::client {

using namespace std::chrono_literals;

Progress::Progress(std::string label, std::uint64_t total, bool quiet)
    : label_(std::move(label)),
      total_(total),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      last_(started_) {}

Progress::~Progress() {
  if (drawn_ && terminal_) fmt::print(stderr, "\n");
}

void Progress::at(std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  const auto pause = terminal_ ? std::chrono::steady_clock::duration(200ms) : std::chrono::steady_clock::duration(10s);
  if (quiet_ || (now - last_ < pause && !(terminal_ && total_ > 0 && done == total_))) return;
  last_ = now;
  draw(done);
}

void Progress::draw(std::uint64_t done) {
  const double seconds = std::chrono::duration<double>(last_ - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = fmt::format("{}: {}", label_, done);
  if (total_ > 0) {
    const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const auto filled = static_cast<std::size_t>(share * 24);
    line = fmt::format("{}: [{}{}] {:3.0f} %", label_, std::string(filled, '#'), std::string(24 - filled, '.'),
                       share * 100);
  }
  fmt::print(stderr, "{}{}, {:.0f}/s{}", terminal_ ? "\r" : "", line, rate, terminal_ ? "   " : "\n");
  std::fflush(stderr);
  drawn_ = true;
}

}  // namespace horad::app::client
