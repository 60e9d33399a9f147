// @vitest-environment jsdom
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { testRecord } from '../test-studio/evaluation.ts';
import { standIns } from '../test-studio/render.ts';
import { finishedRun } from '../test-studio/run.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import { againstChoices, estimate, EvaluationForm } from './evaluation-form.svelte.ts';
import { type EvaluationChoices, RunEvaluations } from './run-evaluations.svelte.ts';

beforeAll(standIns);

const CHOICES: EvaluationChoices = {
  ...{ steps: [20, 10], best: 10, heldOut: 7 },
  extractors: [
    { name: 'mobilenet', problem: null },
    { name: 'pixels', problem: null },
  ],
};

async function setup(choices = CHOICES) {
  const start = vi.fn(() => ({}));
  const test = testStudio({
    'evaluations.list': () => ({ evaluations: [], damaged: [] }),
    'evaluations.choices': () => choices,
    'evaluations.start': start,
  });
  const { studio } = test;
  studio.library.datasets = [
    datasetEntry('digits'),
    datasetEntry('letters'),
    datasetEntry('faces', { channels: 3 }),
  ];
  const known = new RunEvaluations(studio.bridge, 'one', studio.fail);
  known.follow();
  await vi.waitFor(() => expect(known.known).toBe(true));
  return { ...test, start, form: new EvaluationForm(studio, finishedRun('one'), known) };
}

describe('the form of an evaluation', () => {
  it('asks for what is usual, and for what is chosen', async () => {
    const { form, start, studio } = await setup();
    expect(form.order).toEqual({
      ...{ runId: 'one', extractor: 'mobilenet', passes: [1, 2], count: 5000, against: { kind: 'train' } },
      ...{ weights: 'ema', step: null, protocol: 'standard', seed: 0 },
    });
    studio.settings.set('evaluate', { extractor: 'pixels', weights: 'raw' });
    form.count.text = '300';
    form.seed.text = '4';
    form.step = 10;
    form.togglePasses(2);
    form.togglePasses(3);
    form.chooseAgainst('holdout');
    await form.start();
    expect(start).toHaveBeenCalledWith({
      ...{ runId: 'one', extractor: 'pixels', passes: [1, 3], count: 300, against: { kind: 'holdout' } },
      ...{ weights: 'raw', step: 10, protocol: 'standard', seed: 4, jobId: expect.any(String) as string },
    });
    expect(studio.settings.get('evaluate')).toMatchObject({ count: 300, seed: 4 });
  });

  it('offers held-out images where there are some, and data sets of as many colours', async () => {
    const { form } = await setup();
    expect(againstChoices(form, 'digits').map(({ value }) => value)).toEqual([
      ...['train', 'holdout', 'dataset:letters'],
    ]);
    form.chooseAgainst('dataset:letters');
    expect(form.order?.against).toEqual({ kind: 'dataset', name: 'letters' });
    const { form: without, studio } = await setup({ ...CHOICES, heldOut: 0 });
    studio.settings.set('evaluate', { against: 'holdout' });
    expect(without.order?.against).toEqual({ kind: 'train' });
  });

  it("leaves nothing to choose in the paper's protocol but the extractor", async () => {
    const { form, studio } = await setup();
    studio.settings.set('evaluate', { protocol: 'paper', weights: 'raw' });
    form.chooseAgainst('holdout');
    form.count.text = 'many';
    expect(form.order).toMatchObject({
      count: 50_000,
      seed: 32,
      passes: [1, 2],
      weights: 'ema',
      against: { kind: 'train' },
    });
  });

  it('asks for nothing with a wrong number or an extractor that cannot be used', async () => {
    const { form } = await setup();
    form.count.text = '1';
    expect(form.order).toBeNull();
    expect(form.effort).toBe('');
    const { form: other } = await setup({
      ...CHOICES,
      extractors: [{ name: 'mobilenet', problem: 'No weights.' }],
    });
    expect(other.order).toBeNull();
  });

  it('says what it will take, by what the last one took', async () => {
    const { form } = await setup();
    expect(form.effort).toBe(
      'Draws 5,000 samples in 1 and 2 passes, reconstructs real images and looks at all of them with MobileNetV2. ' +
        'How long it takes shows once it has begun.',
    );
    const entries = [1, 2].map((passes) => ({
      file: `${passes}.json`,
      record: testRecord({ passes, seconds: 60 * passes, count: 1000 }),
    }));
    const asked = { extractor: 'mobilenet', count: 2000, passes: [1, 2] } as const;
    expect(estimate({ ...asked, passes: [...asked.passes] }, entries)).toBe(360);
    expect(estimate({ ...asked, extractor: 'pixels', passes: [1] }, entries)).toBeNull();
  });
});
