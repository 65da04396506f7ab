// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

// HORAD_JUNIT: where to leave a report for ./test.
const report = process.env['HORAD_JUNIT'];

export default defineConfig({
  server: { host: '127.0.0.1' }, // a bare machine may not know the name localhost
  test: {
    environment: 'node',
    include: ['shared/src/**/*.test.ts', 'console/src/**/*.test.ts'],
    reporters: report ? ['default', 'junit'] : ['default'],
    ...(report ? { outputFile: { junit: report } } : {}),
  },
});
