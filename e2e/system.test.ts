/** What stands around the views: menu, settings, notifications, the question at the end, guide, shortcuts, focus. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { axeFindings } from './axe.ts';
import { expectNoOverflow, inThemes, photograph } from './photograph.ts';
import { type Folders, launched, putAway, SLOW, StudioApp } from './studio.ts';

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});
test.afterAll(() => putAway(app, folders));
test.describe.configure({ mode: 'serial' });

/** An item of the menu by its id: whether it can be chosen. */
async function possible(id: string): Promise<boolean> {
  return app.electron.evaluate(({ Menu }, wanted) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
    if (!item) throw new Error(`The menu has no ${wanted}.`);
    return item.enabled;
  }, id);
}

/** Chooses from the menu, as the native one cannot be clicked from here. */
async function choose(id: string): Promise<void> {
  await expect.poll(() => possible(id)).toBe(true);
  await app.electron.evaluate(({ Menu }, wanted) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(wanted);
    (item as unknown as { click(): void }).click();
  }, id);
}

interface Shown {
  title: string;
  body: string;
}

/** Notifications are kept from here on, and not shown. */
async function keepNotifications(): Promise<void> {
  await app.electron.evaluate(({ Notification }) => {
    const kept: Electron.Notification[] = [];
    Object.assign(globalThis, { kept });
    Notification.isSupported = () => true;
    Notification.prototype.show = function (this: Electron.Notification) {
      kept.push(this);
    };
  });
}

const notifications = (): Promise<Shown[]> =>
  app.electron.evaluate(() =>
    (Reflect.get(globalThis, 'kept') as Shown[]).map(({ title, body }) => ({ title, body })),
  );

/** Whether the window can be seen. */
const visible = (): Promise<boolean> =>
  app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible() ?? false);

const closeWindow = (): Promise<void> =>
  app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());

/** The next questions are answered so; what they say is kept. */
async function answer(response: number, checkboxChecked = false): Promise<void> {
  await app.electron.evaluate(
    ({ dialog }, given) => {
      dialog.showMessageBox = (...args: unknown[]) => {
        Reflect.set(globalThis, 'asked', args.at(-1));
        return Promise.resolve(given);
      };
    },
    { response, checkboxChecked },
  );
}

const asked = (): Promise<{ message: string; buttons: string[] } | null> =>
  app.electron.evaluate(() => {
    const found = Reflect.get(globalThis, 'asked') as { message: string; buttons: string[] } | undefined;
    return found ? { message: found.message, buttons: found.buttons } : null;
  });

test('each view begins at its heading, by key, by menu and by link', async () => {
  const { page } = app;
  await app.importSample();
  const focused = (name: string) =>
    expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeFocused();
  const views = [
    ['2', 'view-train', 'Train'],
    ['3', 'view-samples', 'Samples'],
    ['4', 'view-explore', 'Explore'],
    ['1', 'view-datasets', 'Data sets'],
  ] as const;
  for (const [key, , name] of views) {
    await page.keyboard.press(`Control+${key}`);
    await focused(name);
  }
  for (const [, id, name] of views) {
    await choose(id);
    await focused(name);
  }
  await page.keyboard.press('F1');
  await focused('Guide');
  await page.getByRole('link', { name: 'Samples' }).click();
  await focused('Samples');
  await page.getByRole('button', { name: 'About this in the guide' }).click();
  await focused('Guide');
  await expect(page.getByRole('heading', { level: 2, name: 'Samples', exact: true })).toBeVisible();
});

test('keys do nothing while one types', async () => {
  const { page } = app;
  await page.keyboard.press('F1');
  const search = page.getByRole('searchbox', { name: 'Search the guide' });
  await search.fill('what');
  await search.press('?');
  await expect(search).toHaveValue('what?');
  await expect(page.getByRole('dialog')).toBeHidden();
  await search.fill('');
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog.getByText('Pause or resume the training')).toBeVisible();
  // What lies behind it hears nothing.
  await page.keyboard.press('Control+2');
  await expect.poll(() => possible('view-train')).toBe(false);
  await inThemes(app, async () => expect(await axeFindings(page)).toEqual([]));
  await photograph(app, 'shortcuts');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1, name: 'Guide' })).toBeVisible();
});

