import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { evaluateOptions } from '../../core/evaluate/options.ts';
import { evaluateRun } from '../../core/evaluate/evaluation.ts';
import { pixelExtractor } from '../../core/evaluate/extractors/pixels.ts';
import { planesOf } from '../../core/evaluate/real-images.ts';
import { type EvaluationRecord, EvaluationRecordSchema } from '../../core/evaluate/record.ts';
import { evaluationsFolder } from '../../core/evaluate/store.ts';
import { openDataset } from '../../core/data/packed.ts';
import { openGenerator } from '../../core/explore/open-generator.ts';
import { lockRun } from '../../core/library-locks.ts';
import { runFolder } from '../../core/library.ts';
import { frechetDistance } from '../../core/metrics/frechet.ts';
import { momentsOf } from '../../core/metrics/moments.ts';
import { canMount, fillDisk, mountSmallDisk, unmount } from '../../core/test-disk.ts';
import { covae, makeImages, matching, type Outcome, root } from './test-cli.ts';

const home = path.join(root, 'home');
const images = path.join(root, 'images');
let run: string;
/** Without an image held out. */
let whole: string;

const usualCache = process.env['COVAE_CACHE'];

beforeAll(async () => {
  // Features of these images are of no use to anybody.
  process.env['COVAE_CACHE'] = path.join(root, 'cache');
  await makeImages(images);
  const data = ['--size', '16', '--home', home];
  await covae('data', 'import', images, '--name', 'noise', '--hold-out', '0.25', ...data);
  await covae('data', 'import', images, '--name', 'all', ...data);
  run = await trained('noise');
  whole = await trained('all');
});

afterAll(() => {
  if (usualCache === undefined) delete process.env['COVAE_CACHE'];
  else process.env['COVAE_CACHE'] = usualCache;
});

async function trained(data: string): Promise<string> {
  const { events } = await covae('train', '--data', data, '--preset', 'smoke', '--home', home, '--json');
  return v.parse(v.object({ run: v.string() }), events.at(-1)).run;
}

const evaluate = (...args: string[]): Promise<Outcome> =>
  covae('evaluate', ...args, '--extractor', 'pixels', '--home', home, '--json');

const ResultSchema = v.object({
  evaluations: v.array(EvaluationRecordSchema),
  files: v.array(v.string()),
});

function recordsOf({ events }: Outcome): EvaluationRecord[] {
  return v.parse(ResultSchema, events.at(-1)).evaluations;
}

/** What is the same each time. */
function lasting({ seconds: _, secondsByPhase: _2, createdAt: _3, ...rest }: EvaluationRecord) {
  return rest;
}

