/** However the application is ended from outside: the training is saved, imports leave nothing, and no question waits. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, makeImageFolder, SLOW, StudioApp, temporaryFolders } from './studio.ts';

/** Exit code after a training that can be gone on with. */
const STOPPED = 75;

let folders: Folders;
let app: StudioApp;
/** Of the application started last. Once it has ended, Playwright does not know it any more. */
let main: ChildProcess;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  app = await StudioApp.launch(folders);
  main = app.electron.process();
  await app.importSample();
});

test.afterAll(async () => {
  main.kill('SIGKILL');
  await fs.rm(folders.root, { recursive: true, force: true });
});

test.describe.configure({ mode: 'serial' });

/** A training that writes no checkpoint by itself for a long time. */
async function train(): Promise<void> {
  await app.open('Train');
  // The page of the run looked at last is shown, where there is one.
  const another = app.page.getByRole('button', { name: 'New training' });
  await expect(another.or(app.page.getByRole('button', { name: 'Start training' }))).toBeVisible();
  if (await another.isVisible()) await another.click();
  await app.startTraining({ preset: /Smoke test/, Steps: '100000' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(0);
}

/** @returns the exit code */
async function end(how: () => unknown): Promise<number | null> {
  const closed = once(main, 'exit');
  await how();
  const [code] = (await closed) as [number | null];
  return code;
}

/** The run trained last has a checkpoint of the last step that its log tells of. */
async function expectSaved(): Promise<void> {
  const runs = path.join(folders.home, 'runs');
  const names = (await fs.readdir(runs)).filter((name) => !name.startsWith('.'));
  const times = await Promise.all(
    names.map(async (name) => (await fs.stat(path.join(runs, name))).birthtimeMs),
  );
  const run = path.join(runs, names[times.indexOf(Math.max(...times))] ?? '');
  const lines = (await fs.readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const { step } = JSON.parse(lines.at(-1) ?? '') as { step: number };
  const checkpoints = await fs.readdir(path.join(run, 'checkpoints'));
  expect(checkpoints).toContain(`step-${String(step).padStart(8, '0')}`);
}

test('a signal to all processes, as a closed terminal sends it, saves the training', async () => {
  await train();
  const pid = main.pid ?? 0;
  // Playwright starts the application as the first of a group.
  expect(await end(() => process.kill(-pid, 'SIGHUP'))).toBe(STOPPED);
  await expectSaved();
});

test('a question on the screen does not wait in the way of a signal', async () => {
  app = await StudioApp.launch(folders, {});
  main = app.electron.process();
  await train();
  const asked = app.electron.evaluate(({ dialog }) => {
    const show = dialog.showMessageBox.bind(dialog) as (...args: unknown[]) => Promise<unknown>;
    return new Promise<void>((resolve) => {
      Object.assign(dialog, {
        showMessageBox: (...args: unknown[]) => {
          setTimeout(resolve, 500);
          return show(...args);
        },
      });
    });
  });
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await asked;
  expect(await end(() => main.kill('SIGTERM'))).toBe(STOPPED);
  await expectSaved();
});

test('the system that shuts down is held up until the training is saved', async () => {
  app = await StudioApp.launch(folders, {});
  main = app.electron.process();
  await train();
  const code = await end(() =>
    app.electron
      .evaluate(({ powerMonitor }) => {
        const told = { held: false };
        powerMonitor.emit('shutdown', { preventDefault: () => (told.held = true) });
        if (!told.held) throw new Error('The system was not asked to wait.');
      })
      .catch((error: unknown) => {
        if (String(error).includes('asked to wait')) throw error;
      }),
  );
  expect(code).toBe(STOPPED);
  await expectSaved();
});

test('an import is cancelled and leaves nothing', async () => {
  const source = path.join(folders.root, 'many');
  await makeImageFolder(source, 30);
  // Many times the same files: their pixels take a while, their number does not matter.
  for (let copy = 0; copy < 60; copy++)
    await fs.cp(path.join(source), path.join(folders.root, 'copies', String(copy)), { recursive: true });
  app = await StudioApp.launch(folders, {});
  main = app.electron.process();
  await app.open('Data sets');
  await app.page.evaluate(
    (folder) => {
      const { invoke } = Reflect.get(globalThis, 'covae') as {
        invoke: (channel: string, params: unknown) => Promise<unknown>;
      };
      return invoke('datasets.import', {
        jobId: 'many',
        name: 'many',
        request: { kind: 'folder', paths: [folder] },
        settings: {
          ...{ size: 256, channels: 3, fit: 'crop', padColour: '#000000', background: '#ffffff' },
          ...{ minSide: 0, dedupe: false, holdOut: 0, classes: 'none', flip: 'no' },
        },
      });
    },
    path.join(folders.root, 'copies'),
  );
  await expect.poll(() => fs.readdir(path.join(folders.home, 'datasets'))).not.toEqual(['sample']);
  expect(await end(() => main.kill('SIGQUIT'))).toBe(0);
  expect(await fs.readdir(path.join(folders.home, 'datasets'))).toEqual(['sample']);
});
