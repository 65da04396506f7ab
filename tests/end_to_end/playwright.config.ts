// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { defineConfig } from '@playwright/test';

// Debian's Chromium: no browser is ever downloaded. WebGL is drawn by software, so that no graphics card is needed.
const software = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

// HORAD_JUNIT: where to leave a report for ./test.
const report = process.env['HORAD_JUNIT'];

export default defineConfig({
  testDir: __dirname,
  testMatch: '*.spec.ts',
  outputDir: join(__dirname, '..', '..', 'web', 'test-results'),
  fullyParallel: false,
  workers: 1,
  retries: 0,
  // Generous on purpose: the map is drawn by software on machines that are doing other work.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  reporter: report ? [['list'], ['junit', { outputFile: report }]] : [['list']],
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    colorScheme: 'light',
    serviceWorkers: 'block',
    trace: 'off',
    launchOptions: {
      executablePath: process.env['HORAD_CHROMIUM'] ?? '/usr/bin/chromium',
      args: [...software, ...asRoot],
    },
  },
});
