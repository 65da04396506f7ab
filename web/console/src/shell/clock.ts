// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react';

/** One second hand for the whole page, so that all ages tick together and only while somebody looks. */
let now = Date.now();
let timer = 0;
const listeners = new Set<() => void>();

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === 0) {
    now = Date.now();
    timer = window.setInterval(tick, 1000);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = 0;
  };
}

/** The time in ms since 1970 UTC, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
