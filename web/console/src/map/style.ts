// SPDX-License-Identifier: Apache-2.0
// The base map's style, made from the layer schema of our tiles. Letters are drawn by the browser from our own font
// files (the style names no glyph server), so that no request leaves the machine.
import type { Language } from '@horad/shared/language';
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { palettes, type MapPalette, type Theme } from './palette';

const source = 'city';
const regular = ['Horad Sans'];
const medium = ['Horad Sans Medium'];
const semibold = ['Horad Sans Semibold'];

/** A width or size that grows between zooms; the numbers are pairs of zoom and pixels. */
function grow(...stops: number[]): ExpressionSpecification {
  return ['interpolate', ['exponential', 1.5], ['zoom'], ...stops] as unknown as ExpressionSpecification;
}

function linear(...stops: number[]): ExpressionSpecification {
  return ['interpolate', ['linear'], ['zoom'], ...stops] as unknown as ExpressionSpecification;
}

function isClass(...classes: string[]): FilterSpecification {
  return ['in', ['get', 'class'], ['literal', classes]] as FilterSpecification;
}

/** The name in the wanted language, else in the nearest other one, else the local name. */
export function nameIn(language: Language): ExpressionSpecification {
  const order: Record<Language, string[]> = {
    be: ['name_be', 'name', 'name_ru', 'name_en'],
    ru: ['name_ru', 'name', 'name_be', 'name_en'],
    en: ['name_en', 'name', 'name_be', 'name_ru'],
  };
  return ['coalesce', ...order[language].map((key) => ['get', key])] as unknown as ExpressionSpecification;
}

/** Classes of the tile schema, see tiles/README.md. */
const major = ['motorway', 'trunk', 'primary'];
const middle = ['secondary', 'tertiary'];
const minor = ['minor', 'service', 'pedestrian'];
const paths = ['path', 'track'];

type Layer = LayerSpecification;

function fill(id: string, layer: string, color: string, filter?: FilterSpecification, extra: object = {}): Layer {
  return {
    id,
    type: 'fill',
    source,
    'source-layer': layer,
    ...(filter ? { filter } : {}),
    paint: { 'fill-color': color, ...extra },
  } as Layer;
}

function line(
  id: string,
  layer: string,
  filter: FilterSpecification | null,
  paint: object,
  layout: object = {},
): Layer {
  return {
    id,
    type: 'line',
    source,
    'source-layer': layer,
    ...(filter ? { filter } : {}),
    layout: { 'line-cap': 'round', 'line-join': 'round', ...layout },
    paint,
  } as Layer;
}

function ground(p: MapPalette): Layer[] {
  return [
    { id: 'land', type: 'background', paint: { 'background-color': p.land } },
    fill('landuse-residential', 'landuse', p.residential, isClass('residential')),
    fill('landuse-industrial', 'landuse', p.industrial, isClass('industrial', 'railway', 'military', 'transport')),
    fill('landuse-commercial', 'landuse', p.commercial, isClass('commercial', 'parking', 'pedestrian', 'platform')),
    fill('landuse-civic', 'landuse', p.civic, isClass('education', 'hospital', 'religious')),
    fill('landuse-farm', 'landuse', p.farmland, isClass('farmland', 'allotments', 'greenhouse', 'orchard')),
    fill('landuse-grass', 'landuse', p.meadow, isClass('grass', 'cemetery', 'scrub', 'wetland')),
    fill('landuse-wood', 'landuse', p.wood, isClass('wood')),
    fill('landuse-sand', 'landuse', p.sand, isClass('sand', 'rock')),
    fill('park', 'park', p.park),
    fill('pitch', 'park', p.pitch, isClass('pitch', 'playground', 'stadium')),
    fill('water', 'water', p.water, undefined, { 'fill-outline-color': p.waterEdge }),
    line('waterway', 'waterway', null, { 'line-color': p.water, 'line-width': grow(10, 0.6, 14, 2, 18, 10) }),
  ];
}

