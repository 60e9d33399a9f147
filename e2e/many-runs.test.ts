/** The table of all runs with none, one, thirty and five hundred runs, as they look and what they cost. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import type { Preset } from '../core/config/model.ts';
import type { MetricsLine, RunManifest } from '../core/run/manifest.ts';
import { axeFindings } from './axe.ts';
import { photograph, SIZES } from './photograph.ts';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });

test.afterEach(() => putAway(app, folders));

function line(step: number, seed: number): MetricsLine {
  const loss = 40 + 400 * Math.exp(-step / 300) + (seed % 17);
  return {
    ...{ step, loss, recLoss: loss / 2, denoiserLoss: loss / 4, klLoss: 3 + (seed % 5), gradNorm: 10 },
    ...{ learningRate: 0.001, intervals: 64, stepsPerSecond: 5, seconds: step / 5 },
  };
}

/** Runs as they lie on the disk, without checkpoints: so many, on two data sets, with several settings and seeds. */
async function makeRuns(home: string, count: number): Promise<void> {
  const file = path.join(import.meta.dirname, '..', 'assets', 'presets', 'tiny.json');
  const preset = JSON.parse(await fs.readFile(file, 'utf8')) as Preset;
  for (let index = 0; index < count; index++) {
    const id = `sweep ${String(Math.floor(index / 5)).padStart(3, '0')}-${(100_000 + index).toString(36).slice(-6).padStart(6, 'a')}`;
    const folder = path.join(home, 'runs', id);
    const { training } = preset.config;
    const manifest: RunManifest = {
      ...{ format: 'covae-run', version: 1, id, name: id.slice(0, -7) },
      createdAt: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
      ...{ preset: 'tiny', seed: index % 5, parameters: 894_826 },
      dataset: { name: index % 2 === 0 ? 'digits' : 'harbour at dawn', fingerprint: 'sha256:0', count: 100 },
      config: {
        ...preset.config,
        training: { ...training, learningRate: [0.001, 0.003, 0.006][Math.floor(index / 5) % 3] ?? 0.006 },
      },
      versions: { app: '0', tensorflow: '0', tfjs: '0' },
    };
    await fs.mkdir(path.join(folder, 'checkpoints'), { recursive: true });
    await fs.writeFile(path.join(folder, 'run.json'), JSON.stringify(manifest));
    const lines = Array.from({ length: 100 }, (_, i) => JSON.stringify(line(10 * (i + 1), index)));
    await fs.writeFile(path.join(folder, 'metrics.jsonl'), `${lines.join('\n')}\n`);
    if (index % 3 === 0) {
      const about = {
        format: 'covae-run-about',
        version: 1,
        tags: ['sweep', `lr ${index % 7}`],
        note: 'One of many.',
      };
      await fs.writeFile(path.join(folder, 'about.json'), JSON.stringify(about));
    }
  }
}

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
