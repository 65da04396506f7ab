// SPDX-License-Identifier: Apache-2.0
// Which markers stand alone and which are drawn as one cluster. Pure: positions in, groups out.

/** Markers as columns. Positions are Web Mercator on the unit square. */
export interface MarkerColumns {
  count: number;
  x: Float64Array;
  y: Float64Array;
  kind: Uint16Array; // number of the type
  stale: Uint8Array; // 1 when stale
  shown: Uint8Array; // 0 when filtered out, without a place, or gone
}

export interface Bounds {
  west: number;
  north: number;
  east: number;
  south: number; // y grows to the south
}

export interface Group {
  x: number; // mean of the members
  y: number;
  members: number[]; // indices, ascending
  stale: number; // how many of them
}

/** From this zoom on every marker stands alone, unless others stand at the very same place. */
export const apartFromZoom = 16.5;
const radiusPixels = 46;
const samePlacePixels = 3;

/** The radius within which markers join, in Mercator units. */
export function clusterRadius(zoom: number): number {
  const pixels = zoom >= apartFromZoom ? samePlacePixels : radiusPixels;
  // Whole steps of zoom, so that groups do not tremble while the map glides.
  return pixels / (512 * 2 ** (zoom >= apartFromZoom ? 20 : Math.floor(zoom * 2) / 2));
}

class Grid {
  readonly #cells = new Map<number, number[]>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** 2^26 columns are enough for 0.6 m cells; beyond that neighbours share a key, which costs time and no truth. */
  static #key(column: number, row: number): number {
    return column * 67_108_864 + row;
  }

  add(index: number, x: number, y: number): void {
    const key = Grid.#key(Math.floor(x / this.#size), Math.floor(y / this.#size));
    const cell = this.#cells.get(key);
    if (cell) cell.push(index);
    else this.#cells.set(key, [index]);
  }

  *near(x: number, y: number): Generator<number[]> {
    const column = Math.floor(x / this.#size);
    const row = Math.floor(y / this.#size);
    for (let i = column - 1; i <= column + 1; i++) {
      for (let j = row - 1; j <= row + 1; j++) {
        const cell = this.#cells.get(Grid.#key(i, j));
        if (cell) yield cell;
      }
    }
  }
}

/**
 * Groups the shown markers inside `bounds`: in index order, each free marker takes all free ones within `radius`.
 * Every shown marker inside the bounds is in exactly one group. Cost: O(n) for spread markers; O(n x neighbours) at worst.
 */
export function group(markers: MarkerColumns, bounds: Bounds, radius: number): Group[] {
  const inside: number[] = [];
  const grid = new Grid(radius);
  for (let i = 0; i < markers.count; i++) {
    if (markers.shown[i] !== 1) continue;
    const x = markers.x[i] ?? 0;
    const y = markers.y[i] ?? 0;
    if (x < bounds.west || x > bounds.east || y < bounds.north || y > bounds.south) continue;
    inside.push(i);
    grid.add(i, x, y);
  }
  const taken = new Uint8Array(markers.count);
  const groups: Group[] = [];
  for (const seed of inside) {
    if (taken[seed] === 1) continue;
    groups.push(collect(markers, grid, taken, seed, radius));
  }
  return groups;
}

function collect(markers: MarkerColumns, grid: Grid, taken: Uint8Array, seed: number, radius: number): Group {
  const x = markers.x[seed] ?? 0;
  const y = markers.y[seed] ?? 0;
  const members: number[] = [];
  let sumX = 0;
  let sumY = 0;
  let stale = 0;
  for (const cell of grid.near(x, y)) {
    for (const other of cell) {
      if (taken[other] === 1) continue;
      const dx = (markers.x[other] ?? 0) - x;
      const dy = (markers.y[other] ?? 0) - y;
      if (dx * dx + dy * dy > radius * radius) continue;
      taken[other] = 1;
      members.push(other);
      sumX += markers.x[other] ?? 0;
      sumY += markers.y[other] ?? 0;
      stale += markers.stale[other] ?? 0;
    }
  }
  members.sort((a, b) => a - b);
  return { x: sumX / members.length, y: sumY / members.length, members, stale };
}

/** How many members of each kind, the most first; equal counts by kind number. */
export function slices(markers: MarkerColumns, members: readonly number[]): { kind: number; count: number }[] {
  const counts = new Map<number, number>();
  for (const index of members) {
    const kind = markers.kind[index] ?? 0;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => ({ kind, count })).sort((a, b) => b.count - a.count || a.kind - b.kind);
}

/** The box around members, or null when they all stand at one place (so that zooming in would not part them). */
export function boxOf(markers: MarkerColumns, members: readonly number[]): Bounds | null {
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (const index of members) {
    const x = markers.x[index] ?? 0;
    const y = markers.y[index] ?? 0;
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.north = Math.min(box.north, y);
    box.south = Math.max(box.south, y);
  }
  const smallest = clusterRadius(apartFromZoom);
  return box.east - box.west < smallest && box.south - box.north < smallest ? null : box;
}
