// SPDX-License-Identifier: Apache-2.0
import type { MarkerShape } from '@horad/shared/kinds';

/** Outlines of markers as SVG paths on a 32 x 32 grid around (16, 16), 12 to 13 units in radius. */
export const outlines: Readonly<Record<MarkerShape, string>> = {
  circle: 'M16 3a13 13 0 1 1 0 26a13 13 0 1 1 0-26z',
  square: 'M8 4h16a4 4 0 0 1 4 4v16a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4z',
  diamond: 'M14 2.8a2.8 2.8 0 0 1 4 0L29.2 14a2.8 2.8 0 0 1 0 4L18 29.2a2.8 2.8 0 0 1-4 0L2.8 18a2.8 2.8 0 0 1 0-4z',
  hexagon:
    'M14.5 2.6a3 3 0 0 1 3 0l9 5.2a3 3 0 0 1 1.5 2.6v11.2a3 3 0 0 1-1.5 2.6l-9 5.2a3 3 0 0 1-3 0l-9-5.2A3 3 0 0 1 4 21.6V10.4a3 3 0 0 1 1.5-2.6z',
  pentagon:
    'M14.2 3.3a3 3 0 0 1 3.6 0l10 7.4a3 3 0 0 1 1.1 3.3l-3.8 12a3 3 0 0 1-2.9 2.1H9.8A3 3 0 0 1 6.9 26L3.1 14a3 3 0 0 1 1.1-3.3z',
  drop: 'M16 2c5 5.5 11 10.5 11 16.5a11 11 0 0 1-22 0C5 12.5 11 7.5 16 2z',
  octagon:
    'M11.5 3h9a3 3 0 0 1 2.1.9l5.5 5.5a3 3 0 0 1 .9 2.1v9a3 3 0 0 1-.9 2.1l-5.5 5.5a3 3 0 0 1-2.1.9h-9a3 3 0 0 1-2.1-.9l-5.5-5.5A3 3 0 0 1 3 20.5v-9a3 3 0 0 1 .9-2.1l5.5-5.5A3 3 0 0 1 11.5 3z',
  shield: 'M5 6a2 2 0 0 1 2-2h18a2 2 0 0 1 2 2v11c0 6-5 9.5-11 12-6-2.5-11-6-11-12z',
  house: 'M14.3 3.2a3 3 0 0 1 3.4 0l10 7A3 3 0 0 1 29 12.7V25a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3V12.7a3 3 0 0 1 1.3-2.5z',
  arch: 'M16 4c7 0 12.5 5 12.5 12v9a3 3 0 0 1-3 3h-19a3 3 0 0 1-3-3v-9C3.5 9 9 4 16 4z',
  bin: 'M5 4h22a2 2 0 0 1 2 2.3l-2.6 19.1A3 3 0 0 1 23.4 28H8.6a3 3 0 0 1-3-2.6L3 6.3A2 2 0 0 1 5 4z',
};
