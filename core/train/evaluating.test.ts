/** Evaluations amid a training: they change nothing of it, end when it is stopped, and say which checkpoint is the best. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { Settings } from '../config/settings.ts';
import { DEFAULT_SETTINGS } from '../data/import/settings.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { openDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import * as extractors from '../evaluate/extractors/open-extractor.ts';
import { FeatureCache } from '../evaluate/feature-cache.ts';
import { SmallEvaluation } from '../evaluate/small-evaluation.ts';
import { openGenerator } from '../explore/open-generator.ts';
import { runFolder } from '../library.ts';
import { listCheckpoints, readCheckpointOf } from '../run/checkpoint.ts';
import type { EvaluationLine } from '../run/evaluation-line.ts';
import { findBest, readEvaluationLines } from '../run/evaluations.ts';
import { runHealth } from '../run/health.ts';
import type { TrainCallbacks } from './api.ts';
import { createRun } from './create-run.ts';
import { openSession } from './open-session.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
vi.mock('../evaluate/extractors/open-extractor.ts', { spy: true });

const STEPS = 6;
let home: string;

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-evaluating-'));
  await importDataset({
    ...{ home, name: 'few', request: { kind: 'sample', paths: [] } },
    settings: { ...DEFAULT_SETTINGS, size: 8, channels: 1, limit: 60, holdOut: 0.3 },
  });
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

async function newRun(settings: Settings = {}): Promise<string> {
  const evaluations = {
    'training.evaluateEvery': 2,
    'training.evaluateCount': 16,
    'training.evaluateExtractor': 'pixels',
    'training.bestMeasure': 'reconstruction',
    'training.steps': STEPS,
    'training.checkpointEvery': 1000,
  };
  const preset = await loadPreset('smoke');
  const options = { home, dataset: 'few', preset, seed: 5 };
  return (await createRun({ ...options, settings: { ...evaluations, ...settings } })).id;
}

async function train(id: string, callbacks: TrainCallbacks = {}): Promise<string> {
  const session = await openSession(home, id);
  try {
    return await session.train(callbacks);
  } finally {
    session.dispose();
  }
}

/** Trains until the step, then stops as Ctrl-C would. */
function trainTo(id: string, last: number): Promise<string> {
  const abort = new AbortController();
  return train(id, {
    signal: abort.signal,
    onProgress: ({ step }) => {
      if (step === last) abort.abort();
    },
  });
}

async function weightsOf(id: string, step = STEPS) {
  const { model, ema, optimizer } = (await readCheckpointOf(runFolder(home, id), step)) ?? {};
  return { model, ema, optimizer };
}

const lines = (id: string): Promise<EvaluationLine[]> => readEvaluationLines(runFolder(home, id));
const withoutSeconds = (all: readonly EvaluationLine[]) => all.map(({ seconds: _, ...line }) => line);
const checkpoints = async (id: string): Promise<number[]> =>
  (await listCheckpoints(runFolder(home, id))).map(({ step }) => step);

describe('evaluations amid a training', () => {
  it('change no bit of what is learned, also when it is stopped and goes on', async () => {
    const plain = await newRun({ 'training.evaluateEvery': 0 });
    expect(await train(plain)).toBe('finished');
    expect(await lines(plain)).toEqual([]);
    const evaluated = await newRun();
    expect(await train(evaluated)).toBe('finished');
    const halves = await newRun();
    expect(await trainTo(halves, 3)).toBe('stopped');
    expect(await train(halves)).toBe('finished');

    expect(await weightsOf(evaluated)).toEqual(await weightsOf(plain));
    expect(await weightsOf(halves)).toEqual(await weightsOf(plain));
    const found = withoutSeconds(await lines(evaluated));
    expect(found.map(({ step }) => step)).toEqual([2, 4, 6]);
    expect(withoutSeconds(await lines(halves))).toEqual(found);
    expect(found[0]).toMatchObject({ extractor: 'pixels', count: 16, reconstructed: { kind: 'holdout' } });
    for (const id of [evaluated, halves]) {
      expect((await runHealth(runFolder(home, id))).remarks).toEqual([]);
    }
  });

  it('are of the weights that the best checkpoint holds', async () => {
    const id = await newRun();
    const saved: number[] = [];
    await train(id, { onCheckpoint: (step) => saved.push(step) });
    const best = await findBest(runFolder(home, id));
    const found = await lines(id);
    const values = found.map(({ reconstruction }) => reconstruction);
    expect(best?.value).toBe(Math.min(...values));
    expect(best?.step).toBe(found[values.indexOf(Math.min(...values))]?.step);
    expect(saved).toContain(best?.step);
    expect(await checkpoints(id)).toContain(best?.step);

    const generator = await openGenerator(runFolder(home, id), { step: best?.step ?? 0 });
    const data = await openDataset(home, 'few');
    const evaluation = new SmallEvaluation(generator, data, new FeatureCache(null));
    const again = await evaluation.evaluate();
    const line = found.find(({ step }) => step === best?.step);
    expect(withoutSeconds([again])).toEqual(withoutSeconds([line!]));
    evaluation.dispose();
    data.close();
    generator.dispose();
  });

  it('end at once when the training is stopped, which saves', async () => {
    const id = await newRun();
    const abort = new AbortController();
    const notices: string[] = [];
    const told: (number | null)[] = [];
    const end = await train(id, {
      signal: abort.signal,
      onEvaluating: (progress) => {
        told.push(progress?.done ?? null);
        if (progress?.done === 16) abort.abort();
      },
      onNotice: (text) => notices.push(text),
    });
    expect(end).toBe('stopped');
    expect(told).toEqual([0, 16, null]);
    expect(notices).toEqual([]);
    expect(await lines(id)).toEqual([]);
    expect(await checkpoints(id)).toEqual([2]);
    expect(await train(id)).toBe('finished');
    expect((await lines(id)).map(({ step }) => step)).toEqual([4, 6]);
  });

  it('pass on what stops the training without saving', async () => {
    const id = await newRun();
    const abandoned = new Error('abandoned');
    const callbacks: TrainCallbacks = {
      onEvaluating: (progress) => {
        if (progress !== null) throw abandoned;
      },
    };
    await expect(train(id, callbacks)).rejects.toBe(abandoned);
    expect(await checkpoints(id)).toEqual([]);
  });

  it('that fail are told once, and the training goes on', async () => {
    vi.mocked(extractors.openExtractor).mockRejectedValue(
      new UserError('The weights of MobileNetV2 are missing; run npm run setup.'),
    );
    const id = await newRun();
    const notices: string[] = [];
    expect(await train(id, { onNotice: (text) => notices.push(text) })).toBe('finished');
    expect(notices).toEqual([
      'The weights of MobileNetV2 are missing; run npm run setup; the training goes on and tries it again later.',
    ]);
    expect(await lines(id)).toEqual([]);
    expect(await findBest(runFolder(home, id))).toBeNull();
  });
});
