/** Models and runs that leave the window, and come back; the library's folder that moves. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  ({ folders, app } = await launched());
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/, Steps: '12' });
  await expect(app.page.getByText(/^Finished/).first()).toBeVisible({ timeout: SLOW });
});

test.afterAll(() => putAway(app, folders));

/** Chooses in the menu of the run that is shown. */
async function choose(item: string): Promise<void> {
  await app.page.getByRole('button', { name: 'More of this run' }).click();
  await app.page.getByRole('menuitem', { name: item }).click();
}

test('a model is exported as a page that stands by itself', async () => {
  const { page } = app;
  const to = path.join(folders.exports, 'page');
  await app.answerSaveDialog(to);
  await choose('Take the model elsewhere…');
  const dialog = page.getByRole('dialog', { name: /^Take the model of/ });
  expect(await axeFindings(page)).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Licence' }).fill('not a licence!');
  await expect(dialog.getByText(/^Give an SPDX identifier/)).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Export…' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'Licence' }).fill('mit');
  await dialog.getByRole('button', { name: 'Export…' }).click();
  await expect(dialog.getByText(/^The model of step 12 is written to/)).toBeVisible({ timeout: SLOW });
  expect(await fs.readdir(to)).toEqual(expect.arrayContaining(['model-card.json', 'README.md']));
  await dialog.getByRole('button', { name: 'Close' }).last().click();
});

test('a run is archived, and comes back from the archive as it was', async () => {
  const { page } = app;
  const archive = path.join(folders.exports, 'run.zip');
  await app.answerSaveDialog(archive);
  await choose('Export the run as an archive…');
  await expect(page.getByText(/^The run is written to/).first()).toBeVisible({ timeout: SLOW });
  // Another program reads it.
  expect(execFileSync('python3', ['-m', 'zipfile', '-l', archive], { encoding: 'utf8' })).toContain(
    'run.json',
  );
  const runs = path.join(folders.home, 'runs');
  const [id = ''] = (await fs.readdir(runs)).filter((name) => !name.startsWith('.'));
  const before = await fs.readFile(path.join(runs, id, 'metrics.jsonl'));
  await fs.rename(path.join(runs, id), path.join(folders.root, 'gone'));
  await app.open('Train');
  await expect(page.getByText(id)).toHaveCount(0, { timeout: SLOW });
  await app.answerOpenDialog(archive);
  await page.getByRole('button', { name: 'Runs', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Import a run from an archive…' }).click();
  await expect(page.getByText(`The run ${id} is imported; its data set is sample.`).first()).toBeVisible({
    timeout: SLOW,
  });
  expect(await fs.readFile(path.join(runs, id, 'metrics.jsonl'))).toEqual(before);
});

test('the library moves, and everything is found as before', async () => {
  const { page } = app;
  // Memory is another disk, to which everything has to be copied.
  const disk = await fs.mkdtemp('/dev/shm/covae-e2e-');
  const to = path.join(disk, 'library');
  const names = async (of: string): Promise<string[]> =>
    (await fs.readdir(of, { recursive: true })).filter((name) => !name.startsWith('.')).sort();
  const before = await names(folders.home);
  expect(before).toContain(path.join('datasets', 'sample', 'dataset.json'));
  await app.answerSaveDialog(to);
  await page.getByRole('button', { name: 'Library…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Library' });
  await expect(dialog.getByText(folders.home)).toBeVisible();
  expect(await axeFindings(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Move…' }).click();
  await expect(dialog.getByText(/^The library is in .* now; .* is a link to it\.$/)).toBeVisible({
    timeout: SLOW,
  });
  expect(await fs.readlink(folders.home)).toBe(to);
  expect(await names(to)).toEqual(before);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await app.open('Data sets');
  await expect(page.getByText('10,000 images').first()).toBeVisible();
  await app.open('Train');
  await page.getByRole('button', { name: 'New training' }).click();
  await app.startTraining({ preset: /Smoke test/, Steps: '8' });
  await expect(page.getByRole('heading', { level: 2, name: 'sample-smoke-2' })).toBeVisible({
    timeout: SLOW,
  });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBe(8);
  expect((await fs.readdir(path.join(to, 'runs'))).filter((name) => !name.startsWith('.'))).toHaveLength(2);
  expect(app.complaints).toEqual([]);
  await app.quit();
  await fs.rm(disk, { recursive: true, force: true });
});
