// SPDX-License-Identifier: Apache-2.0
// room: broker
// Any bytes as the body of a subscription, and then as a patch of a good one: refused, or what is stored compiles again
// and is shown as JSON that defines the same subscription.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "horad/broker/contexts.h"
#include "horad/broker/subscription.h"
#include "horad/model/context.h"

namespace {

using namespace horad;  // NOLINT(google-build-using-namespace): a program of its own

constexpr Timestamp kNow{std::chrono::seconds{1'700'000'000}};
constexpr std::string_view kGood =
    R"({"type":"Subscription","entities":[{"type":"A"}],"q":"a>1","notification":{"endpoint":{"uri":"http://h/"}}})";

void check(const broker::Definition& definition, broker::Contexts& contexts, model::Names& names) {
  const auto compiled = broker::compile_subscription(definition, {.words = contexts.core(), .q = contexts.core()});
  if (!compiled) std::abort();
  const broker::json::value shown(broker::show_subscription(definition, {}, *contexts.core(), names, kNow));
  const auto again =
      broker::define_subscription(broker::to_text(shown), "urn:s:2", *contexts.core(), names, Timestamp{});
  if (!again) std::abort();
  // What is shown says defaults that the body may leave out; said once, they stay.
  if (broker::show_subscription(*again, {}, *contexts.core(), names, kNow) !=
      broker::show_subscription(definition, {}, *contexts.core(), names, kNow)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  model::Names names;
  broker::Contexts contexts{names};
  if (const auto made = broker::define_subscription(text, "urn:s:1", *contexts.core(), names, kNow))
    check(*made, contexts, names);
  const auto good = broker::define_subscription(kGood, "urn:s:1", *contexts.core(), names, kNow);
  if (!good) std::abort();
  if (const auto patched = broker::patch_subscription(*good, text, *contexts.core(), names, kNow))
    check(*patched, contexts, names);
  (void)broker::delivery_from_json(broker::parse_json(text).value_or(broker::json::value{}));
  return 0;
}
