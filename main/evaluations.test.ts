import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { evaluationsFolder, writeEvaluation } from '../core/evaluate/store.ts';
import { testRecord } from '../core/evaluate/test-record.ts';
import { runFolder } from '../core/library.ts';
import { writeCheckpoint } from '../core/run/checkpoint.ts';
import type { EvaluationOrder } from './ipc/contract.ts';
import { makeRun, RUN, testStudio } from './test-studio.ts';

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-evaluations-'));
});
afterEach(async () => {
  vi.useRealTimers();
  await fs.rm(home, { recursive: true, force: true });
});

const order = (jobId: string): EvaluationOrder => ({
  ...{ jobId, runId: RUN, extractor: 'pixels', passes: [1], count: 100, against: { kind: 'train' } },
  ...{ weights: 'ema', step: null, protocol: 'standard', seed: 0 },
});

describe('evaluations of a run', () => {
  it('are listed, and damaged ones are told of in a sentence', async () => {
    const { studio } = testStudio(home);
    await makeRun(home);
    expect(await studio.calls['evaluations.list']({ runId: RUN })).toEqual({ evaluations: [], damaged: [] });
    const folder = runFolder(home, RUN);
    const file = path.basename(await writeEvaluation(folder, testRecord()));
    await fs.writeFile(path.join(evaluationsFolder(folder), 'broken.json'), '{"format":');
    const { evaluations, damaged } = await studio.calls['evaluations.list']({ runId: RUN });
    expect(evaluations).toEqual([{ file, record: testRecord() }]);
    expect(damaged).toEqual([expect.stringContaining('broken.json')]);
  });

  it('are made by the evaluator, one after the other, and told of', async () => {
    const { studio, evaluator, emit } = testStudio(home);
    await studio.calls['evaluations.start'](order('a'));
    await studio.calls['evaluations.start'](order('b'));
    await expect(studio.calls['evaluations.start'](order('b'))).rejects.toThrow('in the queue already');
    expect(await studio.calls['evaluations.jobs']({})).toMatchObject([
      { state: 'running' },
      { state: 'waiting' },
    ]);
    await vi.waitFor(() =>
      expect(emit).toHaveBeenCalledWith('evaluations.done', { jobId: 'b', runId: RUN, count: 2 }),
    );
    expect(evaluator.asked.map(({ params }) => params)).toEqual([order('a'), order('b')]);
    expect(emit).toHaveBeenCalledWith('evaluations.changed', { runId: RUN });
    expect(await studio.calls['evaluations.jobs']({})).toEqual([]);
  });

  it('tell how far they are', async () => {
    const { studio, evaluator, emit } = testStudio(home);
    delete evaluator.answers['evaluation.run'];
    await studio.calls['evaluations.start'](order('a'));
    await vi.waitFor(() => expect(evaluator.asked).toHaveLength(1));
    const progress = { phase: 'Drawing', done: 1, total: 2, perSecond: 3, secondsLeft: 4 };
    evaluator.tell('evaluation.progress', { jobId: 'a', progress });
    expect(emit).toHaveBeenLastCalledWith('evaluations.progress', { jobId: 'a', progress });
    expect(await studio.calls['evaluations.jobs']({})).toMatchObject([{ progress }]);
  });

  it('are stopped at once: a process that does not listen is ended', async () => {
    const { studio, evaluator } = testStudio(home);
    delete evaluator.answers['evaluation.run'];
    const kill = vi.spyOn(evaluator, 'kill');
    await studio.calls['evaluations.start'](order('a'));
    await vi.waitFor(() => expect(evaluator.asked).toHaveLength(1));
    vi.useFakeTimers();
    await studio.calls['evaluations.stop']({ jobId: 'a' });
    expect(evaluator.asked.at(-1)).toMatchObject({ kind: 'cancel' });
    expect(kill).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(kill).toHaveBeenCalledOnce();
    expect(await studio.calls['evaluations.jobs']({})).toEqual([]);
  });

  it('let the evaluator go when nothing has been asked for a while', async () => {
    const { studio, evaluator } = testStudio(home);
    const kill = vi.spyOn(evaluator, 'kill');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await studio.calls['evaluations.start'](order('a'));
    await vi.waitFor(async () => expect(await studio.calls['evaluations.jobs']({})).toEqual([]));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(kill).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(31_000);
    expect(kill).toHaveBeenCalledOnce();
  });

  it('keep a failed one with its sentence, and the run as long as it is evaluated', async () => {
    const { studio, evaluator } = testStudio(home);
    await makeRun(home);
    delete evaluator.answers['evaluation.run'];
    await studio.calls['evaluations.start'](order('a'));
    await vi.waitFor(() => expect(evaluator.asked).toHaveLength(1));
    await expect(studio.calls['runs.remove']({ runId: RUN })).rejects.toThrow('is being evaluated; stop');
    const { id } = evaluator.asked[0]!;
    evaluator.message({ type: 'failure', id, code: 'not-found', message: 'The run has no checkpoint yet.' });
    await vi.waitFor(async () =>
      expect(await studio.calls['evaluations.jobs']({})).toMatchObject([
        { state: 'failed', problem: 'The run has no checkpoint yet.' },
      ]),
    );
    await studio.calls['runs.remove']({ runId: RUN });
  });

  it('are removed one by one, also such that are gone', async () => {
    const { studio, emit } = testStudio(home);
    await makeRun(home);
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), testRecord()));
    await studio.calls['evaluations.remove']({ runId: RUN, file });
    await studio.calls['evaluations.remove']({ runId: RUN, file });
    expect((await studio.calls['evaluations.list']({ runId: RUN })).evaluations).toEqual([]);
    expect(emit).toHaveBeenLastCalledWith('evaluations.changed', { runId: RUN });
  });
});

