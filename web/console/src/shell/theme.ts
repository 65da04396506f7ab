// SPDX-License-Identifier: Apache-2.0
import { useSyncExternalStore } from 'react';
import type { Theme } from '../map/palette';

export type ThemeChoice = Theme | 'system';
export const themeChoices: readonly ThemeChoice[] = ['system', 'light', 'dark'];

const storageKey = 'horad.theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let choice: ThemeChoice = kept();

function kept(): ThemeChoice {
  try {
    const text = localStorage.getItem(storageKey);
    return themeChoices.find((one) => one === text) ?? 'system';
  } catch {
    return 'system';
  }
}

function effective(): Theme {
  if (choice !== 'system') return choice;
  return systemDark.matches ? 'dark' : 'light';
}

function announce(): void {
  document.documentElement.dataset['theme'] = effective();
  for (const listener of listeners) listener();
}

systemDark.addEventListener('change', announce);

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(storageKey, next);
  } catch {
    // The choice lasts for this visit.
  }
  announce();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, effective);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, () => choice);
}
