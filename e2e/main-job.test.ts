/** The main job in the window, from an empty library to exported pictures, and all of it again after a restart. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { readProvenance } from '../core/provenance/read.ts';
import { describePicture, type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

/** Side of the sample's images, and the margin of a grid, in pixels. */
const SIDE = 28;
const MARGIN = 2;
const pitch = (images: number): number => images * (SIDE + MARGIN) + MARGIN;

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

test('imports the sample and shows its images', async () => {
  await expect(app.page.getByRole('heading', { name: 'Begin with images' })).toBeVisible();
  await app.importSample();
  await app.page.getByRole('button', { name: 'sample', exact: true }).click();
  await expect(app.page.getByText('10,000 images, 28 × 28')).toBeVisible();
  const grid = 'Images of sample';
  await expect.poll(async () => (await app.look(grid, 'listbox')).deviation).toBeGreaterThan(10);
});

test('trains, pauses, resumes and finishes', async () => {
  await app.startTraining({ preset: /Smoke test/, Steps: '30' });
  // Can be pressed as soon as the first step, the longest by far, is being taken.
  await app.page.getByRole('button', { name: 'Pause' }).click({ timeout: SLOW });
  await expect(app.page.getByRole('button', { name: 'Resume' })).toBeVisible({ timeout: SLOW });
  const paused = await app.step();
  expect(paused).toBeLessThan(30);
  await app.page.waitForTimeout(2_000);
  expect(await app.step()).toBe(paused);

  await app.page.getByRole('button', { name: 'Resume' }).click();
  await expect(app.page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  expect(await app.step()).toBe(30);
  const samples = /64 samples at step 30/;
  await expect(app.page.getByRole('img', { name: samples })).toBeVisible();
  expect((await app.look(samples)).deviation).toBeGreaterThan(1);

  const [run] = await fs.readdir(path.join(folders.home, 'runs'));
  const metrics = await fs.readFile(path.join(folders.home, 'runs', run ?? '', 'metrics.jsonl'), 'utf8');
  const steps = metrics
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);
  expect(steps).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
});

test('draws samples, keeps and exports them', async () => {
  await app.open('Samples');
  await app.page.getByRole('textbox', { name: 'Count' }).fill('16');
  await app.page.getByRole('textbox', { name: 'Seed' }).fill('7');
  await app.page.getByRole('radio', { name: '2' }).check();
  await app.page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(app.page.getByText('16 samples, seed 7, 2 passes')).toBeVisible({ timeout: SLOW });
  await expect.poll(async () => (await app.look('Drawn samples', 'listbox')).deviation).toBeGreaterThan(1);

  const grid = path.join(folders.exports, 'grid.png');
  await app.answerSaveDialog(grid);
  await app.page.getByRole('button', { name: 'Export…' }).click();
  const dialog = app.page.getByRole('dialog', { name: 'Export from' });
  await dialog.getByRole('button', { name: 'Export…' }).click();
  await expect(dialog.getByText(`16 samples written to ${grid}.`)).toBeVisible({ timeout: SLOW });
  const picture = await describePicture(grid);
  expect(picture).toMatchObject({ width: pitch(4), height: pitch(4), channels: 1 });
  expect(picture.deviation).toBeGreaterThan(1);

  const singles = path.join(folders.exports, 'singles');
  await app.answerSaveDialog(singles);
  await dialog.getByLabel('Format').selectOption('png');
  await dialog.getByLabel('Size').selectOption('2');
  await dialog.getByRole('button', { name: 'Export…' }).click();
  await expect(dialog.getByText(`16 samples written to ${singles}.`)).toBeVisible({ timeout: SLOW });
  // And the JSON that says where they come from.
  expect(await fs.readdir(singles)).toHaveLength(17);
  const first = await describePicture(path.join(singles, 'sample-0001.png'));
  expect(first).toMatchObject({ width: 2 * SIDE, height: 2 * SIDE, channels: 1 });
  expect(first.deviation).toBeGreaterThan(1);
  await dialog.getByLabel('Format').selectOption('grid');
  await dialog.getByLabel('Size').selectOption('1');
  await dialog.getByText('Close', { exact: true }).click();
});

