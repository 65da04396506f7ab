// SPDX-License-Identifier: Apache-2.0
import type { Language } from './language';

/** "waterLevel", "AirQualityObserved" or "water_level" as words: "Water level". For names no translation is known for. */
export function humanize(identifier: string): string {
  const last = identifier.split(/[/#:]/).pop() ?? identifier;
  const words = last
    .replace(/([a-zа-яёўі\d])([A-ZА-ЯЁЎІ])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim();
  const lower = words.replace(/\b[A-Z][a-z]/g, (start) => start.toLowerCase());
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

const months: Record<Language, readonly string[]> = {
  be: ['студз.', 'лют.', 'сак.', 'крас.', 'мая', 'чэрв.', 'ліп.', 'жн.', 'вер.', 'кастр.', 'ліст.', 'снеж.'],
  ru: ['янв.', 'февр.', 'марта', 'апр.', 'мая', 'июня', 'июля', 'авг.', 'сент.', 'окт.', 'нояб.', 'дек.'],
  en: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
};

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** "14:05" or "14:05:09" in the viewer's own time zone; the 24-hour clock in every language. */
export function clockTime(at: number, withSeconds = false): string {
  const time = new Date(at);
  const short = `${two(time.getHours())}:${two(time.getMinutes())}`;
  return withSeconds ? `${short}:${two(time.getSeconds())}` : short;
}

/** "3 кастр. 14:05" in the viewer's own time zone. */
export function dayAndTime(at: number, language: Language): string {
  const time = new Date(at);
  return `${time.getDate()} ${months[language][time.getMonth()] ?? ''} ${clockTime(at)}`;
}
