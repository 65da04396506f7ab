// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '@horad/shared/kinds';
import { allSpellings } from '@horad/shared/language';
import { freshness, type CityEntity, type Freshness } from '../live/city';
import type { ViewState } from '../shell/view_state';

/** What map and list show alike. */
export type Filter = Pick<ViewState, 'types' | 'freshness' | 'text'>;

export function showsType(filter: Filter, type: string): boolean {
  return filter.types ? filter.types.has(type) : kindOf(type).group === 'live';
}

/** Lower case, without stress marks and with ё as е, so that what people type meets what is written. */
export function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/(?<=[а-я])[\u0300-\u0305\u0307\u0308-\u036f]/g, (mark, at: number, whole: string) =>
      mark === '\u0306' && /[иу]/.test(whole[at - 1] ?? '') ? mark : '',
    )
    .normalize('NFC');
}

export function matchesText(entity: CityEntity, foldedText: string): boolean {
  if (foldedText === '') return true;
  if (entity.id.toLowerCase().includes(foldedText)) return true;
  return allSpellings(entity.name).some((spelling) => folded(spelling).includes(foldedText));
}

/** Whether the entity passes type and state; the text is tested apart because it costs more. */
export function passes(filter: Filter, entity: CityEntity, now: number): boolean {
  if (!showsType(filter, entity.type)) return false;
  return filter.freshness === null || filter.freshness.has(freshness(entity, now));
}

export interface TypeChip {
  type: string;
  count: number;
  stale: number;
  on: boolean;
}

/** One chip per type, live kinds first, each group by size; counts are of the whole city, not of the filtered rest. */
export function typeChips(all: readonly (CityEntity | undefined)[], filter: Filter, now: number): TypeChip[] {
  const chips = new Map<string, TypeChip>();
  for (const entity of all) {
    if (!entity) continue;
    let chip = chips.get(entity.type);
    if (!chip) {
      chip = { type: entity.type, count: 0, stale: 0, on: showsType(filter, entity.type) };
      chips.set(entity.type, chip);
    }
    chip.count++;
    if (freshness(entity, now) === 'stale') chip.stale++;
  }
  const rank = (chip: TypeChip) => (kindOf(chip.type).group === 'live' ? 0 : 1);
  return [...chips.values()].sort((a, b) => rank(a) - rank(b) || a.type.localeCompare(b.type, 'en'));
}

/** The filter after one chip was pressed. When that is again the default choice, the filter is off. */
export function toggleType(filter: Filter, type: string, known: Iterable<string>): ReadonlySet<string> | null {
  const all = [...known];
  const next = new Set(all.filter((one) => showsType(filter, one) !== (one === type)));
  const isDefault = all.every((one) => next.has(one) === (kindOf(one).group === 'live'));
  return isDefault ? null : next;
}

export function toggleFreshness(filter: Filter, value: Freshness): ReadonlySet<Freshness> | null {
  const every: readonly Freshness[] = ['ok', 'stale', 'quiet'];
  const now = filter.freshness ?? new Set(every);
  const next = new Set(every.filter((one) => now.has(one) !== (one === value)));
  return next.size === every.length ? null : next;
}
