-- SPDX-License-Identifier: Apache-2.0
-- OpenStreetMap tags to the layers of tiles/README.md, for tilemaker 2.2. Nothing here knows a particular town.

node_keys = { "place", "amenity", "shop", "tourism", "historic", "highway", "railway", "public_transport", "natural",
              "office", "leisure", "man_made", "addr:housenumber" }

-- Any of the three languages may be missing in real data: then the plain name stands in on the reader's side.
local function names(it)
  local name = it:Find("name")
  if name ~= "" then it:Attribute("name", name) end
  for _, language in ipairs({ "be", "ru", "en" }) do
    local own = it:Find("name:" .. language)
    if own ~= "" then it:Attribute("name_" .. language, own) end
  end
end

local road_class = {
  motorway = "motorway", motorway_link = "motorway", trunk = "trunk", trunk_link = "trunk",
  primary = "primary", primary_link = "primary", secondary = "secondary", secondary_link = "secondary",
  tertiary = "tertiary", tertiary_link = "tertiary", unclassified = "minor", residential = "minor", living_street = "minor",
  road = "minor", service = "service", track = "track", pedestrian = "pedestrian",
  footway = "path", path = "path", cycleway = "path", steps = "path", bridleway = "path",
}
local road_zoom = { motorway = 6, trunk = 7, primary = 8, secondary = 10, tertiary = 11, minor = 12, pedestrian = 12,
                    service = 13, track = 13, path = 13 }
local road_order = { motorway = 9, trunk = 8, primary = 7, secondary = 6, tertiary = 5, minor = 4, pedestrian = 3,
                     service = 2, track = 1, path = 0 }

local landuse_class = {
  residential = "residential", commercial = "commercial", retail = "commercial", industrial = "industrial",
  railway = "railway", garages = "industrial", construction = "industrial", quarry = "industrial", landfill = "industrial",
  forest = "wood", farmland = "farmland", farmyard = "farmland", orchard = "orchard", vineyard = "orchard",
  allotments = "allotments", greenhouse_horticulture = "greenhouse", plant_nursery = "greenhouse",
  meadow = "grass", grass = "grass", village_green = "grass", recreation_ground = "grass",
  cemetery = "cemetery", religious = "religious", military = "military", education = "education",
}
local natural_class = { wood = "wood", scrub = "scrub", heath = "scrub", grassland = "grass", wetland = "wetland",
                        beach = "sand", sand = "sand", bare_rock = "rock", scree = "rock" }
local grounds_class = { school = "education", kindergarten = "education", college = "education", university = "education",
                        hospital = "hospital", clinic = "hospital", parking = "parking", marketplace = "commercial",
                        bus_station = "transport" }
local park_class = { park = "park", garden = "garden", nature_reserve = "reserve", golf_course = "golf",
                     playground = "playground", pitch = "pitch", stadium = "stadium", sports_centre = "stadium" }

-- What a point of interest is called on the map: key, value -> class. The first key that matches wins.
local poi_keys = { "amenity", "tourism", "historic", "shop", "leisure", "office" }
local poi_class = {
  amenity = { townhall = "townhall", police = "police", fire_station = "fire_station", hospital = "hospital", clinic = "clinic",
    doctors = "clinic", pharmacy = "pharmacy", school = "school", kindergarten = "kindergarten", college = "college",
    university = "college", library = "library", theatre = "theatre", cinema = "theatre", community_centre = "community_centre",
    place_of_worship = "place_of_worship", marketplace = "market", bus_station = "bus_station", post_office = "post_office",
    bank = "bank", cafe = "cafe", restaurant = "restaurant", fast_food = "cafe", bar = "restaurant", pub = "restaurant",
    fuel = "fuel", parking = "parking", courthouse = "townhall", drinking_water = "water", toilets = "toilets" },
  tourism = { museum = "museum", hotel = "hotel", hostel = "hotel", guest_house = "hotel", attraction = "attraction", viewpoint = "attraction" },
  historic = { castle = "castle", monument = "monument", memorial = "monument", ruins = "castle" },
  leisure = { stadium = "stadium", sports_centre = "stadium", swimming_pool = "stadium" },
  shop = {}, office = { government = "townhall" },
}
local important = { townhall = true, hospital = true, police = true, fire_station = true, museum = true, castle = true,
                    theatre = true, market = true, bus_station = true, stadium = true, library = true, college = true }

