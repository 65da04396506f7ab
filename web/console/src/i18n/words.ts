// SPDX-License-Identifier: Apache-2.0
// All words of the console come through here. Keys are checked by the compiler, completeness by words.test.ts.
import { ageOf, type Age } from '@horad/shared/age';
import { inLanguage, type Language, type Name } from '@horad/shared/language';
import type { Problem } from '@horad/shared/loaded';
import type { Attribute } from '@horad/shared/ngsi';
import { formatNumber } from '@horad/shared/numbers';
import { unitSymbol } from '@horad/shared/units';
import { dayAndTime, humanize } from '@horad/shared/words';
import i18next from 'i18next';
import be from './be.json';
import en from './en.json';
import ru from './ru.json';

type Plural<K extends string> = K extends `${infer Stem}_${'one' | 'few' | 'many' | 'other'}` ? Stem : never;
/** Keys of whole texts, and stems of the texts that have plural forms. */
export type PluralKey = Plural<keyof typeof en>;
export type TextKey = Exclude<keyof typeof en, `${string}_${'one' | 'few' | 'many' | 'other'}`>;

const engine = i18next.createInstance();
void engine.init({
  resources: { be: { t: be }, en: { t: en }, ru: { t: ru } },
  lng: 'en',
  fallbackLng: false,
  ns: 't',
  defaultNS: 't',
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  showSupportNotice: false,
  interpolation: { escapeValue: false },
});

export interface Words {
  language: Language;
  t: (key: TextKey, values?: Record<string, string>) => string;
  /** A text that depends on a whole number; the number is written the way the language writes it. */
  count: (key: PluralKey, count: number) => string;
  number: (value: number) => string;
  age: (at: number, now: number) => string;
  /** A length of time, "5 minutes", in its one most telling unit. */
  span: (milliseconds: number) => string;
  moment: (at: number) => string;
  type: (type: string) => string;
  attribute: (name: string) => string;
  name: (name: Name, id: string) => string;
  /** A value with its unit, for people. The attribute's name tells which plain numbers are parts of one. */
  value: (attribute: Attribute, name: string) => string;
  problem: (problem: Problem) => string;
}

const hasOwn = (key: string): key is keyof typeof en => Object.hasOwn(en, key);

function makeWords(language: Language): Words {
  const translate = engine.getFixedT(language);
  const number = (value: number) => formatNumber(value, language);
  const t: Words['t'] = (key, values) => translate(key, values ?? {});
  const count: Words['count'] = (key, value) =>
    translate(key, { count: value }).replace(String(value), formatNumber(value, language, 0));
  const ageText = (age: Age) => (age.unit === 'now' ? t('age.now') : count(`age.${age.unit}`, age.count));
  const spanText = (age: Age, seconds: number) =>
    age.unit === 'now' ? count('span.second', seconds) : count(`span.${age.unit}`, age.count);
  const words: Words = {
    language,
    t,
    count,
    number,
    age: (at, now) => ageText(ageOf(at, now)),
    span: (milliseconds) => spanText(ageOf(-milliseconds, 0), Math.round(milliseconds / 1000)),
    moment: (at) => dayAndTime(at, language),
    type: (type) => (hasOwn(`type.${type}`) ? translate(`type.${type}`) : humanize(type)),
    attribute: (name) => attributeName(name, translate),
    name: (name, id) => inLanguage(name, language) || shortId(id),
    value: (attribute, name) => valueText(inPercent(attribute, name), words),
    problem: (problem) => problemText(problem, t),
  };
  return words;
}

function attributeName(name: string, translate: (key: string) => string): string {
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  for (const key of [`attr.${name}`, `attr.${lower}`, `attr.${name.toLowerCase()}`]) {
    if (hasOwn(key)) return translate(key);
  }
  return humanize(name);
}

/** "urn:ngsi-ld:Streetlight:lamp-17" is called "lamp-17" when it has no name. */
export function shortId(id: string): string {
  return id.split(':').pop() ?? id;
}

/** Smart Data Models give these as parts of one; people read percent. */
const fractions = new Set(['fillingLevel', 'occupancy', 'illuminanceLevel', 'relativeHumidity', 'batteryLevel']);

function inPercent(attribute: Attribute, name: string): Attribute {
  if (attribute.kind !== 'value' || typeof attribute.value !== 'number' || !fractions.has(name)) return attribute;
  const isPlain = attribute.unitCode === undefined || attribute.unitCode === 'C62';
  if (!isPlain || attribute.value < 0 || attribute.value > 1) return attribute;
  return { ...attribute, value: attribute.value * 100, unitCode: 'P1' };
}

function valueText(attribute: Attribute, words: Words): string {
  switch (attribute.kind) {
    case 'language':
      return inLanguage(attribute.name, words.language);
    case 'relationship':
      return attribute.objects.map(shortId).join(', ');
    case 'geo':
      return attribute.geometry.type;
    case 'value':
      return plainText(attribute.value, unitSymbol(attribute.unitCode, words.language), words);
  }
}

function plainText(value: unknown, unit: string, words: Words): string {
  if (typeof value === 'number') return `${words.number(value)}${unit ? (unit === '°' ? '' : '\u00a0') + unit : ''}`;
  if (typeof value === 'boolean') return words.t(value ? 'value.true' : 'value.false');
  if (typeof value === 'string') {
    const key = `value.${value.toLowerCase()}`;
    const known = hasOwn(key) ? words.t(key as TextKey) : value;
    return unit ? `${known} ${unit}` : known;
  }
  if (Array.isArray(value)) return value.map((item) => plainText(item, '', words)).join(', ');
  return typeof value === 'object' && value !== null ? objectText(value, words) : '–';
}

/** Structured values such as addresses: their texts and numbers, in order. */
function objectText(value: object, words: Words): string {
  return Object.values(value)
    .filter((part) => typeof part === 'string' || typeof part === 'number')
    .map((part) => plainText(part, '', words))
    .join(', ');
}

function problemText(problem: Problem, t: Words['t']): string {
  if (problem.title === 'timeout') return t('problem.timeout');
  if (problem.title === 'unreadable') return t('problem.unreadable');
  if (problem.status === null) return t('problem.none');
  return t('problem.status', { title: problem.detail || problem.title, status: String(problem.status) });
}

const made: Record<Language, Words> = { be: makeWords('be'), ru: makeWords('ru'), en: makeWords('en') };

export function wordsIn(language: Language): Words {
  return made[language];
}
