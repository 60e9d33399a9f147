/** What Help has: the versions that run, and the licences. */
import { expect, test } from '@playwright/test';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

/** Chooses from the menu, as the native one cannot be clicked from here. */
async function choose(label: string): Promise<void> {
  await app.electron.evaluate(({ Menu }, wanted) => {
    const help = Menu.getApplicationMenu()?.items.find(({ role }) => role === 'help');
    const item = help?.submenu?.items.find((entry) => entry.label === wanted);
    if (item === undefined) throw new Error(`Help has no ${wanted}.`);
    (item as unknown as { click(): void }).click();
  }, label);
}

test('says which Electron runs', async () => {
  await app.electron.evaluate(({ dialog }) => {
    const show = (...args: unknown[]): Promise<{ response: number; checkboxChecked: boolean }> => {
      Reflect.set(globalThis, 'shown', args.at(-1));
      return Promise.resolve({ response: 0, checkboxChecked: false });
    };
    dialog.showMessageBox = show;
  });
  await choose('About CoVAE Studio');
  const { detail, version } = await app.electron.evaluate(() => ({
    detail: String(Reflect.get(Reflect.get(globalThis, 'shown') as object, 'detail')),
    version: process.versions.electron,
  }));
  expect(detail).toContain(`Electron ${version}`);
});

test('shows the licences of all that ships', async () => {
  const opened = app.electron.waitForEvent('window');
  await choose('Licences');
  const page = await opened;
  const text = page.locator('pre');
  await expect(text).toContainText('covae-studio', { timeout: SLOW });
  await page.waitForLoadState('load');
  const shown = (await text.textContent()) ?? '';
  const parts = ['TensorFlow', 'Electron', 'Node.js', 'svelte', 'LESSER GENERAL PUBLIC LICENSE'];
  const source = 'https://github.com/lovell/sharp-libvips/tree/v';
  // The text itself is too long for a report.
  expect([...parts, source].filter((part) => !shown.includes(part))).toEqual([]);
  // Asked for once more, it is the same window.
  await choose('Licences');
  expect(app.electron.windows()).toHaveLength(2);
});
