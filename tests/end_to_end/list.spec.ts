// SPDX-License-Identifier: Apache-2.0
import { expect, test } from './console';

test('the list is worked by keyboard alone', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en&types=Vehicle`);
  const grid = page.getByRole('grid', { name: 'Entities of the city' });
  await expect(grid).toBeVisible();
  await grid.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('complementary', { name: 'Selected entity' });
  await expect(drawer.getByRole('heading', { level: 2 })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(drawer).toHaveCount(0);
  await expect(grid).toBeFocused();
});

test('the skip link leads past the head of the page', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en`);
  await expect(page.getByRole('grid')).toBeVisible();
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

test('only the rows on the screen are in the page, and all can be reached', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en`);
  const grid = page.getByRole('grid');
  await expect(page.getByText(/^[5-9]\d\d rows$/)).toBeVisible();
  expect(await grid.getByRole('row').count()).toBeLessThan(80);
  await grid.focus();
  await page.keyboard.press('End');
  const count = Number(await grid.getAttribute('aria-rowcount'));
  await expect(grid.locator(`[aria-rowindex="${count}"]`)).toBeVisible();
});

test('text, sort and filter are kept in the address', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en`);
  await page.getByRole('searchbox', { name: 'Filter by name or id' }).fill('weather');
  await expect(page.getByText(/^\d rows?$/)).toBeVisible();
  await page.getByRole('button', { name: 'Value' }).click();
  await expect(page).toHaveURL(/q=weather/);
  await expect(page).toHaveURL(/sort=value/);
  await page.reload();
  await expect(page.getByText(/^\d rows?$/)).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'Value' })).toHaveAttribute('aria-sort', 'ascending');
});

test('a filter that nothing passes offers the way out', async ({ page, town }) => {
  await page.goto(`${town.url}/list?lang=en&q=zzzzzz`);
  await expect(page.getByText('Nothing passes these filters.')).toBeVisible();
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect(page.getByRole('grid')).toBeVisible();
});
