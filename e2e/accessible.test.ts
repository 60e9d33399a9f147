/** axe-core finds nothing wrong in any state of the window, light or dark. One training is shared by all of them. */
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { makeDamaged, makeDiverged, makeRuns } from './made-up-runs.ts';
import { inThemes } from './photograph.ts';
import { type Folders, launched, makeImageFolder, putAway, SLOW, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;
const seen = new Set<string>();
/** What is wrong, of all states: the last test tells it. */
const found: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

/** Looks at the state that the window is in, in both themes. */
async function state(name: string): Promise<void> {
  expect(seen.has(name), `${name} is looked at twice`).toBe(false);
  seen.add(name);
  await inThemes(app, async (theme) => {
    // Bars glide, and pictures come in.
    await app.page.waitForTimeout(250);
    const wrong = (await axeFindings(app.page)).map((finding) => `${name}, ${theme}: ${finding}`);
    if (wrong.length > 0) console.log(wrong.join('\n'));
    found.push(...wrong);
    await app.page.screenshot({ path: test.info().outputPath(`${name.replace(/\W+/g, '-')}-${theme}.png`) });
  });
}

/** Looks at a dialog, and closes it. */
async function dialogState(name: string): Promise<void> {
  await expect(app.page.getByRole('dialog').first()).toBeVisible({ timeout: SLOW });
  await state(name);
  await app.page.keyboard.press('Escape');
  await expect(app.page.getByRole('dialog')).toHaveCount(0);
}

const press = (name: string | RegExp) => app.page.getByRole('button', { name }).first().click();

async function fromMenu(menu: string, item: string | RegExp): Promise<void> {
  await press(menu);
  await app.page.getByRole('menuitem', { name: item }).click();
}

test('without anything', async () => {
  for (const view of ['Data sets', 'Train', 'Samples', 'Explore'] as const) {
    await app.open(view);
    await state(`${view}, empty`);
  }
});

test('data sets', async () => {
  const { page } = app;
  await app.importSample();
  await state('Data sets');
  const images = `${folders.root}/images`;
  await makeImageFolder(images, 12);
  await app.answerOpenDialog(images);
  await press('Choose a folder…');
  await expect(page.getByRole('listbox', { name: 'Images as they would be imported' })).toBeVisible({
    timeout: SLOW,
  });
  await dialogState('Import');
  await page.getByRole('button', { name: 'sample', exact: true }).click();
  const grid = page.getByRole('listbox', { name: /^Images of sample/ });
  await expect(grid).toBeVisible({ timeout: SLOW });
  await grid.focus();
  await page.keyboard.press('ArrowRight');
  await expect(grid.getByRole('option')).toHaveAttribute('aria-label', /^Image 1, \d$/, { timeout: SLOW });
  await state('Data set, images');
  await page.keyboard.press('Enter');
  await dialogState('An image enlarged');
  await page.getByRole('tab', { name: 'Statistics' }).click();
  await expect(page.getByRole('img', { name: /Histogram/ })).toBeVisible({ timeout: SLOW });
  await state('Data set, statistics');
});

test('a new training', async () => {
  const { page } = app;
  await app.open('Train');
  await expect(page.getByRole('region', { name: 'What will happen' })).toBeVisible({ timeout: SLOW });
  await state('New training');
  await page.getByText('Advanced', { exact: true }).click();
  await expect(page.getByRole('searchbox').first()).toBeVisible();
  await state('New training, all settings');
  await page.getByText('Advanced', { exact: true }).click();
  await press('Sweep…');
  await dialogState('Sweep');
});

test('a training under way', async () => {
  const { page } = app;
  await app.startTraining({ preset: /Smoke test/, Steps: '20000' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(20);
  await state('Training');
  await press('Change…');
  await dialogState('Change the training');
  await press('New training');
  await page.getByRole('radio', { name: /Smoke test/ }).check();
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('5');
  await press('Add to the queue');
  await press(/^Queue \(1/);
  await dialogState('Queue');
  await page
    .getByRole('region', { name: 'Runs' })
    .getByRole('button', { name: /Training/ })
    .click();
  await press('Pause');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeVisible({ timeout: SLOW });
  await state('Paused');
  await press('Stop');
  await expect(page.getByText(/^Stopped at step/).first()).toBeVisible({ timeout: SLOW });
});

test('a run', async () => {
  const { page } = app;
  const loss = page.getByRole('application', { name: /^Loss over/ });
  await loss.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('status').getByText(/^step [\d,]+: /)).toBeAttached();
  await state('A curve read by the keyboard');
  await press('Enlarge Loss');
  await dialogState('A curve enlarged');
  await press('Loss as a table');
  await expect(page.getByRole('table', { name: 'Loss' }).getByRole('row').nth(2)).toBeVisible();
  await dialogState('A curve as a table');
  await page.getByRole('listbox', { name: 'Images of the picture' }).focus();
  await page.keyboard.press('ArrowDown');
  await state('Samples over time read by the keyboard');
  await page.getByRole('tab', { name: /^Evaluate/ }).click();
  await state('Evaluate');
  await page.getByRole('tab', { name: 'Training' }).click();
  for (const item of ['Fork…', 'Name, tags and note…', 'Prune its checkpoints…', /elsewhere…$/]) {
    const entry = page.getByRole('menuitem', { name: item });
    await press('More of this run');
    if ((await entry.count()) === 0) {
      await page.keyboard.press('Escape');
      continue;
    }
    await entry.click();
    await dialogState(`Of a run: ${String(item)}`);
  }
  await press('Export…');
  await dialogState('Export');
});

test('samples and latent space', async () => {
  const { page } = app;
  await app.open('Samples');
  await page.getByRole('button', { name: 'Draw', exact: true }).click();
  await expect(page.getByText(/^64 samples, seed 0/)).toBeVisible({ timeout: SLOW });
  await state('Gallery');
  await page.getByRole('listbox', { name: 'Drawn samples' }).focus();
  await page.keyboard.press('Enter');
  await dialogState('A sample enlarged');
  await app.open('Explore');
  await expect(page.getByRole('img', { name: /% of the way/ })).toBeVisible({ timeout: SLOW });
  for (const board of [
    'Path',
    'Plane',
    'Directions',
    'Paint',
    'Around a picture',
    'Map',
    'Side by side',
    'Saved',
  ]) {
    await page.getByRole('tab', { name: board }).click();
    await page.waitForTimeout(1500);
    await state(`Explore, ${board}`);
  }
});

test('many runs, and what can be wrong with one', async () => {
  const { page } = app;
  const [diverged, damaged] = [await makeDiverged(folders.home), await makeDamaged(folders.home)];
  await makeRuns(folders.home, 12);
  await app.lookAgain();
  await app.open('Train');
  const list = page.getByRole('region', { name: 'Runs' });
  await list.getByRole('button', { name: /^steep/ }).click({ timeout: SLOW });
  await expect(page.getByText(/Loss not finite|Diverged/).first()).toBeVisible({ timeout: SLOW });
  await state('Diverged, with alarms');
  await list.getByRole('button', { name: new RegExp(`^${damaged}`) }).click();
  await expect(page.getByRole('alert').getByText(/run\.json/)).toBeVisible();
  await state('Damaged');
  await press('All runs');
  const table = page.getByRole('table', { name: 'All runs' });
  await expect(table.getByRole('rowheader').first()).toBeVisible();
  await state('All runs');
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('dataset');
  await state('All runs, in groups');
  await page.getByRole('combobox', { name: 'Group by' }).selectOption('');
  await fromMenu('Runs', 'Removed runs…');
  await dialogState('Removed runs');
  await page.getByRole('searchbox', { name: 'Search the runs' }).fill('sweep 000');
  await table.getByRole('checkbox', { name: 'Choose all that are found' }).check();
  await state('Chosen runs');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('application', { name: /^Loss of 5 curves/ })).toBeVisible({ timeout: SLOW });
  await state('Comparison');
  await press('Loss as a table');
  await dialogState('Curves of a comparison as a table');
  await press('Back to all runs');
  await press('Back to training');
  expect(diverged).toBe('steep-aaaaaa');
  await page.getByTitle('Where the library is, and moving it').click();
  await dialogState('Library');
});

test('nothing is wrong in at least twenty states', () => {
  expect(found).toEqual([]);
  expect(seen.size).toBeGreaterThanOrEqual(20);
  expect(app.complaints).toEqual([]);
});