test('stops a long draw, and keeps what was drawn of it', async () => {
  const { kept, draws } = await app.page.evaluate(async () => {
    const covae = Reflect.get(globalThis, 'covae') as {
      invoke: (channel: string, params: unknown) => Promise<{ value: unknown }>;
      on: (event: string, listener: () => void) => () => void;
    };
    const [run] = (await covae.invoke('runs.list', {})).value as { id: string }[];
    const orderId = 'long';
    // Hours of drawing, were it not stopped.
    const drawn = covae.invoke('draws.make', { runId: run?.id, orderId, count: 50_000, seed: 1, passes: 16 });
    const end = covae.on('draws.progress', () => void covae.invoke('draws.stop', { orderId }));
    const answer = (await drawn).value as { id: string; count: number } | null;
    end();
    const list = (await covae.invoke('draws.list', { runId: run?.id })).value as {
      draws: { id: string; count: number; asked: number }[];
    };
    return { kept: answer, draws: list.draws };
  });
  expect(kept?.count).toBeLessThan(50_000);
  expect(draws).toHaveLength(2);
  expect(draws[0]).toMatchObject({ id: kept?.id, count: kept?.count, asked: 50_000 });
  await app.page.getByRole('button', { name: /^16 samples/ }).click();
});

test('makes films and data sets of what a run draws, and saves single pictures', async () => {
  const { page } = app;
  await page.getByRole('button', { name: 'Export…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export from' });
  for (const as of ['mp4', 'webm']) {
    const film = path.join(folders.exports, `path.${as}`);
    await app.answerSaveDialog(film);
    await dialog.getByRole('radio', { name: 'A path' }).check();
    await dialog.getByRole('textbox', { name: 'Frames', exact: true }).fill('6');
    await dialog.getByLabel('Format').selectOption(as);
    await dialog.getByLabel('Size').selectOption('4');
    await dialog.getByRole('textbox', { name: 'Frames a second' }).fill('5');
    await dialog.getByRole('button', { name: 'Export…' }).click();
    await expect(dialog.getByText(`6 frames written to ${film}.`)).toBeVisible({ timeout: SLOW });
    await checkFilm(film, as);
  }
  await page.screenshot({ path: path.join(folders.root, 'dialog.png') });
  await dialog.getByRole('radio', { name: 'Samples' }).check();
  await dialog.getByRole('textbox', { name: 'Count' }).fill('12');
  await dialog.getByLabel('Format').selectOption('dataset');
  await dialog.getByLabel('Size').selectOption('1');
  await dialog.getByLabel('Name of the data set').fill('drawn');
  await dialog.getByRole('button', { name: 'Make the data set' }).click();
  await expect(dialog.getByText('12 samples written to')).toBeVisible({ timeout: SLOW });
  await dialog.getByLabel('Format').selectOption('grid');
  await dialog.getByText('Close', { exact: true }).click();

  const one = path.join(folders.exports, 'one.png');
  await app.answerSaveDialog(one);
  const box = await page.getByRole('listbox', { name: 'Drawn samples' }).boundingBox();
  if (box === null) throw new Error('the samples are not seen');
  await page.mouse.click(box.x + 30, box.y + 30, { button: 'right' });
  await page.getByRole('menuitem', { name: 'Save picture…' }).click();
  await expect(page.getByText(`The picture is written to ${one}.`)).toBeVisible({ timeout: SLOW });
  expect(await describePicture(one)).toMatchObject({ width: SIDE, height: SIDE, channels: 1 });
  await page.mouse.click(box.x + 30, box.y + 30, { button: 'right' });
  await page.getByRole('menuitem', { name: 'Copy picture' }).click();
  await expect(page.getByText('The picture is in the clipboard.')).toBeVisible({ timeout: SLOW });

  // A picture that says where it comes from brings its settings back.
  await page.getByRole('textbox', { name: 'Seed' }).fill('99');
  await app.open('Train');
  await page.evaluate((file) => {
    const data = new DataTransfer();
    data.setData('text/uri-list', `file://${file}`);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
  }, one);
  await expect(page.getByText(/one\.png was drawn by .* whose settings are back\./)).toBeVisible({
    timeout: SLOW,
  });
  await expect(page.getByRole('textbox', { name: 'Seed' })).toHaveValue('7');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('16 samples, seed 7, 2 passes')).toBeVisible({ timeout: SLOW });
});

