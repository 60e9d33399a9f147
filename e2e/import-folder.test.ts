/** Images of one's own: by the dialog, by drag and drop, and what cannot be used. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, makeImageFolder, SLOW, StudioApp, temporaryFolders } from './studio.ts';

let folders: Folders;
let app: StudioApp;
let images: string;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  images = path.join(folders.root, 'squares');
  await makeImageFolder(images, 24);
  await fs.writeFile(path.join(images, 'text.png'), 'This is no picture.');
  app = await StudioApp.launch(folders);
});

test.afterAll(async () => {
  await app.quit().catch(() => undefined);
  await fs.rm(folders.root, { recursive: true, force: true });
});

test.describe.configure({ mode: 'serial' });

async function confirmImport(name: string): Promise<void> {
  const dialog = app.page.getByRole('dialog', { name: 'Import a folder' });
  await expect(dialog).toContainText(images);
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Size').selectOption('32');
  await dialog.getByRole('radio', { name: 'Colour' }).check();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
}

test('imports a folder chosen in the dialog and lists what it left out', async () => {
  await app.answerOpenDialog(images);
  await app.page.getByRole('button', { name: 'Choose a folder…' }).click();
  await confirmImport('squares');
  await expect(app.page.getByText('“squares” is imported: 24 images, 1 file left out.')).toBeVisible({
    timeout: SLOW,
  });
  await app.page.getByRole('button', { name: 'squares', exact: true }).click();
  await app.page.getByText('1 file left out', { exact: true }).click();
  await expect(app.page.getByText('text.png')).toBeVisible();
  const grid = 'Images of squares';
  await expect.poll(async () => (await app.look(grid, 'listbox')).deviation).toBeGreaterThan(10);
});

test('imports a folder that is dropped on the window', async () => {
  await app.open('Train');
  const devtools = await app.page.context().newCDPSession(app.page);
  const data = { items: [], files: [images], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await devtools.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data });
  }
  await confirmImport('dropped');
  await expect(app.page.getByText('“dropped” is imported: 24 images')).toBeVisible({ timeout: SLOW });
});

test('says in one sentence why a folder cannot be imported', async () => {
  const empty = path.join(folders.root, 'empty');
  await fs.mkdir(empty);
  await app.answerOpenDialog(empty);
  await app.open('Data sets');
  await app.page.getByRole('button', { name: 'Choose a folder…' }).click();
  await app.page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(app.page.getByRole('alert').getByText(`${empty} is empty`)).toBeVisible();
  await expect(app.page.getByRole('button', { name: 'empty', exact: true })).toHaveCount(0);
  const left = await fs.readdir(path.join(folders.home, 'datasets'));
  expect(left.sort()).toEqual(['dropped', 'squares']);
});
