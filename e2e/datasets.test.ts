/** Images of one's own: brought in by the dialog, by drag and drop and by pasting; looked at, renamed, deleted, found. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import sharp from 'sharp';
import { type Folders, makeImageFolder, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

let folders: Folders;
let app: StudioApp;
let images: string;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  images = path.join(folders.root, 'squares');
  await makeImageFolder(path.join(images, 'warm'), 24);
  await makeImageFolder(path.join(images, 'cold'), 12);
  await fs.writeFile(path.join(images, 'warm', 'text.png'), 'This is no picture.');
  app = await StudioApp.launch(folders);
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

const dialog = () => app.page.getByRole('dialog');
const card = (name: string) => app.page.getByRole('button', { name, exact: true });
const done = (text: string | RegExp) => expect(app.page.getByText(text)).toBeVisible({ timeout: SLOW });

/** Opens the menu of a data set and takes an item of it. */
async function take(name: string, item: string): Promise<void> {
  await app.page.getByRole('button', { name: `More on ${name}` }).click();
  await app.page.getByRole('menuitem', { name: item }).click();
}

async function drop(files: string[]): Promise<void> {
  const devtools = await app.page.context().newCDPSession(app.page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  }
}

test('shows what an import would give, and imports it', async () => {
  await app.answerOpenDialog(images);
  await app.page.getByRole('button', { name: 'Choose a folder…' }).click();
  await expect(dialog()).toContainText(images);
  const grid = 'Images as they would be imported';
  await expect
    .poll(async () => (await app.look(grid, 'listbox')).deviation, { timeout: SLOW })
    .toBeGreaterThan(10);
  const before = await app.look(grid, 'listbox');
  await dialog().getByRole('radio', { name: 'Grey' }).check();
  await expect.poll(async () => (await app.look(grid, 'listbox')).checksum).not.toBe(before.checksum);
  await dialog().getByRole('radio', { name: 'Colour' }).check();
  await dialog().getByLabel('Size').selectOption('32');
  await dialog().getByLabel('Name of the class warm').fill('sunny');
  await expect(dialog()).toContainText('32 × 32, colour');
  await dialog().getByRole('button', { name: 'Import', exact: true }).click();
  await done('“squares” is imported: 36 images, 1 file left out.');
});

test('shows the images, each class, where each comes from, and what was left out', async () => {
  await card('squares').click();
  const grid = 'Images of squares';
  await expect.poll(async () => (await app.look(grid, 'listbox')).deviation).toBeGreaterThan(10);
  const all = await app.look(grid, 'listbox');
  await app.page.getByLabel('Class').selectOption('sunny');
  await expect(app.page.getByText('24 images')).toBeVisible();
  await expect.poll(async () => (await app.look(grid, 'listbox')).checksum).not.toBe(all.checksum);
  await app.page.getByRole('listbox', { name: grid }).click({ position: { x: 30, y: 30 } });
  await expect(dialog()).toContainText('warm/image-000.png');
  await expect(dialog()).toContainText('sunny');
  await app.page.keyboard.press('ArrowRight');
  await expect(dialog()).toContainText('warm/image-001.png');
  await app.page.keyboard.press('Escape');
  await app.page.getByRole('tab', { name: 'Statistics' }).click();
  await expect(app.page.getByRole('img', { name: /Histogram/ })).toBeVisible({ timeout: SLOW });
  await expect.poll(async () => (await app.look('Mean of all images')).deviation).toBeGreaterThan(1);
  await app.page.getByRole('button', { name: /cold/ }).click();
  await expect(app.page.getByText('12 images')).toBeVisible();
  await app.page.getByRole('tab', { name: 'Left out (1)' }).click();
  await expect(app.page.getByText('warm/text.png')).toBeVisible();
});

