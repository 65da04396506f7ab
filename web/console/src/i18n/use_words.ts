// SPDX-License-Identifier: Apache-2.0
import { isLanguage, type Language } from '@horad/shared/language';
import { currentView, go, useView } from '../shell/view_store';
import { wordsIn, type Words } from './words';

const storageKey = 'horad.language';

function preferred(): Language {
  try {
    const kept = localStorage.getItem(storageKey);
    if (isLanguage(kept)) return kept;
  } catch {
    // Storage can be forbidden; the browser's languages decide then.
  }
  for (const tag of navigator.languages) {
    const language = tag.slice(0, 2).toLowerCase();
    if (isLanguage(language)) return language;
  }
  return 'en';
}

const browserChoice = preferred();

export function useWords(): Words {
  return wordsIn(useView().language ?? browserChoice);
}

export function currentWords(): Words {
  return wordsIn(currentView().language ?? browserChoice);
}

export function chooseLanguage(language: Language): void {
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // The address keeps the choice for this visit.
  }
  go({ language });
}
