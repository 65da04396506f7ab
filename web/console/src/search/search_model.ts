// SPDX-License-Identifier: Apache-2.0
import { allSpellings } from '@horad/shared/language';
import { folded } from '../filter/filter_model';
import type { CityEntity } from '../live/city';

export interface Found {
  best: CityEntity[]; // the first few, the best first
  total: number; // of all that match
}

/** 0 is best: the whole name, then a beginning, a beginning of a word, somewhere inside, the id. */
function rank(entity: CityEntity, text: string): number | null {
  let best: number | null = null;
  for (const spelling of allSpellings(entity.name)) {
    const name = folded(spelling);
    const at = name.indexOf(text);
    if (at < 0) continue;
    const isWord = at > 0 && /[\s.,№«"(-]/.test(name.charAt(at - 1));
    const score = name === text ? 0 : at === 0 ? 1 : isWord ? 2 : 3;
    if (best === null || score < best) best = score;
  }
  return best ?? (entity.id.toLowerCase().includes(text) ? 4 : null);
}

/** Finds entities by name in any language or by id. All words of the text must be found. Cost: one pass over the city. */
export function find(all: readonly (CityEntity | undefined)[], text: string, most: number): Found {
  const wanted = folded(text.trim());
  if (wanted.length === 0) return { best: [], total: 0 };
  const matches: { entity: CityEntity; rank: number; length: number }[] = [];
  for (const entity of all) {
    if (!entity) continue;
    const score = rank(entity, wanted);
    if (score === null) continue;
    matches.push({ entity, rank: score, length: allSpellings(entity.name)[0]?.length ?? 0 });
  }
  matches.sort((a, b) => a.rank - b.rank || a.length - b.length || (a.entity.id < b.entity.id ? -1 : 1));
  return { best: matches.slice(0, most).map(({ entity }) => entity), total: matches.length };
}
