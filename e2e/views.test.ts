/** Every view can be reached by the keyboard, says what to do first, and is photographed in both themes. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { atSizes, expectNoOverflow, inThemes, SIZES } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

const VIEWS = ['Data sets', 'Train', 'Samples', 'Explore'] as const;

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

async function photograph(state: string, outputPath: (name: string) => string): Promise<void> {
  await inThemes(app, (theme) =>
    atSizes(app, async ({ width }) => {
      for (const [index, view] of VIEWS.entries()) {
        await app.page.keyboard.press(`Control+${index + 1}`);
        await expect(app.page.getByRole('heading', { level: 1 })).toBeVisible();
        const draw = app.page.getByRole('button', { name: 'Draw', exact: true });
        if (await draw.isVisible()) {
          await draw.click();
          await expect(app.page.getByText('64 samples, seed 0')).toBeVisible({ timeout: SLOW });
        }
        // Pictures come in and bars glide.
        await app.page.waitForTimeout(400);
        await expectNoOverflow(app, `${view} at ${width}`);
        const name = `${state}-${view.replace(' ', '-')}-${width}-${theme}.png`.toLowerCase();
        await app.page.screenshot({ path: outputPath(name) });
      }
    }),
  );
}

test('empty, each view says what to do first', async () => {
  const testInfo = test.info();
  for (const [index, view] of VIEWS.entries()) {
    await app.page.keyboard.press(`Control+${index + 1}`);
    await expect(app.page.getByRole('heading', { level: 1, name: view })).toBeVisible();
    const first = app.page.getByRole('main').getByRole('heading', { level: 2 });
    await expect(first).toHaveText(view === 'Data sets' ? 'Begin with images' : 'First a data set');
  }
  await photograph('empty', (name) => testInfo.outputPath(name));
});

test('with a trained run, nothing is cut off', async () => {
  const testInfo = test.info();
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/ });
  await expect(app.page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  await app.open('Samples');
  await app.page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(app.page.getByText('64 samples, seed 0')).toBeVisible({ timeout: SLOW });
  await app.open('Explore');
  await expect(app.page.getByRole('img', { name: /% of the way/ })).toBeVisible({ timeout: SLOW });
  await photograph('trained', (name) => testInfo.outputPath(name));
  const shots = await fs.readdir(path.dirname(testInfo.outputPath('x')));
  expect(shots.length).toBeGreaterThanOrEqual(VIEWS.length * SIZES.length * 2);
  expect(app.complaints).toEqual([]);
});

test('takes its whole way by the keyboard', async () => {
  await app.page.keyboard.press('Control+1');
  const reached = new Set<string>();
  for (let press = 0; press < 25; press++) {
    await app.page.keyboard.press('Tab');
    const name = await app.page.evaluate(() => document.activeElement?.textContent.trim() ?? '');
    reached.add(name);
  }
  for (const view of VIEWS) expect([...reached].some((name) => name.includes(view))).toBe(true);
  expect([...reached].some((name) => name.includes('sample'))).toBe(true);
});