/** Holds a film of the window to ffprobe, and to what it says of itself. */
async function checkFilm(film: string, as: string): Promise<void> {
  const { origin } = await readProvenance(film);
  expect(origin).toMatchObject({ kind: 'interpolation', frames: 6 });
  const probe = spawnSync(
    'ffprobe',
    [...'-v error -of json -count_frames -show_streams -show_format'.split(' '), film],
    {
      encoding: 'utf8',
    },
  );
  if (probe.error) {
    console.warn('No ffprobe: the film is not looked at.');
    return;
  }
  const { streams, format } = JSON.parse(probe.stdout) as { streams: object[]; format: { duration: string } };
  expect(streams).toEqual([
    expect.objectContaining({ width: 4 * SIDE, height: 4 * SIDE, nb_read_frames: '6' }),
  ]);
  expect(Number(format.duration)).toBeCloseTo(1.2, 1);
  expect(path.extname(film)).toBe(`.${as}`);
}

test('writes the report of a run, and takes the run to a file', async () => {
  const { page } = app;
  await app.open('Train');
  for (const [item, name, begin] of [
    ['Write a report…', 'report.html', '<!doctype html>'],
    ['Export the run as an archive…', 'run.zip', 'PK'],
  ] as const) {
    const file = path.join(folders.exports, name);
    await app.answerSaveDialog(file);
    await page.getByRole('button', { name: 'More of this run' }).click();
    await page.getByRole('menuitem', { name: item }).click();
    await expect(page.getByText(`is written to ${file}.`)).toBeVisible({ timeout: SLOW });
    expect((await fs.readFile(file)).toString('latin1').startsWith(begin)).toBe(true);
  }
  await app.answerOpenDialog(path.join(folders.exports, 'run.zip'));
  await page.getByRole('button', { name: 'Runs', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Import a run from an archive…' }).click();
  await expect(page.getByText(/is in the library already, with all of this history/)).toBeVisible({
    timeout: SLOW,
  });
  await app.open('Samples');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText('16 samples, seed 7, 2 passes')).toBeVisible({ timeout: SLOW });
});

test('says in one sentence why an export failed, and leaves nothing behind', async () => {
  const missing = path.join(folders.exports, 'no-such-folder', 'grid.png');
  await app.answerSaveDialog(missing);
  await app.page.getByRole('button', { name: 'Export…' }).click();
  const dialog = app.page.getByRole('dialog', { name: 'Export from' });
  await dialog.getByRole('button', { name: 'Export…' }).click();
  await expect(dialog.getByRole('alert')).toContainText(missing, { timeout: SLOW });
  await expect(dialog.getByRole('alert')).toContainText('its folder does not exist');
  await expect(fs.stat(path.dirname(missing))).rejects.toThrow();
  await dialog.getByText('Dismiss').click();
  await dialog.getByText('Close', { exact: true }).click();
});

test('finds everything again after a restart', async () => {
  expect(app.complaints).toEqual([]);
  await app.quit();
  app = await StudioApp.launch(folders);
  await expectLibrary();
});

test('rebuilds the catalogue from the disk when it is deleted', async () => {
  await app.quit();
  await fs.rm(path.join(folders.userData, 'IndexedDB'), { recursive: true });
  app = await StudioApp.launch(folders);
  await expectLibrary();
  const databases = await app.page.evaluate(async () => (await indexedDB.databases()).length);
  expect(databases).toBeGreaterThan(0);
});

async function expectLibrary(): Promise<void> {
  await app.open('Data sets');
  await expect(app.page.getByRole('button', { name: 'sample', exact: true })).toBeVisible();
  await app.open('Train');
  const runs = app.page.getByRole('region', { name: 'Runs' }).getByRole('button');
  await expect(runs).toHaveCount(1);
  await expect(runs).toContainText('Finished');
  await runs.click();
  await expect(app.page.getByRole('img', { name: /64 samples at step 30/ })).toBeVisible();
  await app.open('Samples');
  // All that was drawn is there, and the starred of all draws.
  const draws = app.page.getByRole('region', { name: 'Draws of the run' }).getByRole('listitem');
  await expect(draws).toHaveCount(5);
  await expect.poll(async () => (await app.look('Drawn samples', 'listbox')).deviation).toBeGreaterThan(1);
}
