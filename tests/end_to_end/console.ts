// SPDX-License-Identifier: Apache-2.0
// What the tests of the console share: one playing town per run, a page that is watched, and axe.
import { readFileSync } from 'node:fs';
import { test as base, expect, type Page } from '@playwright/test';
import { Server } from './server';

interface Town {
  url: string;
}

/** `town`: the demo town at play, once per run. `page`: watched for foreign requests and errors of the page. */
export const test = base.extend<{ page: Page }, { town: Town }>({
  town: [
    // The fixture's first argument must be a pattern, even when nothing is taken from it.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = new Server();
      await server.start();
      const demo = await server.playDemo('2h');
      await use({ url: server.url });
      await demo.stop();
      await server.remove();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  page: async ({ page }, use) => {
    const watched = watch(page);
    await use(page);
    expect(watched.foreign, 'requests that leave the machine').toEqual([]);
    expect(watched.errors, 'errors of the page').toEqual([]);
  },
});

function watch(page: Page): { foreign: string[]; errors: string[] } {
  const foreign: string[] = [];
  const errors: string[] = [];
  const note = (address: string) => {
    const url = new URL(address.replace(/^blob:/, ''));
    if (url.hostname !== '127.0.0.1' && url.protocol !== 'data:') foreign.push(address);
  };
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  return { foreign, errors };
}

interface Finding {
  id: string;
  targets: string[];
}

const axeSource = readFileSync(require.resolve('../../web/node_modules/axe-core/axe.min.js'), 'utf8');

/** Everything axe finds against WCAG 2.2 A and AA and its own good practice. */
export async function axeFindings(page: Page): Promise<Finding[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    interface Axe {
      run: (options: object) => Promise<{
        violations: { id: string; nodes: { target: unknown[] }[] }[];
      }>;
    }
    const { axe } = globalThis as unknown as { axe: Axe };
    const result = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      resultTypes: ['violations'],
    });
    return result.violations.map(({ id, nodes }) => ({
      id,
      targets: nodes.map((node) => node.target.join(' ')),
    }));
  });
}

export { expect };
