// SPDX-License-Identifier: Apache-2.0
import type { Language } from './language';

/**
 * Numbers are written by our own hand because browsers ship no Belarusian number data: they would silently fall back
 * to English separators, and 1,234 would be read as one and a bit.
 */
const marks: Record<Language, { decimal: string; group: string }> = {
  be: { decimal: ',', group: '\u00a0' },
  ru: { decimal: ',', group: '\u00a0' },
  en: { decimal: '.', group: '\u202f' },
};

/** How many digits after the point say something at this size: 0.0123, 1.23, 12.3, 1 234. */
export function sensibleDigits(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || Number.isInteger(value)) return 0;
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  if (size >= 1) return 2;
  return Math.min(6, 2 - Math.floor(Math.log10(size)));
}

/** A finite number for people. `digits` is the most that follow the point; trailing zeros are dropped. */
export function formatNumber(value: number, language: Language, digits = sensibleDigits(value)): string {
  if (!Number.isFinite(value)) return '–';
  const { decimal, group } = marks[language];
  const [whole = '0', fraction = ''] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, group) : whole;
  const rest = fraction.replace(/0+$/, '');
  const isZero = /^0*$/.test(whole + rest);
  return (value < 0 && !isZero ? '−' : '') + grouped + (rest ? decimal + rest : '');
}