test('imports several things that are dropped together', async () => {
  const single = ['warm/image-003.png', 'cold/image-004.png'].map((file) => path.join(images, file));
  await app.open('Train');
  await drop([path.join(images, 'cold'), ...single]);
  await expect(dialog()).toContainText('the first of 2', { timeout: SLOW });
  await dialog().getByLabel('Size').selectOption('16');
  await expect(dialog()).toContainText('16 × 16', { timeout: SLOW });
  await dialog().getByRole('button', { name: 'Import all 2 like this' }).click();
  await done('“images” is imported: 2 images.');
  await done('“cold” is imported: 12 images.');
});

test('imports a picture that is pasted', async () => {
  await app.copyPicture(path.join(images, 'warm', 'image-005.png'));
  await app.page.keyboard.press('Control+V');
  await expect(dialog()).toContainText('pasted', { timeout: SLOW });
  await dialog().getByLabel('Name').fill('pasted');
  await dialog().getByLabel('Read as').selectOption('files');
  await expect(dialog().getByRole('button', { name: 'Import', exact: true })).toBeEnabled({ timeout: SLOW });
  await dialog().getByRole('button', { name: 'Import', exact: true }).click();
  await done('“pasted” is imported: 1 image.');
});

test('says in one sentence why something cannot be imported', async () => {
  const empty = path.join(folders.root, 'empty');
  await fs.mkdir(empty);
  await drop([empty]);
  await expect(dialog().getByRole('alert')).toContainText(`${empty} is empty`, { timeout: SLOW });
  await expect(dialog().getByRole('button', { name: 'Import', exact: true })).toBeDisabled();
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  const left = await fs.readdir(path.join(folders.home, 'datasets'));
  expect(left.filter((name) => !name.startsWith('.')).sort()).toEqual([
    'cold',
    'images',
    'pasted',
    'squares',
  ]);
});

test('makes a data set anew with other options, from its own images when the files are gone', async () => {
  await take('cold', 'Duplicate with other options…');
  await expect(dialog()).toContainText(path.join(images, 'cold'));
  await expect(dialog().getByLabel('Name', { exact: true })).toHaveValue('cold 2');
  await expect(dialog().getByLabel('Size')).toHaveValue('16', { timeout: SLOW });
  await dialog().getByRole('button', { name: 'Cancel' }).click();
  const gone = path.join(folders.root, 'gone');
  await fs.rename(path.join(images, 'cold'), gone);
  await take('cold', 'Duplicate with other options…');
  await expect(dialog()).toContainText('what they were made of is no longer there', { timeout: SLOW });
  await dialog().getByRole('radio', { name: 'Grey' }).check();
  await expect(dialog()).toContainText('12 images, 16 × 16, grey', { timeout: SLOW });
  await dialog().getByRole('button', { name: 'Import', exact: true }).click();
  await done('“cold 2” is imported: 12 images.');
  await expect(app.page.getByText('Made from “cold”')).toBeVisible();
  await fs.rename(gone, path.join(images, 'cold'));
});

test('keeps what is deleted until it is deleted for good', async () => {
  await take('cold 2', 'Delete');
  await take('images', 'Delete');
  await app.page.getByRole('button', { name: 'Recently deleted (2)' }).click();
  await dialog().getByRole('button', { name: 'Restore images' }).click();
  await dialog().getByRole('button', { name: 'Delete cold 2 for good' }).click();
  await dialog().getByRole('button', { name: 'Delete for good', exact: true }).click();
  await expect(dialog()).toContainText('There are none any more.');
  await dialog().getByRole('button', { name: 'Close' }).last().click();
  await expect(card('images')).toBeVisible();
  expect(await fs.readdir(path.join(folders.home, 'datasets', '.trash'))).toEqual([]);
});

test('renames, deletes and takes back', async () => {
  await app.open('Data sets');
  await take('cold', 'Rename…');
  await dialog().getByLabel('Name').fill('winter');
  await dialog().getByRole('button', { name: 'Rename' }).click();
  await expect(card('winter')).toBeVisible();
  await expect(card('cold')).toHaveCount(0);
  await take('winter', 'Delete');
  await expect(app.page.getByText('“winter” is deleted.')).toBeVisible();
  await expect(card('winter')).toHaveCount(0);
  await app.page.getByRole('button', { name: 'Undo' }).click();
  await expect(card('winter')).toBeVisible();
});

