// SPDX-License-Identifier: Apache-2.0
// What stands once or a few times in a town: the list a mayor would read out.
#pragma once

#include <vector>

#include "horad/city/town/construction.h"
#include "horad/city/town/town.h"

namespace horad::city::town {

struct Landmark {
  Name name;
  Use use = Use::kMixed;  // looked for in blocks of this kind,
  Point near;             // nearest to this place,
  double least = 0;       // of at least this many square metres
  double most = 1e9;
  Tags grounds;  // of the whole block; empty: no grounds of its own
  std::optional<Monument> main;
  Tags building;             // of the main building
  bool keep_usual = false;   // the rest of the block is built up as usual
  std::optional<Grid> rows;  // more buildings around
};

/// In order of choice: an earlier one gets the better block.
std::vector<Landmark> landmarks();

}  // namespace horad::city::town
