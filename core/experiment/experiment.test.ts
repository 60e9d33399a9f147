import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { listEvaluations } from '../evaluate/store.ts';
import { readText } from '../export/png.ts';
import { runFolder } from '../library.ts';
import { type ExperimentOptions, reportFolder, runExperiment } from './experiment.ts';
import type { Recipe } from './recipe.ts';
import { csv } from './report/tables.ts';
import { type FakeTrainer, fakeTrainer, importImages, smallRecipe, temporaryHome } from './test-fakes.ts';

let home: string;
let dataset: PackedDataset;
let trainer: FakeTrainer;
beforeEach(async () => {
  home = temporaryHome();
  await importImages(home);
  dataset = await openDataset(home, 'mnist');
  trainer = fakeTrainer();
});
afterEach(() => {
  dataset.close();
  fs.rmSync(home, { recursive: true, force: true });
});

/** Quick to measure. */
function briefRecipe(changes: object = {}): Recipe {
  return smallRecipe({
    measurements: [{ kind: 'training' }, { kind: 'spread', count: { full: 4, quick: 4 }, passes: [1] }],
    plots: [{ kind: 'spread' }],
    ...changes,
  });
}

function make(recipe: Recipe = smallRecipe(), options: Partial<ExperimentOptions> = {}) {
  const signal = new AbortController().signal;
  return runExperiment({ home, recipe, size: 'quick', dataset, firstSeed: 0, trainer, signal, ...options });
}

function read(folder: string, file: string): string {
  return fs.readFileSync(path.join(folder, file), 'utf8');
}

/** Temporary names left beside the report. */
function leftovers(folder: string): string[] {
  return fs.readdirSync(path.dirname(folder)).filter((name) => name.endsWith('.tmp'));
}

