// SPDX-License-Identifier: Apache-2.0
// The words of the town, in Belarusian, Russian and English. Street names are made from word lists by the grammar of
// each language; English street names are the Belarusian ones in Latin letters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace horad::city::town {

/// One thing's name. All three are always there or all three are empty.
struct Name {
  std::string be;
  std::string ru;
  std::string en;
  bool empty() const noexcept { return be.empty(); }
  friend bool operator==(const Name&, const Name&) = default;
};

/// Belarusian Cyrillic in Latin letters without marks, near to the BGN/PCGN romanisation: "Лясная" gives "Lyasnaya".
/// Anything that is not a Belarusian letter stays as it is.
std::string romanise(std::string_view belarusian);

enum class StreetForm { kStreet, kLane, kDrive };  // вуліца, завулак, праезд

/// How many different adjectives and people there are to name streets after.
std::size_t adjective_count() noexcept;
std::size_t honoured_count() noexcept;
/// "Садовая вуліца", "Садовы завулак", "Садовы праезд"; `number` above 0 puts "2-і" before it. index <
/// adjective_count().
Name adjective_street(std::size_t index, StreetForm form, int number);
/// "вуліца Янкі Купалы". index < honoured_count().
Name honoured_street(std::size_t index);

/// Two streets at a corner, for places without a name of their own: "вул. Садовая / вул. Лясная" style, by full names.
Name corner(const Name& a, const Name& b);
/// `what` in three languages followed by `n`: "Школа № 3", "Школа № 3", "School No. 3".
Name numbered(const Name& what, int n);

}  // namespace horad::city::town
