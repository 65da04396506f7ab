// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { knownTypes } from '@horad/shared/kinds';
import { languages } from '@horad/shared/language';
import { parseAttribute } from '@horad/shared/ngsi';
import { describe, expect, it } from 'vitest';
import be from './be.json';
import en from './en.json';
import ru from './ru.json';
import { wordsIn } from './words';

const texts: Record<string, Record<string, string>> = { be, en, ru };
const form = /_(zero|one|two|few|many|other)$/;

function stems(file: Record<string, string>, plural: boolean): string[] {
  const keys = Object.keys(file).filter((key) => form.test(key) === plural);
  return [...new Set(keys.map((key) => key.replace(form, '')))].sort();
}

describe('the texts', () => {
  it.each(['be', 'ru'])('of %s are complete', (language) => {
    expect(stems(texts[language] ?? {}, false)).toEqual(stems(en, false));
    expect(stems(texts[language] ?? {}, true)).toEqual(stems(en, true));
  });

  it.each(languages)('of %s have every plural form of the language and no other', (language) => {
    const wanted = [...new Intl.PluralRules(language).resolvedOptions().pluralCategories].sort();
    const file = texts[language] ?? {};
    for (const stem of stems(file, true)) {
      const forms = Object.keys(file)
        .filter((key) => key.replace(form, '') === stem)
        .map((key) => form.exec(key)?.[1]);
      expect([stem, forms.sort()]).toEqual([stem, wanted]);
    }
  });

  it.each(['be', 'ru'])('of %s take the same values as the English ones', (language) => {
    const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();
    for (const [key, text] of Object.entries(texts[language] ?? {})) {
      const model =
        (en as Record<string, string>)[key] ?? (en as Record<string, string>)[key.replace(form, '_other')] ?? '';
      expect([key, holes(text)]).toEqual([key, holes(model)]);
    }
  });

  it('are Belarusian in Belarusian: no letters the language does not have', () => {
    for (const [key, text] of Object.entries(be)) {
      if (!key.startsWith('language.')) expect([key, /[ищъИЩЪ]/.test(text)]).toEqual([key, false]);
    }
  });

  it('are all used', () => {
    const root = join(dirname(fileURLToPath(import.meta.url)), '..');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.includes('.test.'))
      .map((name) => readFileSync(join(root, name), 'utf8'))
      .join('\n');
    const looksUp = (key: string) =>
      ['type.', 'attr.', 'value.', 'language.', 'theme.', 'status.', 'state.', 'rail.', 'age.', 'span.'].some((start) =>
        key.startsWith(start),
      ) || /^list\.(name|type|value|age)$/.test(key);
    const unused = [...stems(en, false), ...stems(en, true)].filter(
      (key) => !looksUp(key) && !sources.includes(`'${key}'`),
    );
    expect(unused).toEqual([]);
  });

  it('name every known type', () => {
    expect(knownTypes.filter((type) => !(`type.${type}` in en))).toEqual([]);
  });
});

describe('counting', () => {
  it.each([
    ['be', 1, '1 радок'],
    ['be', 3, '3 радкі'],
    ['be', 5, '5 радкоў'],
    ['be', 11, '11 радкоў'],
    ['be', 21, '21 радок'],
    ['be', 12_345, '12\u00a0345 радкоў'],
    ['ru', 22, '22 строки'],
    ['ru', 114, '114 строк'],
    ['en', 1, '1 row'],
    ['en', 0, '0 rows'],
  ] as const)('in %s of %d', (language, count, want) => {
    expect(wordsIn(language).count('list.rows', count)).toBe(want);
  });

  it('tells ages and spans', () => {
    expect(wordsIn('be').age(0, 2 * 3_600_000)).toBe('2 гадзіны таму');
    expect(wordsIn('ru').span(5 * 60_000)).toBe('5 минут');
    expect(wordsIn('en').span(2000)).toBe('2 seconds');
    expect(wordsIn('en').age(0, 500)).toBe('just now');
  });
});

describe('values', () => {
  const show = (language: 'be' | 'ru' | 'en', json: unknown, name = 'x') => {
    const attribute = parseAttribute(json);
    return attribute ? wordsIn(language).value(attribute, name) : null;
  };
  it.each([
    ['be', { value: 31.5, unitCode: 'KMH' }, 'x', '31,5\u00a0км/г'],
    ['en', { value: 184, unitCode: 'DD' }, 'x', '184°'],
    ['en', { value: true }, 'x', 'yes'],
    ['ru', { value: 'free' }, 'x', 'свободно'],
    ['en', { value: 'Strange' }, 'x', 'Strange'],
    ['en', { value: 0.23, unitCode: 'C62' }, 'fillingLevel', '23\u00a0%'],
    ['en', { value: 0.23, unitCode: 'C62' }, 'x', '0.23'],
    ['be', { languageMap: { be: 'Рынак' } }, 'x', 'Рынак'],
    ['en', { value: { streetAddress: 'Zamkavaja', addressLocality: 'Novahrad' } }, 'x', 'Zamkavaja, Novahrad'],
  ] as const)('in %s of %j', (language, json, name, want) => expect(show(language, json, name)).toBe(want));
});
