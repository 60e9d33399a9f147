/**
 * How smoothly the page of a very long run moves while another one is trained: 100,000 logged points and 500 pictures. Times
 * between frames, and the page's processor time for each, written to a file. Only when `COVAE_FRAMES_FILE` names one, since it
 * takes minutes and its numbers are worth something on a quiet machine only.
 */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { writeGridPng } from '../core/export/grid.ts';
import { makeLong } from './made-up-runs.ts';
import { type Folders, launched, putAway, SLOW, type StudioApp } from './studio.ts';

const POINTS = 100_000;
const PICTURES = 500;
const FILE = process.env['COVAE_FRAMES_FILE'];

let folders: Folders;
let app: StudioApp;

test.skip(FILE === undefined, 'COVAE_FRAMES_FILE is not set');

test.beforeAll(async () => {
  ({ folders, app } = await launched());
});

test.afterAll(() => putAway(app, folders));

type Motion = 'crosshair' | 'zoom' | 'scrub' | 'nothing';

/** Does something at every frame for so many seconds. @returns milliseconds from each frame to the next */
function move(motion: Motion, seconds: number): Promise<number[]> {
  return app.page.evaluate(
    async ({ what, milliseconds }) => {
      const over = document.querySelector<HTMLElement>('[aria-label^="Loss over"] .u-over');
      const slider = document.querySelector<HTMLInputElement>('input[aria-label="Step that is looked at"]');
      if (!over || !slider) throw new Error('The page has no curve or no pictures.');
      const box = over.getBoundingClientRect();
      const mouse = (kind: string, share: number, target: EventTarget = over) =>
        target.dispatchEvent(
          new MouseEvent(kind, {
            ...{ bubbles: true, cancelable: true, button: 0, detail: 1, view: window },
            ...{ clientX: box.left + share * box.width, clientY: box.top + box.height / 2 },
            movementX: 3,
          }),
        );
      const between: number[] = [];
      const start = performance.now();
      mouse('mouseenter', 0);
      for (let last = start, frame = 0; last - start < milliseconds; frame++) {
        const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        if (frame > 0) between.push(now - last);
        last = now;
        const share = (frame % 120) / 120;
        if (what === 'crosshair') mouse('mousemove', share);
        if (what === 'scrub') {
          slider.value = String(Math.round(share * Number(slider.max)));
          slider.dispatchEvent(new Event('input', { bubbles: true }));
        }
        if (what === 'zoom') {
          // Drawn open over ten frames, looked at for some, and gone back from.
          const phase = frame % 30;
          if (phase === 0) mouse('mousedown', 0.3);
          else if (phase < 10) mouse('mousemove', 0.3 + 0.04 * phase);
          else if (phase === 10) mouse('mouseup', 0.7, document);
          else if (phase === 20) mouse('dblclick', 0.5);
        }
      }
      mouse('mouseleave', 0);
      return between;
    },
    { what: motion, milliseconds: 1000 * seconds },
  );
}

function summary(between: readonly number[], processorSeconds: number) {
  const sorted = [...between].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(10 * (sorted[Math.ceil(share * sorted.length) - 1] ?? NaN)) / 10;
  return {
    frames: sorted.length,
    median: at(0.5),
    p95: at(0.95),
    longest: at(1),
    processorPerFrame: Math.round((10_000 * processorSeconds) / sorted.length) / 10,
  };
}

test('a very long run moves at sixty frames a second while another is trained', async () => {
  const { page } = app;
  await app.importSample();
  const run = await makeLong(folders.home, POINTS);
  const samples = path.join(folders.home, 'runs', run, 'samples');
  await fs.mkdir(samples, { recursive: true });
  for (let index = 0; index < PICTURES; index++) {
    const data = Uint8Array.from({ length: 64 * 28 * 28 }, (_, at) => (at * 7 + 131 * index) % 256);
    const step = String(Math.round(((index + 1) * 10 * POINTS) / PICTURES)).padStart(8, '0');
    await writeGridPng(
      path.join(samples, `step-${step}.png`),
      { count: 64, height: 28, width: 28, channels: 1, data },
      { columns: 8 },
    );
  }
  await app.lookAgain();
  await app.startTraining({ preset: /^Tiny U-Net/, Steps: '20000', 'Batch size': '16' });
  await expect.poll(() => app.step(), { timeout: SLOW }).toBeGreaterThan(3);
  await page
    .getByRole('region', { name: 'Runs' })
    .getByRole('button', { name: /^very long/ })
    .click();
  await expect(page.getByRole('application', { name: /^Loss over 100,000 values/ })).toBeVisible({
    timeout: SLOW,
  });
  await expect(page.getByRole('img', { name: /^64 samples at step/ })).toBeVisible({ timeout: SLOW });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const taken = async (): Promise<number> =>
    (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')
      ?.value ?? NaN;
  const numbers: Record<string, ReturnType<typeof summary>> = {};
  for (const motion of ['nothing', 'crosshair', 'zoom', 'scrub'] as const) {
    await page.waitForTimeout(1000);
    const before = await taken();
    const between = await move(motion, 6);
    numbers[motion] = summary(between, (await taken()) - before);
  }
  const told = {
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model ?? 'unknown'}`,
    load: os.loadavg().map((value) => Math.round(10 * value) / 10),
    ...numbers,
  };
  await fs.writeFile(FILE ?? '', `${JSON.stringify(told, null, 2)}\n`);
  console.log(`Milliseconds from frame to frame: ${JSON.stringify(told)}`);
  // What a frame costs the page, whatever else the machine does.
  for (const motion of ['crosshair', 'zoom', 'scrub']) {
    expect.soft(numbers[motion]?.processorPerFrame, motion).toBeLessThan(1000 / 60);
  }
});
