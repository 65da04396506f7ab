// SPDX-License-Identifier: Apache-2.0
import type { Geometry, Position } from 'geojson';

/** Degrees on WGS 84. */
export interface LngLat {
  lng: number;
  lat: number;
}

function toLngLat(position: Position | undefined): LngLat | null {
  const [lng, lat] = position ?? [];
  const isOnGlobe = typeof lng === 'number' && typeof lat === 'number' && Math.abs(lng) <= 180 && Math.abs(lat) <= 90;
  return isOnGlobe ? { lng, lat } : null;
}

function middle(positions: readonly Position[]): LngLat | null {
  return toLngLat(positions[Math.floor(positions.length / 2)]);
}

function boxCentre(ring: readonly Position[]): LngLat | null {
  const places = ring.map((position) => toLngLat(position)).filter((place) => place !== null);
  if (places.length === 0) return null;
  const lngs = places.map((place) => place.lng);
  const lats = places.map((place) => place.lat);
  return { lng: (Math.min(...lngs) + Math.max(...lngs)) / 2, lat: (Math.min(...lats) + Math.max(...lats)) / 2 };
}

/** The one point a marker of this shape stands at: the point, the middle vertex of a line, the centre of an area's box. */
export function geometryCentre(geometry: Geometry): LngLat | null {
  switch (geometry.type) {
    case 'Point':
      return toLngLat(geometry.coordinates);
    case 'MultiPoint':
      return toLngLat(geometry.coordinates[0]);
    case 'LineString':
      return middle(geometry.coordinates);
    case 'MultiLineString':
      return middle(geometry.coordinates[0] ?? []);
    case 'Polygon':
      return boxCentre(geometry.coordinates[0] ?? []);
    case 'MultiPolygon':
      return boxCentre(geometry.coordinates[0]?.[0] ?? []);
    case 'GeometryCollection':
      return geometry.geometries[0] ? geometryCentre(geometry.geometries[0]) : null;
  }
}

/** Web Mercator on the unit square: x to the east, y to the south. Latitudes beyond 85.05 degrees are held there. */
export function mercator(place: LngLat): { x: number; y: number } {
  const lat = Math.max(-85.0511, Math.min(85.0511, place.lat));
  const sine = Math.sin((lat * Math.PI) / 180);
  return { x: place.lng / 360 + 0.5, y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) };
}

export function fromMercator(x: number, y: number): LngLat {
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
  return { lng: (x - 0.5) * 360, lat };
}
