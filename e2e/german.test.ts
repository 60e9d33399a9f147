/** The window in German: no English is left in any view, nothing is cut off, and English comes back when asked for. */
import { expect, type Page, test } from '@playwright/test';
import { setLanguage } from '../text/language.ts';
import { catalogue } from '../text/catalogue.ts';
import { translated } from '../text/translated.ts';
import { axeFindings } from './axe.ts';
import { atSizes, expectNoOverflow, SIZES } from './photograph.ts';
import { type Folders, putAway, SLOW, StudioApp, temporaryFolders } from './studio.ts';

const GERMAN = { COVAE_QUIT_WITHOUT_ASKING: '1', COVAE_LANGUAGE: 'de' };
/** Names that people or programs gave, and a word that is typed, which no language changes. */
const NAMES = /^(sample|sample-smoke|smoke|none)$/;
const ENGLISH =
  /\b(the|and|of|is|are|was|with|without|not|for|from|this|that|it|to|by|no|began|finished|stopped|resumed|best|last|off|unknown)\b/i;
/** German or a name all the same. */
const NOT_ENGLISH =
  /\b(CoVAE Studio|SPDX|was (gemacht|gezeigt|leer|davon|von|das|die|der|geschehen|hier|es|ist|läuft|wie|ein|zwischen))\b|^t = |Was |was /;

let folders: Folders;
let app: StudioApp;

test.describe.configure({ mode: 'serial' });
test.beforeAll(async () => {
  folders = await temporaryFolders();
  app = await StudioApp.launch(folders, GERMAN);
  setLanguage('de');
});
test.afterAll(() => putAway(app, folders));

/** Everything that is read or heard: texts and names of what is visible. */
async function texts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node instanceof Element) {
        if (node.getClientRects().length === 0) continue;
        for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description'])
          found.add(node.getAttribute(name)?.trim() ?? '');
      } else if (
        node.parentElement?.getClientRects().length &&
        !node.parentElement.closest('code, pre, [hidden]')
      ) {
        found.add(node.textContent?.replace(/\s+/g, ' ').trim() ?? '');
      }
    }
    return [...found].filter((text) => /\p{L}{2}/u.test(text));
  });
}

async function expectGerman(where: string): Promise<void> {
  const shown = await texts(app.page);
  const said = new Set(catalogue()?.messages.values());
  const english = shown.filter(
    (text) =>
      !NAMES.test(text) &&
      !said.has(text) &&
      (translated(text) !== text || (ENGLISH.test(text) && !NOT_ENGLISH.test(text))),
  );
  expect.soft(english, `English in ${where}`).toEqual([]);
}

/** Looks at what is open in both sizes of small screens. */
async function look(name: string): Promise<void> {
  await expectGerman(name);
  expect.soft(await axeFindings(app.page), `axe in ${name}`).toEqual([]);
  await atSizes(
    app,
    async ({ width }) => {
      await app.page.waitForTimeout(400);
      await expectNoOverflow(app, `${name} at ${width}`);
      await app.page.screenshot({ path: test.info().outputPath(`${name}-${width}.png`) });
    },
    SIZES.slice(0, 2),
  );
}

async function open(view: 'Datensätze' | 'Training' | 'Samples' | 'Erkunden'): Promise<void> {
  const link = app.page.getByRole('navigation', { name: 'Ansichten' }).getByRole('link', { name: view });
  await link.click();
  if (view === 'Datensätze') await link.click();
  await expect(app.page.getByRole('heading', { level: 1, name: view })).toBeVisible();
}

test('says in German what to do first', async () => {
  expect(await app.page.evaluate(() => document.documentElement.lang)).toBe('de');
  for (const view of ['Datensätze', 'Training', 'Samples', 'Erkunden'] as const) {
    await open(view);
    await look(`empty-${view}`);
  }
});

