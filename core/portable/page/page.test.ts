/** The exported page, in a real browser where there is one: it draws the pixels that this program draws. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Generator, SampleOptions } from '../../explore/api.ts';
import type { ModelConfig } from '../../config/model.ts';
import { latentValues } from '../../config/network.ts';
import { type Calls, finish, NetworkCalls } from '../../explore/network-calls.ts';
import { openGenerator } from '../../explore/open-generator.ts';
import { sphericalInterpolation } from '../../explore/paths/spherical.ts';
import { exportModel } from '../export-model.ts';
import { goldenConfig, runOf } from '../test-outside.ts';
import { passTimes } from '../functions.ts';
import { normals } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import type { PageData } from './page-data.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

/** Debian's, or one of your own. */
const browserPath = [process.env['COVAE_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (file) => file !== undefined && fs.existsSync(file),
);
if (browserPath === undefined)
  process.stderr.write('No Chromium (COVAE_CHROMIUM): exported pages are not opened.\n');

const SLOW = { timeout: 120_000 };

interface Asked {
  seed: number;
  other?: { seed: number; position: number };
  passes: number;
  label: number;
  steps: number[];
}
/** What the page offers to its tests. */
interface PageWindow {
  covaePage?: { backend: string; pixels(asked: Asked): Promise<number[]> };
}

let root: string;
let home: string;
let browser: Browser;
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-page-'));
  home = path.join(root, 'home');
  if (browserPath === undefined) return;
  const args = ['--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  browser = await chromium.launch({ executablePath: browserPath, args });
});
afterAll(async () => {
  if (browserPath !== undefined) await browser.close();
  fs.rmSync(root, { recursive: true, force: true });
});

let script: string | null = null;
function pageScript(): Promise<string> {
  if (script === null) {
    const file = path.join(root, 'page.js');
    const bundler = path.join(import.meta.dirname, '../../../scripts/bundle-page.mjs');
    execFileSync(process.execPath, [bundler, file]);
    script = fs.readFileSync(file, 'utf8');
  }
  return Promise.resolve(script);
}

async function exported(run: string, name: string): Promise<string> {
  return (await exportModel(run, path.join(root, name), { home, as: 'page', pageScript })).folder;
}

/** Opens an exported page without a network, and notes what it asks for and complains about. */
async function opened(folder: string, backend: string): Promise<{ page: Page; noted: string[] }> {
  const context = await browser.newContext({ offline: true, viewport: { width: 1024, height: 700 } });
  const page = await context.newPage();
  const noted: string[] = [];
  const own = pathToFileURL(path.join(folder, 'index.html')).href;
  page.on('request', (request) => {
    if (!request.url().startsWith(own)) noted.push(`asks for ${request.url().slice(0, 80)}`);
  });
  page.on('pageerror', (error) => noted.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') noted.push(message.text());
  });
  await page.goto(`${own}?backend=${backend}`);
  await page.waitForFunction(() => (globalThis as unknown as PageWindow).covaePage !== undefined, null, {
    timeout: 300_000,
  });
  return { page, noted };
}

function drawn(page: Page, asked: Asked): Promise<number[]> {
  return page.evaluate((one) => (globalThis as unknown as PageWindow).covaePage!.pixels(one), asked);
}

function apart(pixels: readonly number[], expected: ArrayLike<number>): number {
  expect(pixels).toHaveLength(expected.length);
  return Math.max(...pixels.map((value, i) => Math.abs(value - expected[i]!)));
}

