/** Pictures of the window for a person to look at, and what has to hold in all of them. */
import { expect, test } from '@playwright/test';
import type { StudioApp } from './studio.ts';

export const SIZES = [
  { width: 1024, height: 700 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

type Size = (typeof SIZES)[number];
type Theme = 'light' | 'dark';

/** Does something in the light theme and in the dark one. */
export async function inThemes(
  { electron, page }: StudioApp,
  work: (theme: Theme) => Promise<void>,
): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await electron.evaluate(({ nativeTheme }, source) => {
      nativeTheme.themeSource = source;
    }, theme);
    await expect
      .poll(() => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches))
      .toBe(theme === 'dark');
    await work(theme);
  }
}

/** Does something at sizes of the window's content. */
export async function atSizes(
  { electron, page }: StudioApp,
  work: (size: Size) => Promise<void>,
  sizes: readonly Size[] = SIZES,
): Promise<void> {
  for (const size of sizes) {
    await electron.evaluate(({ BrowserWindow }, { width, height }) => {
      BrowserWindow.getAllWindows()[0]?.setContentSize(width, height);
    }, size);
    await expect.poll(() => page.evaluate(() => innerWidth)).toBe(size.width);
    await work(size);
  }
}

/** Nothing stands out of the window sideways. */
export async function expectNoOverflow({ page }: StudioApp, what: string): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${what} is wider than the window`).toBeLessThanOrEqual(0);
}

interface PhotographOptions {
  sizes?: readonly Size[];
  /** Before a picture is taken. */
  before?: (size: Size) => Promise<void>;
  /** After it was. */
  after?: (size: Size, theme: Theme) => Promise<void>;
}

/** Takes pictures of what is shown in both themes and at several sizes, into the test's output. */
export async function photograph(
  app: StudioApp,
  name: string,
  { sizes, before, after }: PhotographOptions = {},
): Promise<void> {
  await inThemes(app, (theme) =>
    atSizes(
      app,
      async (size) => {
        // Pictures come in and bars glide.
        await app.page.waitForTimeout(400);
        await before?.(size);
        await expectNoOverflow(app, `${name} at ${size.width}`);
        await app.page.screenshot({ path: test.info().outputPath(`${name}-${size.width}-${theme}.png`) });
        await after?.(size, theme);
      },
      sizes,
    ),
  );
}
