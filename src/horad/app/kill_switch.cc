// SPDX-License-Identifier: Apache-2.0
#include "horad/app/kill_switch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "horad/store/kill_points.h"

namespace horad::app {

Result<store::KillPoint> kill_point_of_environment() {
  const char* const set = std::getenv("HORAD_KILL_AT");
  if (set == nullptr || *set == '\0') return store::KillPoint{};
  const std::string_view text(set);
  const auto colon = text.find(':');
  const std::string name(text.substr(0, colon));
  int count = 0;
  if (colon != std::string_view::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), count);
  if (count < 1 || std::ranges::find(store::kill::kAll, name) == store::kill::kAll.end()) {
    return fail(ErrorCode::kInvalidRequest, fmt::format("HORAD_KILL_AT={}: it has to be NAME:N with one of {}", text,
                                                        fmt::join(store::kill::kAll, ", ")));
  }
  return store::KillPoint{[name, left = std::make_shared<std::atomic<int>>(count)](std::string_view passed) {
    if (passed == name && left->fetch_sub(1) == 1) ::raise(SIGKILL);
  }};
}

}  // namespace horad::app