describe.runIf(browserPath !== undefined)('an exported page', () => {
  it.each(['webgl', 'cpu'])('draws the same pixels from a file, without a network: %s', async (backend) => {
    const config = await goldenConfig('grey');
    const network = { ...config.network, imageSize: 16, attentionResolutions: [8], classes: 2 };
    const changed = { ...config, network };
    const run = await runOf(home, `page ${backend}`, changed);
    const folder = await exported(run, `page-${backend}`);
    const { page, noted } = await opened(folder, backend);
    const generator = await openGenerator(run);
    try {
      expect(await page.evaluate(() => (globalThis as unknown as PageWindow).covaePage?.backend)).toBe(
        backend,
      );
      const sample = (options: Partial<SampleOptions>): Uint8Array =>
        generator.sample({ count: 1, seed: 0, passes: 1, ...options }).data;
      const none = new Array<number>(8).fill(0);
      for (const [seed, passes] of [
        [0, 1],
        [5, 1],
        [5, 2],
      ] as const) {
        const pixels = await drawn(page, { seed, passes, label: -1, steps: none });
        expect(apart(pixels, sample({ seed, passes })), `seed ${seed} in ${passes}`).toBeLessThanOrEqual(1);
      }
      const told = await drawn(page, { seed: 3, passes: 2, label: 1, steps: none });
      expect(apart(told, sample({ seed: 3, passes: 2, label: 1 }))).toBeLessThanOrEqual(1);

      // Between two seeds: the way between their noises, decoded.
      const times = passTimes(config.objective);
      const values = latentValues(network);
      const noise = (seed: number): Float32Array => normals(streamSeed(seed, 'sample:0', 0), values);
      const between = sphericalInterpolation(noise(1), noise(2), 0.25);
      const way = { seed: 1, other: { seed: 2, position: 0.25 }, passes: 1, label: -1, steps: none };
      expect(
        apart(await drawn(page, way), generator.decode(between, { t: times.first }).data),
      ).toBeLessThanOrEqual(1);

      // Along a direction: from the mean of the sample's encoding.
      const moved = await drawn(page, { seed: 4, passes: 1, label: -1, steps: [0, 1.5, 0, -2, 0, 0, 0, 0] });
      const text = await page.locator('#covae-data').textContent();
      const { directions } = JSON.parse(text ?? '') as PageData;
      expect(moved.some((value, i) => value !== sample({ seed: 4 })[i])).toBe(true);
      expect(apart(moved, movedHere(generator, changed, 4, directions, [0, 1.5, 0, -2]))).toBeLessThanOrEqual(
        2,
      );

      expect(noted).toEqual([]);
      if (process.env['COVAE_SCREENSHOTS'] !== undefined) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.screenshot({
            path: path.join(process.env['COVAE_SCREENSHOTS'], `page-${backend}-${colorScheme}.png`),
          });
        }
      }
    } finally {
      generator.dispose();
      await page.context().close();
    }
  });

  it('draws when it is clicked and slid', async () => {
    const run = await runOf(home, 'clicked', await goldenConfig('vector-categorical-linear'));
    const { page, noted } = await opened(await exported(run, 'clicked'), 'cpu');
    const canvas = (): Promise<string> =>
      page.locator('canvas').evaluate((one) => (one as unknown as { toDataURL(): string }).toDataURL());
    await expect.poll(() => page.getByRole('status').textContent(), SLOW).toMatch(/^Drawn here/);
    const first = await canvas();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save picture' }).click();
    expect((await download).suggestedFilename()).toBe('clicked-seed-0.png');
    // Two seeds may come to the same categories, and so to the same picture.
    const random = async (): Promise<string> => {
      await page.getByRole('button', { name: 'Random picture' }).click();
      return canvas();
    };
    await expect.poll(random, SLOW).not.toBe(first);
    const second = await canvas();
    await page.getByRole('slider', { name: /^Way/ }).fill('1');
    await expect.poll(async () => ((await canvas()) === second ? random() : canvas()), SLOW).not.toBe(second);
    // Categories have no directions.
    expect(await page.getByRole('slider').count()).toBe(1);
    expect(noted).toEqual([]);
    await page.context().close();
  });
});

/** The picture along directions, made by this program: it goes on from what the decoder puts out, not from pixels. */
function movedHere(
  generator: Generator,
  { network, objective }: ModelConfig,
  seed: number,
  directions: PageData['directions'],
  steps: readonly number[],
): Uint8ClampedArray {
  const times = passTimes(objective);
  const calls = new NetworkCalls({ network, objective }, 'test');
  const make = <T>(work: Calls<T>): T => finish(work, (call) => generator.call(call));
  const noise = normals(streamSeed(seed, 'sample:0', 0), latentValues(network));
  const image = make(calls.decode(noise, times.first, 1, {}));
  const { mu } = make(calls.posterior(image, times.again, 1, {}));
  const all = Buffer.from(directions.values, 'base64');
  steps.forEach((step, d) => {
    for (let k = 0; k < mu.length; k++) mu[k]! += step * all.readFloatLE(4 * (d * mu.length + k));
  });
  return Uint8ClampedArray.from(make(calls.decode(mu, times.again, 1, {})), (x) => (x + 1) * 127.5);
}
