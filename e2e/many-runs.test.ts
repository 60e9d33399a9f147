/** The table of all runs with none, one, thirty and five hundred runs, as they look and what they cost. */
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { makeRuns } from './made-up-runs.ts';
import { photograph, SIZES } from './photograph.ts';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.afterEach(() => putAway(app, folders));

const look = (name: string): Promise<void> =>
  photograph(app, name, {
    after: async ({ width }, theme) => {
      if (width === SIZES.at(-1)?.width) expect(await axeFindings(app.page), `${name}, ${theme}`).toEqual([]);
    },
  });

for (const count of [0, 1, 30, 500]) {
  test(`with ${count} runs`, async () => {
    folders = await temporaryFolders();
    await makeRuns(folders.home, count);
    app = await StudioApp.launch(folders);
    const { page } = app;
    await app.open('Train');
    if (count === 0) {
      await expect(page.getByRole('button', { name: 'All runs' })).toHaveCount(0);
      await look('runs-0');
      return;
    }
    await expect(page.getByRole('button', { name: 'All runs' })).toBeVisible({ timeout: SLOW });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const taken = async (): Promise<number> =>
      (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')
        ?.value ?? NaN;
    const before = await taken();
    await page.getByRole('button', { name: 'All runs' }).click();
    const table = page.getByRole('table', { name: 'All runs' });
    await expect(table.getByRole('rowheader').first()).toBeVisible();
    // Seconds of the page's processor time, whatever else the machine does.
    const opened = (await taken()) - before;
    test
      .info()
      .annotations.push({ type: 'processor seconds to open the table', description: opened.toFixed(3) });
    console.log(`${count} runs: ${opened.toFixed(3)} s of processor time to open the table`);
    expect(opened).toBeLessThan(1);
    await expect(table).toHaveAttribute('aria-rowcount', String(count + 1));
    expect(await table.getByRole('row').count()).toBeLessThan(80);
    await look(`runs-${count}`);
    if (count < 500) return;
    await page
      .getByRole('region', { name: 'Runs' })
      .evaluate((frame) => (frame.scrollTop = frame.scrollHeight));
    await expect(table.getByRole('button', { name: 'sweep 000' }).first()).toBeVisible();
    const groups = page.getByRole('combobox', { name: 'Group by' });
    await groups.focus();
    await expect(groups.getByRole('option', { name: /^By Learning rate/ })).toBeAttached({ timeout: SLOW });
    await groups.selectOption('training.learningRate');
    await page.getByRole('region', { name: 'Runs' }).evaluate((frame) => (frame.scrollTop = 0));
    await expect(table.getByRole('button', { name: /^Learning rate: / }).first()).toBeVisible();
    await look('runs-500-grouped');
    // Listed again, nothing is read again: only looked at.
    const again = await app.electron.evaluate(() => process.cpuUsage());
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await page.waitForTimeout(1000);
    const used = await app.electron.evaluate((_, since) => process.cpuUsage(since), again);
    expect((used.user + used.system) / 1e6).toBeLessThan(1);
    expect(app.complaints).toEqual([]);
  });
}
