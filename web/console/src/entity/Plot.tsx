// SPDX-License-Identifier: Apache-2.0
import { clockTime } from '@horad/shared/words';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { chartSpanMs, type Bucket } from '../api/history';
import { useTheme } from '../shell/theme';
import { chartColumns, valueRange } from './chart_model';

interface Properties {
  buckets: readonly Bucket[];
  end: number; // ms since 1970 UTC
  write: (value: number) => string;
  label: string;
}

const height = 170;

/** Draws the mean as a line and lowest to highest as a band. The pointer reads values; the table holds them all. */
export function Plot({ buckets, end, write, label }: Properties) {
  const frame = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const { times, mean, min, max } = chartColumns(buckets);
    const plot = new uPlot(options(element, end, write), [times, max, min, mean], element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [buckets, end, write, theme]);
  return <div ref={frame} className="plot" role="img" aria-label={label} />;
}

function token(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}

function options(element: HTMLElement, end: number, write: (value: number) => string): uPlot.Options {
  const ink = token(element, '--text-quiet');
  const line = token(element, '--line');
  const stroke = token(element, '--chart');
  const axis = {
    stroke: ink,
    font: '11px "Horad Sans", sans-serif',
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    scales: {
      x: { time: true, range: [(end - chartSpanMs) / 1000, end / 1000] },
      y: { range: (_plot, low, high) => valueRange(low, high) },
    },
    axes: [
      { ...axis, size: 26, space: 56, values: (_plot, splits) => splits.map((at) => clockTime(at * 1000)) },
      { ...axis, size: 58, space: 34, values: (_plot, splits) => splits.map((value) => write(value)) },
    ],
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke, width: 2, points: { size: 4, fill: stroke } },
    ],
    bands: [{ series: [1, 2], fill: token(element, '--chart-band') }],
    plugins: [reader(write)],
  };
}

/** The value under the pointer, written beside it. */
function reader(write: (value: number) => string): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'plot-reader';
  return {
    hooks: {
      init: (plot) => {
        box.hidden = true;
        plot.over.append(box);
      },
      setCursor: (plot) => {
        const { idx, left = 0 } = plot.cursor;
        const at = idx === null || idx === undefined ? undefined : plot.data[0][idx];
        const mean = idx === null || idx === undefined ? undefined : plot.data[3]?.[idx];
        box.hidden = at === undefined || typeof mean !== 'number' || left < 0;
        if (box.hidden || at === undefined || typeof mean !== 'number') return;
        box.textContent = `${clockTime(at * 1000)}  ${write(mean)}`;
        box.style.left = `${Math.max(0, Math.min(left + 8, plot.over.clientWidth - box.offsetWidth - 2))}px`;
      },
    },
  };
}
