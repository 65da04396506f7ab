// SPDX-License-Identifier: Apache-2.0
// Draws markers and clusters on a 2D canvas. Finished markers are kept as bitmaps: a frame only copies them.
import { kindOf } from '@horad/shared/kinds';
import type { Theme } from './palette';
import { outlines } from './shapes';

interface Ink {
  panel: string;
  text: string;
  edge: string;
  stale: string;
  staleText: string;
  accent: string;
  halo: string;
}

export const inks: Readonly<Record<Theme, Ink>> = {
  light: {
    panel: '#ffffff',
    text: '#16222b',
    edge: '#ffffff',
    stale: '#b45309',
    staleText: '#ffffff',
    accent: '#0b5c6b',
    halo: 'rgba(255,255,255,0.92)',
  },
  dark: {
    panel: '#0f1a20',
    text: '#eef4f7',
    edge: '#0b1216',
    stale: '#fbbf24',
    staleText: '#1a1204',
    accent: '#5ed0e0',
    halo: 'rgba(11,18,22,0.92)',
  },
};

/** Room around the 32 x 32 marker for edge, badge and shadow. */
const margin = 6;
const box = 32 + 2 * margin;

export class Sprites {
  readonly #theme: Theme;
  readonly #scale: number;
  readonly #kept = new Map<string, HTMLCanvasElement>();

  constructor(theme: Theme, devicePixelRatio: number) {
    this.#theme = theme;
    this.#scale = Math.min(3, Math.max(1, devicePixelRatio));
  }