describe('covae evaluate', () => {
  it('measures samples in each number of passes, and reconstructions of both kinds of images', async () => {
    const outcome = await evaluate(run, '--count', '24', '--reconstructions', '12', '--passes', '1,2');
    expect(outcome.code).toBe(0);
    const { evaluations, files } = v.parse(ResultSchema, outcome.events.at(-1));
    const step = String(evaluations[0]!.checkpoint.step).padStart(8, '0');
    expect(files.map((file) => path.basename(file))).toEqual([
      `step-${step}-samples-1-pass-pixels-ema-24-seed-0.json`,
      `step-${step}-samples-2-passes-pixels-ema-24-seed-0.json`,
      `step-${step}-reconstructions-pixels-ema-12-seed-0.json`,
      `step-${step}-reconstructions-pixels-ema-10-seed-0-against-holdout.json`,
    ]);
    const [one, two, rec, heldOut] = evaluations as [
      EvaluationRecord,
      EvaluationRecord,
      EvaluationRecord,
      EvaluationRecord,
    ];
    expect(one).toMatchObject({
      ...{ kind: 'samples', passes: 1, times: [], count: 24, weights: 'ema', seed: 0 },
      against: { kind: 'train', name: 'noise', count: 30 },
      extractor: { name: 'pixels', distanceName: 'FD-pixels', size: 256 },
      yardstick: { count: 15 },
      copies: { gap: { count: 10 } },
    });
    expect(one.checkpoint.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(one.yardstick!.measures['precision']).toBeGreaterThan(0);
    expect(two.times).toHaveLength(1);
    expect(two.measures['fd']).not.toBe(one.measures['fd']);
    const { uncovered, uncoveredCount, stray, strayCount } = one.places!;
    expect(uncoveredCount).toBeCloseTo(30 * (1 - one.measures['coverage']!), 6);
    expect(strayCount).toBeCloseTo(24 * (1 - one.measures['precision']!), 6);
    expect([uncovered.length, stray.length]).toEqual([uncoveredCount, strayCount]);
    const split = await heldOutImages();
    for (const { image } of one.copies!.nearest) expect(split).not.toContain(image);
    expect(rec.byTime).toHaveLength(5);
    expect(rec.measures).toEqual(rec.byTime[0]!.measures);
    expect(Object.keys(rec.measures)).toEqual(['mse', 'psnr', 'ssim', 'featureDistance', 'fd']);
    expect(heldOut.against).toMatchObject({ kind: 'holdout', count: 10 });
    expect(one.protocol.join(' ')).toContain('all 30 training images of "noise"');
    expect(fs.readdirSync(evaluationsFolder(runFolder(home, run)))).toHaveLength(4);
  });

  async function heldOutImages(): Promise<number[]> {
    const dataset = await openDataset(home, 'noise');
    const split = await dataset.split();
    dataset.close();
    return Array.from(split!.keys()).filter((index) => split![index] === 1);
  }

  it('gives the same numbers again, in the same files, also two at a time and while the run is trained', async () => {
    const args = [run, '--count', '24', '--reconstructions', '0', '--passes', '1', '--seed', '3'];
    const first = recordsOf(await evaluate(...args)).map(lasting);
    const lock = lockRun(home, run, 'is being trained');
    try {
      const both = await Promise.all([evaluate(...args), evaluate(...args)]);
      for (const outcome of both) expect(recordsOf(outcome).map(lasting)).toEqual(first);
    } finally {
      lock.release();
    }
    const names = fs.readdirSync(evaluationsFolder(runFolder(home, run)));
    expect(names.filter((name) => name.includes('seed-3'))).toHaveLength(1);
    expect(names.filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('measures what compare-images does of the same samples', async () => {
    const drawn = path.join(root, 'drawn');
    await covae('sample', run, '--count', '24', '--singles', '--out', drawn, '--home', home);
    const compared = await covae(
      ...['compare-images', 'all', drawn, '--extractor', 'pixels', '--home', home, '--json'],
    );
    const [record] = recordsOf(await evaluate(run, '--count', '24', '--against', 'all', '--passes', '1'));
    expect(record).toMatchObject({ against: { kind: 'dataset', name: 'all', count: 40 }, copies: null });
    const result = compared.events.at(-1)!;
    for (const key of ['fd', 'precision', 'recall', 'density', 'coverage', 'vendi']) {
      expect(record!.measures[key]).toBeCloseTo(Number(result[key]), 5);
    }
    expect(record!.measures).not.toHaveProperty('authenticity');
  });

  it("draws as the paper's protocol says, and tells in what it is not the paper's", async () => {
    const outcome = await evaluate(run, '--protocol', 'paper', '--count', '40');
    const [one, two, rec] = recordsOf(outcome) as [EvaluationRecord, EvaluationRecord, EvaluationRecord];
    expect([one.passes, two.passes, rec.kind]).toEqual([1, 2, 'reconstructions']);
    expect(one).toMatchObject({ seed: 32, weights: 'ema', count: 40, against: { kind: 'train', count: 30 } });
    expect(Object.keys(one.measures)).toEqual(['fd']);
    expect(rec).toMatchObject({ count: 30, byTime: [{ timeIndex: 1 }] });
    expect(one.warnings).toEqual([
      "This is not the paper's protocol: FD-pixels is not FID, which is over features of Inception.",
      "This is not the paper's protocol: 40 samples are not 50,000.",
    ]);
    const [samples, reconstructions, real] = await byHand();
    expect(one.measures['fd']).toBeCloseTo(frechetDistance(samples, real), 6);
    expect(rec.measures['fd']).toBeCloseTo(frechetDistance(reconstructions, real), 6);
  });

  /** Moments of the samples, of the reconstructions and of the training images, made in one go. */
  async function byHand() {
    const dataset = await openDataset(home, 'noise');
    const split = (await dataset.split())!;
    const training = Array.from(split.keys()).filter((index) => split[index] === 0);
    const { height, width, channels } = dataset.record;
    const read = (indices: ArrayLike<number>) => ({
      ...{ count: indices.length, height, width, channels, data: dataset.readAt(indices) },
    });
    const extractor = pixelExtractor({ height, width, channels });
    const moments = (batch: ReturnType<typeof read>) => momentsOf(extractor.extract(planesOf(batch)));
    const model = await openGenerator(runFolder(home, run));
    const { realImages } = await import('../../core/evaluate/real-images.ts');
    const { indices } = await realImages(dataset, 'train');
    expect(Array.from(indices).sort((a, b) => a - b)).toEqual(training);
    const samples = model.sample({ count: 40, seed: 32, passes: 1, rounding: 'down' });
    const back = model.reconstruct(read(indices), { rounding: 'down', drawn: { seed: 32, start: 0 } });
    const made = [moments(samples), moments(back), moments(read(training))] as const;
    model.dispose();
    dataset.close();
    return made;
  }

  it('lists what there is, and makes a table of several runs', async () => {
    await evaluate(whole, '--count', '12', '--passes', '1', '--reconstructions', '0', '--weights', 'raw');
    const list = await covae('evaluate', whole, '--list', '--home', home);
    expect(list.stdout).toMatch(/samples, 1 pass +pixels +raw +12 +40 training images of all/);
    const table = path.join(root, 'table.csv');
    const { code } = await covae('evaluate', run, whole, '--table', '--out', table, '--home', home);
    expect(code).toBe(0);
    const [header, ...lines] = fs.readFileSync(table, 'utf8').trimEnd().split('\n');
    expect(header).toMatch(/^run,step,kind,passes,weights,count,against,.*,fd,kid,/);
    expect(lines.some((line) => line.startsWith(run))).toBe(true);
    expect(lines.some((line) => line.startsWith(`${whole},`) && line.includes(',raw,'))).toBe(true);
    const markdown = await covae('evaluate', run, whole, '--table', '--home', home);
    expect(markdown.stdout).toContain('| Run | Step | Kind |');
    const again = await covae('evaluate', run, '--table', '--out', table, '--home', home);
    expect([again.code, again.stderr]).toEqual([1, matching(/table\.csv/)]);
  });

  it('is told of each run in the list of runs, the best and the last value', async () => {
    await evaluate(run, '--passes', '1', '--count', '24', '--seed', '4', '--reconstructions', '0');
    const { events } = await covae('runs', 'list', '--home', home, '--json');
    const value = v.object({ step: v.number(), value: v.number() });
    const measure = v.object({ title: v.string(), about: v.string(), best: value, last: value });
    const { runs } = v.parse(
      v.object({ runs: v.array(v.object({ id: v.string(), measures: v.array(measure) })) }),
      events.at(-1),
    );
    const measures = runs.find(({ id }) => id === run)?.measures ?? [];
    const fd = measures.find(
      ({ title, about }) => /^FD.*1 pass$/.test(title) && about.startsWith('24 samples'),
    );
    expect(fd?.best).toEqual(fd?.last);
    expect(fd?.best.step).toBe(30);
  });

  it('prints the numbers with their protocol', async () => {
    const { stdout, stderr } = await covae(
      ...[
        'evaluate',
        run,
        '--extractor',
        'pixels',
        '--count',
        '24',
        '--reconstructions',
        '8',
        '--home',
        home,
      ],
    );
    expect(stdout).toMatch(/Samples +1 pass +2 passes +real against real\nFD-pixels +\d/);
    expect(stdout).toMatch(/Reconstructions of 8 training images of noise\nt +0\.\d/);
    expect(stdout).toContain('Protocol\n  24 samples in 1 pass, seed 0, EMA weights of step');
    expect(stdout).toMatch(/Kept as 4 evaluations in .*evaluations\.\n$/);
    expect(stderr).toContain('24 images are too few for a Fréchet distance over 256 features');
  });

  it.each<[string, () => string[], RegExp]>([
    ['no held-out images', () => [whole, '--against', 'holdout'], /"all" has no images held out of training/],
    ['a data set that is not there', () => [run, '--against', 'nothing'], /There is no data set "nothing"/],
    ['no samples', () => [run, '--count', '0'], /whole number from 2 to/],
    ['a single sample', () => [run, '--count', '1'], /whole number from 2 to/],
    ['far too many', () => [run, '--count', '1e9'], /whole number from 2 to/],
    ['no pass', () => [run, '--passes', '0'], /numbers from 1 to 16/],
    [
      'a step without a checkpoint',
      () => [run, '--step', '7'],
      /no usable checkpoint of step 7 .*; there are those of steps \d/,
    ],
    ['a run that is not there', () => ['nobody'], /There is no run "nobody"/],
    ['a format without a table', () => [run, '--as', 'csv'], /--as is for a table/],
  ])('refuses %s in one sentence', async (_, args, sentence) => {
    const { code, events } = await evaluate(...args());
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ event: 'error', message: matching(sentence) });
  });

  it('draws at another temperature, and says so', async () => {
    const [record] = recordsOf(
      await evaluate(run, '--count', '8', '--reconstructions', '0', '--passes', '1', '--temperature', '0.5'),
    );
    expect(record).toMatchObject({ temperature: 0.5, label: null });
    expect(record?.protocol[0]).toContain('temperature 0.5');
    const [once, twice] = recordsOf(
      await evaluate(run, '--count', '8', '--reconstructions', '0', '--later-temperature', '0'),
    );
    // In one pass there is none, so that number is the usual one.
    expect(once).not.toHaveProperty('laterTemperature');
    expect(twice).toMatchObject({ passes: 2, laterTemperature: 0 });
    expect(twice?.protocol[0]).toContain('later passes by the mean');
    const alone = await evaluate(run, '--count', '8', '--passes', '1', '--later-temperature', '0');
    expect(alone.events.at(-1)).toMatchObject({ message: matching(/is for samples in two passes or more/) });
    const [fitted] = recordsOf(
      await evaluate(run, '--count', '8', '--passes', '1', '--reconstructions', '0', '--prior', 'fitted'),
    );
    expect(fitted).toMatchObject({ prior: 'fitted' });
    expect(fitted?.protocol[0]).toContain('seed 0, fitted prior, EMA weights');
    const named = await evaluate(run, '--count', '8', '--label', 'even');
    expect(named.events.at(-1)).toMatchObject({ message: matching(/was trained without classes/) });
  });

  it('refuses an extractor that nobody knows', async () => {
    const { code, stderr } = await covae('evaluate', run, '--extractor', 'eye', '--home', home);
    expect([code, stderr]).toEqual([1, matching(/argument 'eye' is invalid\. Allowed choices are/)]);
  });

  it('refuses a run without a checkpoint, and one whose data set is gone', async () => {
    const { id } = { id: 'empty-abc234' };
    const folder = runFolder(home, id);
    fs.cpSync(runFolder(home, whole), folder, { recursive: true });
    fs.rmSync(path.join(folder, 'checkpoints'), { recursive: true });
    const manifest: unknown = JSON.parse(fs.readFileSync(path.join(folder, 'run.json'), 'utf8'));
    fs.writeFileSync(path.join(folder, 'run.json'), JSON.stringify({ ...(manifest as object), id }));
    const empty = await evaluate(id);
    expect(empty.events.at(-1)).toMatchObject({ message: matching(/has no checkpoint yet/) });
    fs.renameSync(path.join(home, 'datasets', 'all'), path.join(root, 'aside'));
    try {
      const { events } = await evaluate(whole, '--count', '4');
      expect(events.at(-1)).toMatchObject({ message: matching(/There is no data set "all"/) });
    } finally {
      fs.renameSync(path.join(root, 'aside'), path.join(home, 'datasets', 'all'));
    }
  });
});

describe('an evaluation that is stopped', () => {
  const options = () =>
    evaluateOptions({ protocol: 'standard', extractor: 'pixels', count: 200, seed: 9, reconstructions: 0 });
  const folder = () => evaluationsFolder(runFolder(home, run));
  const written = () =>
    fs.readdirSync(folder()).filter((name) => name.includes('seed-9') || name.startsWith('.'));

  it('leaves nothing half', async () => {
    const stop = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }): void => {
      if (phase.startsWith('Drawing') && done > 0) stop.abort();
    };
    await expect(evaluateRun(home, run, options(), { signal: stop.signal, onProgress })).rejects.toThrow(
      'abort',
    );
    expect(written()).toEqual([]);
  });

  it('keeps what was finished before', async () => {
    const stop = new AbortController();
    const onRecord = (): void => stop.abort();
    await expect(evaluateRun(home, run, options(), { signal: stop.signal, onRecord })).rejects.toThrow(
      'abort',
    );
    expect(written()).toEqual([matching(/1-pass-pixels-ema-200-seed-9\.json$/)]);
  });

  it.runIf(canMount())('by a full disk says so, and leaves nothing half', async () => {
    const before = path.join(root, 'evaluations');
    fs.renameSync(folder(), before);
    mountSmallDisk(folder(), 16_384);
    try {
      fillDisk(folder(), 4096);
      await expect(evaluateRun(home, run, options())).rejects.toThrow(
        /^The evaluation could not be written to .*: the disk is full/,
      );
      expect(fs.readdirSync(folder())).toEqual(['filler']);
    } finally {
      unmount(folder());
      fs.rmSync(folder(), { recursive: true });
      fs.renameSync(before, folder());
    }
  });
});
