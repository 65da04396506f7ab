// SPDX-License-Identifier: Apache-2.0

export type Language = 'be' | 'ru' | 'en';
export const languages: readonly Language[] = ['be', 'ru', 'en'];

export function isLanguage(text: unknown): text is Language {
  return languages.some((language) => language === text);
}

/** A name as the city gives it: one text, or one text per language. */
export type Name = string | Readonly<Record<string, string>>;

/** "@none" is the name without a language: what the place calls itself. */
const fallbacks: Record<Language, readonly string[]> = {
  be: ['be', '@none', 'ru', 'en'],
  ru: ['ru', '@none', 'be', 'en'],
  en: ['en', '@none', 'be', 'ru'],
};

/** The text to show in `language`: that language, else its nearest neighbour, else any, else an empty text. */
export function inLanguage(name: Name, language: Language): string {
  if (typeof name === 'string') return name;
  for (const key of fallbacks[language]) {
    const text = name[key];
    if (text) return text;
  }
  return Object.values(name).find((text) => text.length > 0) ?? '';
}

/** Every spelling of a name, for a search that must find it in any language. */
export function allSpellings(name: Name): readonly string[] {
  return typeof name === 'string' ? [name] : Object.values(name);
}
