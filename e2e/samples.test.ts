/** The gallery of samples on a model trained here: drawn, starred, noted, sorted, compared, stopped, found again. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, type Locator, test } from '@playwright/test';
import sharp from 'sharp';
import { axeFindings } from './axe.ts';
import { photograph } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});
test.afterAll(() => putAway(app, folders));
test.describe.configure({ mode: 'serial' });

const grid = (): Locator => app.page.getByRole('listbox', { name: 'Drawn samples' });
const look = async (): Promise<number> => {
  await expect
    .poll(async () => (await app.look('Drawn samples', 'listbox')).deviation, { timeout: SLOW })
    .toBeGreaterThan(1);
  return (await app.look('Drawn samples', 'listbox')).checksum;
};

/** The folders of the draws, oldest first. */
async function draws(): Promise<string[]> {
  const [run = ''] = await fs.readdir(path.join(folders.home, 'runs'));
  const folder = path.join(folders.home, 'runs', run, 'draws');
  const names = (await fs.readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  return names.map((name) => path.join(folder, name));
}

async function marks(): Promise<Record<string, unknown>> {
  const [first = ''] = await draws();
  return JSON.parse(await fs.readFile(path.join(first, 'marks.json'), 'utf8')) as Record<string, unknown>;
}

test('what is drawn stays, is starred, noted, deleted and brought back', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/ });
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  await app.open('Samples');
  await page.getByRole('textbox', { name: 'Seed' }).fill('7');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('64 samples, seed 7')).toBeVisible({ timeout: SLOW });
  const before = await look();

  await grid().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('s');
  await page.keyboard.press('End');
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ ');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(page.getByText('2 samples are deleted.')).toBeVisible();
  await expect.poll(marks).toMatchObject({ starred: [1], removed: [62, 63] });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect.poll(marks).toMatchObject({ starred: [1], removed: [] });
  await page.keyboard.press('Escape');
  await expect.poll(async () => (await app.look('Drawn samples', 'listbox')).checksum).not.toBe(before);

  await grid().focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const large = page.getByRole('dialog', { name: 'Sample 0' });
  await large.getByRole('textbox', { name: 'Note' }).fill('like a four');
  await large.getByRole('button', { name: 'Star', exact: true }).click();
  await expect(large.getByRole('img', { name: /^Training image/ })).toHaveCount(4, { timeout: SLOW });
  await photograph(app, 'sample');
  expect(await axeFindings(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect.poll(marks).toMatchObject({ starred: [0, 1], notes: { 0: 'like a four' } });

  await app.open('Train');
  await app.open('Samples');
  await look();
  await photograph(app, 'gallery');
  expect(await axeFindings(page)).toEqual([]);
});

