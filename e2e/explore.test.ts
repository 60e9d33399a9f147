/** Latent space is explored on a model trained here: paths, planes, directions, neighbours, breeding, what is kept. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { axeFindings } from './axe.ts';
import { expectNoOverflow, inThemes } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

const tab = (name: string) => app.page.getByRole('tab', { name }).click();

/** A canvas of that name has something on it. */
async function shows(name: string | RegExp): Promise<number> {
  await expect.poll(async () => (await app.look(name)).deviation, { timeout: SLOW }).toBeGreaterThan(0.5);
  return (await app.look(name)).checksum;
}

async function photograph(name: string): Promise<void> {
  await inThemes(app, async (theme) => {
    await app.page.waitForTimeout(400);
    await app.page.screenshot({ path: test.info().outputPath(`${name}-${theme}.png`) });
  });
  await expectNoOverflow(app, name);
}

test('a path is walked, undone, exported and copied as a command', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/ });
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  await app.open('Explore');

  await page.getByRole('button', { name: /^Choose 1:/ }).click();
  await page.getByRole('textbox', { name: 'Index or point' }).fill('17');
  await page.getByRole('button', { name: 'Take' }).click();
  await expect(page.getByRole('button', { name: 'Choose 1: image 17' })).toBeVisible();
  const live = /^Picture at .* % of the way$/;
  const middle = await shows(live);
  const slider = page.getByRole('slider', { name: 'Position on the path' });
  await slider.fill('0');
  await expect.poll(async () => (await app.look(live)).checksum).not.toBe(middle);

  await page.getByRole('button', { name: 'Add a point' }).click();
  await expect(page.getByRole('button', { name: /^Choose 3:/ })).toBeVisible();
  await page.getByRole('button', { name: 'Move point 3 earlier' }).click();
  await page.keyboard.press('Control+z');
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: /^Choose 3:/ })).toBeHidden();
  await page.getByRole('button', { name: 'Redo' }).click();
  await expect(page.getByRole('button', { name: /^Choose 3:/ })).toBeVisible();

  await page.getByRole('combobox', { name: 'Way' }).selectOption('One smooth curve');
  await page.getByRole('checkbox', { name: 'Back to the first point' }).check();
  await shows('Frame 12');
  await shows('First point');
  await page.getByRole('button', { name: 'Play' }).click();
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.getByRole('button', { name: 'Pause' }).click();
  await photograph('path');
  expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('button', { name: 'As command' }).click();
  const command = await page.getByRole('textbox', { name: 'Command' }).inputValue();
  expect(command).toMatch(
    /^npx covae walk sample-\S+ --from 17 --via 1 --to \d+ --path cubic --closed --frames 12 --at \d+$/,
  );
  // The line is selected, for Ctrl+C.
  const selected = await page
    .getByRole('textbox', { name: 'Command' })
    .evaluate((field: HTMLTextAreaElement) => field.value.slice(field.selectionStart, field.selectionEnd));
  expect(selected).toBe(command);
  await page.keyboard.press('Escape');

  const file = path.join(folders.exports, 'walk.gif');
  await app.answerSaveDialog(file);
  await page.getByRole('button', { name: 'GIF…' }).click();
  await expect(page.getByText(`Written to ${file}.`)).toBeVisible({ timeout: SLOW });
  expect(await sharp(file, { animated: true }).metadata()).toMatchObject({ format: 'gif', pages: 12 });
});

test('a plane has a point to move', async () => {
  const { page } = app;
  await tab('Plane');
  await shows('Picture 25 of the plane');
  const first = await shows('Picture at the point');
  await page.getByRole('slider', { name: 'Across' }).fill('0');
  await expect.poll(async () => (await app.look('Picture at the point')).checksum).not.toBe(first);
  await page.getByRole('button', { name: 'Only three' }).click();
  await expect(page.getByRole('button', { name: '4th corner' })).toBeVisible();
  await shows('Picture 25 of the plane');
  await photograph('plane');
  expect(await axeFindings(page)).toEqual([]);
});

test('directions are made and move a picture', async () => {
  const { page } = app;
  await tab('Directions');
  await page.getByRole('button', { name: 'Principal components' }).click();
  const first = page.getByRole('slider', { name: 'component-1' });
  await expect(first).toBeVisible({ timeout: SLOW });
  const before = await shows(/^Picture:/);
  await first.fill('3');
  await expect.poll(async () => (await app.look(/^Picture:/)).checksum, { timeout: SLOW }).not.toBe(before);
  await photograph('directions');
  expect(await axeFindings(page)).toEqual([]);
});