function roadPair(
  id: string,
  classes: string[],
  color: string,
  casing: string,
  minzoom: number,
  width: number[],
): Layer[] {
  const wider = width.map((value, at) => (at % 2 === 1 ? value + 1.6 : value));
  const filter = isClass(...classes);
  return [
    { ...line(`${id}-case`, 'road', filter, { 'line-color': casing, 'line-width': grow(...wider) }), minzoom },
    { ...line(id, 'road', filter, { 'line-color': color, 'line-width': grow(...width) }), minzoom },
  ];
}

/** All casings come before all surfaces, so that crossings join instead of cutting each other. */
function roads(p: MapPalette): Layer[] {
  const pairs = [
    roadPair('road-minor', minor, p.roadMinor, p.roadCase, 12.5, [12, 0.4, 14, 1.6, 16, 6, 18, 16]),
    roadPair('road-middle', middle, p.roadMiddle, p.roadCase, 10, [10, 0.6, 12, 1.2, 14, 3, 16, 9, 18, 22]),
    roadPair('road-major', major, p.roadMajor, p.roadMajorCase, 6, [6, 0.6, 10, 1.4, 12, 2.2, 14, 4.4, 16, 12, 18, 28]),
  ];
  const path = line(
    'road-path',
    'road',
    isClass(...paths),
    { 'line-color': p.path, 'line-width': grow(14, 0.7, 18, 3), 'line-dasharray': [2, 1.5] },
    { 'line-cap': 'butt' },
  );
  return [
    { ...path, minzoom: 14.5 } as Layer,
    ...pairs.flatMap(([casing]) => (casing ? [casing] : [])),
    ...pairs.flatMap(([, surface]) => (surface ? [surface] : [])),
  ];
}

function rails(p: MapPalette): Layer[] {
  return [
    line(
      'rail',
      'rail',
      null,
      { 'line-color': p.rail, 'line-width': grow(9, 0.7, 14, 2.2, 18, 6) },
      { 'line-cap': 'butt' },
    ),
    {
      ...line(
        'rail-ties',
        'rail',
        null,
        { 'line-color': p.railTies, 'line-width': grow(13, 0.7, 14, 1.3, 18, 4), 'line-dasharray': [3, 3] },
        { 'line-cap': 'butt' },
      ),
      minzoom: 13,
    } as Layer,
  ];
}

function buildings(p: MapPalette): Layer[] {
  const isCivic = isClass(
    'civic',
    'school',
    'hospital',
    'church',
    'cathedral',
    'museum',
    'townhall',
    'train_station',
    'public',
  );
  return [
    {
      ...fill('building', 'building', p.building, undefined, {
        'fill-outline-color': p.buildingEdge,
        'fill-opacity': linear(13, 0, 14, 1),
      }),
      minzoom: 13,
    } as Layer,
    { ...fill('building-civic', 'building', p.civicBuilding, isCivic), minzoom: 14 } as Layer,
  ];
}

function boundaries(p: MapPalette): Layer[] {
  return [
    line('boundary', 'boundary', null, {
      'line-color': p.boundary,
      'line-width': linear(8, 0.8, 14, 1.6),
      'line-dasharray': [4, 2, 1, 2],
      'line-opacity': linear(12, 0.55, 15, 0.25),
    }),
  ];
}

