// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The server a developer works against: the real one, or `npm run stand-in`. */
const server = process.env['HORAD_URL'] ?? 'http://127.0.0.1:8080';
const proxied = ['/ngsi-ld', '/tiles', '/tiles.json', '/api', '/openapi.json'];

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    sourcemap: false,
    manifest: true,
    // The map engine is one lazy chunk; its size is judged by scripts/check_size.mjs, not by a warning.
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    proxy: {
      ...Object.fromEntries(proxied.map((path) => [path, { target: server }])),
      '/live': { target: server, ws: true },
    },
  },
});
