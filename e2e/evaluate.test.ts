/** A run is evaluated: numbers with their protocol, pictures, the table of several runs and its export. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test('a trained run is evaluated, looked at, compared and exported', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/ });
  await expect(page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });

  await page.getByRole('tab', { name: 'Evaluate' }).click();
  await expect(page.getByText('No evaluation yet')).toBeVisible();
  const form = page.getByRole('form', { name: 'New evaluation' });
  await form.getByRole('combobox', { name: 'Extractor' }).selectOption('Pixels');
  await form.getByRole('textbox', { name: 'Samples' }).fill('200');
  await form.getByRole('checkbox', { name: '2' }).uncheck();
  await form.getByRole('button', { name: 'Evaluate' }).click();

  const evaluations = page.getByRole('table', { name: 'Evaluations of this run' });
  await expect(evaluations).toBeVisible({ timeout: SLOW });
  await expect(page.getByRole('region', { name: 'Evaluations under way' })).toBeHidden({ timeout: SLOW });
  await evaluations
    .getByRole('row', { name: /1 pass/ })
    .getByRole('button')
    .click();
  const distance = page.getByRole('row', { name: /^FD-pixels How far/ });
  await expect(distance.getByRole('cell').first()).toHaveText(/^[\d.]+$/);
  await page.getByText('Protocol', { exact: true }).click();
  await expect(page.getByText(/^200 samples in 1 pass, seed 0/)).toBeVisible();

  // What was drawn again has something on it, and so have the images beside it.
  for (const name of [/^Sample \d/, /^Training image \d/, /^Real image \d/]) {
    await expect.poll(async () => (await app.look(name)).deviation, { timeout: SLOW }).toBeGreaterThan(1);
  }

  expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('button', { name: 'Compare runs' }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare runs' })).toBeVisible();
  expect(await axeFindings(page)).toEqual([]);
  const file = path.join(folders.exports, 'table.csv');
  await app.answerSaveDialog(file);
  await page.getByRole('button', { name: 'Export CSV…' }).click();
  await expect(page.getByText(/row written to|rows written to/)).toBeVisible();
  const [head, ...rows] = (await fs.readFile(file, 'utf8')).trim().split(/\r?\n/);
  expect(head).toMatch(/^run,step,.*fd/);
  expect(rows[0]).toContain('pixels');
  expect(app.complaints).toEqual([]);
});
