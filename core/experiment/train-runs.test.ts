import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DatasetRecord } from '../data/dataset.ts';
import { runFolder } from '../library.ts';
import { writeCheckpoint } from '../run/checkpoint.ts';
import { readMetrics } from '../run/run-folder.ts';
import { findPlannedRun, planRuns } from './plan.ts';
import type { Recipe } from './recipe.ts';
import { type FakeTrainer, fakeTrainer, importImages, smallRecipe, temporaryHome } from './test-fakes.ts';
import { type ExperimentProgress, trainRuns, type TrainRunsOptions } from './train-runs.ts';

let home: string;
let record: DatasetRecord;
let trainer: FakeTrainer;
beforeEach(async () => {
  home = temporaryHome();
  record = await importImages(home);
  trainer = fakeTrainer();
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

async function make(
  recipe: Recipe = smallRecipe(),
  options: Partial<TrainRunsOptions> & { seed?: number } = {},
) {
  const plan = await planRuns(recipe, 'quick', options.record ?? record, options.seed ?? 0);
  return trainRuns(plan, trainer, { home, record, signal: new AbortController().signal, ...options });
}

const runCount = (): number => fs.readdirSync(path.join(home, 'runs')).length;

describe('the runs of an experiment', () => {
  it('are all arms of one seed, then of the next', async () => {
    const done = await make();
    expect(done?.map(({ arm, seed, end }) => [arm, seed, end])).toEqual([
      ['decoder', 0, 'finished'],
      ['identity', 0, 'finished'],
      ['decoder', 1, 'finished'],
      ['identity', 1, 'finished'],
    ]);
    expect(done?.[3]?.id).toMatch(/^small-quick-identity-seed1-/);
    const all = Array.from({ length: 12 }, (_, i) => i + 1);
    expect(trainer.trained).toEqual({
      'small-quick-decoder-seed0': all,
      'small-quick-identity-seed0': all,
      'small-quick-decoder-seed1': all,
      'small-quick-identity-seed1': all,
    });
  });

  it('are not trained again when they are finished', async () => {
    const first = await make();
    trainer.trained = {};
    expect((await make())?.map(({ id }) => id)).toEqual(first?.map(({ id }) => id));
    expect(trainer.trained).toEqual({});
  });

  it('go on from the checkpoint before where the last one is damaged, and say so', async () => {
    const [first] = (await make()) ?? [];
    const folder = runFolder(home, first?.id ?? '');
    const tensors = { a: { shape: [1], data: Float32Array.of(7) } };
    const early = { model: tensors, ema: tensors, optimizer: tensors, state: { step: 7 } };
    await writeCheckpoint(folder, 7, early);
    const file = path.join(folder, 'checkpoints', 'step-00000012', 'model.safetensors');
    const bytes = fs.readFileSync(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    fs.writeFileSync(file, bytes);
    trainer.trained = {};
    const told: string[] = [];
    const done = await make(smallRecipe(), { onRemark: (id, remark) => told.push(`${id}: ${remark}`) });
    expect(done?.[0]?.id).toBe(first?.id);
    expect(trainer.trained).toEqual({ 'small-quick-decoder-seed0': [8, 9, 10, 11, 12] });
    expect(told).toEqual([
      `${first?.id}: The checkpoint of step 12 is damaged (model.safetensors: its content is not what was written); that of step 7 is used instead.`,
    ]);
  });

  it('go on where they were stopped, and only those that were not finished', async () => {
    const controller = new AbortController();
    const stopped = await make(smallRecipe(), {
      signal: controller.signal,
      onProgress: ({ run, training }) => {
        if (run === 2 && training.step === 5) controller.abort();
      },
    });
    expect(stopped).toBeNull();
    expect(runCount()).toBe(2);
    const begun: [number, number][] = [];
    const done = await make(smallRecipe(), { onRun: ({ run, from }) => begun.push([run, from]) });
    expect(done).toHaveLength(4);
    expect(runCount()).toBe(4);
    expect(begun).toEqual([
      [2, 5],
      [3, 0],
      [4, 0],
    ]);
    // Each step once.
    const id = done?.[1]?.id ?? '';
    expect((await readMetrics(runFolder(home, id))).map(({ step }) => step)).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
  });

  it('are begun anew by another recipe, seed or data set', async () => {
    await make();
    const others = smallRecipe({
      arms: [
        { name: 'decoder', label: 'learned decoder' },
        {
          name: 'identity',
          label: 'identity',
          set: { 'objective.denoiserLoss': null, 'training.batchSize': 4 },
        },
      ],
    });
    await make(others);
    // The unchanged arm is taken over.
    expect(runCount()).toBe(6);
    await make(smallRecipe(), { seed: 1 });
    // Seed 1 was there, seed 2 was not.
    expect(runCount()).toBe(8);
    await make(smallRecipe(), { record: await importImages(home, 'another') });
    expect(runCount()).toBe(12);
    await make();
    expect(runCount()).toBe(12);
  });

  it('that differ only in what is measured are taken over', async () => {
    await make();
    await make(smallRecipe({ measurements: [{ kind: 'training' }], plots: [], title: 'Another title' }));
    expect(runCount()).toBe(4);
  });

  it('that diverge are results: noted, and not tried again', async () => {
    trainer.divergeAt['small-quick-identity-seed0'] = 7;
    trainer.divergeAt['small-quick-identity-seed1'] = 0;
    const steps: number[] = [];
    const done = await make(smallRecipe(), { onDiverged: (_, step) => steps.push(step) });
    expect(done?.map(({ end }) => end)).toEqual(['finished', 'diverged', 'finished', 'diverged']);
    expect(steps).toEqual([7, 0]);
    trainer.trained = {};
    trainer.divergeAt = {};
    expect((await make())?.map(({ end }) => end)).toEqual(['finished', 'diverged', 'finished', 'diverged']);
    expect(trainer.trained).toEqual({});
  });

  it('that diverged and were gone on with by hand no longer belong to it', async () => {
    trainer.divergeAt['small-quick-identity-seed0'] = 7;
    const done = await make();
    trainer.divergeAt = {};
    const session = await trainer.openSession(home, done?.[1]?.id ?? '');
    expect(await session.train({})).toBe('finished');
    const again = await make();
    expect(again?.[1]?.id).not.toBe(done?.[1]?.id);
    expect(again?.[1]?.end).toBe('finished');
  });

  it('are found again although others of their name are damaged', async () => {
    const done = await make();
    const [planned] = await planRuns(smallRecipe(), 'quick', record, 0);
    if (planned === undefined) throw new Error('nothing planned');
    const first = runFolder(home, done?.[0]?.id ?? '');
    expect(await findPlannedRun(home, planned, record)).toEqual({
      id: path.basename(first),
      step: 12,
      state: 'finished',
    });
    fs.writeFileSync(path.join(first, 'run.json'), '{');
    expect(await findPlannedRun(home, planned, record)).toBeNull();
  });

  it('tell how far all of them are', async () => {
    const seen: ExperimentProgress[] = [];
    await make(smallRecipe(), { onProgress: (progress) => seen.push(progress) });
    expect(seen).toHaveLength(48);
    expect(seen[0]).toMatchObject({ run: 1, runs: 4, planned: { arm: 'decoder', seed: 0 } });
    // 47 and 0 of 48 steps are left, at 4 a second.
    expect(seen[0]?.secondsLeft).toBe(47 / 4);
    expect(seen[47]).toMatchObject({ run: 4, secondsLeft: 0 });
  });
});
