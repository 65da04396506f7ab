// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '@horad/shared/kinds';
import { outlines } from '../map/shapes';

const paths = {
  map: 'M9 4 3.5 6.5v13L9 17l6 2.5 5.5-2.5v-13L15 6.5z M9 4v13 M15 6.5v13',
  list: 'M8 6h12 M8 12h12 M8 18h12 M4 6h.1 M4 12h.1 M4 18h.1',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z M15.5 15.5 20 20',
  close: 'M6 6l12 12 M18 6 6 18',
  plus: 'M12 5v14 M5 12h14',
  minus: 'M5 12h14',
  home: 'M4 4h5 M4 4v5 M20 4h-5 M20 4v5 M4 20h5 M4 20v-5 M20 20h-5 M20 20v-5 M12 10v4 M10 12h4',
  filter: 'M4 6h16 M7 12h10 M10 18h4',
  target: 'M12 3v4 M12 17v4 M3 12h4 M17 12h4 M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v5l3 2',
  link: 'M14 4h6v6 M20 4l-9 9 M18 14v5H5V6h5',
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  down: 'M6 9l6 6 6-6',
  up: 'M6 15l6-6 6 6',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M3 12h18 M12 3c3 3 3 15 0 18 M12 3c-3 3-3 15 0 18',
  theme: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 3v18 M12 7h6 M12 12h9 M12 17h6',
  check: 'M5 12l5 5 9-10',
  off: 'M4 4l16 16 M8.5 8.5A8 8 0 0 0 5 11 M2 8a13 13 0 0 1 4-2.6 M10.5 4.6A13 13 0 0 1 22 8 M16 11.5a8 8 0 0 1 3 1.5 M12 19h.1',
} as const;

export type IconName = keyof typeof paths;

/** Decoration only: the words beside it, or the label of its button, say what it means. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

/** The marker of a type, as on the map. */
export function KindIcon({ type, size = 24 }: { type: string; size?: number }) {
  const kind = kindOf(type);
  const shift = kind.shape === 'drop' ? 18 : 16;
  return (
    <svg className="kind-icon" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d={outlines[kind.shape]} fill={kind.colour} />
      <path
        d={kind.icon}
        transform={`translate(16 ${shift}) scale(.82) translate(-12 -12)`}
        fill="none"
        stroke="#fff"
        strokeWidth="2.1"
        strokeLinejoin="round"
        strokeLinecap="round"
      />
    </svg>
  );
}
