// SPDX-License-Identifier: Apache-2.0
import { bucketMs, chartSpanMs, type Bucket } from '../api/history';

/** Columns for the chart: times in seconds, null where there is a gap so that no line bridges missing readings. */
export interface ChartColumns {
  times: number[];
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

/** A device may report more rarely than a bucket is long: up to three of its usual steps are drawn as one line. */
export function usualStepMs(buckets: readonly Bucket[]): number {
  const steps = buckets.slice(1).map((bucket, i) => bucket.from - (buckets[i]?.from ?? bucket.from));
  steps.sort((a, b) => a - b);
  return Math.max(bucketMs, steps[Math.floor(steps.length / 2)] ?? bucketMs);
}

export function chartColumns(buckets: readonly Bucket[]): ChartColumns {
  const columns: ChartColumns = { times: [], mean: [], min: [], max: [] };
  const gap = usualStepMs(buckets) * 3;
  let last: number | null = null;
  for (const bucket of buckets) {
    if (last !== null && bucket.from - last > gap) {
      columns.times.push((last + bucketMs) / 1000);
      columns.mean.push(null);
      columns.min.push(null);
      columns.max.push(null);
    }
    columns.times.push(bucket.from / 1000);
    columns.mean.push(bucket.mean);
    columns.min.push(bucket.min);
    columns.max.push(bucket.max);
    last = bucket.from;
  }
  return columns;
}

export interface Summary {
  min: number;
  mean: number;
  max: number;
}

/** Over all buckets; the mean is of bucket means. Null when there are none. */
export function summary(buckets: readonly Bucket[]): Summary | null {
  if (buckets.length === 0) return null;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const bucket of buckets) {
    min = Math.min(min, bucket.min);
    max = Math.max(max, bucket.max);
    sum += bucket.mean;
  }
  return { min, mean: sum / buckets.length, max };
}

/**
 * The span of the value axis: a little more than the values need, so that no line lies on the frame and one that never
 * changes still has a height. What never goes below zero is not drawn as if it could.
 */
export function valueRange(low: number, high: number): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  if (low === 0 && high === 0) return [0, 1];
  const space = high > low ? (high - low) * 0.08 : Math.abs(high) * 0.1;
  return [low >= 0 ? Math.max(0, low - space) : low - space, high + space];
}

/** The end of the chart one day earlier or later; null (now) when that would reach past now. */
export function shiftedEnd(until: number | null, days: -1 | 1, now: number): number | null {
  const next = (until ?? now) + days * chartSpanMs;
  return next >= now ? null : next;
}
