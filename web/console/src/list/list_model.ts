// SPDX-License-Identifier: Apache-2.0
import { folded, matchesText, passes, type Filter } from '../filter/filter_model';
import type { Words } from '../i18n/words';
import { primaryAttribute, type CityEntity } from '../live/city';
import type { Sort, SortColumn } from '../shell/view_state';

type Key = string | number;

/** What a row is sorted by; nulls last in both directions. */
export function sortKey(entity: CityEntity, column: SortColumn, words: Words): Key | null {
  switch (column) {
    case 'name':
      return folded(words.name(entity.name, entity.id)) || null;
    case 'type':
      return words.type(entity.type);
    case 'value': {
      const value = primaryAttribute(entity)?.[1].value;
      return typeof value === 'number' || typeof value === 'string' ? value : null;
    }
    case 'age':
      // The youngest has the smallest age.
      return entity.observedAt === null ? null : -entity.observedAt;
  }
}

function compareKeys(a: Key | null, b: Key | null, descending: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return descending ? -order : order;
}

/** "Bus 2" before "Bus 10". Belarusian has no collation data in browsers; Russian order serves both alphabets. */
const collator = new Intl.Collator(['ru', 'en'], { numeric: true });

/** Whether an order by this column stays the same while only readings change. */
export function isLasting(column: SortColumn): boolean {
  return column === 'name' || column === 'type';
}

/** All entities in the order of the list; equal ones by id, so that nothing jumps about. Cost: O(n log n) compares. */
export function ordered(all: readonly (CityEntity | undefined)[], sort: Sort, words: Words): CityEntity[] {
  const keyed = all.flatMap((entity) => (entity ? [{ entity, key: sortKey(entity, sort.column, words) }] : []));
  keyed.sort((a, b) => compareKeys(a.key, b.key, sort.descending) || (a.entity.id < b.entity.id ? -1 : 1));
  return keyed.map(({ entity }) => entity);
}

/** The rows of the list: filtered as on the map, and by text. Keeps the order. Cost: one pass. */
export function filtered(entities: readonly CityEntity[], filter: Filter, now: number): CityEntity[] {
  const text = folded(filter.text.trim());
  return entities.filter((entity) => passes(filter, entity, now) && matchesText(entity, text));
}

/** Which rows to draw: those on the screen and a few beyond. */
export function windowOf(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): { from: number; to: number } {
  const spare = 8;
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
  const to = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare);
  return { from: Math.min(from, Math.max(0, count)), to };
}

/** The row the keyboard goes to, or null when the key is not for the list. */
export function rowForKey(key: string, row: number, count: number, page: number): number | null {
  const moves: Record<string, number> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + page,
    PageUp: row - page,
    Home: 0,
    End: count - 1,
  };
  const next = moves[key];
  return next === undefined ? null : Math.max(0, Math.min(count - 1, next));
}
