// SPDX-License-Identifier: Apache-2.0
// Measures what the page's thread costs while a stand-in of 10 000 entities changes five times a second:
//   node dev/stand_in.mjs --port 8097 --entities 10000 --hertz 5 &   node dev/measure_frames.mjs http://127.0.0.1:8097
// CPU time of the thread, not wall time: drawing is done by software here and other programs share the machine.
import { chromium } from '@playwright/test';

const [address = 'http://127.0.0.1:8097', seconds = '15'] = process.argv.slice(2);
const args = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
if (process.getuid?.() === 0) args.push('--no-sandbox');
const browser = await chromium.launch({ executablePath: process.env.HORAD_CHROMIUM ?? '/usr/bin/chromium', args });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
const devtools = await page.context().newCDPSession(page);
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });

async function metrics() {
  const { metrics: list } = await devtools.send('Performance.getMetrics');
  return Object.fromEntries(list.map(({ name, value }) => [name, value]));
}

async function measure(what) {
  await page.evaluate(() => {
    globalThis.frames = [];
    const step = (at) => {
      globalThis.frames.push(at);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
  const before = await metrics();
  await page.waitForTimeout(Number(seconds) * 1000);
  const after = await metrics();
  const frames = await page.evaluate(() => globalThis.frames.length);
  const cpu = (name) => (1000 * (after[name] - before[name])) / Number(seconds);
  const memory = (after.JSHeapUsedSize / 1e6).toFixed(0);
  console.log(
    `${what}: ${(frames / Number(seconds)).toFixed(1)} frames/s; of each second the page's thread works ` +
      `${cpu('TaskDuration').toFixed(0)} ms, ${cpu('ScriptDuration').toFixed(0)} ms of it scripts, ` +
      `which is ${(cpu('TaskDuration') / 60).toFixed(1)} ms a frame at 60 frames/s; heap ${memory} MB`,
  );
}

await page.goto(`${address}/map?lang=en`);
await page.getByText(/^\d+.\d+ entities shown$/).waitFor({ timeout: 60_000 });
await measure('whole city');
await page.goto(`${address}/map?lang=en&at=15.5/53.6/25.8`);
await page.getByText(/^\d+.\d+ entities shown$/).waitFor({ timeout: 60_000 });
await measure('streets');
await page.goto(`${address}/list?lang=en`);
await page.getByText(/rows$/).waitFor({ timeout: 60_000 });
await measure('list');
await browser.close();
