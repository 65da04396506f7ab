// SPDX-License-Identifier: Apache-2.0
// What the console knows of the city right now: one table of entities, changed by snapshots and by the live feed.
import { staleAfterMs } from '@horad/shared/age';
import { kindOf } from '@horad/shared/kinds';
import type { Name } from '@horad/shared/language';
import { parseAttributes, type Attribute, type EntityId, type ParsedEntity } from '@horad/shared/ngsi';
import { geometryCentre, type LngLat } from './place';

/** `quiet`: never reported a time of observation, so it cannot be late (a stop, a building). */
export type Freshness = 'ok' | 'stale' | 'quiet';

/** One thing of the city. Mutable, owned by City: readers compare `version` and copy what they keep. */
export interface CityEntity {
  readonly id: EntityId;
  readonly type: string;
  readonly index: number; // position in City.all, stable while the entity lives
  attributes: Map<string, Attribute>;
  name: Name;
  at: LngLat | null;
  heading: number | null; // degrees clockwise from north
  observedAt: number | null; // newest observation, ms since 1970 UTC
  staleAfterMs: number;
  version: number; // grows with every change of this entity
}

export interface EntityChange {
  id: EntityId;
  type: string;
  attributes: Map<string, Attribute>;
  gone: readonly string[];
}

const headingNames = ['bearing', 'heading', 'direction'];
const nameNames = ['name', 'title', 'alternateName', 'description'];

function numberOf(attribute: Attribute | undefined): number | null {
  return attribute?.kind === 'value' && typeof attribute.value === 'number' ? attribute.value : null;
}

function nameOf(attributes: ReadonlyMap<string, Attribute>): Name {
  for (const key of nameNames) {
    const attribute = attributes.get(key);
    if (attribute?.kind === 'language') return attribute.name;
    if (attribute?.kind === 'value' && typeof attribute.value === 'string') return attribute.value;
  }
  return '';
}

function headingOf(attributes: ReadonlyMap<string, Attribute>): number | null {
  for (const key of headingNames) {
    const degrees = numberOf(attributes.get(key));
    if (degrees !== null && Number.isFinite(degrees)) return degrees;
  }
  return null;
}

function placeOf(attributes: ReadonlyMap<string, Attribute>): LngLat | null {
  const location = attributes.get('location') ?? attributes.get('position');
  return location?.kind === 'geo' ? geometryCentre(location.geometry) : null;
}

type Attributes = ReadonlyMap<string, Attribute>;

function merged(old: Attributes, loaded: Attributes, part: 'whole' | 'part'): Map<string, Attribute> {
  const next = part === 'part' ? new Map([...old, ...loaded]) : new Map(loaded);
  for (const [name, attribute] of old) {
    const other = next.get(name);
    if (other && (attribute.observedAt ?? 0) > (other.observedAt ?? 0)) next.set(name, attribute);
  }
  return next;
}

export class City {
  /** Slots of removed entities are undefined and are not used again until `replaceAll`. */
  readonly all: (CityEntity | undefined)[] = [];
  readonly #byId = new Map<EntityId, CityEntity>();
  readonly #listeners = new Set<() => void>();
  readonly #types = new Map<string, number>();
  /** Grows with every change of anything. */
  version = 0;
  /** Grows when an entity appears, goes, or gets another name: only then can an order by name be another. */
  membership = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** How many entities of each type there are. */
  get types(): ReadonlyMap<string, number> {
    return this.#types;
  }

  get(id: EntityId): CityEntity | undefined {
    return this.#byId.get(id);
  }

  /**
   * Adds what is new and refreshes what is known; no entity is removed. A page of a load may be older than what the live
   * feed told meanwhile, so newer observations stay. `part`: the entities came with some of their attributes only.
   */
  load(entities: readonly ParsedEntity[], part: 'whole' | 'part' = 'whole'): void {
    for (const entity of entities) this.#put(entity, part);
    this.version++;
  }