test('samples are sorted, shown by their marks and saved', async () => {
  const { page } = app;
  await page.getByRole('combobox', { name: 'Sort' }).selectOption('Closeness to the data');
  await expect(page.getByText(/from image [\d,]+/)).toBeVisible({ timeout: SLOW });
  const [folder = ''] = await draws();
  const measures = JSON.parse(await fs.readFile(path.join(folder, 'measures.json'), 'utf8')) as {
    closeness: { distance: number[] };
  };
  expect(measures.closeness.distance).toHaveLength(64);
  await page.getByRole('combobox', { name: 'Show' }).selectOption('Starred');
  await expect(page.getByRole('toolbar').getByText('2 samples')).toBeVisible();

  const file = path.join(folders.exports, 'starred.png');
  await app.answerSaveDialog(file);
  await page.getByRole('button', { name: 'Save samples' }).click();
  const dialog = page.getByRole('dialog', { name: 'Save samples' });
  expect(await axeFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Save…' }).click();
  await expect(page.getByText(`2 samples written to ${file}.`)).toBeVisible({ timeout: SLOW });
  // The first in the file is the nearer one, enlarged three times, behind a margin of 2 pixels.
  const { distance } = measures.closeness;
  const nearer = distance[0]! <= distance[1]! ? 0 : 1;
  const kept = await fs.readFile(path.join(folder, 'pixels.u8'));
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  for (let y = 0; y < 28; y++) {
    for (let x = 0; x < 28; x++) {
      const seen = data[((2 + 3 * y) * info.width + 2 + 3 * x) * info.channels];
      expect(seen).toBe(kept[nearer * 784 + y * 28 + x]);
    }
  }
  await page.getByRole('combobox', { name: 'Show' }).selectOption('All');
  await page.getByRole('combobox', { name: 'Sort' }).selectOption('As drawn');
});

test('a long draw comes in as it is made, goes on in other views, and is stopped', async () => {
  const { page } = app;
  await page.getByRole('textbox', { name: 'Count' }).fill('50000');
  await page.getByRole('textbox', { name: 'Seed' }).fill('8');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  const job = page.getByRole('group', { name: 'Drawing' });
  await expect(job).toContainText('a second', { timeout: SLOW });
  await expect(page.getByText(/^[\d,]+ samples, seed 8/)).toBeVisible({ timeout: SLOW });
  await look();
  const text = await job.textContent();
  await photograph(app, 'drawing');
  await app.open('Train');
  await app.open('Samples');
  await expect(job).not.toHaveText(text ?? '');
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(job).toBeHidden({ timeout: SLOW });
  const [, long = ''] = await draws();
  const bytes = (await fs.stat(path.join(long, 'pixels.u8'))).size;
  expect(bytes % 784).toBe(0);
  expect(bytes / 784).toBeGreaterThan(64);
  expect(bytes / 784).toBeLessThan(50_000);
  await expect(page.getByText(`${(bytes / 784).toLocaleString('en-US')} samples, seed 8`)).toBeVisible();
  // The end of it is seen, too.
  await grid().focus();
  await page.keyboard.press('End');
  await look();
  expect(app.complaints).toEqual([]);
});

test('the same seeds stand side by side, and a sample goes to the board', async () => {
  const { page } = app;
  await page.getByRole('button', { name: /^64 samples/ }).click();
  await page.getByRole('button', { name: 'The same seeds beside each other' }).click();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Draw beside' }).click();
  await expect(page.getByText(/^Left to right/)).toBeVisible({ timeout: SLOW });
  await look();
  await photograph(app, 'beside');
  await page.getByRole('button', { name: 'One draw only' }).click();
  // The same weights and seed: the same samples.
  const all = await draws();
  const [first, again] = await Promise.all(
    [all[0]!, all[2]!].map((folder) => fs.readFile(path.join(folder, 'pixels.u8'))),
  );
  expect(again!.equals(first!)).toBe(true);

  await grid().focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'More like this' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Explore' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Choose Picture: sample 0 of a kept draw/ })).toBeVisible();
  await expect
    .poll(async () => (await app.look('Variation 8')).deviation, { timeout: SLOW })
    .toBeGreaterThan(0.5);
});

test('all is as it was after a restart, and a deleted draw comes back', async () => {
  await app.quit();
  app = await StudioApp.launch(folders);
  const { page } = app;
  await app.open('Samples');
  const list = page.getByRole('region', { name: 'Draws of the run' });
  await expect(list.getByRole('listitem')).toHaveCount(4);
  await list.getByRole('button', { name: /^All starred/ }).click();
  await look();
  await expect(page.getByRole('toolbar').getByText('2 samples')).toBeVisible();
  await list
    .getByRole('button', { name: /^More on the draw/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Delete this draw' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(3);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(4);
  expect(app.complaints).toEqual([]);
});

test('a fitted prior and later passes by the mean are drawn with where asked for, and the draw says so', async () => {
  const { page } = app;
  const later = page.getByRole('textbox', { name: 'Later temperature' });
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await expect(page.getByRole('textbox', { name: 'Temperature', exact: true })).toBeVisible();
  await expect(later).toHaveCount(0);
  await page.getByRole('radio', { name: '2', exact: true }).check({ force: true });
  await page.getByRole('textbox', { name: 'Count' }).fill('16');
  await later.fill('-1');
  await expect(page.getByRole('button', { name: 'Draw', exact: true })).toBeDisabled();
  await later.fill('0');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('2 passes, later passes by the mean').last()).toBeVisible({ timeout: SLOW });
  const newest = (await draws()).at(-1) ?? '';
  const record: unknown = JSON.parse(await fs.readFile(path.join(newest, 'draw.json'), 'utf8'));
  expect(record).toMatchObject({ passes: 2, laterTemperature: 0 });
  await page.getByRole('radio', { name: 'Fitted' }).check({ force: true });
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('fitted prior, later passes by the mean').last()).toBeVisible({
    timeout: SLOW,
  });
  const fitted: unknown = JSON.parse(
    await fs.readFile(path.join((await draws()).at(-1) ?? '', 'draw.json'), 'utf8'),
  );
  expect(fitted).toMatchObject({ passes: 2, prior: 'fitted', laterTemperature: 0 });
  await page.getByRole('button', { name: 'As usual' }).click();
  await expect(later).toHaveValue('1');
  await expect(page.getByRole('radio', { name: 'Normal' })).toBeChecked();
  await page.getByRole('radio', { name: '1', exact: true }).check({ force: true });
});
