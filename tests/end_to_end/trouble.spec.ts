// SPDX-License-Identifier: Apache-2.0
// Bad days: the server falls silent, goes away, comes back, or was never there. Each test has a server of its own.
import { test as base } from '@playwright/test';
import { expect, test as watched } from './console';
import { Server } from './server';

const lamp = (state: string) => ({
  id: 'urn:ngsi-ld:Streetlight:e2e-1',
  type: 'Streetlight',
  name: { languageMap: { be: 'Ліхтар', en: 'Lamp One' } },
  location: { type: 'Point', coordinates: [25.8, 53.6] },
  powerState: { value: state, observedAt: new Date().toISOString() },
});

const test = watched.extend<{ server: Server }>({
  // The fixture's first argument must be a pattern, even when nothing is taken from it.
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use) => {
    const server = new Server();
    await server.start();
    await use(server);
    await server.remove();
  },
});

const lost = 'The connection to the city is lost.';

test('an empty city says so, and fills by itself', async ({ page, server }) => {
  await page.goto(`${server.url}/list?lang=en`);
  await expect(page.getByText('No entities yet.')).toBeVisible();
  await server.upsert([lamp('on')]);
  await expect(page.getByText('Lamp One').first()).toBeVisible();
  await server.upsert([lamp('off')]);
  await expect(page.getByRole('gridcell', { name: /^off/ })).toBeVisible();
  await server.delete('urn:ngsi-ld:Streetlight:e2e-1');
  await expect(page.getByText('No entities yet.')).toBeVisible();
});

test('a server that falls silent is told within 5 seconds, and its return too', async ({ page, server }) => {
  await server.upsert([lamp('on')]);
  await page.goto(`${server.url}/list?lang=en`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText('Lamp One').first()).toBeVisible();
  server.signal('SIGSTOP');
  const silent = Date.now();
  await expect(page.getByText(lost).first()).toBeVisible({ timeout: 10_000 });
  // 5 s for the operator, and one for this test's own looking.
  expect(Date.now() - silent).toBeLessThan(6000);
  await expect(page.getByText('Lamp One').first()).toBeVisible();
  server.signal('SIGCONT');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.locator('.banner')).toHaveCount(0);
});

test('after a restart the console goes on with what happened meanwhile', async ({ page, server }) => {
  await server.upsert([lamp('on')]);
  await page.goto(`${server.url}/list?lang=en`);
  await expect(page.getByRole('gridcell', { name: /^on/ })).toBeVisible();
  await server.stop();
  await expect(page.getByText(lost).first()).toBeVisible();
  await server.start();
  await server.upsert([lamp('off')]);
  await expect(page.getByRole('gridcell', { name: /^off/ })).toBeVisible();
  await expect(page.locator('.banner')).toHaveCount(0);
});

test('an unknown entity in the address is told', async ({ page, server }) => {
  await page.goto(`${server.url}/list?lang=en&sel=urn:ngsi-ld:Lamp:nowhere`);
  await expect(page.getByText('There is no such entity.')).toBeVisible();
});

base.describe('with a kept shell', () => {
  base.use({ serviceWorkers: 'allow' });
  base('a start without a server shows the last known city with its age', async ({ page }) => {
    const server = new Server();
    await server.start();
    try {
      await server.upsert([lamp('on')]);
      await page.goto(`${server.url}/list?lang=en`);
      await expect(page.getByText('Lamp One').first()).toBeVisible();
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
      // The second visit goes through the kept shell and keeps all of its files.
      await page.reload();
      await expect(page.getByText('Live', { exact: true })).toBeVisible();
      await server.stop();
      await page.reload();
      await expect(page.getByText('Lamp One').first()).toBeVisible();
      await expect(page.getByText(/was last updated/).first()).toBeVisible();
    } finally {
      await server.remove();
    }
  });
});
