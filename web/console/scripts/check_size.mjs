// SPDX-License-Identifier: Apache-2.0
// Weighs what a first visit loads, gzipped, and fails the build above the budget: 350 KB without the map, 700 KB with it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));
const budgets = { 'without the map': 350, 'with the map': 700 };

/** Everything a chunk needs at once: itself, its static imports, its styles and fonts. */
function collect(key, files) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
  for (const imported of chunk.imports ?? []) collect(imported, files);
}

function weigh(keys) {
  const files = new Set(['index.html', 'first_paint.js', 'icon.svg']);
  for (const key of keys) collect(key, files);
  let bytes = 0;
  for (const file of files) {
    const content = readFileSync(join(dist, file));
    bytes += file.endsWith('.woff2') ? content.length : gzipSync(content, { level: 9 }).length;
  }
  return bytes / 1024;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const drawer = Object.keys(manifest).filter((key) => key.endsWith('HistoryChart.tsx'));
const map = Object.keys(manifest).filter((key) => key.endsWith('MapRoom.tsx'));
if (!entry || map.length === 0) throw new Error('The manifest names no entry or no map.');
const weights = { 'without the map': weigh([entry, ...drawer]), 'with the map': weigh([entry, ...drawer, ...map]) };

let isOver = false;
for (const [what, weight] of Object.entries(weights)) {
  const isTooMuch = weight > budgets[what];
  isOver ||= isTooMuch;
  console.log(`first load ${what}: ${weight.toFixed(0)} KB of ${budgets[what]} KB${isTooMuch ? ', too much' : ''}`);
}
if (isOver) process.exit(1);