describe('the choices of an evaluation', () => {
  it('are the checkpoints there are, held-out images, and the extractors', async () => {
    const { studio } = testStudio(home);
    await makeRun(home, { dataset: { name: 'digits', fingerprint: 'sha256:0', count: 9, heldOut: 3 } });
    for (const step of [10, 20]) {
      await writeCheckpoint(runFolder(home, RUN), step, { model: {}, ema: {}, optimizer: {}, state: {} });
    }
    const choices = await studio.calls['evaluations.choices']({ runId: RUN });
    expect(choices).toMatchObject({ steps: [20, 10], best: null, heldOut: 3 });
    expect(choices.extractors).toContainEqual({ name: 'pixels', problem: null });
    const problem = (name: string) => choices.extractors.find((one) => one.name === name)?.problem;
    expect(problem('classifier')).toContain('digits');
    expect(problem('pca')).toBeNull();
  });
});

describe('a table of evaluations', () => {
  it.each([
    ['csv', 'table.csv', /^run,step,.*,fd\n/],
    ['markdown', 'table.md', /^\| Run \| Step \|.* Fréchet distance \|\n/],
  ] as const)('is exported as %s, with its ending, and can be shown', async (as, name, begins) => {
    const chosen = path.join(home, 'table');
    const { studio, showInFolder } = testStudio(home, { choosePath: async () => chosen });
    await makeRun(home);
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), testRecord()));
    const asked = { evaluations: [{ runId: RUN, file }], measures: ['fd'], as };
    const target = path.join(home, name);
    expect(await studio.calls['evaluations.export'](asked)).toEqual({ path: target });
    expect(await fs.readFile(target, 'utf8')).toMatch(begins);
    await studio.calls['app.reveal']({ path: target });
    expect(showInFolder).toHaveBeenCalledWith(target);
  });

  it('is not written when the person cancels', async () => {
    const { studio } = testStudio(home);
    await makeRun(home);
    const file = path.basename(await writeEvaluation(runFolder(home, RUN), testRecord()));
    const asked = { evaluations: [{ runId: RUN, file }], measures: ['fd'], as: 'csv' as const };
    expect(await studio.calls['evaluations.export'](asked)).toBeNull();
  });
});
