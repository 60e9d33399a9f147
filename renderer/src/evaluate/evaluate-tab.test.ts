// @vitest-environment jsdom
import { cleanup, fireEvent, screen, within } from '@testing-library/svelte';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { testRecord } from '../test-studio/evaluation.ts';
import type { CallParams, CallResult, EvaluationJob } from '../../../main/ipc/contract.ts';
import { button, renderIn, standIns } from '../test-studio/render.ts';
import { blackImages, finishedRun } from '../test-studio/run.ts';
import { datasetEntry, testStudio } from '../test-studio/studio.ts';
import CompareRuns from './CompareRuns.svelte';
import EvaluateTab from './EvaluateTab.svelte';

// The charts ask for it when they are loaded.
vi.hoisted(() => {
  window.matchMedia = () =>
    ({ addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
});

beforeAll(standIns);
afterEach(cleanup);

const run = finishedRun('one');
const FINGERPRINT = datasetEntry('digits').record!.fingerprint;
const record = testRecord({
  run: { id: 'one', name: 'one' },
  against: { kind: 'train', name: 'digits', fingerprint: FINGERPRINT, count: 5000 },
  warnings: ['Few images for so many features.'],
});
const reconstructions = testRecord({
  ...{ kind: 'reconstructions', passes: null, measures: { fd: 3, psnr: 21.5 }, copies: null, places: null },
  createdAt: '2024-01-01T00:00:00.000Z',
  byTime: [
    { t: 0.5, timeIndex: 1, measures: { mse: 0.01, psnr: 21.5, ssim: null } },
    { t: 3, timeIndex: 8, measures: { mse: 0.2, psnr: null, ssim: null } },
  ],
});

function setup(
  list: CallResult<'evaluations.list'> = { evaluations: [], damaged: [] },
  { steps = [2400], samples = (count: number) => blackImages(count) } = {},
) {
  const start = vi.fn((_: CallParams<'evaluations.start'>) => ({}));
  const stop = vi.fn(() => ({}));
  const test = testStudio(
    {
      'evaluations.list': () => list,
      'evaluations.choices': () => ({
        ...{ steps, best: null, heldOut: 0 },
        extractors: [{ name: 'mobilenet', problem: null }],
      }),
      'evaluations.start': start,
      'evaluations.stop': stop,
    },
    {
      'evaluation.samples': ({ samples: numbers }) => samples(numbers.length),
      'dataset.imagesAt': ({ indices }) => blackImages(indices.length),
    },
  );
  test.studio.library.datasets = [datasetEntry('digits')];
  test.studio.library.runs = [run];
  return { ...test, start, stop };
}

describe('the Evaluate tab', () => {
  it('says what is missing before there is a checkpoint, and before there is an evaluation', async () => {
    const { studio } = setup(undefined, { steps: [] });
    renderIn(studio, EvaluateTab, { run, live: false });
    expect(await screen.findByText('No checkpoint yet')).toBeTruthy();
    expect(screen.queryByRole('form')).toBeNull();
    cleanup();
    const { studio: other, start } = setup();
    renderIn(other, EvaluateTab, { run, live: false });
    expect(await screen.findByText('No evaluation yet')).toBeTruthy();
    await fireEvent.click(button('Evaluate'));
    expect(start).toHaveBeenCalledWith(
      expect.objectContaining({ runId: 'one', count: 5000, passes: [1, 2] }),
    );
  });

  it('shows numbers with interval, yardstick, meaning, warnings and protocol', async () => {
    const { studio } = setup({ evaluations: [{ file: 'a.json', record }], damaged: ['b.json is damaged.'] });
    renderIn(studio, EvaluateTab, { run, live: false });
    const row = (await screen.findByRole('rowheader', { name: /^Precision/ })).closest('tr')!;
    expect(
      within(row)
        .getAllByRole('cell')
        .map(({ textContent }) => textContent),
    ).toEqual([...['0.6', '0.58 to 0.62', '0.9', 'higher']]);
    expect(row.textContent).toContain('how believable single samples are');
    expect(screen.getByRole('rowheader', { name: /^FD-MobileNetV2 / })).toBeTruthy();
    expect(screen.getByText('0.01 ± 0.001')).toBeTruthy();
    // Recall was not measured: no row, and no 0.
    expect(screen.queryByRole('rowheader', { name: /^Recall/ })).toBeNull();
    expect(screen.getByText('Few images for so many features.')).toBeTruthy();
    expect(screen.getByText('5,000 samples in 1 pass.')).toBeTruthy();
    expect(screen.getByRole('alert').textContent).toBe('b.json is damaged.');
  });

  it('shows the nearest training images and what is not covered', async () => {
    const { studio } = setup({ evaluations: [{ file: 'a.json', record }], damaged: [] });
    renderIn(studio, EvaluateTab, { run, live: false });
    expect(await screen.findByRole('img', { name: 'Training image 4,711' })).toBeTruthy();
    expect(screen.getByRole('img', { name: 'Sample 17' })).toBeTruthy();
    expect(screen.getByText('0.75')).toBeTruthy();
    expect(screen.getAllByRole('img', { name: /^Real image/ })).toHaveLength(2);
    expect(screen.getByText('2 of 5,000 images; the furthest first')).toBeTruthy();
    expect(screen.getByText('1 of 5,000 samples; the furthest first')).toBeTruthy();
  });

  it('shows which classes samples are of beside those of real images', async () => {
    const classes = Array.from({ length: 30 }, (_, c) => ({
      ...{ name: `class ${c}`, samples: c === 7 ? 0.5 : 0.01, reference: 1 / 30 },
    }));
    const { studio } = setup({
      evaluations: [{ file: 'a.json', record: { ...record, classes } }],
      damaged: [],
    });
    renderIn(studio, EvaluateTab, { run, live: false });
    const table = await screen.findByRole('table', { name: 'Shares of the classes' });
    const rows = () =>
      within(table)
        .getAllByRole('rowheader')
        .map(({ textContent }) => textContent);
    // Of many classes those first that differ most.
    expect(rows()).toHaveLength(20);
    expect(rows()[0]).toBe('class 7');
    expect(within(table).getByText('50.0 %')).toBeTruthy();
    await fireEvent.click(button('Show all 30'));
    expect(rows()).toEqual(classes.map(({ name }) => name));
  });

  it('says why pictures are missing: a checkpoint or a data set that is gone', async () => {
    const gone = 'There is no usable checkpoint of step 2400.';
    const { studio } = setup(
      { evaluations: [{ file: 'a.json', record }], damaged: [] },
      {
        samples: () => {
          throw new Error(gone);
        },
      },
    );
    studio.library.datasets = [];
    renderIn(studio, EvaluateTab, { run, live: false });
    expect((await screen.findAllByText(gone)).length).toBeGreaterThan(0);
    expect(screen.getAllByText(/“digits” is not in the library/).length).toBeGreaterThan(0);
    expect(screen.getByRole('rowheader', { name: /^Precision/ })).toBeTruthy();
  });

  it('has a table of reconstructions at each t, with gaps', async () => {
    const { studio } = setup({
      evaluations: [
        { file: 'a.json', record },
        { file: 'r.json', record: reconstructions },
      ],
      damaged: [],
    });
    renderIn(studio, EvaluateTab, { run, live: false });
    const list = await screen.findByRole('table', { name: 'Evaluations of this run' });
    expect(within(list).getAllByRole('row')).toHaveLength(3);
    await fireEvent.click(within(list).getAllByRole('button', { name: '2,400' })[1]!);
    const table = screen.getByRole('table', { name: 'Reconstructions at each t' });
    const cells = within(table)
      .getAllByRole('row')
      .map((row) => Array.from(row.children, ({ textContent }) => textContent.trim()));
    expect(cells).toEqual([
      ['t', 'Mean squared error', 'PSNR (dB)'],
      ['0.5', '0.01', '21.5'],
      ['3', '0.2', '—'],
    ]);
  });

  it('shows how far an evaluation is, stops it, and tells why one failed', async () => {
    const { studio, stop } = setup();
    const job: EvaluationJob = {
      ...{ jobId: 'j', runId: 'one', extractor: 'mobilenet', passes: [1, 2], count: 500 },
      ...{ against: { kind: 'train' }, weights: 'ema', step: null, protocol: 'standard', seed: 0 },
      ...{ state: 'running', problem: null },
      progress: { phase: 'Drawing in 2 passes', done: 100, total: 500, perSecond: 50, secondsLeft: 8 },
    };
    studio.evaluations.jobs = [
      job,
      { ...job, jobId: 'f', state: 'failed', progress: null, problem: 'It is damaged.' },
      { ...job, jobId: 'o', runId: 'other' },
    ];
    renderIn(studio, EvaluateTab, { run, live: false });
    expect(await screen.findByText('Drawing in 2 passes')).toBeTruthy();
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('20');
    expect(screen.getByText('8 s left of this')).toBeTruthy();
    expect(screen.getByText('It is damaged.')).toBeTruthy();
    await fireEvent.click(button('Stop'));
    expect(stop).toHaveBeenCalledWith({ jobId: 'j' });
  });
});

describe('the table of several runs', () => {
  it('sorts by a number at the press of its column, and leads to the run', async () => {
    const { studio } = setup({
      evaluations: [
        { file: 'a.json', record },
        { file: 'b.json', record: testRecord({ ...record, passes: 2, measures: { fd: 3 } }) },
      ],
      damaged: [],
    });
    renderIn(studio, CompareRuns, {});
    const table = await screen.findByRole('table', { name: 'Evaluations of several runs' });
    const passes = () =>
      within(table)
        .getAllByRole('row')
        .slice(1)
        .map((row) => within(row).getAllByRole('cell')[1]?.textContent);
    expect(passes()).toEqual(['2 passes', '1 pass']);
    const head = within(table).getByRole('columnheader', { name: 'FD-MobileNetV2' });
    expect(head.getAttribute('aria-sort')).toBe('ascending');
    await fireEvent.click(within(table).getByRole('button', { name: 'Precision' }));
    expect(passes()).toEqual(['1 pass', '2 passes']);
    // A number that is missing is a gap.
    expect(within(table).getAllByRole('row')[2]?.textContent).toContain('—');
    await fireEvent.click(within(table).getAllByRole('button', { name: 'one' })[0]!);
    expect(studio.settings.get('run').id).toBe('one');
    expect(studio.settings.get('evaluate').tab).toBe('evaluate');
    expect(studio.settings.get('compare').open).toBe(false);
  });
});
