/**
 * From the slider to the picture, at rest and while a training runs: the median and the 95th percentile, written to a file.
 * Numbers are worth something on a quiet machine only, so all that is asserted is that nobody waits for many steps.
 */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

/** Pictures asked for in each case, as a drag of some seconds does. */
const MOVES = 40;
/** Pause between a picture and the next move of the hand, milliseconds. */
const PAUSE = 30;
/** By its title; the goal is set for `tiny`, and steps of `Tiny U-Net` are several times as long. */
const PRESET = new RegExp(`^${process.env['COVAE_LATENCY_PRESET'] ?? 'Tiny:'}`);

let folders: Folders;
let app: StudioApp;

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

/** Moves the slider and waits for the other picture, again and again. @returns milliseconds of each */
async function drag(moves: number): Promise<number[]> {
  return app.page.evaluate(
    async ({ count, pause }) => {
      const slider = document.querySelector<HTMLInputElement>('input[aria-label="Position on the path"]');
      const canvas = document.querySelector<HTMLCanvasElement>('[aria-label*="% of the way"] canvas');
      const context = canvas?.getContext('2d');
      if (!slider || !canvas || !context) throw new Error('There is no slider with its picture.');
      // Reading the pixels back takes 20 ms each time, half of what would be measured: what is drawn on it is heard instead.
      const look = (): string => context.getImageData(0, 0, canvas.width, canvas.height).data.join();
      const drawings = { count: 0 };
      const draw = context.drawImage.bind(context) as (...given: unknown[]) => void;
      context.drawImage = (...given: unknown[]) => {
        drawings.count++;
        draw(...given);
      };
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      const times: number[] = [];
      for (let move = 0; move < count; move++) {
        const before = look();
        const value = Number(slider.value);
        const next = value + (move % 2 === 0 ? 370 : -343);
        slider.value = String(((next % 1001) + 1001) % 1001);
        const start = performance.now();
        slider.dispatchEvent(new Event('input', { bubbles: true }));
        let end: number;
        do {
          const known = drawings.count;
          do {
            await frame();
            end = performance.now();
          } while (drawings.count === known && end - start < 20_000);
          // The same picture is drawn again where the canvas becomes another size.
        } while (look() === before && end - start < 20_000);
        if (look() === before) throw new Error('No other picture was drawn within 20 seconds.');
        times.push(end - start);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
      context.drawImage = draw as typeof context.drawImage;
      return times;
    },
    { count: moves, pause: PAUSE },
  );
}

function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? NaN);
  return { moves: sorted.length, median: at(0.5), p95: at(0.95), longest: at(1) };
}

/** Steps a second over so many seconds, from the page of the run that is open. */
async function stepsPerSecond(seconds: number): Promise<number> {
  const from = await app.step();
  await app.page.waitForTimeout(1000 * seconds);
  return ((await app.step()) - from) / seconds;
}

test('a picture follows the slider while a training runs', async () => {
  await app.importSample();
  await app.trainerReady();
  const started = Date.now();
  await app.startTraining({ preset: PRESET, Steps: '20000', 'Batch size': '16' });
  await expect(app.page.getByRole('img', { name: /^64 samples at step/ })).toBeVisible({ timeout: SLOW });
  const firstSamples = Math.round((Date.now() - started) / 100) / 10;
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(30);
  const alone = await stepsPerSecond(8);
  await app.page.getByRole('button', { name: 'Pause' }).click();
  await expect(app.page.getByRole('button', { name: 'Resume' })).toBeVisible({ timeout: SLOW });

  const seen = async (): Promise<void> => {
    await app.open('Explore');
    await expect(app.page.getByRole('img', { name: /% of the way/ })).toBeVisible({ timeout: SLOW });
  };
  await seen();
  await drag(5);
  const idle = summary(await drag(MOVES));

  await app.open('Train');
  await app.page.getByRole('button', { name: 'Resume' }).click();
  await expect(app.page.getByRole('button', { name: 'Pause' })).toBeEnabled({ timeout: SLOW });
  await seen();
  await app.page.waitForTimeout(4000);
  const training = summary(await drag(MOVES));
  await app.page.waitForTimeout(4000);
  // Held for longer than the training lets itself be kept waiting.
  await app.open('Train');
  const stepBefore = await app.step();
  await seen();
  const start = Date.now();
  const held = summary(await drag((process.env['COVAE_LATENCY_FILE'] === undefined ? 2 : 6) * MOVES));
  const seconds = (Date.now() - start) / 1000;
  await app.open('Train');
  const underHold = ((await app.step()) - stepBefore) / seconds;

  const step = 1000 / alone;
  const numbers = {
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}`,
    load: os.loadavg().map((value) => Math.round(value * 10) / 10),
    /** Seconds from the press of Start to the first samples on the screen. */
    firstSamples,
    stepMilliseconds: Math.round(step),
    idle,
    training,
    held: { ...held, seconds: Math.round(seconds), speed: Math.round((underHold / alone) * 100) / 100 },
  };
  const file = process.env['COVAE_LATENCY_FILE'] ?? path.join(test.info().outputPath(), 'latency.json');
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, JSON.stringify(numbers, null, 2) + '\n');
  console.log(`Slider to picture, milliseconds, in ${file}: ${JSON.stringify(numbers)}`);

  // One step and a generous rest, and never the ten steps that it once took.
  expect(training.median).toBeLessThan(Math.max(3 * idle.median, idle.median + 2 * step));
  expect(underHold).toBeGreaterThan(0.15 * alone);
  expect(app.complaints).toEqual([]);
});
