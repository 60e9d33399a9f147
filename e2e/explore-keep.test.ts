/** Explore keeps what is found, takes files, paints, pans, breeds: on a model trained here, over a restart, and in files. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { axeFindings } from './axe.ts';
import { photograph, SIZES } from './photograph.ts';
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

const changes = (name: string | RegExp, from: number) =>
  expect.poll(async () => (await app.look(name)).checksum, { timeout: SLOW }).not.toBe(from);

async function looked(name: string): Promise<void> {
  await photograph(app, name, { sizes: SIZES.slice(1) });
  expect(await axeFindings(app.page), name).toEqual([]);
}

/** A picture of a slope, as a file. */
async function pictureFile(name: string): Promise<string> {
  const file = path.join(folders.exports, name);
  const pixels = Uint8Array.from({ length: 40 * 40 }, (_, i) => (i % 40) * 6);
  await sharp(pixels, { raw: { width: 40, height: 40, channels: 1 } })
    .png()
    .toFile(file);
  return file;
}

test('files are dropped and pasted as ends, and images are picked by class', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/ });
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  await app.open('Explore');
  await shows(/^Picture at .* % of the way$/);

  const file = await pictureFile('slope.png');
  await page.getByRole('button', { name: /^Choose 1:/ }).click();
  await page.getByLabel('Picture file…').setInputFiles(file);
  await expect(page.getByRole('button', { name: 'Choose 1: slope.png' })).toBeVisible();

  // A drop of a file with a path, as the system hands it over.
  const bytes = [...(await fs.readFile(file))];
  await page.getByRole('button', { name: /^Choose 2:/ }).focus();
  await page.getByRole('button', { name: /^Choose 2:/ }).evaluate((button, data) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([Uint8Array.from(data)], 'image.png', { type: 'image/png' }));
    button.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, bytes);
  await expect(page.getByRole('button', { name: /^Choose 2: \d{4}-.*\.png/ })).toBeVisible({ timeout: SLOW });
  expect(await fs.readdir(path.join(folders.home, 'pasted'))).toHaveLength(1);

  await page.getByRole('button', { name: /^Choose 2:/ }).click();
  await page.getByRole('combobox', { name: 'Class' }).selectOption('7');
  const grid = page.getByRole('listbox', { name: 'Images to choose from' });
  await expect
    .poll(async () => (await app.look('Images to choose from', 'listbox')).deviation, { timeout: SLOW })
    .toBeGreaterThan(1);
  await looked('picker');
  await grid.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const chosen = page.getByRole('button', { name: /^Choose 2: image \d+/ });
  await expect(chosen).toBeVisible();
  const index = Number(/image (\d+)/.exec((await chosen.getAttribute('aria-label')) ?? '')?.[1]);
  const labels = await fs.readFile(path.join(folders.home, 'datasets', 'sample', 'labels.u8'));
  expect(labels[index]).toBe(7);
  expect(app.complaints).toEqual([]);
});

test('a file that is dropped on a picture is used there, and the window is not covered after', async () => {
  const { page } = app;
  const file = await pictureFile('dropped.png');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.evaluate(() => {
      const input = document.createElement('input');
      input.type = 'file';
      input.id = 'drop-source';
      input.hidden = true;
      document.body.append(input);
      input.click();
    }),
  ]);
  await chooser.setFiles(file);
  // A file that the page has chosen carries its path, as a dropped one does.
  await page.getByRole('button', { name: /^Choose 1:/ }).evaluate((button) => {
    const source = document.querySelector<HTMLInputElement>('#drop-source');
    const dataTransfer = new DataTransfer();
    const dropped = source?.files?.[0];
    if (dropped) dataTransfer.items.add(dropped);
    for (const type of ['dragenter', 'dragover', 'drop']) {
      button.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }
    source?.remove();
  });
  await expect(page.getByRole('button', { name: 'Choose 1: dropped.png' })).toBeVisible();
  await expect(page.getByText('Drop it')).toBeHidden();
  await shows(/^Picture at .* % of the way$/);
});