local function poi_of(it)
  for _, key in ipairs(poi_keys) do
    local value = it:Find(key)
    if value ~= "" then
      local class = poi_class[key][value]
      if key == "shop" then class = "shop" end
      if class then return class, value end
    end
  end
end

local function write_poi(it, class, kind)
  it:Attribute("class", class)
  it:Attribute("kind", kind)
  names(it)
  it:MinZoom(important[class] and 13 or 14)
end

local place_zoom = { city = 6, town = 6, suburb = 11, quarter = 12, neighbourhood = 12, village = 9, hamlet = 11,
                     isolated_dwelling = 13, locality = 13, island = 12 }

function init_function() end
function exit_function() end

function node_function(node)
  local place = node:Find("place")
  if place_zoom[place] then
    node:Layer("place", false)
    node:Attribute("class", place)
    local population = tonumber(node:Find("population"))
    if population then node:AttributeNumeric("population", population) end
    names(node)
    node:MinZoom(place_zoom[place])
  end
  local highway, railway = node:Find("highway"), node:Find("railway")
  local stop = (highway == "bus_stop" and "bus_stop") or (railway == "tram_stop" and "tram_stop")
    or ((railway == "station" or railway == "halt") and "station")
  if stop then
    node:Layer("transit_stop", false)
    node:Attribute("class", stop)
    local ref = node:Find("ref")
    if ref ~= "" then node:Attribute("ref", ref) end
    names(node)
    node:MinZoom(stop == "station" and 12 or 13)
  end
  if node:Find("natural") == "tree" then
    node:Layer("poi", false)
    node:Attribute("class", "tree")
    node:MinZoom(14)
  end
  local class, kind = poi_of(node)
  if class then
    node:Layer("poi", false)
    write_poi(node, class, kind)
  end
  local number = node:Find("addr:housenumber")
  if number ~= "" then
    node:Layer("address", false)
    node:Attribute("number", number)
  end
end

function relation_scan_function(relation)
  if relation:Find("boundary") == "administrative" then relation:Accept() end
end

-- The lowest administrative level this line divides, with the names of what it encloses there.
local function write_boundary(way)
  local level, name = tonumber(way:Find("admin_level")), nil
  while true do
    local relation = way:NextRelation()
    if not relation then break end
    local own = tonumber(way:FindInRelation("admin_level"))
    if own and (not level or own <= level) then level = own end
  end
  if not level then return end
  way:Layer("boundary", false)
  way:AttributeNumeric("admin_level", level)
  way:MinZoom(level <= 4 and 6 or level <= 8 and 8 or 10)
end

local function write_road(way, highway)
  local class = road_class[highway]
  if not class then return end
  if way:Find("area") == "yes" then
    if not way:IsClosed() then return end
    way:Layer("landuse", true)
    way:Attribute("class", "pedestrian")
    way:MinZoom(12)
    return
  end
  way:Layer("road", false)
  way:Attribute("class", class)
  way:Attribute("kind", highway)
  local bridge, tunnel = way:Find("bridge"), way:Find("tunnel")
  if bridge ~= "" and bridge ~= "no" then way:Attribute("structure", "bridge") end
  if tunnel ~= "" and tunnel ~= "no" then way:Attribute("structure", "tunnel") end
  if way:Find("oneway") == "yes" then way:AttributeBoolean("oneway", true) end
  local ref = way:Find("ref")
  if ref ~= "" then way:Attribute("ref", ref) end
  names(way)
  way:MinZoom(road_zoom[class])
  way:ZOrder(road_order[class])