  /** Draws the marker of `type` with its centre at (x, y); `size` is its width in CSS pixels. */
  marker(to: CanvasRenderingContext2D, type: string, isStale: boolean, x: number, y: number, size: number): void {
    const side = (size * box) / 32;
    to.drawImage(this.#sprite(type, isStale), x - side / 2, y - side / 2, side, side);
  }

  #sprite(type: string, isStale: boolean): HTMLCanvasElement {
    const key = `${type}|${isStale ? 1 : 0}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = Math.ceil(box * this.#scale);
    const to = canvas.getContext('2d');
    if (to) {
      to.scale(this.#scale, this.#scale);
      to.translate(margin, margin);
      drawMarker(to, type, isStale, inks[this.#theme]);
    }
    this.#kept.set(key, canvas);
    return canvas;
  }
}

function drawMarker(to: CanvasRenderingContext2D, type: string, isStale: boolean, ink: Ink): void {
  const kind = kindOf(type);
  const outline = new Path2D(outlines[kind.shape]);
  to.lineJoin = 'round';
  to.lineCap = 'round';
  to.save();
  to.shadowColor = 'rgba(0,0,0,0.35)';
  to.shadowBlur = 3;
  to.shadowOffsetY = 1;
  to.fillStyle = ink.edge;
  to.strokeStyle = ink.edge;
  to.lineWidth = 3;
  to.stroke(outline);
  to.restore();
  to.fillStyle = isStale ? ink.panel : kind.colour;
  to.fill(outline);
  if (isStale) {
    to.strokeStyle = ink.stale;
    to.lineWidth = 2;
    to.setLineDash([3.5, 3]);
    to.stroke(outline);
    to.setLineDash([]);
  }
  to.save();
  to.translate(16, kind.shape === 'drop' ? 18 : 16);
  to.scale(0.82, 0.82);
  to.translate(-12, -12);
  to.strokeStyle = isStale ? ink.text : '#ffffff';
  to.lineWidth = 2.1;
  to.stroke(new Path2D(kind.icon));
  to.restore();
  if (isStale) drawStaleBadge(to, ink);
}

/** A small clock at the upper right: staleness must not be told by colour alone. */
function drawStaleBadge(to: CanvasRenderingContext2D, ink: Ink): void {
  to.beginPath();
  to.arc(28, 5, 6.5, 0, 2 * Math.PI);
  to.fillStyle = ink.stale;
  to.fill();
  to.strokeStyle = ink.edge;
  to.lineWidth = 1.5;
  to.stroke();
  to.beginPath();
  to.moveTo(28, 1.8);
  to.lineTo(28, 5.2);
  to.lineTo(30.6, 6.4);
  to.strokeStyle = ink.staleText;
  to.lineWidth = 1.6;
  to.stroke();
}

/** The arrow of a mover: a small pointer outside the marker, `degrees` clockwise from north. */
export function drawHeading(
  to: CanvasRenderingContext2D,
  x: number,
  y: number,
  degrees: number,
  size: number,
  colour: string,
  edge: string,
): void {
  to.save();
  to.translate(x, y);
  to.rotate((degrees * Math.PI) / 180);
  const r = size / 2;
  to.beginPath();
  to.moveTo(0, -r - 10);
  to.lineTo(8, -r + 2);
  to.quadraticCurveTo(0, -r - 3, -8, -r + 2);
  to.closePath();
  to.lineJoin = 'round';
  to.strokeStyle = edge;
  to.lineWidth = 2.5;
  to.stroke();
  to.fillStyle = colour;
  to.fill();
  to.restore();
}

export function drawSelection(to: CanvasRenderingContext2D, x: number, y: number, size: number, ink: Ink): void {
  for (const [width, colour] of [
    [6, ink.halo],
    [3, ink.accent],
  ] as const) {
    to.beginPath();
    to.arc(x, y, size / 2 + 10, 0, 2 * Math.PI);
    to.strokeStyle = colour;
    to.lineWidth = width;
    to.stroke();
  }
}

/** Clusters grow with the logarithm of their size: 2 is a coin, 10 000 a saucer. */
export function clusterSize(count: number): number {
  return 2 * Math.min(31, 15 + 4.2 * Math.log10(count));
}

export interface ClusterFace {
  x: number;
  y: number;
  count: string; // as people write it
  size: number;
  slices: readonly { colour: string; part: number }[]; // parts add up to 1
  stale: number;
  isSelected: boolean;
}

export function drawCluster(to: CanvasRenderingContext2D, face: ClusterFace, ink: Ink): void {
  const { x, y, size } = face;
  const r = size / 2;
  if (face.isSelected) drawSelection(to, x, y, size, ink);
  to.beginPath();
  to.arc(x, y, r + 1.5, 0, 2 * Math.PI);
  to.fillStyle = ink.panel;
  to.fill();
  const thick = 6;
  const gap = face.slices.length > 1 ? 0.05 : 0;
  let from = -Math.PI / 2;
  to.lineWidth = thick;
  for (const slice of face.slices) {
    const until = from + slice.part * 2 * Math.PI;
    to.beginPath();
    to.arc(x, y, r - thick / 2, from, Math.max(from + 0.02, until - gap));
    to.strokeStyle = slice.colour;
    to.stroke();
    from = until;
  }
  to.fillStyle = ink.text;
  to.font = `600 ${size > 44 ? 13 : 12}px "Horad Sans", sans-serif`;
  to.textAlign = 'center';
  to.textBaseline = 'middle';
  to.fillText(face.count, x, y + 0.5);
  if (face.stale > 0) drawStaleCount(to, x + r * 0.78, y - r * 0.78, face.stale, ink);
}

function drawStaleCount(to: CanvasRenderingContext2D, x: number, y: number, stale: number, ink: Ink): void {
  const label = stale > 99 ? '99+' : String(stale);
  to.font = '700 10px "Horad Sans", sans-serif';
  const width = Math.max(15, to.measureText(label).width + 7);
  to.beginPath();
  to.roundRect(x - width / 2, y - 7.5, width, 15, 7.5);
  to.fillStyle = ink.stale;
  to.fill();
  to.strokeStyle = ink.edge;
  to.lineWidth = 1.5;
  to.stroke();
  to.fillStyle = ink.staleText;
  to.textAlign = 'center';
  to.textBaseline = 'middle';
  to.fillText(label, x, y + 0.5);
}