test('a plane is panned, zoomed and laid along two directions', async () => {
  const { page } = app;
  await tab('Directions');
  await page.getByRole('button', { name: 'Principal components' }).click();
  await expect(page.getByRole('slider', { name: 'component-2' })).toBeVisible({ timeout: SLOW });
  await tab('Plane');
  const first = 'Picture 1 of the plane';
  const before = await shows(first);
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await changes(first, before);
  const plane = page.getByRole('application', { name: 'Plane of pictures' });
  await plane.hover();
  await page.mouse.wheel(0, 200);
  await plane.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('+');
  await page.keyboard.press('End');
  await looked('plane');
  await page.getByRole('button', { name: 'As command' }).click();
  expect(await page.getByRole('textbox', { name: 'Command' }).inputValue()).toMatch(
    / --area [\d.,-]+ --columns 5/,
  );
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Whole plane' }).click();
  await expect.poll(async () => (await app.look(first)).checksum, { timeout: SLOW }).toBe(before);
  await page.getByRole('combobox', { name: 'The plane lies' }).selectOption('Along two directions');
  await changes(first, before);
  await page.getByRole('combobox', { name: 'Downwards' }).selectOption('component-3');
  await looked('plane-free');
  await page.getByRole('button', { name: 'As command' }).click();
  expect(await page.getByRole('textbox', { name: 'Command' }).inputValue()).toMatch(
    /--centre 0 --right component-1 --down component-3 --range 2/,
  );
  await page.keyboard.press('Escape');
});

test('positions of a latent are painted and exchanged', async () => {
  const { page } = app;
  await tab('Paint');
  const before = await shows('Painted picture');
  const canvas = page.getByRole('application', { name: /^Picture to paint on, 14 × 14/ });
  const box = await canvas.boundingBox();
  if (!box) throw new Error('there is nothing to paint on');
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.3);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.6, { steps: 8 });
  await page.mouse.up();
  await changes('Painted picture', before);
  const raised = (await app.look('Painted picture')).checksum;
  await page.getByRole('radio', { name: 'Exchange' }).check();
  await page.getByRole('button', { name: /^Choose Comes from/ }).click();
  await page.getByRole('textbox', { name: 'Index or point' }).fill('23');
  await page.getByRole('button', { name: 'Take' }).click();
  await canvas.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await changes('Painted picture', raised);
  await expect(page.getByText('from the other picture').last()).toBeVisible();
  await looked('paint');
  // One stroke is one step back.
  await page.keyboard.press('Control+z');
  await expect.poll(async () => (await app.look('Painted picture')).checksum, { timeout: SLOW }).toBe(raised);
});

test('a family is bred, and walked back to where it began', async () => {
  const { page } = app;
  await tab('Around a picture');
  await page.getByRole('button', { name: 'Begin with nine children' }).click();
  const first = await shows('Child 9');
  for (const pair of [
    [1, 4],
    [2, 3],
  ]) {
    const last = (await app.look('Child 9')).checksum;
    for (const child of pair)
      await page.getByRole('button', { name: `Choose child ${child}`, exact: true }).click();
    await page.getByRole('button', { name: 'Breed from 2 chosen' }).click();
    await changes('Child 9', last);
  }
  await shows('Parent 2');
  await page.getByRole('list', { name: /^Family tree/ }).scrollIntoViewIfNeeded();
  await looked('family');
  await page.getByRole('button', { name: 'Back to child 2 of generation 2' }).click();
  await page.getByRole('button', { name: 'Generation 1, of the picture' }).click();
  await expect.poll(async () => (await app.look('Child 9')).checksum, { timeout: SLOW }).toBe(first);
  await page.getByRole('button', { name: 'Choose child 5', exact: true }).click();
  await page.getByRole('button', { name: 'Vary the chosen one' }).click();
  await expect(page.getByRole('list', { name: 'Family tree, 4 generations' })).toBeVisible({ timeout: SLOW });
});

