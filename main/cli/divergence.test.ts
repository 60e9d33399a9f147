/** A training that diverges: how it ends, what is kept, and the way on. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { readAlarms, readDiagnostics } from '../../core/run/run-log.ts';
import { Output, tellAlarm } from './output.ts';
import { covae } from './test-cli.ts';

// Compiles networks; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let root: string;
let home: string;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-divergence-'));
  home = path.join(root, 'home');
  const images = path.join(root, 'images');
  fs.mkdirSync(images);
  for (let i = 0; i < 24; i++) {
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(images, `${String(i)}.png`));
  }
  const size = ['--size', '16', '--channels', '1'];
  const imported = await covae('data', 'import', images, '--name', 'noise', ...size, '--home', home);
  expect(imported).toMatchObject({ code: 0, stderr: '' });
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('a training that diverges', () => {
  /** Steps as long as the gradient. */
  const WILD = ['--set', 'training.warmupSteps=0', '--set', 'training.clipNorm=0'];

  it('ends with one sentence that says how to go on, and goes on so', async () => {
    const train = ['train', '--data', 'noise', '--preset', 'smoke', '--name', 'wild', '--lr', '1', ...WILD];
    const lost = await covae(...train, '--home', home, '--json');
    expect(lost.code).toBe(1);
    const [result, error] = lost.events.slice(-2);
    expect(error).toMatchObject({ event: 'error', code: 'diverged' });
    expect(result).toMatchObject({ event: 'result', end: 'diverged' });
    const run = String(result?.['run']);
    const folder = path.join(home, 'runs', run);
    const step = Number(result?.['step']);
    expect(step).toBeGreaterThan(0);
    expect(lost.stderr).toMatch(
      /^covae: The training diverged after step \d+ \(the (loss|gradient) was not finite at t = [\d.]+\); .*\n$/,
    );
    expect(lost.stderr).toContain(
      `go on from them with a lower learning rate: npx covae resume ${run} --home ${home} --lr 0.5\n`,
    );

    // What is on disk is finite, and knows what happened.
    const checkpoint = await readNewestCheckpoint(folder);
    expect(checkpoint?.step).toBe(step);
    for (const { data } of Object.values(checkpoint?.model ?? {}))
      expect(data.every(Number.isFinite)).toBe(true);
    const [alarm] = await readAlarms(folder);
    expect(alarm).toMatchObject({ kind: 'divergence', step, value: null, goOn: { learningRate: 0.5 } });
    expect(lost.events.find(({ event }) => event === 'alarm')).toEqual({ event: 'alarm', ...alarm });

    // Weights that one step has thrown so far are of no use.
    const again = await covae('resume', run, '--lr', '0.5', '--home', home);
    expect(again.code).toBe(1);
    const back = `go back to step 0 with a lower learning rate: npx covae resume ${run} --home ${home} --from 0 --lr 0.25\n`;
    expect(again.stderr).toContain(back);
    expect(await readAlarms(folder)).toHaveLength(2);

    const unknown = await covae('resume', run, '--from', '7', '--home', home);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(`no usable checkpoint of step 7 in ${folder}`);

    const calm = await covae('resume', run, '--from', '0', '--lr', '0.000001', '--home', home, '--json');
    expect(calm.code).toBe(0);
    // It has learned nothing, and says so at its end.
    expect(calm.stderr).toMatch(/^Modes collapsed at step 30 [^\n]*\n$/);
    expect(calm.events.at(-1)).toMatchObject({ end: 'finished', step: 30 });
    const metrics = await readMetrics(folder);
    expect(metrics.map((line) => line.step)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(Math.max(...metrics.map(({ learningRate }) => learningRate))).toBeCloseTo(1e-6, 12);

    // Measured every ten steps, and told as it was written.
    const diagnostics = await readDiagnostics(folder);
    expect(diagnostics.map((line) => line.step)).toEqual([10, 20, 30]);
    const told = calm.events.filter(({ event }) => event === 'diagnostics');
    expect(told).toEqual(diagnostics.map((line) => ({ event: 'diagnostics', ...line })));
  });
});

describe('an alarm', () => {
  const alarm = {
    ...{ kind: 'mode-collapse' as const, name: 'Modes collapsed', step: 800, value: 0.1, bound: 0.25, t: 3 },
    ...{ advice: 'Train longer.', goOn: null },
  };

  it('is a line on stderr that does not end the training', () => {
    let stdout = '';
    let stderr = '';
    const streams = {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
    };
    tellAlarm(new Output(streams, { json: false }), alarm);
    expect(stderr).toBe('Modes collapsed at step 800 (0.1, bound 0.25), t = 3. Train longer.\n');
    tellAlarm(new Output(streams, { json: true }), alarm);
    expect(JSON.parse(stdout)).toEqual({ event: 'alarm', ...alarm });
  });
});
