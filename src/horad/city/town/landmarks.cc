// SPDX-License-Identifier: Apache-2.0
#include "horad/city/town/landmarks.h"

#include <array>
#include <utility>

namespace horad::city::town {
namespace {

constexpr double kAny = 1e9;

Tags worship(const char* denomination) {
  return {{"amenity", "place_of_worship"}, {"religion", "christian"}, {"denomination", denomination}};
}

void add_civic(std::vector<Landmark>& out) {
  out.push_back({{"Ратуша", "Ратуша", "Town Hall"},
                 Use::kSquare,
                 {-40, 100},
                 0,
                 kAny,
                 {{"highway", "pedestrian"}, {"area", "yes"}, {"place", "square"}},
                 Monument{Shape::kCross, 46, 26, 3, "civic"},
                 {{"amenity", "townhall"}},
                 false,
                 {}});
  out.push_back({{"Касцёл Святога Міхаіла", "Костёл Святого Михаила", "Saint Michael's Church"},
                 Use::kCore,
                 {120, 280},
                 3500,
                 kAny,
                 {{"landuse", "religious"}},
                 Monument{Shape::kCross, 48, 28, 4, "church"},
                 worship("roman_catholic"),
                 false,
                 {}});
  out.push_back({{"Мікалаеўскі сабор", "Николаевский собор", "Saint Nicholas Cathedral"},
                 Use::kCore,
                 {-350, 230},
                 3500,
                 kAny,
                 {{"landuse", "religious"}},
                 Monument{Shape::kCross, 40, 30, 4, "cathedral"},
                 worship("orthodox"),
                 false,
                 {}});
  out.push_back({{"Замкавая гара", "Замковая гора", "Castle Hill"},
                 Use::kCore,
                 {-420, -170},
                 4500,
                 kAny,
                 {{"leisure", "park"}, {"historic", "castle"}},
                 Monument{Shape::kHorseshoe, 44, 36, 2, "ruins"},
                 {{"historic", "castle"}},
                 false,
                 {}});
  out.push_back({{"Гістарычны музей", "Исторический музей", "History Museum"},
                 Use::kCore,
                 {-180, -30},
                 3000,
                 kAny,
                 {},
                 Monument{Shape::kEl, 40, 26, 3, "public"},
                 {{"tourism", "museum"}},
                 true,
                 {}});
  out.push_back({{"Драматычны тэатр", "Драматический театр", "Drama Theatre"},
                 Use::kNineteenth,
                 {80, 780},
                 8000,
                 kAny,
                 {{"leisure", "park"}},
                 Monument{Shape::kBar, 62, 38, 4, "public"},
                 {{"amenity", "theatre"}},
                 false,
                 {}});
  out.push_back({{"Цэнтральная бібліятэка", "Центральная библиотека", "Central Library"},
                 Use::kNineteenth,
                 {-120, 800},
                 6000,
                 kAny,
                 {},
                 Monument{Shape::kEl, 48, 34, 3, "public"},
                 {{"amenity", "library"}},
                 true,
                 {}});
  out.push_back({{"Гарадскі аддзел міліцыі", "Городской отдел милиции", "Town Police"},
                 Use::kNineteenth,
                 {300, 1000},
                 6000,
                 kAny,
                 {},
                 Monument{Shape::kEl, 44, 30, 3, "public"},
                 {{"amenity", "police"}},
                 true,
                 {}});
  out.push_back({{"Гарадскі рынак", "Городской рынок", "Town Market"},
                 Use::kNineteenth,
                 {-650, 640},
                 9000,
                 kAny,
                 {{"amenity", "marketplace"}},
                 Monument{Shape::kBar, 70, 40, 1, "retail"},
                 {},
                 false,
                 Grid{{18, 26}, {6, 8}, 7, 8, 0.8, {1, 1}, "kiosk"}});
  out.push_back({{"Цэнтральная бальніца", "Центральная больница", "Central Hospital"},
                 Use::kNineteenth,
                 {950, 1350},
                 11000,
                 kAny,
                 {{"amenity", "hospital"}},
                 Monument{Shape::kHorseshoe, 92, 58, 5, "hospital"},
                 {{"amenity", "hospital"}},
                 false,
                 Grid{{28, 44}, {14, 18}, 18, 18, 0.7, {2, 3}, "hospital"}});
  out.push_back({{"Педагагічны каледж", "Педагогический колледж", "Teachers' College"},
                 Use::kNineteenth,
                 {-850, 1350},
                 11000,
                 kAny,
                 {{"amenity", "college"}},
                 Monument{Shape::kHorseshoe, 84, 50, 4, "college"},
                 {{"amenity", "college"}},
                 false,
                 {}});
  out.push_back({{"Дом культуры", "Дом культуры", "House of Culture"},
                 Use::kMixed,
                 {-250, -700},
                 9000,
                 kAny,
                 {{"leisure", "park"}},
                 Monument{Shape::kBar, 56, 36, 3, "public"},
                 {{"amenity", "community_centre"}},
                 false,
                 {}});
  out.push_back({{"Аўтавакзал", "Автовокзал", "Bus Station"},
                 Use::kMixed,
                 {-80, -1200},
                 6000,
                 kAny,
                 {{"amenity", "bus_station"}},
                 Monument{Shape::kBar, 50, 20, 2, "transportation"},
                 {},
                 false,
                 {}});
}

void add_services(std::vector<Landmark>& out) {
  const Name fire{"Пажарная частка", "Пожарная часть", "Fire Station"};
  const std::pair<Use, Point> fires[] = {
      {Use::kNineteenth, {-1000, 650}}, {Use::kMixed, {-900, -950}}, {Use::kIndustry, {1500, -1700}}};
  for (int i = 0; i < 3; ++i) {
    out.push_back({numbered(fire, i + 1),
                   fires[i].first,
                   fires[i].second,
                   6000,
                   kAny,
                   {},
                   Monument{Shape::kBar, 44, 18, 2, "fire_station"},
                   {{"amenity", "fire_station"}},
                   fires[i].first != Use::kIndustry,
                   {}});
  }
  out.push_back({{"Гарадская кацельня", "Городская котельная", "Town Heating Plant"},
                 Use::kIndustry,
                 {-800, -1600},
                 20000,
                 kAny,
                 {{"landuse", "industrial"}, {"power", "plant"}},
                 Monument{Shape::kEl, 110, 70, 5, "industrial"},
                 {{"man_made", "works"}},
                 true,
                 {}});
  out.push_back({{"Водазабор", "Водозабор", "Waterworks"},
                 Use::kIndustry,
                 {2500, -800},
                 15000,
                 kAny,
                 {{"man_made", "water_works"}},
                 Monument{Shape::kBar, 60, 34, 2, "industrial"},
                 {},
                 false,
                 Grid{{26, 30}, {26, 30}, 12, 12, 0.7, {1, 1}, "industrial"}});
  out.push_back({{"Малочны камбінат", "Молочный комбинат", "Dairy"},
                 Use::kIndustry,
                 {600, -1700},
                 20000,
                 kAny,
                 {},
                 Monument{Shape::kEl, 120, 80, 3, "industrial"},
                 {{"man_made", "works"}},
                 true,
                 {}});
  out.push_back({{"Аўтобусны парк", "Автобусный парк", "Bus Depot"},
                 Use::kIndustry,
                 {1250, -2100},
                 20000,
                 kAny,
                 {},
                 Monument{Shape::kBar, 110, 60, 2, "industrial"},
                 {},
                 true,
                 {}});
  const Name clinic{"Паліклініка", "Поликлиника", "Clinic"};
  const Point clinics[] = {{-1700, 1250}, {-1500, -700}};
  for (int i = 0; i < 2; ++i) {
    out.push_back({numbered(clinic, i + 1),
                   Use::kSlabs,
                   clinics[i],
                   9000,
                   34000,
                   {},
                   Monument{Shape::kHorseshoe, 60, 40, 4, "hospital"},
                   {{"amenity", "clinic"}},
                   true,
                   {}});
  }
}

void add_schools(std::vector<Landmark>& out) {
  const Name school{"Школа", "Школа", "School"};
  const std::pair<Use, Point> schools[] = {
      {Use::kNineteenth, {-450, 1150}}, {Use::kNineteenth, {700, 950}}, {Use::kSlabs, {-2200, 1050}},
      {Use::kSlabs, {-1500, 850}},      {Use::kSlabs, {-1950, 1850}},   {Use::kSlabs, {-1350, 2100}},
      {Use::kSlabs, {-500, 1950}},      {Use::kSlabs, {-1900, -300}},   {Use::kSlabs, {-1900, -1050}},
      {Use::kHouses, {650, 1950}},      {Use::kHouses, {1950, -300}},   {Use::kMixed, {-500, -650}}};
  int n = 0;
  for (const auto& [use, near] : schools) {
    out.push_back({numbered(school, ++n),
                   use,
                   near,
                   11000,
                   42000,
                   {{"amenity", "school"}},
                   Monument{Shape::kHorseshoe, 76, 48, 3, "school"},
                   {{"amenity", "school"}},
                   false,
                   {}});
  }
  const Name kindergarten{"Дзіцячы сад", "Детский сад", "Kindergarten"};
  const Point gardens[] = {{-2350, 900}, {-1750, 1150}, {-1350, 1250}, {-2250, 1650}, {-1700, 2100},  {-1250, 1700},
                           {-850, 2150}, {-250, 1750},  {-2300, -350}, {-1450, -350}, {-2350, -1000}, {-1500, -1150}};
  n = 0;
  for (const Point near : gardens) {
    out.push_back({numbered(kindergarten, ++n),
                   Use::kSlabs,
                   near,
                   9000,
                   40000,
                   {{"amenity", "kindergarten"}},
                   Monument{Shape::kEl, 44, 30, 2, "kindergarten"},
                   {{"amenity", "kindergarten"}},
                   false,
                   {}});
  }
}

void add_markets(std::vector<Landmark>& out) {
  const std::pair<Name, Point> shops[] = {
      {{"Універсам «Зорка»", "Универсам «Звезда»", "Zorka Supermarket"}, {-1350, 1050}},
      {{"Універсам «Вясёлка»", "Универсам «Радуга»", "Vyasyolka Supermarket"}, {-1600, 1650}},
      {{"Гандлёвы цэнтр «Маладосць»", "Торговый центр «Молодость»", "Maladosts Shopping Centre"}, {-150, 1700}},
      {{"Універсам «Зарэчны»", "Универсам «Заречный»", "Zarechny Supermarket"}, {-1300, -600}},
      {{"Універсам «Паўднёвы»", "Универсам «Южный»", "Paudnyovy Supermarket"}, {-1250, -1000}}};
  for (const auto& [name, near] : shops) {
    out.push_back({name,
                   Use::kSlabs,
                   near,
                   8000,
                   40000,
                   {{"landuse", "retail"}},
                   Monument{Shape::kBar, 84, 48, 2, "retail"},
                   {{"shop", "supermarket"}},
                   false,
                   {}});
  }
}

void add_open_places(std::vector<Landmark>& out) {
  out.push_back({{"Стадыён «Быстрыца»", "Стадион «Быстрица»", "Bystrytsa Stadium"},
                 Use::kPark,
                 {950, -980},
                 15000,
                 kAny,
                 {{"leisure", "stadium"}},
                 Monument{Shape::kBar, 90, 12, 2, "grandstand"},
                 {},
                 false,
                 {}});
  const std::pair<Name, Point> squares[] = {
      {{"Сквер Багдановіча", "Сквер Богдановича", "Bahdanovich Gardens"}, {-500, 850}},
      {{"Універсітэцкі сквер", "Университетский сквер", "University Gardens"}, {550, 1200}},
      {{"Сквер на Падоле", "Сквер на Подоле", "Padol Gardens"}, {700, -420}}};
  for (const auto& [name, near] : squares) {
    out.push_back({name, Use::kNineteenth, near, 8000, kAny, {{"leisure", "park"}}, {}, {}, false, {}});
  }
  out.push_back({{"Старыя могілкі", "Старое кладбище", "Old Cemetery"},
                 Use::kHouses,
                 {950, 2300},
                 14000,
                 kAny,
                 {{"landuse", "cemetery"}},
                 Monument{Shape::kCross, 20, 12, 2, "chapel"},
                 worship("orthodox"),
                 false,
                 {}});
  const std::pair<Name, Point> churches[] = {
      {{"Пакроўская царква", "Покровская церковь", "Church of the Intercession"}, {1850, 600}},
      {{"Царква Святой Тройцы", "Церковь Святой Троицы", "Holy Trinity Church"}, {1500, -250}},
      {{"Петрапаўлаўская царква", "Петропавловская церковь", "Saints Peter and Paul Church"}, {-1700, -1900}}};
  for (const auto& [name, near] : churches) {
    out.push_back({name,
                   Use::kHouses,
                   near,
                   9000,
                   kAny,
                   {{"landuse", "religious"}},
                   Monument{Shape::kCross, 34, 20, 3, "church"},
                   worship("orthodox"),
                   false,
                   {}});
  }
  const Name garages{"Гаражны кааператыў", "Гаражный кооператив", "Garage Cooperative"};
  const Point rows[] = {{-2500, 1750}, {-2550, -1100}, {-950, 2350}};
  int n = 0;
  for (const Point near : rows) {
    out.push_back({numbered(garages, ++n),
                   Use::kSlabs,
                   near,
                   8000,
                   kAny,
                   {{"landuse", "garages"}},
                   {},
                   {},
                   false,
                   Grid{{50, 84}, {6, 6.5}, 7, 8, 1, {1, 1}, "garages"}});
  }
}

}  // namespace

std::vector<Landmark> landmarks() {
  std::vector<Landmark> out;
  add_civic(out);
  add_services(out);
  add_schools(out);
  add_markets(out);
  add_open_places(out);
  return out;
}

}  // namespace horad::city::town
