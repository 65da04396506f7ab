// SPDX-License-Identifier: Apache-2.0

/** An age cut to the one unit that matters. `count` is whole and never negative. */
export interface Age {
  unit: 'now' | 'second' | 'minute' | 'hour' | 'day';
  count: number;
}

/** Times are milliseconds since 1970 UTC. A time in the future (a device with a fast clock) counts as now. */
export function ageOf(at: number, now: number): Age {
  const seconds = Math.floor(Math.max(0, now - at) / 1000);
  if (seconds < 3) return { unit: 'now', count: 0 };
  if (seconds < 60) return { unit: 'second', count: seconds };
  if (seconds < 3600) return { unit: 'minute', count: Math.floor(seconds / 60) };
  if (seconds < 48 * 3600) return { unit: 'hour', count: Math.floor(seconds / 3600) };
  return { unit: 'day', count: Math.floor(seconds / 86_400) };
}

export const defaultStaleAfterMs = 15 * 60_000;
/** Below this, the network's own trembling would look like silence. */
export const leastStaleAfterMs = 15_000;

/**
 * How old a value may be before it is called stale: twice the reporting interval and no less than 15 s, or 15 minutes
 * when no interval is known.
 */
export function staleAfterMs(reportingIntervalSeconds: number | null): number {
  if (reportingIntervalSeconds === null || !(reportingIntervalSeconds > 0)) return defaultStaleAfterMs;
  return Math.max(leastStaleAfterMs, reportingIntervalSeconds * 2000);
}
