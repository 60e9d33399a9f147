/** A training is looked at while it runs and later: curves, samples of all steps, what came of it; the same after a restart. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { photograph, SIZES } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

/** What each curve says of itself: how many lines, and the last value. */
async function curves(): Promise<string[]> {
  const charts = app.page.getByRole('application', { name: / over \d+ values/ });
  await expect(charts.first()).toBeVisible({ timeout: SLOW });
  return charts.evaluateAll((all) => all.map((chart) => chart.getAttribute('aria-label') ?? ''));
}

let seen: string[] = [];

test('curves and samples are there while a run learns, and all move together', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/, Steps: '40' });
  // Before the first step there is something to see.
  await expect(page.getByRole('img', { name: /^64 samples at step/ })).toBeVisible({ timeout: SLOW });
  await expect(page.getByText(/^Finished/).first()).toBeVisible({ timeout: SLOW });
  await expect.poll(async () => (await curves())[0], { timeout: SLOW }).toContain('Loss over 40 values');
  seen = await curves();
  expect(seen.some((label) => label.startsWith('Gradient norm'))).toBe(true);
  expect(seen.some((label) => label.startsWith('Memory'))).toBe(true);

  const scrubber = page.getByRole('slider', { name: 'Step that is looked at' });
  await expect(page.getByRole('img', { name: '64 samples at step 40' })).toBeVisible();
  const newest = await app.look(/^64 samples/);
  await scrubber.fill('0');
  await expect(page.getByRole('img', { name: '64 samples at step 0' })).toBeVisible();
  await expect.poll(async () => (await app.look(/^64 samples/)).checksum).not.toBe(newest.checksum);
  // The crosshair of the curves leads, and what was measured over t follows.
  const loss = page.getByRole('application', { name: /^Loss over/ });
  const box = (await loss.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.62, box.y + box.height / 2);
  await expect(page.getByRole('img', { name: '64 samples at step 20' })).toBeVisible();
  await expect(page.getByText(/^step 2\d: [\d.]+/).first()).toBeVisible();
  await page.mouse.move(5, 5);
  await page.getByRole('button', { name: 'Play as a film' }).click();
  await expect(page.getByRole('img', { name: '64 samples at step 40' })).toBeVisible();
  const kind = page.getByRole('combobox', { name: 'What is shown' });
  await kind.selectOption('Two passes');
  await expect.poll(async () => (await app.look(/^64 samples/)).checksum).not.toBe(newest.checksum);
  await kind.selectOption('Reconstructions');
  await expect(page.getByRole('img', { name: /^8 images, and what/ })).toBeVisible();
  expect((await app.look(/^8 images/)).deviation).toBeGreaterThan(10);
  await photograph(app, 'reconstructions', { sizes: SIZES.slice(0, 2) });
  await kind.selectOption('One pass');
});

test('curves are zoomed, smoothed, put on another axis, enlarged and exported', async () => {
  const { page } = app;
  const loss = page.getByRole('application', { name: /^Loss over/ });
  const box = (await loss.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.8, box.y + 40, { steps: 6 });
  await page.mouse.up();
  await expect(page.getByRole('button', { name: 'Whole run' })).toBeVisible();
  await photograph(app, 'zoomed', { sizes: SIZES.slice(0, 2) });
  await loss.dblclick({ position: { x: box.width / 2, y: 40 } });
  await expect(page.getByRole('button', { name: 'Whole run' })).toBeHidden();
  await page.getByRole('combobox', { name: 'Horizontal axis' }).selectOption('Epochs');
  await page.getByRole('slider', { name: /Smoothing/ }).fill('0.9');
  await page.getByRole('button', { name: 'Enlarge Loss' }).click();
  await expect(page.getByRole('dialog', { name: 'Loss' })).toBeVisible();
  await page.waitForTimeout(300);
  await page.screenshot({ path: test.info().outputPath('enlarged.png') });
  const file = path.join(folders.exports, 'loss.csv');
  await app.answerSaveDialog(file);
  await page.getByRole('button', { name: 'Export this curve' }).click();
  await page.getByRole('menuitem', { name: 'Export as CSV…' }).click();
  await expect(page.getByText(`The curves are written to ${file}.`)).toBeVisible({ timeout: SLOW });
  const rows = (await fs.readFile(file, 'utf8')).trim().split('\r\n');
  expect(rows[0]).toBe('step,images,epochs,seconds,loss,loss_min,loss_max');
  expect(rows).toHaveLength(41);
  await page.keyboard.press('Escape');
  expect(await axeFindings(page)).toEqual([]);
});

test('after a restart the curves are the same, and the list says what came of the run', async () => {
  await app.quit();
  app = await StudioApp.launch(folders);
  await app.open('Train');
  expect(await curves()).toEqual(seen);
  await expect(app.page.getByText(/^Finished/).first()).toBeVisible();
  expect(app.complaints).toEqual([]);
});

test('a training is steered while it runs, and remembers it', async () => {
  const { page } = app;
  await page.getByRole('button', { name: 'New training' }).click();
  await app.startTraining({ preset: /^Tiny:/, Steps: '5000', 'Batch size': '8' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Change…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change the training' });
  await expect(dialog.getByRole('button', { name: 'Change', exact: true })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'EMA rate' }).fill('0.9');
  await dialog.getByRole('textbox', { name: 'Learning rate' }).fill('0.001');
  await photograph(app, 'steering', { sizes: SIZES.slice(0, 2) });
  await dialog.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(page.getByText(/learning rate 0\.001 and EMA rate 0\.9/)).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Do now' }).click();
  await page.getByRole('menuitem', { name: 'Draw samples now' }).click();
  await expect(page.getByRole('combobox', { name: 'What is shown' })).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText(/^Stopped at step/).first()).toBeVisible({ timeout: SLOW });
  expect(app.complaints).toEqual([]);
});
