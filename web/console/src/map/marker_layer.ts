// SPDX-License-Identifier: Apache-2.0
// The live markers: one canvas over the map. DOM markers or a re-tiled source would not keep a frame at 10 000
// entities that change five times a second; grouping a screen and copying bitmaps does.
import { kindOf } from '@horad/shared/kinds';
import type { EntityId } from '@horad/shared/ngsi';
import type { Map as BaseMap } from 'maplibre-gl';
import type { Filter } from '../filter/filter_model';
import type { Words } from '../i18n/words';
import { primaryAttribute, type City } from '../live/city';
import { mercator } from '../live/place';
import { apartFromZoom, boxOf, clusterRadius, group, slices, type Bounds, type Group } from './clusters';
import { MarkerTable } from './columns';
import type { Theme } from './palette';
import { clusterSize, drawCluster, drawHeading, drawSelection, inks, Sprites } from './sprites';

export interface MarkerLook {
  filter: Filter;
  selected: EntityId | null;
  theme: Theme;
  words: Words;
  glides: boolean;
}

/** What lies under the pointer. */
export type Hit = { kind: 'one'; id: EntityId } | { kind: 'many'; ids: EntityId[]; box: Bounds | null };

interface View {
  scale: number; // CSS pixels per Mercator unit
  left: number;
  top: number;
}

const labelsFromZoom = 16;
const mostLabels = 120;

export class MarkerLayer {
  readonly table: MarkerTable;
  readonly #map: BaseMap;
  readonly #city: City;
  readonly #canvas = document.createElement('canvas');
  #look: MarkerLook;
  #sprites: Sprites;
  #groups: Group[] = [];
  #grouped: Bounds | null = null;
  #groupedRadius = 0;
  #frame = 0;
  #labels = new Map<number, { version: number; text: string; language: string }>();

  constructor(map: BaseMap, city: City, look: MarkerLook) {
    this.#map = map;
    this.#city = city;
    this.#look = look;
    this.#sprites = new Sprites(look.theme, devicePixelRatio);
    this.table = new MarkerTable(city);
    this.#canvas.className = 'markers';
    this.#canvas.setAttribute('aria-hidden', 'true');
    map.getCanvasContainer().append(this.#canvas);
    map.on('render', this.#onMapFrame);
    this.refresh();
  }

  /** Other filter, selection, colours or words. */
  show(look: MarkerLook): void {
    if (look.theme !== this.#look.theme) this.#sprites = new Sprites(look.theme, devicePixelRatio);
    this.#look = look;
    this.refresh();
  }

  /** Takes in what changed in the city and groups anew. */
  refresh = (): void => {
    this.table.update(this.#look.filter, performance.now(), Date.now(), this.#look.glides);
    this.#regroup();
    this.#ask();
  };

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#map.off('render', this.#onMapFrame);
    this.#canvas.remove();
  }

  /** How many markers the filter lets through, on and off the screen. */
  get shown(): number {
    const { count, shown } = this.table.columns;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += shown[i] ?? 0;
    return sum;
  }

  hit(x: number, y: number): Hit | null {
    const view = this.#view();
    const at = performance.now();
    for (const one of [...this.#groups].reverse()) {
      const place = this.#place(one, view, at);
      const size = one.members.length === 1 ? this.#markerSize() : clusterSize(one.members.length);
      // 12 px at least: a target of 24 px even for the smallest marker.
      if (Math.hypot(place.x - x, place.y - y) > Math.max(12, size / 2 + 2)) continue;
      return this.#hitOf(one);
    }
    return null;
  }

  #hitOf(one: Group): Hit | null {
    const ids = one.members.flatMap((index) => {
      const id = this.#city.all[index]?.id;
      return id === undefined ? [] : [id];
    });
    const [first] = ids;
    if (first === undefined) return null;
    return ids.length === 1
      ? { kind: 'one', id: first }
      : { kind: 'many', ids, box: boxOf(this.table.columns, one.members) };
  }

  #markerSize(): number {
    const zoom = this.#map.getZoom();
    return zoom < 13 ? 24 : zoom < 15 ? 27 : 30;
  }

  /** The map never turns or tilts, so Mercator to pixels is one scale and one shift. */
  #view(): View {
    const centre = this.#map.getCenter();
    const { x, y } = mercator(centre);
    const scale = 512 * 2 ** this.#map.getZoom();
    const box = this.#map.getContainer();
    return { scale, left: x - box.clientWidth / 2 / scale, top: y - box.clientHeight / 2 / scale };
  }

  #screen(view: View): Bounds {
    const box = this.#map.getContainer();
    return {
      west: view.left,
      north: view.top,
      east: view.left + box.clientWidth / view.scale,
      south: view.top + box.clientHeight / view.scale,
    };
  }