test('a picture has variations, neighbours, sums and children, and is kept', async () => {
  const { page } = app;
  await tab('Around a picture');
  await shows('Variation 8');
  await shows(/^Neighbour 8/);
  await shows('the sum');
  await page.getByRole('button', { name: 'Begin with nine children' }).click();
  await shows('Child 9');
  await page.getByRole('button', { name: 'Choose child 1' }).click();
  await page.getByRole('button', { name: 'Choose child 4' }).click();
  const children = await shows('Child 9');
  await page.getByRole('button', { name: 'Breed from 2 chosen' }).click();
  await expect.poll(async () => (await app.look('Child 9')).checksum, { timeout: SLOW }).not.toBe(children);
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await app.look('Child 9')).checksum, { timeout: SLOW }).toBe(children);
  await photograph('around');
  expect(await axeFindings(page)).toEqual([]);

  await tab('Saved');
  await page.getByRole('textbox', { name: 'Name' }).fill('My picture');
  await page.getByRole('button', { name: 'Save the picture as a latent' }).click();
  await shows('My picture');
  await page.getByRole('textbox', { name: 'Name' }).fill('My board');
  await page.getByRole('button', { name: 'Save the board' }).click();
  await expect(page.getByText('My board')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search' }).fill('pic');
  await expect(page.getByText('My board')).toBeHidden();
  await page.getByRole('button', { name: 'Add to path' }).click();
  await photograph('saved');
  expect(await axeFindings(page)).toEqual([]);
  expect(app.complaints).toEqual([]);
});

test('a map is made, looked at, and gives groups, a direction, a data set and names', async () => {
  const { page } = app;
  await tab('Map');
  await page.getByRole('combobox', { name: 'Method' }).selectOption('UMAP');
  await page.getByRole('combobox', { name: 'Images' }).selectOption('5,000');
  await page.getByRole('button', { name: 'Make the map' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Make the map' })).toBeVisible();
  await page.getByRole('combobox', { name: 'Method' }).selectOption('PCA');
  await page.getByRole('combobox', { name: 'Images' }).selectOption('200');
  await page.getByRole('combobox', { name: 'Encoded at' }).selectOption('3 times');
  await page.getByRole('button', { name: 'Make the map' }).click();
  const map = page.getByRole('application', { name: 'Map of 200 images' });
  await expect(map).toBeVisible({ timeout: SLOW });
  const picture = () =>
    map.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL().length);
  const before = await picture();
  await page.getByRole('slider', { name: /^t = / }).fill('2');
  await expect.poll(picture).not.toBe(before);
  await page.getByRole('checkbox', { name: 'Points as pictures' }).check();
  await photograph('map');
  expect(await axeFindings(page)).toEqual([]);

  // A lasso around all of it, then two images by the keyboard.
  const box = await map.boundingBox();
  if (box === null) throw new Error('the map is not seen');
  await page.getByRole('button', { name: 'Lasso' }).click();
  const corners = [
    [2, 2],
    [box.width - 2, 2],
    [box.width - 2, box.height - 2],
    [2, box.height - 2],
  ] as const;
  await page.mouse.move(box.x + 2, box.y + 2);
  await page.mouse.down();
  for (const [x, y] of corners) await page.mouse.move(box.x + x, box.y + y, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByText('200 selected')).toBeVisible();
  const names = path.join(folders.exports, 'names.csv');
  await app.answerSaveDialog(names);
  await page.getByRole('button', { name: 'Save names…' }).click();
  await expect(page.getByText(`Written to ${names}.`)).toBeVisible({ timeout: SLOW });
  const lines = (await fs.readFile(names, 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(201);
  expect(lines[1]).toMatch(/^\d+,\d,/);
  await page.getByRole('button', { name: 'Group A' }).click();
  await page.getByRole('button', { name: 'Nothing' }).click();
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.keyboard.press('+');
  await page.getByRole('button', { name: 'Group B' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('towards');
  await page.getByRole('button', { name: 'Direction from A to B' }).click();
  await expect(page.getByText(/^Made 1 direction/)).toBeVisible({ timeout: SLOW });
  await page.getByRole('textbox', { name: 'Name' }).fill('one');
  await page.getByRole('button', { name: 'Data set of what is selected' }).click();
  await expect(page.getByText('“one” is made of 1 image.')).toBeVisible({ timeout: SLOW });
  const pixels = await fs.readFile(path.join(folders.home, 'datasets', 'one', 'pixels.u8'));
  expect(pixels).toHaveLength(784);
  const all = await fs.readFile(path.join(folders.home, 'datasets', 'sample', 'pixels.u8'));
  expect(all.indexOf(pixels) % 784).toBe(0);
});

test('the same seeds are seen through several checkpoints, and as a film', async () => {
  const { page } = app;
  await tab('Side by side');
  await shows('Row 1, picture 16');
  await page.getByRole('button', { name: 'All checkpoints' }).click();
  await shows('Row 3, picture 1');
  const [early, late] = [await shows('Row 1, picture 1'), await shows('Row 3, picture 1')];
  expect(early).not.toBe(late);
  await photograph('compare');
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole('button', { name: 'As a film' }).click();
  await expect(page.getByRole('region', { name: 'Film' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop the film' }).click();
  await page.getByRole('combobox', { name: 'What' }).selectOption('The path of the board');
  await shows('Row 1, picture 1');
  expect(app.complaints).toEqual([]);
});

test('the board is as it was left after a restart', async () => {
  await app.quit();
  app = await StudioApp.launch(folders);
  await expect(app.page.getByRole('heading', { level: 1, name: 'Explore' })).toBeVisible({ timeout: SLOW });
  await tab('Path');
  await expect(app.page.getByRole('button', { name: 'Choose 4: a saved latent' })).toBeVisible();
  await shows(/^Picture at .* % of the way$/);
});
