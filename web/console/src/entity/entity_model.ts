// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '@horad/shared/kinds';
import type { Attribute, EntityId } from '@horad/shared/ngsi';
import type { CityEntity } from '../live/city';

export interface Reading {
  name: string;
  attribute: Attribute;
  isStale: boolean;
}

export interface Facts {
  readings: Reading[]; // attributes with a time of observation; telling ones first
  details: [string, Attribute][]; // the rest that can be read as text
  relations: { name: string; id: EntityId }[];
}

/** Shown elsewhere in the drawer, so not repeated among the details. */
const shownElsewhere = new Set(['name', 'location', 'reportingInterval', 'position']);

/** Sorts the attributes of an entity into what the drawer shows where. */
export function factsOf(entity: Pick<CityEntity, 'type' | 'attributes' | 'staleAfterMs'>, now: number): Facts {
  const facts: Facts = { readings: [], details: [], relations: [] };
  for (const [name, attribute] of entity.attributes) {
    if (attribute.kind === 'relationship') {
      facts.relations.push(...attribute.objects.map((id) => ({ name, id })));
    } else if (attribute.kind !== 'geo' && attribute.observedAt !== null) {
      const isStale = now - attribute.observedAt > entity.staleAfterMs;
      facts.readings.push({ name, attribute, isStale });
    } else if (attribute.kind !== 'geo' && !shownElsewhere.has(name)) {
      facts.details.push([name, attribute]);
    }
  }
  const { primary } = kindOf(entity.type);
  const rank = (name: string) => (primary.includes(name) ? primary.indexOf(name) : primary.length);
  facts.readings.sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name, 'en'));
  facts.details.sort(([a], [b]) => a.localeCompare(b, 'en'));
  return facts;
}

/** Attributes a chart can be drawn of: numbers that were observed. In the order of the readings. */
export function chartable(readings: readonly Reading[]): string[] {
  return readings
    .filter(({ attribute }) => attribute.kind === 'value' && typeof attribute.value === 'number')
    .map(({ name }) => name);
}
