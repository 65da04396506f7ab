// SPDX-License-Identifier: Apache-2.0
#include "horad/base/duration.h"

#include <fmt/format.h>

namespace horad::base {

std::string format_duration(Duration length) {
  namespace chrono = std::chrono;
  const auto all = chrono::floor<chrono::milliseconds>(length);
  const auto days = chrono::floor<chrono::days>(all);
  const chrono::hh_mm_ss time{all - days};
  std::string out = "P";
  if (days.count() > 0) out += fmt::format("{}D", days.count());
  const std::size_t head = out.size();
  if (time.hours().count() > 0) out += fmt::format("{}H", time.hours().count());
  if (time.minutes().count() > 0) out += fmt::format("{}M", time.minutes().count());
  if (time.subseconds().count() > 0) {
    out += fmt::format("{}.{:03}S", time.seconds().count(), time.subseconds().count());
  } else if (time.seconds().count() > 0 || out.size() == 1) {
    out += fmt::format("{}S", time.seconds().count());
  }
  if (out.size() > head) out.insert(head, 1, 'T');
  return out;
}

}  // namespace horad::base