test('shows a data set that somebody moved as missing, and finds it again', async () => {
  const moved = path.join(folders.root, 'elsewhere');
  await fs.rename(path.join(folders.home, 'datasets', 'winter'), moved);
  await app.quit();
  app = await StudioApp.launch(folders);
  await app.open('Data sets');
  await expect(app.page.getByText('Its folder is no longer in the library')).toBeVisible();
  await app.answerOpenDialog(images);
  await app.page.getByRole('button', { name: 'Find it…' }).click();
  await expect(app.page.getByRole('alert').getByText('holds no data set')).toBeVisible();
  await app.answerOpenDialog(moved);
  await app.page.getByRole('button', { name: 'Find it…' }).click();
  await expect(card('winter')).toBeVisible();
  await card('winter').click();
  await expect
    .poll(async () => (await app.look('Images of winter', 'listbox')).deviation)
    .toBeGreaterThan(10);
});

test('asks before it quits with an import under way, which leaves nothing behind', async () => {
  // One large picture under many names takes a while to read.
  const many = path.join(folders.root, 'many');
  await fs.mkdir(many);
  const large = path.join(many, '0.png');
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  await sharp({ create: { width: 1000, height: 1000, channels: 3, background: '#888888', noise } })
    .png({ compressionLevel: 1 })
    .toFile(large);
  for (let index = 1; index < 600; index++) await fs.link(large, path.join(many, `${index}.png`));
  const before = await fs.readdir(path.join(folders.home, 'datasets'));
  await drop([many]);
  await expect(dialog().getByRole('button', { name: 'Import', exact: true })).toBeEnabled({ timeout: SLOW });
  await dialog().getByRole('button', { name: 'Import', exact: true }).click();
  await expect(app.page.getByLabel('Imports').getByText(/of 600 images/)).toBeVisible({ timeout: SLOW });
  const asked = await app.electron.evaluate(async ({ app: electron, dialog: native }) => {
    delete process.env['COVAE_QUIT_WITHOUT_ASKING'];
    return new Promise<string>((resolve) => {
      native.showMessageBox = (...given: unknown[]) => {
        resolve((given.at(-1) as { message: string }).message);
        return Promise.resolve({ response: 1, checkboxChecked: false });
      };
      electron.quit();
    });
  });
  expect(asked).toBe('An import is under way.');
  await expect(app.page.getByLabel('Imports')).toBeVisible();
  await app.electron.evaluate(({ dialog: native }) => {
    native.showMessageBox = () => Promise.resolve({ response: 0, checkboxChecked: false });
  });
  await app.quit();
  expect(await fs.readdir(path.join(folders.home, 'datasets'))).toEqual(before);
  app = await StudioApp.launch(folders);
  await app.open('Data sets');
  await expect(card('squares')).toBeVisible();
  await expect(card('many')).toHaveCount(0);
});

test('imports in the background while a training runs', async () => {
  await app.importSample();
  await card('sample').click();
  await app.page.getByRole('button', { name: 'Train on it' }).click();
  await app.startTraining({ preset: /Smoke test/, Steps: '5000' });
  const training = app.page.getByLabel('Trainer').getByText('Training', { exact: true });
  await expect(training).toBeVisible({ timeout: SLOW });
  await drop([path.join(images, 'warm')]);
  await expect(dialog().getByRole('button', { name: 'Import', exact: true })).toBeEnabled({ timeout: SLOW });
  await dialog().getByRole('button', { name: 'Import', exact: true }).click();
  await done('“warm” is imported: 24 images, 1 file left out.');
  await expect(training).toBeVisible();
  await take('sample', 'Delete');
  await expect(app.page.getByRole('alert').getByText('is being trained on')).toBeVisible();
  await expect(card('sample')).toBeVisible();
  expect(app.complaints).toEqual([]);
});
