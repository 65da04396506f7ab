// SPDX-License-Identifier: Apache-2.0
#include "horad/app/commands/demo_make.h"

namespace horad::app {
namespace {

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wc23-extensions"
constexpr char kConfig[] = {
#embed "../../../../tiles/config.json"
};
constexpr char kProcess[] = {
#embed "../../../../tiles/process.lua"
};
#pragma clang diagnostic pop

}  // namespace

TileSchema tile_schema() noexcept { return {{kConfig, sizeof kConfig}, {kProcess, sizeof kProcess}}; }

}  // namespace horad::app
