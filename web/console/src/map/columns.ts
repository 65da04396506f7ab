// SPDX-License-Identifier: Apache-2.0
// Keeps the marker columns of the map in step with the table of the city, and moves movers smoothly.
import { passes, type Filter } from '../filter/filter_model';
import { freshness, type City } from '../live/city';
import { mercator } from '../live/place';
import type { MarkerColumns } from './clusters';

/** A glide never lasts longer: a mover that reports rarely jumps on rather than crawls along a made-up way. */
const longestGlideMs = 4000;
const firstGlideMs = 1500;
/** Farther than this in one report (about 5 km at the equator) is a correction, not a ride. */
const farthestGlide = 5 / 40_000;

export interface Columns extends MarkerColumns {
  fromX: Float64Array;
  fromY: Float64Array;
  glideStart: Float64Array; // ms of performance.now()
  glideEnd: Float64Array; // 0: stands still
  movedAt: Float64Array; // when the last place came in, 0: never moved
  heading: Float32Array; // degrees, NaN: none
  version: Uint32Array; // entity.version that was taken in, plus one
}

export class MarkerTable {
  columns: Columns;
  readonly types: string[] = [];
  /** Indices of markers that have moved since they are known. */
  readonly movers = new Set<number>();
  readonly #kinds = new Map<string, number>();
  readonly #city: City;

  constructor(city: City) {
    this.#city = city;
    this.columns = emptyColumns(1024);
  }

  /** Takes in what changed. `at` is performance.now(), `now` the wall clock; no glide when motion is not wanted. */
  update(filter: Filter, at: number, now: number, glides: boolean): void {
    const { all } = this.#city;
    if (all.length > this.columns.x.length) this.columns = grown(this.columns, all.length * 2);
    const c = this.columns;
    c.count = all.length;
    for (let i = 0; i < all.length; i++) {
      const entity = all[i];
      if (!entity?.at) {
        c.shown[i] = 0;
        continue;
      }
      c.shown[i] = passes(filter, entity, now) ? 1 : 0;
      c.stale[i] = freshness(entity, now) === 'stale' ? 1 : 0;
      if (c.version[i] === entity.version + 1) continue;
      c.version[i] = entity.version + 1;
      c.kind[i] = this.#kind(entity.type);
      c.heading[i] = entity.heading ?? NaN;
      const { x, y } = mercator(entity.at);
      this.#place(i, x, y, at, glides);
    }
  }

  /** Where marker i is drawn at `at`: on its way while it glides. */
  position(i: number, at: number): { x: number; y: number } {
    const c = this.columns;
    const x = c.x[i] ?? 0;
    const y = c.y[i] ?? 0;
    const end = c.glideEnd[i] ?? 0;
    if (at >= end) return { x, y };
    const start = c.glideStart[i] ?? 0;
    const part = (at - start) / (end - start);
    return { x: (c.fromX[i] ?? 0) * (1 - part) + x * part, y: (c.fromY[i] ?? 0) * (1 - part) + y * part };
  }

  #place(i: number, x: number, y: number, at: number, glides: boolean): void {
    const c = this.columns;
    const isKnown = c.movedAt[i] !== 0;
    const dx = x - (c.x[i] ?? 0);
    const dy = y - (c.y[i] ?? 0);
    if (isKnown && dx === 0 && dy === 0) return;
    if (isKnown) {
      this.movers.add(i);
      const here = this.position(i, at);
      const isRide = glides && Math.abs(x - here.x) < farthestGlide && Math.abs(y - here.y) < farthestGlide;
      const gap = at - (c.movedAt[i] ?? at);
      const glide = c.glideEnd[i] === 0 ? firstGlideMs : Math.min(longestGlideMs, Math.max(100, gap));
      c.fromX[i] = here.x;
      c.fromY[i] = here.y;
      c.glideStart[i] = at;
      c.glideEnd[i] = isRide ? at + glide : at;
    }
    c.x[i] = x;
    c.y[i] = y;
    c.movedAt[i] = at;
  }

  #kind(type: string): number {
    let kind = this.#kinds.get(type);
    if (kind === undefined) {
      kind = this.types.length;
      this.types.push(type);
      this.#kinds.set(type, kind);
    }
    return kind;
  }
}

function emptyColumns(size: number): Columns {
  return {
    count: 0,
    x: new Float64Array(size),
    y: new Float64Array(size),
    kind: new Uint16Array(size),
    stale: new Uint8Array(size),
    shown: new Uint8Array(size),
    fromX: new Float64Array(size),
    fromY: new Float64Array(size),
    glideStart: new Float64Array(size),
    glideEnd: new Float64Array(size),
    movedAt: new Float64Array(size),
    heading: new Float32Array(size),
    version: new Uint32Array(size),
  };
}

function grown(old: Columns, size: number): Columns {
  const next = emptyColumns(size);
  next.count = old.count;
  next.x.set(old.x);
  next.y.set(old.y);
  next.kind.set(old.kind);
  next.stale.set(old.stale);
  next.shown.set(old.shown);
  next.fromX.set(old.fromX);
  next.fromY.set(old.fromY);
  next.glideStart.set(old.glideStart);
  next.glideEnd.set(old.glideEnd);
  next.movedAt.set(old.movedAt);
  next.heading.set(old.heading);
  next.version.set(old.version);
  return next;
}