end

local function write_rail(way, railway)
  if railway == "platform" then
    if not way:IsClosed() then return end
    way:Layer("landuse", true)
    way:Attribute("class", "platform")
    way:MinZoom(13)
  elseif railway == "rail" or railway == "light_rail" or railway == "narrow_gauge" or railway == "subway" or railway == "tram" then
    way:Layer("rail", false)
    local service = way:Find("service") ~= ""
    way:Attribute("class", service and "service" or railway)
    local bridge = way:Find("bridge")
    if bridge ~= "" and bridge ~= "no" then way:Attribute("structure", "bridge") end
    names(way)
    way:MinZoom(service and 13 or 9)
  end
end

local function write_water(way, natural, waterway)
  if natural == "water" or waterway == "riverbank" or way:Find("landuse") == "reservoir" then
    way:Layer("water", true)
    local kind = way:Find("water")
    way:Attribute("class", kind ~= "" and kind or "water")
    names(way)
    way:MinZoom(way:Area() > 1e6 and 6 or way:Area() > 1e5 and 9 or 12)
    return true
  end
  if waterway == "river" or waterway == "canal" or waterway == "stream" or waterway == "ditch" or waterway == "drain" then
    way:Layer("waterway", false)
    way:Attribute("class", waterway)
    names(way)
    way:MinZoom((waterway == "river" or waterway == "canal") and 9 or 13)
    return true
  end
  return false
end

local function write_building(way)
  way:Layer("building", true)
  local levels = tonumber(way:Find("building:levels"))
  local height = tonumber((way:Find("height"):gsub("%s*m$", "")))
  way:AttributeNumeric("height", height or (levels and levels * 3 + 2) or 6)
  way:Attribute("class", way:Find("building"))
  way:MinZoom(way:Area() > 400 and 13 or 14)
  local number = way:Find("addr:housenumber")
  if number ~= "" then
    way:LayerAsCentroid("address")
    way:Attribute("number", number)
  end
end

local function write_ground(way, natural)
  local leisure = park_class[way:Find("leisure")]
  if leisure then
    way:Layer("park", true)
    way:Attribute("class", leisure)
    names(way)
    way:MinZoom(way:Area() > 50000 and 10 or 12)
    return
  end
  local class = landuse_class[way:Find("landuse")] or natural_class[natural] or grounds_class[way:Find("amenity")]
  if not class then return end
  way:Layer("landuse", true)
  way:Attribute("class", class)
  names(way)
  -- Wide grounds first: a school yard is drawn over the residential area it lies in.
  way:ZOrder(way:Area() > 500000 and 0 or way:Area() > 50000 and 2 or 4)
  way:MinZoom(way:Area() > 500000 and 8 or way:Area() > 50000 and 10 or 12)
end

function way_function(way)
  if way:Find("boundary") == "administrative" or way:Find("admin_level") ~= "" then write_boundary(way) end
  local highway, railway = way:Find("highway"), way:Find("railway")
  if highway ~= "" then write_road(way, highway) end
  if railway ~= "" then write_rail(way, railway) end
  if not (way:IsClosed() or way:Find("waterway") ~= "") then return end
  local natural = way:Find("natural")
  local building = way:Find("building")
  if not write_water(way, natural, way:Find("waterway")) then
    if building ~= "" and building ~= "no" then
      write_building(way)
    elseif highway == "" and railway == "" then
      write_ground(way, natural)
    end
  end
  -- One label for a school: its building has the name as well as its grounds, so only the building speaks, or grounds alone.
  local class, kind = poi_of(way)
  if class and way:IsClosed() and (building ~= "" or way:Find("amenity") == "" or class == "market" or class == "bus_station") then
    way:LayerAsCentroid("poi")
    write_poi(way, class, kind)
  end
end
