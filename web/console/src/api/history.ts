// SPDX-License-Identifier: Apache-2.0
import { ready, type Loaded } from '@horad/shared/loaded';
import type { EntityId } from '@horad/shared/ngsi';
import { getJson } from './client';

/** Five minutes of readings in one: times are ms since 1970 UTC. */
export interface Bucket {
  from: number;
  mean: number;
  min: number;
  max: number;
}

export const bucketMs = 5 * 60_000;
export const chartSpanMs = 24 * 3_600_000;

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** [[value, from, until], ...] as a map from start to value; what is not a number in time is left out. */
function series(value: unknown): Map<number, number> {
  const points = new Map<number, number>();
  if (!Array.isArray(value)) return points;
  for (const item of value as unknown[]) {
    if (!Array.isArray(item)) continue;
    const [number, from] = item as unknown[];
    const at = typeof from === 'string' ? Date.parse(from) : NaN;
    if (typeof number === 'number' && Number.isFinite(number) && Number.isFinite(at)) points.set(at, number);
  }
  return points;
}

/** The aggregates of one attribute in the aggregated form of a temporal entity, ascending in time. */
export function parseBuckets(json: unknown, attribute: string): Bucket[] {
  const member = isObject(json) ? json[attribute] : undefined;
  const one: unknown = Array.isArray(member) ? member[0] : member;
  if (!isObject(one)) return [];
  const min = series(one['min']);
  const max = series(one['max']);
  const buckets = [...series(one['avg'])].map(([from, mean]) => ({
    from,
    mean,
    min: min.get(from) ?? mean,
    max: max.get(from) ?? mean,
  }));
  return buckets.sort((a, b) => a.from - b.from);
}

/** The 24 hours before `until` of one attribute, in buckets of 5 minutes. */
export async function loadHistory(
  id: EntityId,
  attribute: string,
  until: number,
  signal: AbortSignal,
): Promise<Loaded<Bucket[]>> {
  // Buckets start at whole five minutes, so that a chart that is loaded again shows the same ones.
  const from = Math.floor((until - chartSpanMs) / bucketMs) * bucketMs;
  const query = new URLSearchParams({
    attrs: attribute,
    timerel: 'between',
    timeAt: new Date(from).toISOString(),
    endTimeAt: new Date(until).toISOString(),
    options: 'aggregatedValues',
    aggrMethods: 'avg,min,max',
    aggrPeriodDuration: 'PT5M',
  });
  const answer = await getJson(`/ngsi-ld/v1/temporal/entities/${encodeURIComponent(id)}?${query.toString()}`, signal);
  if (answer.state !== 'ready') {
    const isAbsent = answer.state === 'failed' && answer.problem.status === 404;
    return isAbsent ? ready([], new Date()) : answer;
  }
  return ready(parseBuckets(answer.value.json, attribute), answer.at);
}