  /** Groups half a screen more than is seen, so that a short pan needs no new groups. */
  #regroup(): void {
    const screen = this.#screen(this.#view());
    const padX = (screen.east - screen.west) / 2;
    const padY = (screen.south - screen.north) / 2;
    this.#grouped = {
      west: screen.west - padX,
      north: screen.north - padY,
      east: screen.east + padX,
      south: screen.south + padY,
    };
    this.#groupedRadius = clusterRadius(this.#map.getZoom());
    this.#groups = group(this.table.columns, this.#grouped, this.#groupedRadius);
  }

  #onMapFrame = (): void => {
    const screen = this.#screen(this.#view());
    const g = this.#grouped;
    const isInside =
      g && screen.west >= g.west && screen.east <= g.east && screen.north >= g.north && screen.south <= g.south;
    if (!isInside || clusterRadius(this.#map.getZoom()) !== this.#groupedRadius) this.#regroup();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#draw(performance.now());
  };

  #ask(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame((at) => {
        this.#frame = 0;
        this.#draw(at);
      });
    }
  }

  #place(one: Group, view: View, at: number): { x: number; y: number } {
    const [first] = one.members;
    const isOne = one.members.length === 1 && first !== undefined;
    const { x, y } = isOne ? this.table.position(first, at) : one;
    return { x: (x - view.left) * view.scale, y: (y - view.top) * view.scale };
  }

  #context(): CanvasRenderingContext2D | null {
    const box = this.#map.getContainer();
    const ratio = Math.min(3, devicePixelRatio);
    const width = Math.round(box.clientWidth * ratio);
    const height = Math.round(box.clientHeight * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const to = this.#canvas.getContext('2d');
    to?.setTransform(ratio, 0, 0, ratio, 0, 0);
    to?.clearRect(0, 0, box.clientWidth, box.clientHeight);
    return to;
  }

  #draw(at: number): void {
    const to = this.#context();
    if (!to) return;
    const view = this.#view();
    const width = this.#canvas.clientWidth + 60;
    const height = this.#canvas.clientHeight + 60;
    let isGliding = false;
    const labelled: { index: number; x: number; y: number }[] = [];
    for (const one of this.#groups) {
      const place = this.#place(one, view, at);
      if (place.x < -60 || place.y < -60 || place.x > width || place.y > height) continue;
      const [first] = one.members;
      if (first === undefined) continue;
      if (one.members.length > 1) {
        this.#drawCluster(to, one, place);
        continue;
      }
      this.#drawOne(to, first, place);
      labelled.push({ index: first, ...place });
      if ((this.table.columns.glideEnd[first] ?? 0) > at) isGliding = true;
    }
    if (this.#map.getZoom() >= labelsFromZoom) this.#drawLabels(to, labelled);
    if (isGliding) this.#ask();
  }

  #drawOne(to: CanvasRenderingContext2D, index: number, { x, y }: { x: number; y: number }): void {
    const entity = this.#city.all[index];
    if (!entity) return;
    const size = this.#markerSize();
    const ink = inks[this.#look.theme];
    const isStale = this.table.columns.stale[index] === 1;
    const heading = this.table.columns.heading[index] ?? NaN;
    if (entity.id === this.#look.selected) drawSelection(to, x, y, size, ink);
    if (Number.isFinite(heading) && !isStale) {
      drawHeading(to, x, y, heading, size, kindOf(entity.type).colour, ink.edge);
    }
    this.#sprites.marker(to, entity.type, isStale, x, y, size);
  }

  #drawCluster(to: CanvasRenderingContext2D, one: Group, { x, y }: { x: number; y: number }): void {
    const count = one.members.length;
    const parts = slices(this.table.columns, one.members).map((slice) => ({
      colour: kindOf(this.table.types[slice.kind] ?? '').colour,
      part: slice.count / count,
    }));
    const selected = this.#look.selected ? this.#city.get(this.#look.selected)?.index : undefined;
    const face = {
      x,
      y,
      count: this.#look.words.number(count),
      size: clusterSize(count),
      slices: parts,
      stale: one.stale,
      isSelected: selected !== undefined && one.members.includes(selected),
    };
    drawCluster(to, face, inks[this.#look.theme]);
  }

  /** The telling value beside lone markers, the first come first; a label that would lie on another is left out. */
  #drawLabels(to: CanvasRenderingContext2D, singles: readonly { index: number; x: number; y: number }[]): void {
    const ink = inks[this.#look.theme];
    const size = this.#markerSize();
    to.font = '600 12px "Horad Sans", sans-serif';
    to.textAlign = 'left';
    to.textBaseline = 'middle';
    to.lineJoin = 'round';
    const used: { x: number; y: number; width: number }[] = singles.map(({ x, y }) => ({
      x: x - size / 2,
      y,
      width: size,
    }));
    let left = mostLabels;
    for (const { index, x, y } of singles) {
      if (left === 0) return;
      const text = this.#label(index);
      if (text === '') continue;
      const start = x + size / 2 + 4;
      const width = to.measureText(text).width;
      const isFree = used.every((u) => Math.abs(u.y - y) > 15 || u.x > start + width || u.x + u.width < start);
      if (!isFree) continue;
      used.push({ x: start, y, width });
      to.strokeStyle = ink.halo;
      to.lineWidth = 4;
      to.strokeText(text, start, y);
      to.fillStyle = ink.text;
      to.fillText(text, start, y);
      left--;
    }
  }

  #label(index: number): string {
    const entity = this.#city.all[index];
    if (!entity) return '';
    const { words } = this.#look;
    const kept = this.#labels.get(index);
    if (kept?.version === entity.version && kept.language === words.language) return kept.text;
    const primary = primaryAttribute(entity);
    const text = primary ? words.value(primary[1], primary[0]) : '';
    this.#labels.set(index, { version: entity.version, text: text.length > 18 ? '' : text, language: words.language });
    return text;
  }

  /** Whether zooming in would part the markers at this zoom at all. */
  get isApart(): boolean {
    return this.#map.getZoom() >= apartFromZoom;
  }
}
