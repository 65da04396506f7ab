// SPDX-License-Identifier: Apache-2.0
// The steps of make_town, in the order it takes them. Each fills its part of the town from what earlier steps made.
#pragma once

#include "horad/city/town/town.h"

namespace horad::city::town {

/// Gives every street a name: edges that run on straight across a crossing are one street. Fills Town::streets.
void name_streets(Town& town);
/// Land use, water, parks, islands, rails, place names, trees. Fills areas, courses and spots.
void lay_ground(Town& town);
/// Builds on every block, landmarks first. Fills buildings, and areas and spots that belong to them.
void build_up(Town& town);
/// Gives buildings street and number: odd on the left, even on the right, counted from one end of the street.
void number_buildings(Town& town);
/// Shops, cafes, pharmacies, banks and post offices on the ground floors of the busier streets. Fills spots.
void open_shops(Town& town);
/// Routes, stops and their names. Fills stops and lines.
void run_buses(Town& town);
/// Chains edges to ways, broken where bus lines turn off. Fills roads.
void chain_roads(Town& town);

}  // namespace horad::city::town
