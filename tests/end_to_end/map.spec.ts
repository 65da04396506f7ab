// SPDX-License-Identifier: Apache-2.0
import { expect, test } from './console';

test('the map shows the town, live', async ({ page, town }) => {
  await page.goto(`${town.url}/map?lang=en`);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(page.getByText(/^[5-9]\d\d entities shown$/)).toBeVisible();
  const legend = page.getByRole('region', { name: 'Filter' });
  await expect(legend.getByRole('button', { name: /^Bus / })).toHaveAttribute('aria-pressed', 'true');
  expect(await legend.getByRole('button', { pressed: true }).count()).toBeGreaterThanOrEqual(13);
});

test('the base map is drawn from our own tiles', async ({ page, town }) => {
  const tile = page.waitForResponse(
    (response) => /\/tiles\/\d+\/\d+\/\d+/.test(response.url()) && response.status() === 200,
  );
  await page.goto(`${town.url}/map?lang=en`);
  await tile;
  await expect(page.getByText('There is no base map')).toHaveCount(0);
});

test('a filter narrows the map and stands in the address', async ({ page, town }) => {
  await page.goto(`${town.url}/map?lang=en`);
  const legend = page.getByRole('region', { name: 'Filter' });
  await expect(page.getByText(/^[5-9]\d\d entities shown$/)).toBeVisible();
  await legend.getByRole('button', { name: 'None' }).first().click();
  await expect(page.getByText('0 entities shown')).toBeVisible();
  await legend.getByRole('button', { name: /^Bus / }).click();
  await expect(page).toHaveURL(/types=Vehicle/);
  await expect(page.getByText(/^\d\d? entities shown$/)).toBeVisible();
  await page.reload();
  await expect(page.getByText(/^[1-9]\d? entities shown$/)).toBeVisible();
});

test('search finds a bus, the drawer shows it live, the back button returns', async ({ page, town }) => {
  await page.goto(`${town.url}/map?lang=en`);
  await expect(page.getByText(/^[5-9]\d\d entities shown$/)).toBeVisible();
  const search = page.getByRole('combobox', { name: 'Search the city' });
  await search.fill('bus');
  await expect(page.getByRole('option').first()).toBeVisible();
  await search.press('ArrowDown');
  await search.press('Enter');
  const drawer = page.getByRole('complementary', { name: 'Selected entity' });
  await expect(drawer.getByRole('heading', { level: 2 })).toContainText('Bus');
  await expect(page).toHaveURL(/sel=urn:ngsi-ld:Vehicle:/);
  await expect(drawer.getByText('Speed').first()).toBeVisible();
  await expect(drawer.getByText(/km\/h/).first()).toBeVisible();
  await page.goBack();
  await expect(drawer).toHaveCount(0);
  await page.goForward();
  await expect(drawer).toBeVisible();
});

test('a bus moves while one looks', async ({ page, town, request }) => {
  interface Bus {
    id: string;
    serviceStatus: string;
  }
  const moving = `${town.url}/ngsi-ld/v1/entities?type=Vehicle&q=${encodeURIComponent('speed>10')}&options=keyValues`;
  let id = '';
  await expect
    .poll(async () => {
      id = ((await (await request.get(moving)).json()) as Bus[])[0]?.id ?? '';
      return id;
    })
    .not.toBe('');
  await page.goto(`${town.url}/map?lang=en&sel=${id}`);
  const place = page.locator('.detail-row', { hasText: 'Location' }).locator('dd');
  const first = await place.textContent();
  await expect(place).not.toHaveText(first ?? '');
});

test('a value is charted over 24 hours, with the table behind it', async ({ page, town }) => {
  await page.goto(`${town.url}/map?lang=en&sel=urn:ngsi-ld:WeatherObserved:novahrad:1`);
  const chart = page.getByRole('img', { name: /^Temperature, 24 hours until/ });
  await expect(chart).toBeVisible();
  await page.getByText('Data table').click();
  await expect(page.getByRole('region', { name: 'Data table' }).getByRole('row').nth(3)).toContainText('°C');
  await page.getByRole('button', { name: 'Earlier' }).click();
  await expect(page).toHaveURL(/until=/);
  await page.getByRole('button', { name: 'Now' }).click();
  await expect(page).not.toHaveURL(/until=/);
});

test('a click on a lone marker opens it', async ({ page, town, request }) => {
  interface Station {
    location: { coordinates: [number, number] };
  }
  const id = 'urn:ngsi-ld:WeatherObserved:novahrad:1';
  const station = (await (
    await request.get(`${town.url}/ngsi-ld/v1/entities/${id}?options=keyValues`)
  ).json()) as Station;
  const [lng, lat] = station.location.coordinates;
  await page.goto(`${town.url}/map?lang=en&types=WeatherObserved&at=17/${lat}/${lng}`);
  await expect(page.getByText(/entit(y|ies) shown/)).toBeVisible();
  await expect(async () => {
    await page.locator('.map-frame').click();
    await expect(page.getByRole('complementary', { name: 'Selected entity' })).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(page).toHaveURL(new RegExp(id));
});

test('without WebGL the map says so and leads to the list', async ({ page, town }) => {
  await page.addInitScript(() => {
    const original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
      return kind.startsWith('webgl') ? null : (original as (...all: unknown[]) => unknown).call(this, kind, ...rest);
    } as typeof original;
  });
  await page.goto(`${town.url}/map?lang=en`);
  await expect(page.getByText('This browser cannot draw the map.')).toBeVisible();
  await page.getByRole('button', { name: 'Open the list' }).click();
  await expect(page.getByRole('grid')).toBeVisible();
});
