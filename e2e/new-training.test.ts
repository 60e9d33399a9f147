/** Before a run starts: what is recommended, what it will take, every setting, presets of one's own. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { photograph } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

const look = (name: string): Promise<void> =>
  photograph(app, name, {
    // Whatever is scrolled to.
    before: () =>
      expect(app.page.getByRole('button', { name: 'Start training' })).toBeInViewport({ ratio: 1 }),
    after: async ({ width }, theme) =>
      expect(await axeFindings(app.page), `${name} at ${width}, ${theme}`).toEqual([]),
  });

async function fromMenu(item: string): Promise<void> {
  const { page } = app;
  const button = page.getByRole('button', { name: 'Presets' });
  await button.scrollIntoViewIfNeeded();
  // A menu closes when what it stands over is scrolled.
  await page.waitForTimeout(400);
  await button.click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('the recommended preset is chosen and says why, and what will happen stands beside it', async () => {
  const { page } = app;
  await app.importSample();
  await app.trainerReady();
  await app.open('Train');
  await expect(page.getByRole('radio', { name: /^Tiny:/ })).toBeChecked();
  await expect(page.getByText(/^Recommended for 10,000 grey images of 28 × 28/)).toBeVisible();
  const outlook = page.getByRole('region', { name: 'What will happen' });
  await expect(outlook).toContainText(/279 k parameters, latent 12/, { timeout: SLOW });
  await expect(outlook).toContainText(/288,000 seen: each of the data set 29 times/);
  await expect(outlook).toContainText(/A step (not known before one was measured here|about)/);
  await look('new');
});

test('a batch that does not fit is told in red, with the one that does', async () => {
  const { page } = app;
  const outlook = page.getByRole('region', { name: 'What will happen' });
  await page.locator('summary', { hasText: 'The paper’s' }).click();
  await page.getByRole('radio', { name: /^The paper’s MNIST, needs a GPU/ }).check();
  await page.getByRole('textbox', { name: 'Batch size' }).fill('65536');
  await expect(outlook.getByRole('alert')).toContainText('of memory will not do for this.', {
    timeout: SLOW,
  });
  const fit = outlook.getByRole('button', { name: /^Batch of [\d,]+$/ });
  const batch = /[\d,]+/.exec((await fit.textContent()) ?? '')?.[0]?.replaceAll(',', '');
  await look('too-large');
  await fit.click();
  await expect(page.getByRole('textbox', { name: 'Batch size' })).toHaveValue(batch ?? '');
  await expect(outlook.getByRole('alert')).toHaveCount(0);
});

test('every setting can be searched and set, is marked where it differs, and kept as a preset', async () => {
  const { page } = app;
  await page.getByRole('radio', { name: /Smoke test/ }).check();
  await page.getByRole('textbox', { name: 'Batch size' }).fill('');
  await page.getByText('Advanced', { exact: true }).click();
  await page.getByRole('searchbox', { name: 'Search' }).fill('ema rate');
  await page.getByRole('textbox', { name: 'EMA rate' }).fill('0.8');
  await expect(page.getByText('Preset: 0.9', { exact: true })).toBeVisible();
  await expect(page.getByText('Paper: 0.9999', { exact: true })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('Only what differs from the preset');
  await expect(page.getByRole('textbox', { name: 'EMA rate' })).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Weight decay' })).toHaveCount(0);
  await look('differs');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('All settings');
  await expect(page.getByRole('textbox', { name: 'Channel multipliers', exact: true })).toBeVisible();
  await page.getByRole('textbox', { name: 'Channel multipliers', exact: true }).fill('1, 1');

  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('12');
  await fromMenu('Keep as a preset…');
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Zwölf Schritte');
  await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click();
  await expect(page.getByRole('radio', { name: 'Zwölf Schritte' })).toBeChecked();
  const kept: unknown = JSON.parse(
    await fs.readFile(path.join(folders.home, 'presets', 'zwolf-schritte.json'), 'utf8'),
  );
  expect(kept).toMatchObject({
    title: 'Zwölf Schritte',
    config: { training: { steps: 12, emaRate: 0.8 }, network: { multipliers: [1, 1] } },
  });
  const file = path.join(folders.exports, 'twelve.json');
  await app.answerSaveDialog(file);
  await fromMenu('Export this preset…');
  await expect(page.getByText(/is written to/)).toBeVisible();
  await app.answerOpenDialog(file);
  await fromMenu('Import presets…');
  await expect(page.getByRole('radio', { name: 'Zwölf Schritte-2' })).toBeChecked();
});

test('a step is measured, and the run starts under any name; the next is as that run', async () => {
  const { page } = app;
  const outlook = page.getByRole('region', { name: 'What will happen' });
  await outlook.getByRole('button', { name: 'Measure a step' }).click();
  await expect(outlook).toContainText('measured in a trial here', { timeout: SLOW });
  const steps = page.getByRole('textbox', { name: 'Steps', exact: true });
  const planned = await steps.inputValue();
  await outlook.getByRole('textbox', { name: 'Minutes to train' }).fill('60');
  await outlook.getByRole('button', { name: 'Fit the steps' }).click();
  await expect.poll(async () => Number(await steps.inputValue())).toBeGreaterThan(100);
  await expect(outlook).toContainText(/about (5\d|60) min/);
  await steps.fill(planned);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Größe 数字');
  await page.getByRole('button', { name: 'Start training' }).click();
  await expect(page.getByRole('heading', { name: 'Größe 数字' })).toBeVisible({ timeout: SLOW });
  await expect(page.getByText(/^Finished/).first()).toBeVisible({ timeout: SLOW });

  await page.getByRole('button', { name: 'New training' }).click();
  await page.getByRole('combobox', { name: 'Settings as in run' }).selectOption({ index: 1 });
  await expect(page.getByRole('radio', { name: 'As in run Größe 数字' })).toBeChecked();
  await expect(page.getByRole('textbox', { name: 'Steps', exact: true })).toHaveAttribute(
    'placeholder',
    '12',
  );
  await look('as-in-run');
});

test('what will happen is there too where the window was quicker than the trainer', async () => {
  await app.quit();
  app = await StudioApp.launch(folders);
  const { page } = app;
  await app.open('Train');
  // The newest run is in view after a restart.
  const another = page.getByRole('button', { name: 'New training' });
  const heading = page.getByRole('heading', { name: 'New training' });
  await expect(another.or(heading).first()).toBeVisible({ timeout: SLOW });
  if (await another.isVisible()) await another.click();
  await expect(page.getByRole('region', { name: 'What will happen' })).toBeVisible({ timeout: SLOW });
});
