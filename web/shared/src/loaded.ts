// SPDX-License-Identifier: Apache-2.0

/** What went wrong, in the shape of RFC 9457 as the server sends it. */
export interface Problem {
  title: string;
  detail: string;
  status: number | null; // null: no answer came at all
}

/** What a panel shows: one state at a time, so no view has to guess. */
export type Loaded<T> =
  | { state: 'loading' }
  | { state: 'ready'; value: T; at: Date }
  | { state: 'failed'; problem: Problem };

export const loading: { state: 'loading' } = { state: 'loading' };

export function ready<T>(value: T, at: Date): Loaded<T> {
  return { state: 'ready', value, at };
}

export function failed<T>(problem: Problem): Loaded<T> {
  return { state: 'failed', problem };
}
