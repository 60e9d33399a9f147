/** Takes the guide's pictures anew, of the real window, in both themes, into docs/guide/pictures; CONTRIBUTING.md says how. */
import path from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { inThemes } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

const FOLDER = path.join(import.meta.dirname, '..', 'docs', 'guide', 'pictures');
/** Of the window's content; the pictures are smaller. */
const SIZE = { width: 1200, height: 760 };
const WIDTH = 860;

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});
test.afterAll(() => putAway(app, folders));

async function take(name: string): Promise<void> {
  await inThemes(app, async (theme) => {
    // Pictures come in and bars glide.
    await app.page.waitForTimeout(600);
    const png = await app.page.screenshot();
    const file = path.join(FOLDER, `${name}${theme === 'dark' ? '-dark' : ''}.webp`);
    await sharp(png).resize(WIDTH).webp({ quality: 68, effort: 6 }).toFile(file);
  });
}

/** Away with what stands in front. */
async function dismiss(): Promise<void> {
  const messages = app.page.getByRole('button', { name: 'Dismiss' });
  while ((await messages.count()) > 0) await messages.first().click();
}

async function size(): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }, { width, height }) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
  }, SIZE);
}

test('the pictures of a training and of what comes of it', async () => {
  const { page } = app;
  await size();
  await app.importSample();
  await dismiss();
  await take('datasets');

  await app.trainerReady();
  await app.open('Train');
  await page.getByRole('radio', { name: /Tiny/ }).first().check();
  await page.getByRole('combobox', { name: 'Start from' }).selectOption('starter:digits');
  await page.getByRole('textbox', { name: 'Steps' }).fill('80');
  await page.getByRole('textbox', { name: 'Name' }).fill('Digits, further');
  await expect(page.getByRole('button', { name: 'Start training' })).toBeEnabled();
  await page.getByRole('heading', { name: 'New training' }).scrollIntoViewIfNeeded();
  await take('new-training');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(40);
  await take('run');
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  await dismiss();
  await page.getByRole('heading', { name: 'Curves' }).scrollIntoViewIfNeeded();
  await page.mouse.move(700, 500);
  await take('curves');

  await page.getByRole('button', { name: 'Export…' }).first().click();
  await take('export');
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Evaluate' }).click();
  const form = page.getByRole('form', { name: 'New evaluation' });
  // The quickest that there is.
  await form.getByRole('combobox', { name: 'Extractor' }).selectOption('Pixels');
  await form.getByRole('textbox', { name: 'Samples' }).fill('200');
  await form.getByRole('checkbox', { name: '2' }).uncheck();
  await form.getByRole('button', { name: 'Evaluate' }).click();
  const evaluations = page.getByRole('table', { name: 'Evaluations of this run' });
  await expect(evaluations).toBeVisible({ timeout: SLOW });
  await expect(page.getByRole('region', { name: 'Evaluations under way' })).toBeHidden({ timeout: SLOW });
  await dismiss();
  const row = evaluations.getByRole('row', { name: /1 pass/ });
  await row.getByRole('button').click();
  await row.scrollIntoViewIfNeeded();
  await take('evaluate');
  await page.getByRole('tab', { name: 'Training' }).click();

  await app.open('Samples');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('64 samples, seed 0')).toBeVisible({ timeout: SLOW });
  await dismiss();
  await take('samples');

  await app.open('Explore');
  await expect
    .poll(async () => (await app.look(/^Picture at .* % of the way$/)).deviation, { timeout: SLOW })
    .toBeGreaterThan(1);
  await take('explore');
});

test('the pictures of the list of runs and of the settings', async () => {
  const { page } = app;
  await size();
  await app.open('Data sets');
  const add = page.getByRole('button', { name: 'Add the sample digits' });
  if (await add.isVisible()) await app.importSample();
  for (const name of ['First try', 'Second try']) {
    await page.keyboard.press('Control+n');
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await app.startTraining({ preset: /Smoke test/ });
    await expect(page.getByRole('heading', { level: 2, name })).toBeVisible({ timeout: SLOW });
    await expect(page.getByRole('button', { name: 'Train further…' })).toBeVisible({ timeout: SLOW });
  }
  await dismiss();
  await page.getByRole('button', { name: 'All runs' }).click();
  await take('runs');

  await page.getByRole('button', { name: 'Settings…' }).click();
  await take('settings');
  await page.keyboard.press('Escape');
});