describe('a report', () => {
  it('shows what its page names, and holds the numbers', async () => {
    trainer.divergeAt['small-quick-identity-seed1'] = 5;
    const outcome = await make();
    const folder = path.join(home, 'experiments', 'small-quick');
    expect(outcome).toMatchObject({ folder, report: path.join(folder, 'report.md') });
    expect(reportFolder(home, smallRecipe(), 'quick')).toBe(folder);
    const page = read(folder, 'report.md');
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
    const files = fs.readdirSync(folder);
    expect(links.filter((link) => !files.includes(link))).toEqual([]);
    // All but the machine's file and the page itself are reached from the page or hold the numbers of a plot.
    const unnamed = files.filter((file) => !links.includes(file)).sort();
    expect(unnamed).toEqual([
      'files.json',
      'latents-over-t.csv',
      'latents.csv',
      'reconstruction-error.csv',
      'report.md',
      'results.json',
    ]);
    for (const run of outcome?.runs ?? []) expect(page).toContain(`\`${run.id}\``);
    expect(page).toContain('# A small experiment, quick size');
    expect(page).toContain('Identity: 1 of 2 runs diverged (seed 1 after step 5).');
    expect(page).toContain('`objective.denoiserLoss` = `null`');
    expect(page).toContain(dataset.record.fingerprint);
    expect(leftovers(folder)).toEqual([]);

    const table = read(folder, 'table.csv').trim().split('\n');
    expect(table[0]).toMatch(/^arm,label,seed,run,end,step,final_loss,/);
    expect(table).toHaveLength(5);
    expect(table[4]).toMatch(/^identity,identity,1,small-quick-identity-seed1-fake4,diverged,5,/);
    expect(read(folder, 'latents.csv').trim().split('\n')).toHaveLength(1 + 4 * 16 * 3);
    const results: unknown = JSON.parse(read(folder, 'results.json'));
    expect(results).toMatchObject({ format: 'covae-experiment-report', size: 'quick', firstSeed: 0 });
  });

  it('says whether the images it measured on are held out of training, and which they are', async () => {
    const seen = (await make(briefRecipe()))?.folder ?? '';
    expect(read(seen, 'report.md')).toContain('that the models learned from: none are held out.');
    dataset.close();
    await importImages(home, 'split', 0.25);
    dataset = await openDataset(home, 'split');
    const unseen = (await make(briefRecipe({ name: 'unseen', dataset: 'split' })))?.folder ?? '';
    const page = read(unseen, 'report.md');
    expect(page).toContain('from the 10 images held out of training: no model learned from them.');
    expect(page).not.toContain('none are held out');
    const results = JSON.parse(read(unseen, 'results.json')) as {
      measuredOn: { heldOut: number; images: number[] };
    };
    const flags = await dataset.split();
    expect(results.measuredOn.heldOut).toBe(10);
    expect(results.measuredOn.images.map((image) => flags?.[image])).toEqual([1, 1, 1, 1]);
  });

  it('evaluates samples as covae evaluate does, keeps that with the runs, and says how', async () => {
    const arms = [{ name: 'decoder', label: 'learned decoder' }];
    const measurement = {
      kind: 'evaluation',
      extractor: 'pixels',
      count: { full: 9, quick: 8 },
      passes: [1, 2],
    };
    const outcome = await make(briefRecipe({ arms, measurements: [measurement], plots: [] }));
    const page = read(outcome!.folder, 'report.md');
    expect(page).toMatch(/\| FD-pixels, 2 passes \| [\d.]+ ± [\d.e-]+ \|/);
    expect(page).toMatch(/8 samples in 1 pass, seed 0, EMA weights of step/);
    expect(page).toContain('Looked at by pixels, 256 features an image.');
    expect(page).toContain('all 40 training images of');
    expect(read(outcome!.folder, 'table.csv')).toMatch(/^arm,.*,fd_1,.*,kid_1,.*,fd_2,/);
    for (const { id } of outcome!.runs) {
      const { evaluations } = await listEvaluations(runFolder(home, id));
      expect(evaluations.map(({ record }) => [record.passes, record.count])).toEqual([
        [1, 8],
        [2, 8],
      ]);
    }
  });

  it('has plots that can be drawn anywhere', async () => {
    trainer.divergeAt['small-quick-identity-seed0'] = 6;
    const folder = (await make())?.folder ?? '';
    const plots = fs.readdirSync(folder).filter((file) => file.endsWith('.svg'));
    // 5 curves, 2 of all runs, 7 of each of the four runs.
    expect(plots).toHaveLength(5 + 2 + 7 * 4);
    for (const file of plots) {
      const svg = read(folder, file);
      expect([...svg.matchAll(/font-family="([^"]+)"/g)].filter(([, font]) => font !== 'sans-serif')).toEqual(
        [],
      );
      expect(svg).not.toMatch(/NaN|Infinity|undefined|https?:\/\/(?!www\.w3\.org)/);
      const { channels } = await sharp(Buffer.from(svg)).stats();
      expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(5);
    }
    // Where the run diverged stands a cross.
    expect(read(folder, 'curve-loss.svg')).toContain('rotate(45)');
    trainer = fakeTrainer();
    const plainCurve = { name: 'calm', plots: [{ kind: 'curve', metric: 'loss' }] };
    const calm = (await make(briefRecipe(plainCurve)))?.folder ?? '';
    expect(read(calm, 'curve-loss.svg')).not.toContain('rotate(45)');
  });

  it('has figures that say where they are from', async () => {
    const folder = (await make())?.folder ?? '';
    const png = fs.readFileSync(path.join(folder, 'decoder-seed0-samples-2.png'));
    expect(JSON.parse(readText(png)['covae'] ?? '')).toMatchObject({
      run: 'small-quick-decoder-seed0-fake1',
      kind: 'samples',
      passes: 2,
      count: 10,
    });
    // 12 images and their reconstructions: two rows of 8 and one of 8 and 4 each.
    const grid = sharp(path.join(folder, 'decoder-seed0-reconstructions.png'));
    const { width, height } = await grid.metadata();
    expect((width - 2) / 8).toBe((height - 2) / 4);
  });

  it('of a run without weights leaves out what it cannot draw', async () => {
    for (const seed of [0, 1]) trainer.divergeAt[`small-quick-identity-seed${seed}`] = 0;
    const folder = (await make())?.folder ?? '';
    const page = read(folder, 'report.md');
    expect(page).toContain('Identity: 2 of 2 runs diverged (seed 0 after step 0, seed 1 after step 0).');
    expect(page).toMatch(/\| spread of samples, 1 pass \| [\d.]+ ± [\d.e-]+ \| – \(of 0\) \|/);
    expect(fs.existsSync(path.join(folder, 'identity-seed0-samples-1.png'))).toBe(false);
  });

  it('of data without classes has no plots by class', async () => {
    const unlabelled = { ...dataset, labels: async () => null };
    const folder = (await make(smallRecipe(), { dataset: unlabelled }))?.folder ?? '';
    const plots = fs.readdirSync(folder).filter((file) => file.endsWith('.svg'));
    expect(plots).toHaveLength(5 + 2 + 5 * 4);
    expect(plots.filter((file) => file.includes('-class'))).toEqual([]);
  });

  it('replaces an older one, and stays when the new one fails', async () => {
    const folder = (await make(briefRecipe()))?.folder ?? '';
    const before = fs.readdirSync(folder);
    const other = await make(briefRecipe({ title: 'Another title', plots: [] }));
    expect(other?.kept).toEqual([]);
    expect(read(folder, 'report.md')).toContain('# Another title');
    // Its own plot is gone with it.
    expect(before.filter((name) => !fs.readdirSync(folder).includes(name))).toEqual(['spread.svg']);

    const failing = { ...trainer, openGenerator: () => Promise.reject(new Error('no model')) };
    await expect(make(briefRecipe({ title: 'Third' }), { trainer: failing })).rejects.toThrow('no model');
    expect(read(folder, 'report.md')).toContain('# Another title');
    expect(leftovers(folder)).toEqual([]);
  });

  it("keeps a person's own files, and what they have changed in its own", async () => {
    const folder = (await make(briefRecipe()))?.folder ?? '';
    fs.writeFileSync(path.join(folder, 'notes.txt'), 'mine');
    fs.mkdirSync(path.join(folder, 'paper'));
    fs.writeFileSync(path.join(folder, 'paper', 'draft.tex'), 'mine too');
    fs.appendFileSync(path.join(folder, 'report.md'), 'What I think of it.');
    const changed = read(folder, 'report.md');
    const again = await make(briefRecipe({ title: 'Another title', plots: [] }));
    expect(again?.kept).toEqual([{ name: 'report.md', keptAs: 'report (kept).md' }]);
    expect(read(folder, 'report (kept).md')).toBe(changed);
    expect(read(folder, 'report.md')).toContain('# Another title');
    expect(read(folder, 'notes.txt')).toBe('mine');
    expect(read(folder, path.join('paper', 'draft.tex'))).toBe('mine too');
    expect(fs.existsSync(path.join(folder, 'spread.svg'))).toBe(false);
    expect(leftovers(folder)).toEqual([]);

    // One of an earlier version did not note its files.
    fs.rmSync(path.join(folder, 'files.json'));
    fs.appendFileSync(path.join(folder, 'table.csv'), 'x');
    const { kept } = (await make(briefRecipe({ title: 'Another title', plots: [] })))!;
    expect(kept).toContainEqual({ name: 'table.csv', keptAs: 'table (kept).csv' });
    expect((await make(briefRecipe({ title: 'Another title', plots: [] })))?.kept).toEqual([]);
    expect(read(folder, 'notes.txt')).toBe('mine');
  });

  it('goes where it is asked to, but not over other things', async () => {
    const out = path.join(home, 'elsewhere', 'report');
    expect((await make(briefRecipe(), { out }))?.folder).toBe(out);
    expect((await make(briefRecipe(), { out }))?.folder).toBe(out);
    const mine = path.join(home, 'mine');
    fs.mkdirSync(mine);
    fs.writeFileSync(path.join(mine, 'letter.txt'), 'dear');
    trainer.trained = {};
    const others = briefRecipe({ name: 'others' });
    await expect(make(others, { out: mine })).rejects.toThrow(/mine has something in it that is no report/);
    await expect(make(others, { out: path.join(mine, 'letter.txt') })).rejects.toThrow(/is a file/);
    // Found out before anything is trained.
    expect(trainer.trained).toEqual({});
    expect(fs.readdirSync(mine)).toEqual(['letter.txt']);
  });

  it('is not begun when the experiment is stopped, neither in training nor in measuring', async () => {
    const training = new AbortController();
    const onProgress = (): void => training.abort();
    expect(await make(briefRecipe(), { signal: training.signal, onProgress })).toBeNull();
    const measuring = new AbortController();
    const onPhase = (phase: string): void => {
      if (phase.startsWith('Measuring run 2')) measuring.abort();
    };
    expect(await make(briefRecipe(), { signal: measuring.signal, onPhase })).toBeNull();
    expect(fs.readdirSync(path.join(home, 'experiments'))).toEqual([]);
    expect(await make(briefRecipe())).not.toBeNull();
  });

  it('is the same again from the same runs', async () => {
    const folder = (await make())?.folder ?? '';
    const contents = (): Record<string, string> =>
      Object.fromEntries(
        fs
          .readdirSync(folder)
          .filter((file) => file !== 'results.json' && file !== 'files.json')
          .map((file) => [file, fs.readFileSync(path.join(folder, file), 'latin1')]),
      );
    const first = contents();
    await make();
    expect(contents()).toEqual(first);
  });
});

describe('a CSV file', () => {
  it('quotes what has to be quoted', () => {
    expect(
      csv([
        ['a', 'b, c', null],
        ['say "hi"', 1 / 3, 'two\nlines'],
      ]),
    ).toBe('a,"b, c",\n"say ""hi""",0.3333333333333333,"two\nlines"\n');
  });
});
