/** Runs after their training: gone on with, forked, sorted in a table, compared, queued. */
import { expect, test } from '@playwright/test';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

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

test('a run is named, tagged, pruned, removed and brought back', async () => {
  const { page } = app;
  const menu = async (item: string): Promise<void> => {
    await page.getByRole('button', { name: 'More of this run' }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };
  await menu('Name, tags and note…');
  const dialog = page.getByRole('dialog', { name: /^Name, tags/ });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('second try');
  await dialog.getByRole('textbox', { name: 'Tags' }).fill('paper, slow');
  await dialog.getByRole('textbox', { name: 'Note' }).fill('From the first one, further on.');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 2, name: 'second try', exact: true })).toBeVisible({
    timeout: SLOW,
  });
  await expect(page.getByText('paper', { exact: true }).first()).toBeVisible();
  await menu('Prune its checkpoints…');
  const prune = page.getByRole('dialog', { name: /^Prune/ });
  await expect(prune.getByText(/would go[^]* now,[^]* after/)).toBeVisible({ timeout: SLOW });
  await page.screenshot({ path: test.info().outputPath('prune.png') });
  await prune.getByRole('button', { name: 'Remove them for good' }).click();
  await expect(page.getByText(/of “second try” removed: .* before, .* after/)).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(page.getByText('“second try” was removed.')).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: /second try/ }).first()).toBeVisible({ timeout: SLOW });
  expect(app.complaints).toEqual([]);
});

test('the table of all runs renames in place, searches, groups, and takes several away and back', async () => {
  const { page } = app;
  await page.getByRole('button', { name: 'All runs' }).click();
  const table = page.getByRole('table', { name: 'All runs' });
  await expect(table.getByRole('rowheader')).toHaveCount(2);
  await table.getByRole('button', { name: /^sample-smoke/ }).press('F2');
  await page.getByRole('textbox', { name: 'New name' }).fill('first try');
  await page.getByRole('textbox', { name: 'New name' }).press('Enter');
  await expect(table.getByRole('button', { name: 'first try', exact: true })).toBeVisible({ timeout: SLOW });
  await page.getByRole('searchbox', { name: 'Search the runs' }).fill('paper second');
  await expect(table.getByRole('rowheader')).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search the runs' }).fill('');
  const groups = page.getByRole('combobox', { name: 'Group by' });
  await groups.focus();
  await expect(groups.getByRole('option', { name: /^By Steps/ })).toBeAttached({ timeout: SLOW });
  await groups.selectOption('training.steps');
  await expect(table.getByRole('button', { name: /^Steps: 44 1 run/ })).toBeVisible();
  await groups.selectOption('');
  await table.getByRole('checkbox', { name: 'Choose all that are found' }).check();
  await page.getByRole('button', { name: 'Tags…' }).click();
  await page.getByRole('textbox', { name: 'Tags to give' }).fill('both');
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await expect(table.getByText('both', { exact: true })).toHaveCount(2, { timeout: SLOW });
  await page.getByRole('toolbar', { name: 'Chosen runs' }).getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('2 runs were removed.')).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('button', { name: /first try/ }).first()).toBeVisible({ timeout: SLOW });
  expect(app.complaints).toEqual([]);
});

