// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/plan.h"

#include <array>
#include <cmath>
#include <utility>

namespace horad::city::town {
namespace {

// Both lines begin far outside the town; places on them are counted from where they enter the map.
constexpr auto kRiver = std::to_array<Point>({{-9300, -350},
                                              {-7100, -750},
                                              {-5300, -150},
                                              {-4300, -650},
                                              {-3400, -600},
                                              {-2650, -100},
                                              {-1850, 130},
                                              {-1050, -220},
                                              {-300, -400},
                                              {420, -160},
                                              {1050, 230},
                                              {1850, 330},
                                              {2550, 20},
                                              {3250, -60},
                                              {4050, 420},
                                              {5300, 650},
                                              {7000, 250},
                                              {9300, 900}});
constexpr double kRiverBefore = 2;
constexpr auto kRailway = std::to_array<Point>({{-9300, -3350},
                                                {-5300, -2500},
                                                {-3800, -2050},
                                                {-2500, -1600},
                                                {-1100, -1420},
                                                {100, -1370},
                                                {1300, -1430},
                                                {2600, -1340},
                                                {3900, -1050},
                                                {5300, -880},
                                                {9300, -650}});
constexpr double kRailwayBefore = 1;
constexpr double kStep = 45;      // of sampled curves, metres
constexpr double kFrameX = 4700;  // the map that is shown

constexpr double kFrameY = 3700;
constexpr double kGroundX = 9000;  // the ground that is drawn, so that the map does not end at its edge
constexpr double kGroundY = 7000;
constexpr double kBridges[] = {3.2, 5.0, 6.6, 8.2, 10.4};  // west ring, two town bridges, east avenue, east ring
constexpr double kIsland = 7.4;

double bell(double t, double centre, double width) noexcept {
  const double d = (t - centre) / width;
  return std::exp(-d * d);
}
double swell(double t) noexcept { return bell(t, kIsland, 0.30) + 0.8 * bell(t, 2.2, 0.3) + 0.7 * bell(t, 11.6, 0.25); }

Point beside_railway(double t, double away) {
  const Placed place = on_curve(kRailway, t + kRailwayBefore);
  return place.at + left_of(place.direction) * away;
}

/// Collects named lines; a line without a name is named later by the network.
class Sketch {
 public:
  explicit Sketch(Plan& plan) : plan_(plan) {}
  int street(Name name) {
    plan_.streets.push_back(std::move(name));
    return static_cast<int>(plan_.streets.size() - 1);
  }
  void road(RoadClass road, int street, const Polyline& controls, double step = kStep) {
    plan_.lines.push_back({smooth(controls, step), {road, street, false}});
  }
  void straight(RoadClass road, int street, Point a, Point b, bool bridge = false) {
    plan_.lines.push_back({{a, b}, {road, street, bridge}});
  }
  void bridge(RoadClass road, int street, double t) {
    straight(road, street, beside_river(t, embankment_offset(t)), beside_river(t, -embankment_offset(t)), true);
  }
  void spur(RoadClass road, const Polyline& points, bool bridge) {
    plan_.spurs.push_back({points, {road, kNoStreet, bridge}});
  }
  void quarter(Point inside, Use use, Name name = {}) { plan_.quarters.push_back({inside, use, std::move(name)}); }

