/** Averages of the weights, made in the window after a training that left snapshots. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { inThemes } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

const CLI = path.join(import.meta.dirname, '..', 'bin', 'covae.mjs');

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test('weights are averaged after a training, and the average becomes a run', async () => {
  const { page } = app;
  await app.importSample();
  const settings = ['steps=20', 'snapshotEvery=4', 'evaluateCount=16', 'evaluateExtractor=pixels'];
  await promisify(execFile)(process.execPath, [
    ...[CLI, 'train', '--data', 'sample', '--preset', 'smoke', '--name', 'walked', '--home', folders.home],
    ...settings.flatMap((setting) => ['--set', `training.${setting}`]),
  ]);
  await page.reload();
  await app.open('Train');
  await page
    .getByRole('option', { name: /^walked/ })
    .or(page.getByRole('button', { name: /^walked/ }))
    .first()
    .click();
  await page.getByRole('button', { name: 'More of this run' }).click();
  await page.getByRole('menuitem', { name: 'Average its weights…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Average the weights/ });
  await expect(
    dialog.getByRole('table', { name: /^5.snapshots up to step.20; 16.samples each/ }),
  ).toBeVisible({
    timeout: SLOW,
  });
  await expect(dialog.getByRole('radio')).toHaveCount(8);
  await dialog.getByRole('radio', { name: '0.15' }).check();
  await inThemes(app, async (theme) => {
    await page.screenshot({ path: test.info().outputPath(`average-${theme}.png`) });
    expect(await axeFindings(page)).toEqual([]);
  });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('smooth');
  await dialog.getByRole('button', { name: 'Make a run of it' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'smooth' })).toBeVisible({ timeout: SLOW });
  await expect(page.getByText(/its weights averaged over a length of 0\.15/).first()).toBeVisible();
  expect(app.complaints).toEqual([]);
});