  /** Removes whatever is not among `ids`: the end of a full reload. */
  keepOnly(ids: ReadonlySet<EntityId>): void {
    this.remove([...this.#byId.keys()].filter((id) => !ids.has(id)));
  }

  /** Applies changes of the live feed. An entity not yet known is made from what the change tells. */
  apply(changes: readonly EntityChange[]): void {
    for (const change of changes) {
      const known = this.#byId.get(change.id);
      if (!known) {
        if (kindOf(change.type).group === 'record') continue;
        this.#put({ id: change.id, type: change.type, attributes: new Map(change.attributes) });
        continue;
      }
      for (const name of change.gone) known.attributes.delete(name);
      for (const [name, attribute] of change.attributes) known.attributes.set(name, attribute);
      this.#derive(known, change.attributes.has('location') || change.attributes.has('name') || change.gone.length > 0);
    }
    this.version++;
  }

  remove(ids: readonly EntityId[]): void {
    for (const id of ids) {
      const known = this.#byId.get(id);
      if (!known) continue;
      this.#byId.delete(id);
      this.all[known.index] = undefined;
      const left = (this.#types.get(known.type) ?? 1) - 1;
      if (left > 0) this.#types.set(known.type, left);
      else this.#types.delete(known.type);
      this.membership++;
    }
    this.version++;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Tells the listeners; the owner of the clock calls it a few times a second, not once a change. */
  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #put(parsed: ParsedEntity, part: 'whole' | 'part' = 'whole'): void {
    const known = this.#byId.get(parsed.id);
    if (known) {
      known.attributes = merged(known.attributes, parsed.attributes, part);
      this.#derive(known, true);
      return;
    }
    const entity: CityEntity = {
      id: parsed.id,
      type: parsed.type,
      index: this.all.length,
      attributes: parsed.attributes,
      name: '',
      at: null,
      heading: null,
      observedAt: null,
      staleAfterMs: staleAfterMs(null),
      version: 0,
    };
    this.#derive(entity, true);
    this.#byId.set(entity.id, entity);
    this.all.push(entity);
    this.#types.set(entity.type, (this.#types.get(entity.type) ?? 0) + 1);
    this.membership++;
  }

  #derive(entity: CityEntity, moved: boolean): void {
    const { attributes } = entity;
    entity.version++;
    entity.heading = headingOf(attributes);
    if (moved) {
      entity.at = placeOf(attributes);
      const name = nameOf(attributes);
      if (JSON.stringify(name) !== JSON.stringify(entity.name)) this.membership++;
      entity.name = name;
      entity.staleAfterMs = staleAfterMs(numberOf(attributes.get('reportingInterval')));
    }
    let newest: number | null = null;
    for (const attribute of attributes.values()) {
      if (attribute.observedAt !== null && (newest === null || attribute.observedAt > newest)) {
        newest = attribute.observedAt;
      }
    }
    entity.observedAt = newest;
  }
}

export function freshness(entity: Pick<CityEntity, 'observedAt' | 'staleAfterMs'>, now: number): Freshness {
  if (entity.observedAt === null) return 'quiet';
  return now - entity.observedAt > entity.staleAfterMs ? 'stale' : 'ok';
}

/** The attribute that says most about an entity, or null when it only has a name and a place. */
export function primaryAttribute(entity: CityEntity): [string, Attribute & { kind: 'value' }] | null {
  for (const name of kindOf(entity.type).primary) {
    const attribute = entity.attributes.get(name);
    if (attribute?.kind === 'value') return [name, attribute];
  }
  for (const [name, attribute] of entity.attributes) {
    if (attribute.kind === 'value' && attribute.observedAt !== null && !headingNames.includes(name)) {
      return [name, attribute];
    }
  }
  return null;
}

export function changeOf(json: Readonly<Record<string, unknown>>, id: EntityId, type: string): EntityChange {
  const { present, gone } = parseAttributes(json);
  return { id, type, attributes: present, gone };
}
