// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "horad/edge/service_routes.h"

namespace horad::edge {
namespace {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
constexpr char kDocument[] = {
#embed "../../../api/openapi.json"
};
#pragma clang diagnostic pop

}  // namespace

std::string_view openapi_json() noexcept { return {kDocument, sizeof kDocument}; }

}  // namespace horad::edge
