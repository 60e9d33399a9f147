/** Runs after their training: gone on with, forked, sorted in a table, compared, queued. */
import { expect, test } from '@playwright/test';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

test('a finished run is trained further, and says by which schedule', async () => {
  const { page } = app;
  await app.importSample();
  await app.startTraining({ preset: /Smoke test/, Steps: '20' });
  await expect(page.getByText(/^Finished/).first()).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Train further…' }).click();
  const dialog = page.getByRole('dialog', { name: /further/ });
  await dialog.getByRole('textbox', { name: 'Further steps' }).fill('12');
  await expect(dialog.getByText(/^It goes on for 12 steps, to step 32: the learning rate/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Train further' }).click();
  await expect.poll(() => app.step(), { timeout: SLOW }).toBe(32);
  await expect(page.getByText(/^Finished/).first()).toBeVisible({ timeout: SLOW });
});

test('a fork goes on from a checkpoint with other settings', async () => {
  const { page } = app;
  await page.getByRole('button', { name: 'More of this run' }).click();
  await page.getByRole('menuitem', { name: 'Fork…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Fork/ });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('branch');
  await dialog.getByRole('textbox', { name: 'Value 1' }).fill('10');
  await dialog.getByRole('button', { name: 'Fork and train' }).click();
  await expect(dialog.getByRole('alert')).toContainText('is the last of the 10 steps');
  await dialog.getByRole('textbox', { name: 'Value 1' }).fill('44');
  await page.screenshot({ path: test.info().outputPath('fork.png') });
  await dialog.getByRole('button', { name: 'Fork and train' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'branch' })).toBeVisible({ timeout: SLOW });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBe(44);
  await expect(page.getByText(/step 32 of sample-smoke-/)).toBeVisible();
  expect(app.complaints).toEqual([]);
});
