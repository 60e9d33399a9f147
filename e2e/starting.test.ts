/** Starts that are not as usual: records of the window that are damaged, a second start, a page that dies. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

const ROOT = path.join(import.meta.dirname, '..');

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  folders = await temporaryFolders();
  app = await StudioApp.launch(folders);
  await app.importSample();
  await app.open('Samples');
});

test.afterAll(() => putAway(app, folders));

test.describe.configure({ mode: 'serial' });

/** Overwrites every file below a folder, or one file. */
async function damage(name: string): Promise<void> {
  const target = path.join(folders.userData, name);
  const entries = (await fs.stat(target)).isDirectory()
    ? await fs.readdir(target, { recursive: true, withFileTypes: true })
    : [];
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of entries.length > 0 ? files : [target]) await fs.writeFile(file, 'damaged '.repeat(100));
}

const lost = () => app.page.getByText('records (settings, thumbnails, how things were looked at)');

for (const what of ['IndexedDB', 'everything']) {
  test(`says once that its records were damaged: ${what}`, async () => {
    await app.quit();
    const names = what === 'everything' ? await fs.readdir(folders.userData) : [what];
    for (const name of names) await damage(name).catch(() => undefined);
    app = await StudioApp.launch(folders);
    await expect(lost()).toHaveCount(1, { timeout: SLOW });
    await app.page.screenshot({ path: test.info().outputPath('lost.png') });
    await app.open('Data sets');
    await expect(app.page.getByRole('button', { name: 'sample', exact: true })).toBeVisible();
    await app.quit();
    app = await StudioApp.launch(folders);
    await app.trainerReady();
    await expect(lost()).toHaveCount(0);
  });
}

/** Starts it once more. @returns its exit code and what it says, without Chromium's own lines */
async function startAgain(home: string): Promise<{ code: number | null; said: string }> {
  const child = execFile(process.env['COVAE_ELECTRON_PATH'] ?? '', [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ...[ROOT, '--home', home, '--user-data-dir', folders.userData],
  ]);
  let said = '';
  child.stderr?.on('data', (chunk: string) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: said.replace(/^(\[.*)?\n/gm, '').trim() };
}

test('a second start with another library says why it is not opened, in its terminal and in the window', async () => {
  expect(await startAgain(folders.home)).toEqual({ code: 0, said: '' });
  const other = path.join(folders.root, 'other');
  const { code, said } = await startAgain(other);
  expect(code).toBe(1);
  expect(said).toBe(
    `The library ${other} was not opened, since the window shows ${folders.home}; ` +
      'close that first, or start with another --user-data-dir.',
  );
  await expect(app.page.getByText(said)).toBeVisible();
});

test('the view comes back after its page has died, and the training goes on', async () => {
  await app.startTraining({ preset: /Smoke test/, Steps: '100000' });
  const before = await app.step();
  // Asked of a page that has died, it would never answer.
  const page = (script: string): Promise<string> =>
    app.electron.evaluate(
      ({ BrowserWindow }, source) =>
        Promise.race([
          BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(source) as Promise<string>,
          new Promise<string>((resolve) => setTimeout(() => resolve(''), 1_000)),
        ]),
      script,
    );
  for (let death = 0; death < 2; death++) {
    await app.electron.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
    });
    await expect
      .poll(() => page(`document.querySelector('h1')?.textContent ?? ''`).catch(() => ''), {
        timeout: SLOW,
      })
      .toContain('Train');
    await expect
      .poll(
        async () => {
          const text = await page('document.body.innerText').catch(() => '');
          return Number(/Step\s+([\d,]+)/.exec(text)?.[1]?.replaceAll(',', '') ?? -1);
        },
        { timeout: SLOW },
      )
      .toBeGreaterThan(before);
  }
});
