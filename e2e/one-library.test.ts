/** Two windows and a command line on one library: what one is at, the others leave alone and say who is at it. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, SLOW, StudioApp, temporaryFolders } from './studio.ts';

const CLI = path.join(import.meta.dirname, '..', 'bin', 'covae.mjs');

let folders: Folders;
let first: StudioApp;
let second: StudioApp;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  first = await StudioApp.launch(folders);
  await first.importSample();
  second = await StudioApp.launch({
    home: folders.home,
    userData: path.join(folders.root, 'other-user-data'),
  });
  await second.trainerReady();
});

test.afterAll(async () => {
  for (const app of [first, second]) await app.quit().catch(() => undefined);
  await fs.rm(folders.root, { recursive: true, force: true });
});

function covae(...args: string[]): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args, '--home', folders.home], {
    encoding: 'utf8',
  });
  return { status, stderr };
}

/** What main answers a window. */
function invoke(app: StudioApp, channel: string, params: object): Promise<string> {
  return app.page.evaluate(
    async ([asked, given]) => {
      const { covae: bridge } = globalThis as unknown as {
        covae: { invoke(channel: string, params: object, id: number): Promise<unknown> };
      };
      return JSON.stringify(await bridge.invoke(asked, given, 1_000_000));
    },
    [channel, params] as const,
  );
}

test('a run that one window trains is refused to the command line and to another window', async () => {
  await first.startTraining({ preset: /Smoke test/, Steps: '1000000' });
  await expect.poll(() => first.step(), { timeout: SLOW }).toBeGreaterThan(10);
  const [run = ''] = await fs.readdir(path.join(folders.home, 'runs'));
  const who = `by the window (process ${await first.processId('CoVAE trainer')}, since `;

  expect(covae('resume', run)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`Run ${run} is being trained ${who}`),
  });
  expect(covae('data', 'remove', 'sample')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`Data set "sample" is in use for the training of run ${run} ${who}`),
  });

  for (const [channel, params] of [
    ['datasets.remove', { name: 'sample' }],
    ['datasets.rename', { name: 'sample', to: 'digits' }],
    ['runs.remove', { runId: run }],
  ] as const) {
    const answer = await invoke(second, channel, params);
    expect(answer).toContain('"busy"');
    expect(answer).toContain(who);
  }
  await invoke(second, 'training.resumeRun', { runId: run });
  await second.open('Train');
  await expect(second.page.getByText(`Run ${run} is being trained ${who}`).first()).toBeVisible({
    timeout: SLOW,
  });

  const before = await first.step();
  await expect.poll(() => first.step(), { timeout: SLOW }).toBeGreaterThan(before);
});

test('what held it is gone with its process', async () => {
  process.kill(await first.processId('CoVAE trainer'), 'SIGKILL');
  const alert = first.page.getByRole('alert').filter({ hasText: 'The trainer was ended from outside' });
  await expect(alert).toBeVisible({ timeout: SLOW });
  expect(covae('data', 'rename', 'sample', 'digits')).toMatchObject({ status: 0 });
  expect(await invoke(second, 'datasets.rename', { name: 'digits', to: 'sample' })).not.toContain('busy');
});
