// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '@horad/shared/kinds';
import { ready, type Loaded } from '@horad/shared/loaded';
import { parseEntity, type EntityId, type ParsedEntity } from '@horad/shared/ngsi';
import { getJson } from './client';

const base = '/ngsi-ld/v1';
const pageSize = 1000;
/** Keeps addresses short enough for every server and proxy. */
const typesPerQuery = 20;
/** What one console holds. A larger city is shown in part, and the part is named. */
export const mostEntities = 60_000;

export interface LoadProgress {
  partial: { shown: number; total: number } | null;
}

function shortType(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if ('typeName' in value && typeof value.typeName === 'string') return [value.typeName];
  return 'id' in value && typeof value.id === 'string' ? [value.id] : [];
}

/** The types the city has. */
export async function loadTypes(signal: AbortSignal): Promise<Loaded<string[]>> {
  const answer = await getJson(`${base}/types`, signal);
  if (answer.state !== 'ready') return answer;
  const { json } = answer.value;
  const list: unknown = typeof json === 'object' && json !== null && 'typeList' in json ? json.typeList : json;
  return ready(Array.isArray(list) ? list.flatMap(shortType).sort() : [], answer.at);
}

/** The queries that together load the types: live kinds first, so that the map fills before the gazetteer does. */
export function loadPlan(types: readonly string[]): { types: string[]; attributes: string | null }[] {
  const plan: { types: string[]; attributes: string | null }[] = [];
  for (const group of ['live', 'place'] as const) {
    const mine = types.filter((type) => kindOf(type).group === group);
    for (let from = 0; from < mine.length; from += typesPerQuery) {
      // Places are only found and pointed at, so their name and place are enough.
      plan.push({
        types: mine.slice(from, from + typesPerQuery),
        attributes: group === 'place' ? 'name,location' : null,
      });
    }
  }
  return plan;
}

function pageAddress(types: readonly string[], attributes: string | null, offset: number): string {
  const query = new URLSearchParams({
    type: types.join(','),
    options: 'concise',
    limit: String(pageSize),
    offset: String(offset),
    count: 'true',
  });
  if (attributes !== null) query.set('attrs', attributes);
  return `${base}/entities?${query.toString()}`;
}

/** Loads all entities of the types, page by page; `onPage` sees each page at once. */
export async function loadEntities(
  types: readonly string[],
  signal: AbortSignal,
  onPage: (entities: ParsedEntity[], part: 'whole' | 'part') => void,
): Promise<Loaded<LoadProgress>> {
  let shown = 0;
  let total = 0;
  for (const part of loadPlan(types)) {
    let offset = 0;
    for (;;) {
      if (shown >= mostEntities) break;
      const answer = await getJson(pageAddress(part.types, part.attributes, offset), signal);
      if (answer.state !== 'ready') return answer;
      const list = Array.isArray(answer.value.json) ? answer.value.json : [];
      const entities = list.map(parseEntity).filter((entity) => entity !== null);
      const count = Number(answer.value.headers.get('NGSILD-Results-Count') ?? list.length + offset);
      if (offset === 0) total += count;
      shown += entities.length;
      onPage(entities, part.attributes === null ? 'whole' : 'part');
      offset += list.length;
      if (list.length === 0 || offset >= count) break;
    }
  }
  return ready({ partial: shown < total ? { shown, total } : null }, new Date());
}

/** One entity with all its attributes. */
export async function loadEntity(id: EntityId, signal: AbortSignal): Promise<Loaded<ParsedEntity>> {
  const answer = await getJson(rawAddress(id, 'concise'), signal);
  if (answer.state !== 'ready') return answer;
  const entity = parseEntity(answer.value.json);
  if (!entity) return { state: 'failed', problem: { title: 'unreadable', detail: id, status: null } };
  return ready(entity, answer.at);
}

export function rawAddress(id: EntityId, form: 'concise' | 'normalized' = 'normalized'): string {
  const options = form === 'concise' ? '?options=concise' : '?options=sysAttrs';
  return `${base}/entities/${encodeURIComponent(id)}${options}`;
}
