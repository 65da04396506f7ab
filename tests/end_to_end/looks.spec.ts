// SPDX-License-Identifier: Apache-2.0
// Every room in every language and theme, on a desk and on the smallest phone: no finding of axe, nothing cut off.
import { axeFindings, expect, test } from './console';

const rooms = ['map', 'list'] as const;
const languages = { be: 'Паказана', ru: 'Показано', en: 'shown' } as const;
const selected = 'urn:ngsi-ld:AirQualityObserved:novahrad:1';

for (const theme of ['light', 'dark'] as const) {
  for (const language of Object.keys(languages) as (keyof typeof languages)[]) {
    for (const room of rooms) {
      test(`${room} in ${language}, ${theme}: axe finds nothing`, async ({ page, town }) => {
        await page.emulateMedia({ colorScheme: theme });
        await page.goto(`${town.url}/${room}?lang=${language}&sel=${selected}`);
        await expect(page.locator('.plot')).toBeVisible();
        await expect(page.locator(`.${room}-room`)).toBeVisible();
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
        expect(await axeFindings(page)).toEqual([]);
        await page.setViewportSize({ width: 320, height: 640 });
        expect(await axeFindings(page)).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow, 'sideways scrolling at 320 px').toBeLessThanOrEqual(0);
      });
    }
  }
}

test('a map that has not come yet leaves a page with a heading', async ({ page, town }) => {
  let arrive = () => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(/MapRoom-.*\.js$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${town.url}/map?lang=en&sel=${selected}`);
  await expect(page.locator('.plot')).toBeVisible();
  await expect(page.locator('.map-room')).toHaveCount(0);
  expect(await axeFindings(page)).toEqual([]);
  arrive();
  await expect(page.locator('.map-room')).toBeVisible();
});

test('language and colours are chosen by hand and kept', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en`);
  await page.getByRole('button', { name: /^Language/ }).click();
  await page.getByRole('option', { name: 'Беларуская' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'be');
  await expect(page).toHaveURL(/lang=be/);
  await page.getByRole('button', { name: /^Колеры/ }).click();
  await page.getByRole('option', { name: 'Цёмныя' }).click();
  await page.goto(`${town.url}/list`);
  await expect(page.locator('html')).toHaveAttribute('lang', 'be');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('targets are at least 24 px', async ({ page, town }) => {
  await page.goto(`${town.url}/map?lang=en&sel=${selected}`);
  await expect(page.locator('.plot')).toBeVisible();
  const small = await page.locator('button:visible, a:visible, summary:visible').evaluateAll((elements) =>
    elements
      .filter((element) => !element.closest('.only-spoken, .skip-link, .maplibregl-ctrl'))
      .map((element) => ({
        text: element.textContent,
        box: element.getBoundingClientRect(),
      }))
      .filter(({ box }) => box.width < 24 || box.height < 24)
      .map(({ text, box }) => `${text ?? ''} ${box.width} x ${box.height}`),
  );
  expect(small).toEqual([]);
});
