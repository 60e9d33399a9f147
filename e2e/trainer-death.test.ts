/** The trainer's process is killed: the window lives on, says so, and the training goes on from its checkpoint. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  app = await StudioApp.launch(folders);
  await app.importSample();
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

const STEPS = 120;

test('goes on from the last checkpoint', async () => {
  await app.startTraining({ preset: /Smoke test/, Steps: String(STEPS) });
  // The preset writes a checkpoint every ten steps.
  await expect.poll(() => app.step(), { timeout: SLOW, intervals: [50] }).toBeGreaterThan(10);
  const before = await app.processId('CoVAE trainer');
  process.kill(before, 'SIGKILL');

  const alert = app.page.getByRole('alert').filter({ hasText: 'The trainer was ended from outside' });
  await expect(alert).toBeVisible();
  await alert.getByRole('button', { name: 'Go on from the last checkpoint' }).click();
  await expect(app.page.getByText('Finished').first()).toBeVisible({ timeout: SLOW });
  expect(await app.step()).toBe(STEPS);
  expect(await app.processId('CoVAE trainer')).not.toBe(before);
  await expect(alert).toBeHidden();

  const [run] = await fs.readdir(path.join(folders.home, 'runs'));
  const metrics = await fs.readFile(path.join(folders.home, 'runs', run ?? '', 'metrics.jsonl'), 'utf8');
  const steps = metrics
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { step: number }).step);
  expect(steps).toEqual(Array.from({ length: STEPS }, (_, index) => index + 1));
});

test('starts again by itself when it is killed idle', async () => {
  const before = await app.processId('CoVAE trainer');
  process.kill(before, 'SIGKILL');
  await expect
    .poll(() => app.processId('CoVAE trainer').catch(() => before), { timeout: SLOW })
    .not.toBe(before);
  await app.trainerReady();
  await app.open('Samples');
  await app.page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(app.page.getByText('64 samples, seed 0')).toBeVisible({ timeout: SLOW });
});

test('stops with a checkpoint when the window is closed in a training', async () => {
  await app.open('Train');
  await app.page.getByRole('button', { name: 'New training' }).click();
  await app.startTraining({ preset: /Smoke test/, Steps: '100000' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(0);
  await app.quit();
  app = await StudioApp.launch(folders);
  await app.open('Train');
  const runs = app.page.getByRole('region', { name: 'Runs' });
  await expect(runs.getByText(/Stopped at step [1-9]/)).toBeVisible();
});