test('latents, paths, boards and directions are saved, exported, and there after a restart', async () => {
  const { page } = app;
  await tab('Directions');
  await shows(/^Picture:/);
  await page.getByRole('button', { name: 'Save the direction component-1' }).click();
  await expect(page.getByText('The direction “component-1” is saved.')).toBeVisible({ timeout: SLOW });
  await tab('Saved');
  for (const [name, button] of [
    ['My latent', 'Save the picture as a latent'],
    ['My path', 'Save the path'],
    ['My board', 'Save the board'],
  ] as const) {
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByText(name, { exact: true })).toBeVisible({ timeout: SLOW });
  }
  await looked('saved');
  const file = path.join(folders.exports, 'saved.json');
  await app.answerSaveDialog(file);
  await page.getByRole('button', { name: 'Export all…' }).click();
  await expect(page.getByText(`Written to ${file}`)).toBeVisible({ timeout: SLOW });
  const json = JSON.parse(await fs.readFile(file, 'utf8')) as { things: { kind: string; name: string }[] };
  expect(json.things.map(({ kind, name }) => `${kind} ${name}`).sort()).toEqual([
    'board My board',
    'direction component-1',
    'path My path',
    'point My latent',
  ]);
  // The header of safetensors, read by hand: 8 bytes of length, JSON, and data without gaps up to the end.
  const bytes = await fs.readFile(path.join(folders.exports, 'saved.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  expect(header['latents/My latent']).toMatchObject({ dtype: 'F32', shape: [14, 14, 1] });
  const ends = Object.entries(header).flatMap(([name, { data_offsets }]) =>
    name === '__metadata__' ? [] : [data_offsets[1]],
  );
  expect(8 + length + Math.max(...ends)).toBe(bytes.length);

  await app.quit();
  app = await StudioApp.launch(folders);
  await expect(app.page.getByRole('heading', { level: 1, name: 'Explore' })).toBeVisible({ timeout: SLOW });
  await tab('Saved');
  for (const name of ['My latent', 'My path', 'My board', 'component-1']) {
    await expect(app.page.getByText(name, { exact: true })).toBeVisible({ timeout: SLOW });
  }
});

test('what was exported is imported again, used, and refused by a run of another shape', async () => {
  const { page } = app;
  await page.getByRole('button', { name: 'Delete My latent' }).click();
  await expect(page.getByText('My latent', { exact: true })).toBeHidden();
  await app.answerOpenDialog(path.join(folders.exports, 'saved.json'));
  await page.getByRole('button', { name: 'Import…' }).click();
  await expect(page.getByText('Imported 4 things.')).toBeVisible({ timeout: SLOW });
  await page.getByRole('combobox', { name: 'Show' }).selectOption('Latents');
  await page.getByRole('button', { name: 'Use as picture' }).click();
  await tab('Paint');
  await expect(page.getByRole('button', { name: 'Choose Picture: a saved latent' })).toBeVisible({
    timeout: SLOW,
  });

  await app.open('Train');
  await page.getByRole('button', { name: 'New training' }).click();
  await page.getByRole('radio', { name: /^Tiny:/ }).check();
  await page.getByRole('textbox', { name: 'Steps' }).fill('30');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: 2 * SLOW });
  await app.open('Explore');
  const run = page.getByRole('combobox', { name: 'Run' });
  await run.selectOption({ index: 0 });
  await tab('Paint');
  await expect(page.getByText('vector of 12 numbers without positions')).toBeVisible({ timeout: SLOW });
  // After so few steps all pictures are grey: what changes is told by their sum.
  await expect(page.getByRole('img', { name: 'Painted picture' })).toBeVisible({ timeout: SLOW });
  const before = (await app.look('Painted picture')).checksum;
  await page.getByRole('slider', { name: /^1: / }).fill('3');
  await changes('Painted picture', before);
  await looked('paint-vector');
  await tab('Saved');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('Latents');
  await page.getByRole('button', { name: 'Use as picture' }).first().click();
  await expect(page.getByText(/14 × 14 × 1.*, but .* 12/)).toBeVisible();
});

test('checkpoints side by side are exported as a picture and a film', async () => {
  const { page } = app;
  await page.getByRole('combobox', { name: 'Run' }).selectOption({ index: 1 });
  await tab('Side by side');
  await page.getByRole('button', { name: 'All checkpoints' }).click();
  await shows('Row 3, picture 1');
  const film = path.join(folders.exports, 'film.gif');
  await app.answerSaveDialog(film);
  await page.getByRole('button', { name: 'GIF…' }).click();
  await expect(page.getByText(`Written to ${film}.`)).toBeVisible({ timeout: SLOW });
  expect(await sharp(film, { animated: true }).metadata()).toMatchObject({ format: 'gif', pages: 3 });
  await page.getByRole('button', { name: 'As command' }).click();
  expect(await page.getByRole('textbox', { name: 'Command' }).inputValue()).toMatch(
    /^npx covae side-by-side \S+@10 \S+@20 \S+@30 --point seed:/,
  );
  await page.keyboard.press('Escape');
});
