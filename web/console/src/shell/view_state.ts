// SPDX-License-Identifier: Apache-2.0
// What the address bar says: room, place, filter, selection, time and language. Pure text work, no history calls.
import { isLanguage, type Language } from '@horad/shared/language';
import { parseEntityId, type EntityId } from '@horad/shared/ngsi';
import type { Freshness } from '../live/city';
import type { LngLat } from '../live/place';

export type Room = 'map' | 'list';
export const rooms: readonly Room[] = ['map', 'list'];

export interface Camera extends LngLat {
  zoom: number;
}

export type SortColumn = 'name' | 'type' | 'value' | 'age';
export interface Sort {
  column: SortColumn;
  descending: boolean;
}

export interface ViewState {
  room: Room;
  camera: Camera | null; // null: where the map's own data says
  types: ReadonlySet<string> | null; // null: the kinds that are shown by themselves
  freshness: ReadonlySet<Freshness> | null; // null: all
  text: string; // filter of the list
  sort: Sort;
  selected: EntityId | null;
  until: number | null; // end of the charts, ms since 1970 UTC; null: now, and moving
  language: Language | null; // null: the browser's choice
}

export const defaultView: ViewState = {
  room: 'map',
  camera: null,
  types: null,
  freshness: null,
  text: '',
  sort: { column: 'name', descending: false },
  selected: null,
  until: null,
  language: null,
};

const sortColumns: readonly SortColumn[] = ['name', 'type', 'value', 'age'];
const freshnesses: readonly Freshness[] = ['ok', 'stale', 'quiet'];

function parseCamera(text: string | null): Camera | null {
  const [zoom, lat, lng, ...rest] = (text ?? '').split('/').map((part) => (part === '' ? NaN : Number(part)));
  if (zoom === undefined || lat === undefined || lng === undefined || rest.length > 0) return null;
  const isPlace = zoom >= 0 && zoom <= 24 && Math.abs(lat) <= 90 && Math.abs(lng) <= 180;
  return isPlace ? { zoom, lat, lng } : null;
}

function parseSort(text: string | null): Sort {
  const descending = text?.startsWith('-') ?? false;
  const column = sortColumns.find((name) => name === text?.replace(/^-/, ''));
  return column ? { column, descending } : defaultView.sort;
}

function parseSet(text: string | null): ReadonlySet<string> | null {
  return text === null ? null : new Set(text.split(',').filter((item) => item.length > 0));
}

function parseFreshness(text: string | null): ReadonlySet<Freshness> | null {
  const named = parseSet(text);
  return named === null ? null : new Set(freshnesses.filter((item) => named.has(item)));
}

function parseTime(text: string | null): number | null {
  const at = text === null ? NaN : Date.parse(text);
  return Number.isFinite(at) ? at : null;
}

/** Reads an address. Parts that make no sense are left at their defaults: an old or cut link still opens. */
export function parseView(pathname: string, search: string): ViewState {
  const query = new URLSearchParams(search);
  const language = query.get('lang');
  return {
    room: rooms.find((room) => pathname === `/${room}`) ?? 'map',
    camera: parseCamera(query.get('at')),
    types: parseSet(query.get('types')),
    freshness: parseFreshness(query.get('state')),
    text: query.get('q') ?? '',
    sort: parseSort(query.get('sort')),
    selected: parseEntityId(query.get('sel')),
    until: parseTime(query.get('until')),
    language: isLanguage(language) ? language : null,
  };
}

/** Coordinates to about a tenth of a metre, zooms to a hundredth: more would only make addresses long. */
function printCamera({ zoom, lat, lng }: Camera): string {
  return `${Number(zoom.toFixed(2))}/${Number(lat.toFixed(6))}/${Number(lng.toFixed(6))}`;
}

/** Commas, colons and slashes are allowed in a query (RFC 3986, 3.4) and kept readable. */
function readable(query: string): string {
  return query.replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** Writes the address of a view; what is at its default is left out. */
export function printView(view: ViewState): string {
  const query = new URLSearchParams();
  if (view.camera) query.set('at', printCamera(view.camera));
  if (view.types) query.set('types', [...view.types].sort().join(','));
  if (view.freshness) query.set('state', [...view.freshness].sort().join(','));
  if (view.text) query.set('q', view.text);
  const { column, descending } = view.sort;
  if (column !== 'name' || descending) query.set('sort', (descending ? '-' : '') + column);
  if (view.selected) query.set('sel', view.selected);
  if (view.until !== null) query.set('until', new Date(view.until).toISOString());
  if (view.language) query.set('lang', view.language);
  const text = readable(query.toString());
  return `/${view.room}${text ? `?${text}` : ''}`;
}

/** Whether going from one view to the other is a step the back button should undo. */
export function isStep(from: ViewState, to: ViewState): boolean {
  return from.room !== to.room || from.selected !== to.selected || from.until !== to.until;
}
