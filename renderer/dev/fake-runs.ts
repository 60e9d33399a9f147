/** Made-up runs, with what they recorded, for the window in a plain browser. */
import type { MetricsLine } from '../../core/run/manifest.ts';
import type { CallResult } from '../../main/ipc/contract.ts';
import { chance, LONG } from './fake-images.ts';

export type Run = CallResult<'runs.list'>[number];

/** A run as it is when nothing is said of it. */
export function run(id: string, over: Partial<Run> = {}): Run {
  const step = over.step ?? 3000;
  const state = over.problem
    ? 'damaged'
    : over.drawable === false
      ? 'new'
      : step < (over.steps ?? 3000)
        ? 'stopped'
        : 'finished';
  return {
    id,
    name: id.replace(/-[0-9a-f]{4}$/, ''),
    createdAt: '2026-03-03T09:12:00.000Z',
    preset: 'tiny',
    dataset: 'sample',
    seed: 0,
    steps: 3000,
    step: 3000,
    drawable: true,
    lastLoss: 41.2,
    checkpoints: [],
    best: null,
    ...{ tags: [], note: '', variant: 'covae' as const, differs: [], seconds: 60, bytes: 1e6 },
    lastMeasured: null,
    imageSize: 28,
    channels: 1,
    parameters: 1_480_000,
    damage: null,
    problem: null,
    outcome: { state, collapsed: [] },
    ...over,
  };
}

/** Runs as a scene begins with them. */
export function fakeRuns(scene: string): Run[] {
  if (scene === 'empty') return [];
  if (scene === 'long') {
    return Array.from({ length: 100 }, (_, index) =>
      run(`${index % 3 === 0 ? LONG : `run ${index}`}-${(0x1000 + index).toString(16)}`, {
        dataset: index % 3 === 0 ? LONG : 'sample',
        step: index % 2 === 0 ? 3000 : index * 20,
        steps: 3000,
        imageSize: index % 3 === 0 ? 128 : 28,
        channels: index % 3 === 0 ? 3 : 1,
      }),
    );
  }
  return [
    run('sample-tiny-3f2a'),
    run('harbour-5b10', {
      dataset: 'harbour at dawn',
      preset: 'celeba64',
      imageSize: 64,
      channels: 3,
      steps: 400_000,
      step: 125_000,
      parameters: 82_680_000,
      createdAt: '2026-02-27T20:41:00.000Z',
    }),
    run('first try-77aa', { step: 0, drawable: false, createdAt: '2026-02-25T10:00:00.000Z' }),
    run('broken-1c1c', {
      problem: 'The run “broken” cannot be used: run.json is no JSON; remove the run or restore the file.',
      createdAt: '2026-02-20T10:00:00.000Z',
    }),
  ];
}

/** What a run recorded after a step. */
export function fakeMetrics(step: number, denoiser = true): MetricsLine {
  const wobble = 1 + 0.35 * (chance(step, 1) - 0.5);
  const jump = 1 + 0.5 * Math.exp(-((step % 500) / 60));
  const rec = (900 * Math.exp(-step / 240) + 26 + 60 * Math.exp(-step / 1500)) * wobble * jump;
  const kl = (4 + 30 * (1 - Math.exp(-step / 500))) * (1 + 0.2 * (chance(step, 2) - 0.5));
  const den = (600 * Math.exp(-step / 160) + 48) * (1 + 0.25 * (chance(step, 3) - 0.5));
  return {
    step,
    loss: rec * 1.3 + den * 0.2 + kl,
    recLoss: rec,
    denoiserLoss: denoiser ? den : null,
    klLoss: kl,
    gradNorm: 12 + 40 * Math.exp(-step / 300) * wobble,
    learningRate: 0.001 * Math.min(1, step / 50),
    intervals: Math.min(256, 2 ** (1 + Math.floor(step / 500))),
    stepsPerSecond: 5.1 + chance(step, 4),
    seconds: step / 5.2,
  };
}
