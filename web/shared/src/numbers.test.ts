// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ageOf, staleAfterMs } from './age';
import { inLanguage } from './language';
import { formatNumber } from './numbers';
import { unitSymbol } from './units';
import { humanize } from './words';

describe('formatNumber', () => {
  it.each([
    [0, 'en', '0'],
    [1234.5, 'en', '1235'],
    [12_345.6, 'en', '12\u202f346'],
    [12_345.6, 'be', '12\u00a0346'],
    [6.4, 'be', '6,4'],
    [6.4, 'en', '6.4'],
    [-3.25, 'ru', '−3,25'],
    [-0.0001, 'en', '−0.0001'],
    [0.0071, 'en', '0.0071'],
    [0.01234, 'en', '0.0123'],
    [100.04, 'en', '100'],
    [99.999, 'en', '100'],
    [Number.NaN, 'en', '–'],
    [Number.POSITIVE_INFINITY, 'en', '–'],
  ] as const)('writes %d in %s as %s', (value, language, want) => {
    expect(formatNumber(value, language)).toBe(want);
  });

  it('gives no minus to a zero that rounding made', () => {
    expect(formatNumber(-0.4, 'en', 0)).toBe('0');
  });
});

describe('unitSymbol', () => {
  it.each([
    ['CEL', 'be', '°C'],
    ['KMH', 'be', 'км/г'],
    ['KMH', 'ru', 'км/ч'],
    ['KMH', 'en', 'km/h'],
    ['A97', 'be', 'гПа'],
    ['GQ', 'en', 'µg/m³'],
    ['C62', 'en', ''],
    ['furlong', 'en', 'furlong'],
  ] as const)('shows %s in %s as "%s"', (code, language, want) => {
    expect(unitSymbol(code, language)).toBe(want);
  });

  it('shows nothing without a code', () => expect(unitSymbol(undefined, 'en')).toBe(''));
});

describe('ageOf', () => {
  it.each([
    [0, 'now', 0],
    [2_999, 'now', 0],
    [3_000, 'second', 3],
    [59_999, 'second', 59],
    [60_000, 'minute', 1],
    [3_600_000, 'hour', 1],
    [47 * 3_600_000, 'hour', 47],
    [48 * 3_600_000, 'day', 2],
    [-5_000, 'now', 0],
  ] as const)('calls %d ms %s', (age, unit, count) => {
    expect(ageOf(1_000_000 - age, 1_000_000)).toEqual({ unit, count });
  });
});

describe('staleAfterMs', () => {
  it('is twice the interval, 15 minutes without one, and never hasty', () => {
    expect(staleAfterMs(60)).toBe(120_000);
    expect(staleAfterMs(null)).toBe(900_000);
    expect(staleAfterMs(0)).toBe(900_000);
    expect(staleAfterMs(Number.NaN)).toBe(900_000);
    expect(staleAfterMs(2)).toBe(15_000);
  });
});

describe('names', () => {
  it('falls back to the nearest language', () => {
    expect(inLanguage({ ru: 'Мост', en: 'Bridge' }, 'be')).toBe('Мост');
    expect(inLanguage({ '@none': 'Rynak', en: 'Market' }, 'ru')).toBe('Rynak');
    expect(inLanguage({ de: 'Brücke' }, 'be')).toBe('Brücke');
    expect(inLanguage({}, 'en')).toBe('');
  });

  it.each([
    ['waterLevel', 'Water level'],
    ['AirQualityObserved', 'Air quality observed'],
    ['https://example.org/ontology#soilMoisture', 'Soil moisture'],
    ['NO2', 'NO2'],
    ['battery_level', 'Battery level'],
  ])('reads %s as words', (identifier, want) => expect(humanize(identifier)).toBe(want));
});
