// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>
#include <map>

#include "horad/city/town/dice.h"
#include "horad/city/town/works.h"

namespace horad::city::town {
namespace {

struct Trade {
  const char* key;
  const char* value;
  int weight;
  bool numbered;
  std::array<Name, 4> names;  // empty ones are not used
};

const std::vector<Trade>& trades() {
  static const std::vector<Trade> kTrades{
      {"shop",
       "convenience",
       9,
       false,
       {{{"Прадукты", "Продукты", "Groceries"},
         {"Родны кут", "Родной уголок", "Rodny Kut"},
         {"Гаспадынька", "Хозяюшка", "Haspadynka"},
         {"Кошык", "Корзинка", "Koshyk"}}}},
      {"amenity", "pharmacy", 4, true, {{{"Аптэка", "Аптека", "Pharmacy"}, {}, {}, {}}}},
      {"amenity",
       "cafe",
       5,
       false,
       {{{"Вярба", "Верба", "Vyarba Cafe"},
         {"Смачна", "Вкусно", "Smachna"},
         {"Млын", "Мельница", "The Mill"},
         {"Буслік", "Аистёнок", "Buslik"}}}},
      {"amenity",
       "restaurant",
       2,
       false,
       {{{"Стары горад", "Старый город", "Stary Horad"},
         {"Карчма", "Корчма", "Karchma Tavern"},
         {"Замкавы", "Замковый", "Zamkavy"},
         {}}}},
      {"shop",
       "bakery",
       3,
       false,
       {{{"Каравай", "Каравай", "Karavai Bakery"}, {"Абаранак", "Баранка", "Abaranak"}, {}, {}}}},
      {"amenity", "bank", 2, true, {{{"Аддзяленне банка", "Отделение банка", "Bank Branch"}, {}, {}, {}}}},
      {"amenity", "post_office", 2, true, {{{"Аддзяленне сувязі", "Отделение связи", "Post Office"}, {}, {}, {}}}},
      {"shop",
       "hairdresser",
       3,
       false,
       {{{"Цырульня", "Парикмахерская", "Hairdresser"}, {"Чараўніца", "Чаровница", "Charaunitsa"}, {}, {}}}},
      {"shop", "clothes", 3, false, {{{"Адзенне", "Одежда", "Clothes"}, {"Модны", "Модный", "Modny"}, {}, {}}}},
      {"shop",
       "books",
       1,
       false,
       {{{"Кнігарня", "Книжный магазин", "Bookshop"}, {"Светач", "Светоч", "Svetach Books"}, {}, {}}}},
      {"shop", "florist", 2, false, {{{"Кветкі", "Цветы", "Flowers"}, {"Васілёк", "Василёк", "Vasilyok"}, {}, {}}}},
      {"shop",
       "hardware",
       2,
       false,
       {{{"Гаспадарчыя тавары", "Хозяйственные товары", "Hardware"}, {"Майстар", "Мастер", "Maistar"}, {}, {}}}},
      {"tourism",
       "hotel",
       1,
       false,
       {{{"Гасцініца «Быстрыца»", "Гостиница «Быстрица»", "Bystrytsa Hotel"},
         {"Гасцініца «Замкавая»", "Гостиница «Замковая»", "Zamkavaya Hotel"},
         {},
         {}}}},
  };
  return kTrades;
}

const Trade& draw_trade(Dice& dice) {
  int total = 0;
  for (const Trade& t : trades()) total += t.weight;
  auto ticket = static_cast<int>(dice.below(static_cast<std::size_t>(total)));
  for (const Trade& t : trades()) {
    ticket -= t.weight;
    if (ticket < 0) return t;
  }
  return trades().front();
}

/// How likely a house of this street has a shop below.
double appeal(RoadClass road, const std::string& kind) {
  if (kind != "yes" && kind != "apartments" && kind != "commercial" && kind != "retail")
    return kind == "house" ? 0.006 : 0.0;
  switch (road) {
    case RoadClass::kPrimary:
      return 0.30;
    case RoadClass::kSecondary:
      return 0.26;
    case RoadClass::kTertiary:
      return 0.14;
    case RoadClass::kResidential:
      return 0.045;
    case RoadClass::kNone:
    case RoadClass::kTrunk:
    case RoadClass::kService:
    case RoadClass::kPath:
      return 0.02;
  }
  return 0;
}

std::map<int, RoadClass> classes_of(const StreetGraph& graph) {
  std::map<int, RoadClass> out;
  for (const Edge& e : graph.edges()) {
    if (e.alive && e.kind.street != kNoStreet) out.try_emplace(e.kind.street, e.kind.road);
  }
  return out;
}

}  // namespace

void open_shops(Town& town) {
  const auto classes = classes_of(town.layout.graph);
  std::map<std::string, int> counters;
  Dice dice{mix(town.seed, 991)};
  for (const Building& b : town.buildings) {
    if (b.street == kNoStreet || !b.name.empty()) continue;
    const Trade& trade = draw_trade(dice);
    if (!dice.chance(appeal(classes.at(b.street), b.kind))) continue;
    if (std::string_view{trade.value} == "hotel" && counters["hotel"] >= 2) continue;
    const int n = ++counters[trade.value];
    std::size_t choices = 0;
    while (choices < trade.names.size() && !trade.names[choices].empty()) ++choices;
    const Name& name = trade.names[static_cast<std::size_t>(n - 1) % choices];
    const Point inward = unit(centroid(b.ring) - b.front);
    town.spots.push_back({b.front + inward * 3, trade.numbered ? numbered(name, n) : name, {{trade.key, trade.value}}});
  }
}

}  // namespace horad::city::town