test('goes through every view with a trained run', async () => {
  const { page } = app;
  await open('Datensätze');
  await page.getByRole('button', { name: 'Beispielziffern hinzufügen' }).click();
  await expect(page.getByText('„sample“ ist importiert: 10.000 Bilder.')).toBeVisible({ timeout: SLOW });
  await look('data-set');
  await page.getByRole('button', { name: 'sample', exact: true }).click();
  await look('images');
  await page.getByRole('tab', { name: 'Statistik' }).click();
  await look('statistics');
  await open('Training');
  await look('new-training');
  await page.getByText('Erweitert').first().click();
  await look('advanced');
  await page.getByRole('radio', { name: /Smoke/ }).check();
  await page.getByRole('button', { name: 'Training starten' }).click();
  await expect(page.getByText(/^Beendet/).first()).toBeVisible({ timeout: SLOW });
  await look('run');
  await page.getByRole('tab', { name: 'Auswerten' }).click();
  await look('evaluate');
  await open('Samples');
  await page.getByRole('button', { name: 'Ziehen', exact: true }).click();
  await expect(page.getByText('64 Samples, Seed 0')).toBeVisible({ timeout: SLOW });
  await look('samples');
  await open('Erkunden');
  await expect(page.getByRole('img', { name: /% des Weges/ })).toBeVisible({ timeout: SLOW });
  await look('explore');
  expect(app.complaints).toEqual([]);
});

/** As in the settings. */
async function change(language: 'en' | 'de'): Promise<void> {
  const loaded = app.page.waitForEvent('load');
  // The page goes with the answer.
  await app.page.evaluate((wanted) => {
    const { covae } = window as unknown as { covae: { invoke(...call: unknown[]): Promise<unknown> } };
    void covae.invoke('preferences.change', { language: wanted }, 1e6);
  }, language);
  await loaded;
}

/** What stands in the menu, at all its levels. */
const menuLabels = (): Promise<string[]> =>
  app.electron.evaluate(({ Menu }) => {
    const labels = (menu: Electron.Menu | null | undefined): string[] =>
      menu?.items.flatMap(({ label, submenu }) => [label, ...labels(submenu)]) ?? [];
    return labels(Menu.getApplicationMenu()).filter((label) => label !== '');
  });

test('has a menu and a guide in German', async () => {
  const { page } = app;
  const said = new Set(catalogue()?.messages.values());
  expect((await menuLabels()).filter((label) => !said.has(label))).toEqual([]);
  await page.getByRole('link', { name: 'Anleitung' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Anleitung' })).toBeVisible();
  const list = page.getByRole('navigation', { name: 'Seiten der Anleitung' }).getByRole('button');
  expect(await list.count()).toBeGreaterThanOrEqual(10);
  for (const entry of await list.all()) {
    const title = (await entry.textContent()) ?? '';
    await entry.click();
    await expect(page.getByRole('heading', { level: 2, name: title.trim(), exact: true })).toBeVisible();
    await expectGerman(`the page ${title}`);
  }
  await look('guide');
  await change('en');
  await expect(
    page.getByRole('heading', { level: 2, name: 'Where things lie, and repairs', exact: true }),
  ).toBeVisible();
  await change('de');
  await expect(page.getByRole('heading', { level: 2, name: /^Wo alles liegt/ })).toBeVisible();
});

test('changes to English and back without losing its place', async () => {
  const { page } = app;
  await open('Samples');
  await change('en');
  await expect(page.getByRole('heading', { level: 1, name: 'Samples' })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  await expect(page.getByText('64 samples, seed 0')).toBeVisible({ timeout: SLOW });
  await app.open('Data sets');
  await expect(page.getByText('10,000 images').first()).toBeVisible();
  await change('de');
  await expect(page.getByRole('heading', { level: 1, name: 'Datensätze' })).toBeVisible();
  await expect(page.getByText('10.000 Bilder').first()).toBeVisible();
});

test('is kept over a start, and comes after what is asked for', async () => {
  await app.quit();
  app = await StudioApp.launch(folders, { ...GERMAN, COVAE_LANGUAGE: '' });
  expect(await app.page.evaluate(() => document.documentElement.lang)).toBe('de');
  await app.quit();
  app = await StudioApp.launch(folders);
  expect(await app.page.evaluate(() => document.documentElement.lang)).toBe('en');
});