test('runs are compared: settings first, curves over one another, samples at one step, a page', async () => {
  const { page } = app;
  await app.open('Train');
  await page.getByRole('button', { name: 'All runs' }).click();
  const table = page.getByRole('table', { name: 'All runs' });
  await table.getByRole('checkbox', { name: 'Choose all that are found' }).check();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare 2 runs' })).toBeVisible();
  const settings = page.getByRole('table', { name: 'Settings that differ' });
  await expect(settings.getByRole('row', { name: /^Steps 4?\d/ })).toBeVisible({ timeout: SLOW });
  await expect(page.getByRole('application', { name: /^Loss of 2 curves: / })).toBeVisible({ timeout: SLOW });
  await expect(page.getByRole('img', { name: /^64 samples of first try at step 32/ })).toBeVisible({
    timeout: SLOW,
  });
  await expect(page.getByRole('img', { name: /^64 samples of second try at step 44/ })).toBeVisible();
  await page.getByRole('slider', { name: 'Step that is looked at' }).fill('0');
  await expect(page.getByRole('img', { name: /^64 samples of first try at step 0/ })).toBeVisible();
  await expect(page.getByRole('img', { name: /^64 samples of second try at step 0/ })).toBeVisible();
  await page.screenshot({ path: test.info().outputPath('compare.png') });
  const view = `${folders.exports}/view.json`;
  await app.answerSaveDialog(view);
  await page.getByRole('button', { name: 'The view' }).click();
  await page.getByRole('menuitem', { name: 'Save the view…' }).click();
  await expect(page.getByText(`The view is written to ${view}.`)).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Back to all runs' }).click();
  await table.getByRole('checkbox', { name: 'Choose all that are found' }).check();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await app.answerOpenDialog(view);
  await page.getByRole('button', { name: 'The view' }).click();
  await page.getByRole('menuitem', { name: 'Open a view…' }).click();
  await expect(page.getByRole('img', { name: /^64 samples of first try at step 0/ })).toBeVisible({
    timeout: SLOW,
  });
  const html = `${folders.exports}/comparison.html`;
  await app.answerSaveDialog(html);
  await page.getByRole('button', { name: 'The view' }).click();
  await page.getByRole('menuitem', { name: 'Write as a page…' }).click();
  await expect(page.getByText(`The comparison is written to ${html}.`)).toBeVisible({ timeout: SLOW });
  await page.getByRole('button', { name: 'Back to all runs' }).click();
  await page.getByRole('button', { name: 'Back to training' }).click();
  expect(app.complaints).toEqual([]);
});

test('a sweep waits in the queue, is reordered, trained, and compared by itself', async () => {
  const { page } = app;
  await app.open('Train');
  await page.getByRole('radio', { name: /Smoke test/ }).check();
  await page.getByRole('textbox', { name: 'Steps', exact: true }).fill('6');
  await page.getByRole('button', { name: 'Sweep…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sweep over settings' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('rates');
  await dialog.getByRole('textbox', { name: 'Values 1' }).fill('0.0005, 0.001');
  await expect(dialog.getByText('2 runs')).toBeVisible({ timeout: SLOW });
  await page.screenshot({ path: test.info().outputPath('sweep.png') });
  await dialog.getByRole('button', { name: 'Add to the queue' }).click();
  await expect(page.getByText('2 runs of “rates” wait in the queue.')).toBeVisible({ timeout: SLOW });
  await expect(page.getByRole('heading', { level: 1, name: 'Compare 2 runs' })).toBeVisible({
    timeout: SLOW,
  });
  await expect(page.getByText('All runs of “rates” are trained.')).toBeVisible();
  await expect(
    page.getByRole('table', { name: 'Settings that differ' }).getByRole('row', { name: /^Learning rate/ }),
  ).toBeVisible({ timeout: SLOW });
  expect(app.complaints).toEqual([]);
});

test('what waits is reordered by the keyboard, kept over a restart, and trained then', async () => {
  await app.open('Train');
  await app.startTraining({ preset: /Smoke test/, Steps: '5000' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(0);
  await app.page.getByRole('button', { name: 'New training' }).click();
  for (const name of ['alpha', 'beta']) {
    await app.page.getByRole('textbox', { name: 'Steps', exact: true }).fill('5');
    await app.page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await app.page.getByRole('button', { name: 'Add to the queue' }).click();
    await expect(app.page.getByText(`“${name}” waits in the queue.`)).toBeVisible({ timeout: SLOW });
  }
  await app.page.getByRole('button', { name: /^Queue \(2/ }).click();
  const queue = app.page.getByRole('dialog', { name: 'Queue' });
  await queue.getByRole('listitem', { name: 'beta, place 2' }).press('Alt+ArrowUp');
  await expect(queue.getByRole('listitem', { name: 'beta, place 1' })).toBeVisible({ timeout: SLOW });
  await queue
    .getByRole('listitem', { name: 'alpha, place 2' })
    .dragTo(queue.getByRole('listitem', { name: 'beta, place 1' }));
  await expect(queue.getByRole('listitem', { name: 'alpha, place 1' })).toBeVisible({ timeout: SLOW });
  await app.page.screenshot({ path: test.info().outputPath('queue.png') });
  await app.quit();
  app = await StudioApp.launch(folders);
  await app.open('Train');
  for (const name of ['alpha', 'beta']) {
    await expect(
      app.page
        .getByRole('region', { name: 'Runs' })
        .getByRole('button', { name: new RegExp(`^${name} .*Finished`) }),
    ).toBeVisible({ timeout: SLOW });
  }
  await expect(app.page.getByRole('button', { name: /^Queue/ })).toHaveCount(0);
});
