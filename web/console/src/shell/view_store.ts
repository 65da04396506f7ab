// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react';
import { isStep, parseView, printView, type ViewState } from './view_state';

/** A browser refuses more than about 100 history writes in 30 s; panning is written at most this often. */
const writeEveryMs = 400;

let view: ViewState = parseView(location.pathname, location.search);
let pending = 0;
const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function flush(): void {
  clearTimeout(pending);
  pending = 0;
  const address = printView(view);
  if (address !== location.pathname + location.search) history.replaceState(null, '', address);
}

export function currentView(): ViewState {
  return view;
}

/** Changes the view. Steps (room, selection, time) become history entries; the rest rewrites the present one. */
export function go(part: Partial<ViewState>): void {
  const next = { ...view, ...part };
  if (isStep(view, next)) {
    flush();
    view = next;
    history.pushState(null, '', printView(view));
  } else {
    view = next;
    if (pending === 0) pending = window.setTimeout(flush, writeEveryMs);
  }
  announce();
}

/** Listens to the back and forward buttons; call once. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    clearTimeout(pending);
    pending = 0;
    view = parseView(location.pathname, location.search);
    announce();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useView(): ViewState {
  return useSyncExternalStore(subscribe, currentView);
}
