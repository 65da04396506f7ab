// SPDX-License-Identifier: Apache-2.0
// From the plan to blocks: quarters are the faces of the plan's network, blocks are what minor streets cut them into.
#pragma once

#include <cstdint>
#include <vector>

#include "horad/city/town/plan.h"
#include "horad/city/town/street_graph.h"

namespace horad::city::town {

struct Quarter {
  std::vector<NodeIndex> ring;  // counter-clockwise, every node on its border
  Use use = Use::kMeadow;
  Name name;
};

struct Block {
  std::vector<NodeIndex> ring;  // counter-clockwise; edge i runs from ring[i] to ring[i + 1]
  std::size_t quarter = 0;
  Use use = Use::kMeadow;
};

struct Layout {
  StreetGraph graph;
  std::vector<Quarter> quarters;
  std::vector<Block> blocks;
};

/// Builds the network, finds the quarters and cuts them into blocks; then draws the plan's spurs. Every street joins
/// another at a shared node. Equal seeds give equal layouts.
Layout lay_out(const Plan& plan, std::uint64_t seed);

}  // namespace horad::city::town