 private:
  Plan& plan_;
};

Point north_bank(double t) { return beside_river(t, embankment_offset(t)); }
Point south_bank(double t) { return beside_river(t, -embankment_offset(t)); }

Polyline embankment(double from, double to, bool north) {
  Polyline out;
  const int pieces = static_cast<int>(std::lround((to - from) * 14));
  for (int i = 0; i <= pieces; ++i) {
    const double t = from + (to - from) * i / pieces;
    out.push_back(north ? north_bank(t) : south_bank(t));
  }
  return out;
}
Polyline railway_street(double from, double to, double away) {
  Polyline out;
  const int pieces = static_cast<int>(std::lround((to - from) * 12));
  for (int i = 0; i <= pieces; ++i) out.push_back(beside_railway(from + (to - from) * i / pieces, away));
  return out;
}

void sketch_ring(Sketch& s) {
  const int ring = s.street({"Кальцавая дарога", "Кольцевая дорога", "Ring Road"});
  s.road(RoadClass::kTrunk, ring,
         {north_bank(3.2),
          {-2760, 620},
          {-2700, 1450},
          {-2150, 2150},
          {-1050, 2480},
          {60, 2560},
          {1200, 2450},
          {2200, 2080},
          {2760, 1400},
          {2860, 720},
          north_bank(10.4)});
  s.road(RoadClass::kTrunk, ring,
         {south_bank(10.4),
          {2960, -620},
          {2860, -1310},
          {2350, -1950},
          {1350, -2350},
          {150, -2480},
          {-1100, -2400},
          {-2100, -2060},
          {-2640, -1560},
          {-2810, -860},
          south_bank(3.2)});
  s.bridge(RoadClass::kTrunk, ring, kBridges[0]);
  s.bridge(RoadClass::kTrunk, ring, kBridges[4]);
}

void sketch_river_streets(Sketch& s) {
  const int castle = s.street({"Замкавая набярэжная", "Замковая набережная", "Zamkavaya Embankment"});
  const int meadow = s.street({"Зарэчная набярэжная", "Заречная набережная", "Zarechnaya Embankment"});
  s.road(RoadClass::kTertiary, castle, embankment(3.2, 10.4, true), 60);
  s.road(RoadClass::kTertiary, meadow, embankment(3.2, 10.4, false), 60);
}

void sketch_avenues(Sketch& s) {
  const int skaryna = s.street({"праспект Скарыны", "проспект Скорины", "Skaryna Avenue"});
  const int independence = s.street({"праспект Незалежнасці", "проспект Независимости", "Independence Avenue"});
  const int kupala = s.street({"вуліца Янкі Купалы", "улица Янки Купалы", "Yanka Kupala Street"});
  const int kolas = s.street({"вуліца Якуба Коласа", "улица Якуба Коласа", "Yakub Kolas Street"});
  const int mickiewicz = s.street({"вуліца Адама Міцкевіча", "улица Адама Мицкевича", "Adam Mickiewicz Street"});
  const int west = s.street({"Заходняя вуліца", "Западная улица", "Zakhodnyaya Street"});
  const int rampart = s.street({"Валавая вуліца", "Валовая улица", "Valavaya Street"});
  const int lake = s.street({"Прыазёрная вуліца", "Приозёрная улица", "Pryazyornaya Street"});
  s.road(RoadClass::kSecondary, rampart,
         {north_bank(5.55), {-720, 120}, {-520, 470}, {-70, 610}, {300, 430}, {400, 180}, north_bank(7.0)}, 35);
  s.road(RoadClass::kPrimary, skaryna, {{-70, 610}, {-20, 1050}, {30, 1560}, {60, 2560}});
  s.road(RoadClass::kSecondary, skaryna, {north_bank(6.6), {-10, 20}}, 30);
  s.road(RoadClass::kSecondary, skaryna, {{-40, 175}, {-90, 400}, {-70, 610}}, 30);
  s.road(RoadClass::kPrimary, independence,
         {{-2700, 1450}, {-1900, 1400}, {-1150, 1480}, {30, 1560}, {1130, 1500}, {1560, 1790}, {2200, 2080}});
  s.road(RoadClass::kPrimary, kupala,
         {north_bank(5.0), {-1120, 380}, {-1180, 900}, {-1150, 1480}, {-1080, 2000}, {-1050, 2480}});
  s.bridge(RoadClass::kPrimary, kupala, kBridges[1]);
  s.road(RoadClass::kPrimary, kolas,
         {north_bank(8.2), {1115, 620}, {1120, 930}, {1130, 1500}, {1180, 2000}, {1200, 2450}});
  s.bridge(RoadClass::kPrimary, kolas, kBridges[3]);
  s.bridge(RoadClass::kSecondary, skaryna, kBridges[2]);
  s.road(RoadClass::kSecondary, mickiewicz, {{-1180, 900}, {-600, 960}, {-20, 1050}, {600, 1010}, {1120, 930}});
  s.road(RoadClass::kSecondary, west, {{-720, 120}, {-1120, 380}, {-1900, 640}, {-2760, 620}});
  s.road(RoadClass::kTertiary, kNoStreet, {{300, 430}, {700, 560}, {1115, 620}});
  s.road(RoadClass::kSecondary, lake, {{1120, 930}, {1700, 880}, {2300, 760}, {2860, 720}});
}

void sketch_old_core(Sketch& s) {
  const int market = s.street({"Рынкавая плошча", "Рыночная площадь", "Market Square"});
  const Point a{-150, 55}, b{-10, 20}, c{60, 140}, d{-40, 175}, e{-125, 170};
  for (const auto& [from, to] : {std::pair{a, b}, {b, c}, {c, d}, {d, e}, {e, a}}) {
    s.straight(RoadClass::kResidential, market, from, to);
  }
  s.road(RoadClass::kResidential, kNoStreet, {a, {-330, 20}, {-720, 120}}, 40);
  s.road(RoadClass::kResidential, kNoStreet, {e, {-270, 300}, {-520, 470}}, 40);
  s.road(RoadClass::kResidential, kNoStreet, {c, {200, 150}, {400, 180}}, 40);
  s.road(RoadClass::kResidential, kNoStreet, {a, {-230, -120}, north_bank(6.1)}, 40);
}

void sketch_south(Sketch& s) {
  const int zarechnaya = s.street({"Зарэчная вуліца", "Заречная улица", "Zarechnaya Street"});
  const int station = s.street({"Вакзальная вуліца", "Вокзальная улица", "Vakzalnaya Street"});
  const int kosciuszko = s.street({"вуліца Тадэвуша Касцюшкі", "улица Тадеуша Костюшко", "Tadeusz Kosciuszko Street"});
  const int oginski = s.street({"вуліца Міхала Агінскага", "улица Михаила Огинского", "Michal Oginski Street"});
  const int rail = s.street({"Чыгуначная вуліца", "Железнодорожная улица", "Chyhunachnaya Street"});
  const int works = s.street({"Прамысловая вуліца", "Промышленная улица", "Pramyslovaya Street"});
  s.road(RoadClass::kSecondary, zarechnaya,
         {{-2810, -860}, {-1900, -700}, {-1080, -800}, {-60, -860}, {1150, -680}, {2100, -560}, {2960, -620}});
  s.road(RoadClass::kSecondary, station,
         {south_bank(6.6), {-90, -650}, {-60, -860}, {60, -1150}, beside_railway(4.0, 75)});
  s.road(RoadClass::kPrimary, kosciuszko, {south_bank(5.0), {-1070, -500}, {-1080, -800}, beside_railway(3.0, 75)});
  s.straight(RoadClass::kPrimary, kosciuszko, beside_railway(3.0, 75), beside_railway(3.0, -120), true);
  s.road(RoadClass::kPrimary, kosciuszko, {beside_railway(3.0, -120), {-1120, -1950}, {-1100, -2400}});
  s.road(RoadClass::kPrimary, oginski, {south_bank(8.2), {1130, -250}, {1150, -680}, beside_railway(4.95, 75)});
  s.straight(RoadClass::kPrimary, oginski, beside_railway(4.95, 75), beside_railway(4.95, -120), true);
  s.road(RoadClass::kPrimary, oginski, {beside_railway(4.95, -120), {1300, -1950}, {1350, -2350}});
  s.road(RoadClass::kTertiary, rail, railway_street(1.93, 6.225, 75), 80);
  s.road(RoadClass::kTertiary, works, railway_street(1.965, 6.13, -120), 80);
}

void sketch_highways(Sketch& s) {
  const auto highway = [&](Name name, Polyline controls) {
    s.road(RoadClass::kPrimary, s.street(std::move(name)), controls, 90);
  };
  highway({"Лідская шаша", "Лидское шоссе", "Lida Highway"},
          {{60, 2560}, {120, 3100}, {90, kFrameY}, {-300, 5200}, {-200, kGroundY}});
  highway({"Карэліцкая шаша", "Кореличское шоссе", "Karelichy Highway"},
          {{2200, 2080}, {2800, 2900}, {3300, kFrameY}, {4300, 5200}, {5200, kGroundY}});
  highway({"Мінская шаша", "Минское шоссе", "Minsk Highway"},
          {{2860, 720}, {3700, 1050}, {kFrameX, 1250}, {6600, 1900}, {kGroundX, 2300}});
  highway({"Баранавіцкая шаша", "Барановичское шоссе", "Baranavichy Highway"},
          {{2350, -1950}, {3300, -2350}, {kFrameX, -2600}, {6800, -3300}, {kGroundX, -3600}});
  highway({"Слонімская шаша", "Слонимское шоссе", "Slonim Highway"},
          {{150, -2480}, {220, -3050}, {350, -kFrameY}, {200, -5200}, {700, -kGroundY}});
  highway({"Дзятлаўская шаша", "Дятловское шоссе", "Dzyatlava Highway"},
          {{-2100, -2060}, {-2800, -2900}, {-3300, -kFrameY}, {-4600, -5200}, {-5400, -kGroundY}});
  highway({"Гродзенская шаша", "Гродненское шоссе", "Hrodna Highway"},
          {{-2760, 620}, {-3700, 800}, {-kFrameX, 950}, {-6700, 700}, {-kGroundX, 1300}});
  const Point corner[] = {{-kGroundX, -kGroundY}, {kGroundX, -kGroundY}, {kGroundX, kGroundY}, {-kGroundX, kGroundY}};
  for (std::size_t i = 0; i < 4; ++i) s.straight(RoadClass::kNone, kNoStreet, corner[i], corner[(i + 1) % 4]);
}

/// Roads outside the ring that enclose the allotments and the greenhouse farm.
void sketch_outskirts(Sketch& s) {
  s.road(RoadClass::kResidential, kNoStreet, {{2760, 1400}, {3250, 1500}, {3700, 1900}, {3500, 2500}, {2700, 2750}},
         60);
  s.road(RoadClass::kResidential, kNoStreet,
         {{3200, -2310}, {3150, -1850}, {3250, -1650}, {3950, -1750}, {4050, -2488}}, 60);
  s.road(RoadClass::kResidential, kNoStreet, {{-1100, -2400}, {-1250, -2900}, {-600, -3150}, {0, -3000}, {215, -3000}},
         60);
  s.road(RoadClass::kResidential, kNoStreet, {{-2750, 1000}, {-3300, 1050}, {-3500, 760}}, 60);
}

void sketch_north_quarters(Sketch& s) {
  const Name old_town{"Стары горад", "Старый город", "Old Town"};
  s.quarter({-40, 90}, Use::kSquare);
  s.quarter({-450, -80}, Use::kCore, old_town);
  for (const Point p : {Point{-110, -80}, {-350, 220}, {-180, 430}, {150, 330}, {250, 30}}) s.quarter(p, Use::kCore);
  s.quarter({-700, 650}, Use::kNineteenth, {"Новы Свет", "Новый Свет", "Novy Svet"});
  s.quarter({-500, 1250}, Use::kNineteenth);
  s.quarter({500, 800}, Use::kNineteenth, {"Кальварыя", "Кальвария", "Kalvaryya"});
  s.quarter({500, 1250}, Use::kNineteenth);
  s.quarter({700, 350}, Use::kMixed, {"Рыбакі", "Рыбаки", "Rybaki"});
  s.quarter({-900, -20}, Use::kMixed);
  s.quarter({-1900, 330}, Use::kHouses, {"Слабада", "Слобода", "Slabada"});
  s.quarter({-1900, 1000}, Use::kSlabs, {"Паўночны", "Северный", "Paunochny"});
  s.quarter({-1800, 1850}, Use::kSlabs, {"Вясёлка", "Радуга", "Vyasyolka"});
  s.quarter({-500, 2000}, Use::kSlabs, {"Маладосць", "Молодость", "Maladosts"});
  s.quarter({600, 2000}, Use::kHouses, {"Баравікі", "Боровики", "Baraviki"});
  s.quarter({1500, 2150}, Use::kMixed, {"Вайсковы гарадок", "Военный городок", "Garrison Town"});
  s.quarter({2000, 1350}, Use::kLakePark);
  s.quarter({1800, 650}, Use::kHouses, {"Прыазёрны", "Приозёрный", "Pryazyorny"});
}

void sketch_south_quarters(Sketch& s) {
  s.quarter({-1900, -350}, Use::kSlabs, {"Зарэчча", "Заречье", "Zarechcha"});
  s.quarter({-600, -650}, Use::kMixed, {"Прывакзальны", "Привокзальный", "Pryvakzalny"});
  s.quarter({600, -500}, Use::kNineteenth, {"Падол", "Подол", "Padol"});
  s.quarter({2000, -250}, Use::kHouses, {"Млыны", "Мельницы", "Mlyny"});
  s.quarter({-1900, -1100}, Use::kSlabs, {"Паўднёвы", "Южный", "Paudnyovy"});
  s.quarter({-500, -1120}, Use::kMixed);
  s.quarter({600, -1080}, Use::kPark);
  s.quarter({2000, -950}, Use::kIndustry, {"Усходні прамвузел", "Восточный промузел", "East Works"});
  s.quarter({-1700, -1900}, Use::kHouses, {"Хутары", "Хутора", "Khutary"});
  s.quarter({100, -2000}, Use::kIndustry, {"Машзавод", "Машзавод", "Engine Works"});
  s.quarter({1900, -1780}, Use::kIndustry);
  s.quarter({0, -1380}, Use::kRailway);
  s.quarter({-1900, -1510}, Use::kRailway);
  s.quarter({2000, -1390}, Use::kRailway);
}

void sketch_outer_quarters(Sketch& s) {
  for (const double t : {4.0, 5.8, 7.4, 9.3}) s.quarter(beside_river(t, 0), Use::kRiverside);
  s.quarter({-3000, 2800}, Use::kForest, {"Гарадскі лес", "Городской лес", "Town Forest"});
  s.quarter({1300, 3100}, Use::kFarmland);
  s.quarter({3100, 2200}, Use::kAllotments,
            {"Садовае таварыства «Ранет»", "Садовое товарищество «Ранет»", "Ranet Allotments"});
  s.quarter({4000, 1600}, Use::kForest, {"Азёрны бор", "Озёрный бор", "Lake Pinewood"});
  s.quarter({3700, 400}, Use::kMeadow);
  s.quarter({3600, -2050}, Use::kGreenhouses, {"Цяплічны камбінат", "Тепличный комбинат", "Greenhouse Farm"});
  s.quarter({2500, -3200}, Use::kFarmland);
  s.quarter({-550, -2750}, Use::kAllotments,
            {"Садовае таварыства «Верас»", "Садовое товарищество «Вереск»", "Heather Allotments"});
  s.quarter({-1500, -3200}, Use::kFarmland);
  s.quarter({-3900, -400}, Use::kMeadow);
  s.quarter({-3150, 850}, Use::kHouses, {"Новая Вёска", "Новая Деревня", "Novaya Vyoska"});
}

void draw_waters(Plan& plan) {
  plan.river_name = {"Быстрыца", "Быстрица", "Bystrytsa"};
  plan.lake_name = {"Люстэрка", "Зеркальное", "Mirror Lake"};
  plan.stream_name = {"Ліпнянка", "Липнянка", "Lipnyanka"};
  const double last = static_cast<double>(kRiver.size() - 1) - kRiverBefore;
  Ring north;
  for (double t = -kRiverBefore; t <= last; t += 0.04) {
    plan.river.insert(plan.river.begin(), beside_river(t, 0));  // it flows from east to west
    plan.river_water.push_back(beside_river(t, -river_half_width(t)));
    north.push_back(beside_river(t, river_half_width(t)));
  }
  plan.river_water.insert(plan.river_water.end(), north.rbegin(), north.rend());
  for (const auto& [t, reach, width] : {std::array{kIsland, 0.24, 34.0}, {2.2, 0.2, 24.0}, {11.6, 0.16, 20.0}}) {
    Ring island;
    for (int i = 0; i < 40; ++i) {
      const double a = 6.283185307179586 * i / 40;
      island.push_back(beside_river(t + reach * std::cos(a), width * std::sin(a) * (1 + 0.15 * std::cos(3 * a))));
    }
    plan.islands.push_back(std::move(island));
  }
  plan.lake =
      draw({.centre = {1980, 1400}, .half_x = 470, .half_y = 270, .angle = 0.35, .roughness = 0.16, .step = 25}, 7);
  plan.stream =
      smooth(Polyline{{1640, 1210}, {1560, 1040}, {1640, 880}, {1560, 660}, {1610, 480}, beside_river(8.72, 0)}, 30);
}

void draw_districts(Plan& plan) {
  const Point west = beside_river(0.95, 0);
  const Point east = beside_river(12.0, 0);
  const Point fork = beside_river(8.2, 0);
  const Point top{1320, 3080};
  const Polyline north_west =
      smooth(Polyline{top, {300, 3200}, {-1500, 3150}, {-3000, 2600}, {-3650, 1500}, {-4150, 500}, west}, 120);
  const Polyline south = smooth(Polyline{west,
                                         {-4050, -1500},
                                         {-3000, -2550},
                                         {-1300, -3250},
                                         {400, -3250},
                                         {2300, -2900},
                                         {4200, -2550},
                                         {4150, -800},
                                         east},
                                120);
  const Polyline north_east = smooth(Polyline{east, {4150, 1500}, {3850, 2450}, {2800, 3000}, top}, 120);
  const Polyline line =
      smooth(Polyline{fork, {1115, 620}, {1120, 930}, {1130, 1500}, {1180, 2000}, {1200, 2450}, top}, 90);
  Polyline lower, upper;  // the river from west to fork, and from fork to east
  for (double t = 0.95; t < 8.2 - 1e-9; t += 0.1) lower.push_back(beside_river(t, 0));
  lower.push_back(fork);
  for (double t = 8.2; t < 12.0 - 1e-9; t += 0.1) upper.push_back(beside_river(t, 0));
  upper.push_back(east);
  const auto join = [](std::initializer_list<const Polyline*> parts) {
    Ring ring;
    for (const Polyline* part : parts) ring.insert(ring.end(), part->begin(), part->end() - 1);
    return ring;
  };
  const Polyline lower_back{lower.rbegin(), lower.rend()};
  const Polyline upper_back{upper.rbegin(), upper.rend()};
  const Polyline line_back{line.rbegin(), line.rend()};
  plan.limits = join({&south, &north_east, &north_west});
  plan.districts = {
      {"central", {"Цэнтральны раён", "Центральный район", "Central District"}, join({&lower, &line, &north_west})},
      {"azyorny", {"Азёрны раён", "Озёрный район", "Azyorny District"}, join({&upper, &north_east, &line_back})},
      {"zarechny", {"Зарэчны раён", "Заречный район", "Zarechny District"}, join({&south, &upper_back, &lower_back})},
  };
}

}  // namespace

Point beside_river(double t, double away) {
  const Placed place = on_curve(kRiver, t + kRiverBefore);
  return place.at + left_of(place.direction) * away;
}
double river_half_width(double t) noexcept { return 44 + 48 * swell(t) + 4 * std::sin(5 * t); }
double embankment_offset(double t) noexcept { return 84 + 52 * bell(t, kIsland, 0.42); }

Plan draw_plan() {
  Plan plan;
  plan.town = {"Новаград", "Новоград", "Novahrad"};
  Sketch s{plan};
  sketch_ring(s);
  sketch_river_streets(s);
  sketch_avenues(s);
  sketch_old_core(s);
  sketch_south(s);
  sketch_highways(s);
  sketch_outskirts(s);
  sketch_north_quarters(s);
  sketch_south_quarters(s);
  sketch_outer_quarters(s);
  s.spur(RoadClass::kPath, {north_bank(kIsland), beside_river(kIsland, 0)}, true);
  draw_waters(plan);
  draw_districts(plan);
  for (double t = -kRailwayBefore; t <= static_cast<double>(kRailway.size() - 1) - kRailwayBefore; t += 0.05)
    plan.railway.push_back(beside_railway(t, 0));
  plan.station = beside_railway(4.0, 0);
  plan.monitored_bridge = beside_river(kBridges[2], 0);
  plan.bridge_name = {"Замкавы мост", "Замковый мост", "Castle Bridge"};
  plan.frame = {{-kFrameX, -kFrameY}, {kFrameX, -kFrameY}, {kFrameX, kFrameY}, {-kFrameX, kFrameY}};
  return plan;
}

}  // namespace horad::city::town