test('the guide is read, searched, and leads to what it speaks of', async () => {
  const { page } = app;
  await choose('guide');
  const list = page.getByRole('navigation', { name: 'Pages of the guide' });
  const titles = await list.getByRole('button').allTextContents();
  expect(titles.length).toBeGreaterThanOrEqual(10);
  const article = page.getByRole('article');
  for (const title of titles) {
    await list.getByRole('button', { name: title.trim(), exact: true }).click();
    await expect(article.getByRole('heading', { level: 2 }).first()).toHaveText(title.trim());
    const image = article.getByRole('img').first();
    await image.scrollIntoViewIfNeeded();
    await expect
      .poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth))
      .toBeGreaterThan(400);
    await expectNoOverflow(app, title);
  }
  await page.getByRole('button', { name: 'Back', exact: true }).click();
  await expect(article.getByRole('heading', { level: 2 }).first()).toHaveText(titles.at(-2)?.trim() ?? '');
  await page.keyboard.press('Alt+ArrowRight');
  await expect(article.getByRole('heading', { level: 2 }).first()).toHaveText(titles.at(-1)?.trim() ?? '');
  await page.getByRole('searchbox', { name: 'Search the guide' }).fill('tensorflow savedmodel');
  await expect(list.getByRole('button')).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search the guide' }).fill('');
  await list.getByRole('button', { name: 'Exploring latent space' }).click();
  await inThemes(app, async () => expect(await axeFindings(page)).toEqual([]));
  await photograph(app, 'guide');
  await article.getByRole('button', { name: 'Explore' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Explore' })).toBeFocused();
});

test('settings hold at once and over a restart', async () => {
  const { page } = app;
  await page.keyboard.press('Control+,');
  const dialog = page.getByRole('dialog', { name: 'Settings' });
  await inThemes(app, async () => expect(await axeFindings(page)).toEqual([]));
  await photograph(app, 'settings');
  await dialog.getByRole('radio', { name: 'Dark' }).check();
  await expect.poll(() => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(true);
  await dialog.getByRole('checkbox', { name: 'When a training raises an alarm' }).uncheck();
  await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
  const file = path.join(folders.userData, 'preferences.json');
  const kept = async (): Promise<unknown> => JSON.parse(await fs.readFile(file, 'utf8')) as unknown;
  await expect.poll(kept).toMatchObject({ theme: 'dark', notifyOfAlarms: false });
  // Damaged by hand in one place, that one is as usual, and the window says so.
  await app.quit();
  await fs.writeFile(file, JSON.stringify({ ...((await kept()) as object), whenClosing: 'explode' }));
  app = await StudioApp.launch(folders);
  await expect(app.page.getByRole('alert', { name: 'Errors' })).toContainText('key "whenClosing"');
  expect(await app.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)).toBe(true);
  await choose('settings');
  const again = app.page.getByRole('dialog', { name: 'Settings' });
  await expect(again.getByRole('checkbox', { name: 'When a training raises an alarm' })).not.toBeChecked();
  await expect(again.getByRole('radio', { name: 'Asks' })).toBeChecked();
  await app.page.keyboard.press('Escape');
  await choose('theme-system');
  await expect.poll(kept).toMatchObject({ theme: 'system', whenClosing: 'ask' });
});

test('a training is steered from the menu, closing asks, and its end is told', async () => {
  await app.quit();
  app = await StudioApp.launch(folders, {});
  const { page } = app;
  await app.trainerReady();
  await keepNotifications();
  expect(await possible('pause')).toBe(false);
  await choose('new-training');
  await app.startTraining({ preset: /Smoke test/, Steps: '4000' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(5);
  await choose('pause');
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible();
  const title = (): Promise<string | undefined> =>
    app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getTitle());
  // By the run's name, not by its id.
  expect(await title()).toMatch(/^Paused at \d+ % – sample-smoke – CoVAE Studio$/);
  expect(await possible('pause')).toBe(false);
  await page.keyboard.press('Control+p');
  await expect.poll(() => possible('pause')).toBe(true);

  await answer(1);
  await closeWindow();
  await expect.poll(asked).toEqual({
    message: 'A training is under way.',
    buttons: ['Stop and Quit', 'Cancel', 'Go On in the Background'],
  });
  expect(await visible()).toBe(true);
  await choose('stop');
  await expect
    .poll(async () => (await notifications()).at(-1)?.body, { timeout: SLOW })
    .toMatch(/^Stopped at step [\d,]+ of 4,000\./);
  expect((await notifications()).at(-1)?.title).toBe('sample-smoke');
  await app.open('Samples');
  await app.electron.evaluate(() => {
    (Reflect.get(globalThis, 'kept') as Electron.Notification[]).at(-1)?.emit('click');
  });
  await expect(page.getByRole('heading', { level: 2, name: 'sample-smoke' })).toBeVisible();
  await expect(page.getByText(/^Stopped at step/).first()).toBeVisible();
  expect(app.complaints).toEqual([]);
});