function words(p: MapPalette, language: Language): Layer[] {
  const name = nameIn(language);
  const halo = { 'text-halo-color': p.halo, 'text-halo-width': 1.4 };
  const along = {
    'symbol-placement': 'line',
    'text-field': name,
    'text-rotation-alignment': 'map',
    'text-max-angle': 35,
  };
  const symbol = (
    id: string,
    layer: string,
    minzoom: number,
    layout: object,
    color: string,
    filter?: FilterSpecification,
  ) =>
    ({
      id,
      type: 'symbol',
      source,
      'source-layer': layer,
      minzoom,
      ...(filter ? { filter } : {}),
      layout,
      paint: { 'text-color': color, ...halo },
    }) as Layer;
  const spot = (size: ExpressionSpecification, font = regular) => ({
    'text-field': name,
    'text-font': font,
    'text-size': size,
    'text-max-width': 8,
    'text-padding': 6,
  });
  return [
    symbol(
      'word-waterway',
      'waterway',
      12,
      {
        ...along,
        'text-font': ['Horad Sans Italic'],
        'text-size': linear(12, 12, 16, 15),
        'text-letter-spacing': 0.08,
        'symbol-spacing': 360,
      },
      p.textWater,
    ),
    symbol('word-water', 'water', 13, { ...spot(linear(13, 11, 16, 14), ['Horad Sans Italic']) }, p.textWater),
    symbol('word-park', 'park', 14, spot(linear(14, 11, 17, 13)), p.textPark),
    symbol(
      'word-road-minor',
      'road',
      15,
      { ...along, 'text-font': regular, 'text-size': linear(15, 10.5, 18, 13), 'symbol-spacing': 300 },
      p.textQuiet,
      isClass(...minor),
    ),
    symbol(
      'word-road',
      'road',
      13,
      { ...along, 'text-font': medium, 'text-size': linear(13, 10.5, 18, 14), 'symbol-spacing': 380 },
      p.text,
      isClass(...major, ...middle),
    ),
    symbol(
      'word-stop',
      'transit_stop',
      16,
      { ...spot(linear(16, 10.5, 18, 12)), 'text-offset': [0, 0.9], 'text-anchor': 'top' },
      p.textQuiet,
    ),
    symbol(
      'word-poi',
      'poi',
      16,
      { ...spot(linear(16, 10.5, 18, 12)), 'text-offset': [0, 0.6], 'text-anchor': 'top', 'text-optional': true },
      p.textQuiet,
    ),
    symbol(
      'word-address',
      'address',
      17,
      { 'text-field': ['get', 'number'], 'text-font': regular, 'text-size': 10, 'text-padding': 4 },
      p.textQuiet,
    ),
    symbol(
      'word-quarter',
      'place',
      12,
      { ...spot(linear(12, 11, 16, 15), medium), 'text-transform': 'uppercase', 'text-letter-spacing': 0.1 },
      p.textQuiet,
      isClass('suburb', 'quarter', 'neighbourhood', 'district', 'borough'),
    ),
    symbol(
      'word-place',
      'place',
      6,
      spot(linear(8, 12, 14, 20), semibold),
      p.text,
      isClass('city', 'town', 'village', 'hamlet'),
    ),
  ];
}

function dot(id: string, layer: string, minzoom: number, look: object, filter?: FilterSpecification): Layer {
  return {
    id,
    type: 'circle',
    source,
    'source-layer': layer,
    minzoom,
    ...(filter ? { filter } : {}),
    paint: { 'circle-radius': linear(minzoom, 1.8, 18, 3.5), 'circle-stroke-width': 1.2, ...look },
  } as Layer;
}

function dots(p: MapPalette): Layer[] {
  const isTree: FilterSpecification = ['==', ['get', 'class'], 'tree'];
  const isOther: FilterSpecification = ['!=', ['get', 'class'], 'tree'];
  const ring = { 'circle-color': p.halo, 'circle-stroke-color': p.textQuiet };
  const tree = { 'circle-color': p.wood, 'circle-stroke-width': 0, 'circle-radius': grow(15, 1.5, 18, 8) };
  return [
    dot('dot-tree', 'poi', 15, tree, isTree),
    dot('dot-poi', 'poi', 16, ring, isOther),
    dot('dot-stop', 'transit_stop', 15, ring),
  ];
}

/** The whole style. `tiles`: address of the TileJSON, or null when the server has no base map. */
export function mapStyle(theme: Theme, language: Language, tiles: string | null): StyleSpecification {
  const p = palettes[theme];
  if (tiles === null) {
    return {
      version: 8,
      sources: {},
      layers: [{ id: 'land', type: 'background', paint: { 'background-color': p.land } }],
    };
  }
  return {
    version: 8,
    sources: { [source]: { type: 'vector', url: tiles } },
    layers: [
      ...ground(p),
      ...buildings(p),
      ...rails(p),
      ...roads(p),
      ...boundaries(p),
      ...dots(p),
      ...words(p, language),
    ],
  };
}
