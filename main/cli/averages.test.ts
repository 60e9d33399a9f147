/** `covae runs average`: averages of a training made, measured and kept as a run. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, root } from './test-cli.ts';

const at = ['--home', path.join(root, 'home')];
const SETTINGS =
  'training.steps=8 training.snapshotEvery=2 training.evaluateCount=16 training.evaluateExtractor=pixels';

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
  const sets = SETTINGS.split(' ').flatMap((setting) => ['--set', setting]);
  await covae('train', '--data', 'noise', '--preset', 'smoke', '--name', 'walk', ...sets, ...at);
});

describe('covae runs average', () => {
  it('measures averages of the lengths that are asked for', async () => {
    const { events, code } = await covae(
      'runs',
      'average',
      'walk',
      '--length',
      '0.05',
      '--length',
      '0.2',
      ...at,
      '--json',
    );
    expect(code).toBe(0);
    const result = events.at(-1)!;
    expect(result).toMatchObject({ event: 'result', step: 8, snapshot: { step: 8, count: 4 }, made: null });
    expect((result['tried'] as { length: number | null }[]).map(({ length }) => length)).toEqual([
      null,
      0.05,
      0.2,
    ]);
    expect(events.filter(({ event }) => event === 'progress').length).toBeGreaterThan(0);
    const { stdout } = await covae('runs', 'average', 'walk', '--length', '0.05', ...at);
    expect(stdout).toMatch(
      /^Averages from 4 snapshots up to step 8; the EMA weights are those of step 8\.$/m,
    );
    expect(stdout).toMatch(/^EMA weights /m);
    expect(stdout).toMatch(/ best$/m);
  });

  it('makes a run, which is shown as what it is and can be exported', async () => {
    const { events } = await covae(
      'runs',
      'average',
      'walk',
      '--length',
      '0.1',
      '--make',
      '--name',
      'smooth',
      ...at,
      '--json',
    );
    const made = (events.at(-1)!['made'] as { run: string }).run;
    const { stdout } = await covae('runs', 'show', made, ...at);
    expect(stdout).toMatch(/^Its EMA weights are an average of length 0\.1, made afterwards\.$/m);
    const parent = await covae('runs', 'show', 'walk', ...at);
    expect(parent.stdout).toContain(`${made} is an average of its weights, of length 0.1, at step 8.`);
    expect(parent.stdout).not.toContain('fork');
    const again = await covae('runs', 'show', 'walk', ...at, '--json');
    expect(again.events.at(-1)!['children']).toEqual([{ id: made, step: 8, fork: false, average: 0.1 }]);
    const out = path.join(root, 'smooth.safetensors');
    expect((await covae('weights', 'export', made, '--out', out, ...at)).code).toBe(0);
    expect(fs.statSync(out).size).toBeGreaterThan(1000);
  });

  it('refuses what cannot be in a sentence', async () => {
    const bad = await covae('runs', 'average', 'walk', '--length', '0.5', ...at);
    expect([bad.code, bad.stderr]).toEqual([1, expect.stringContaining('a number from 0.01 to 0.28')]);
    const name = await covae('runs', 'average', 'walk', '--name', 'x', ...at);
    expect([name.code, name.stderr]).toEqual([
      1,
      expect.stringContaining('--name is for the run that --make makes'),
    ]);
    const averaged = await covae('runs', 'average', 'smooth', ...at);
    expect([averaged.code, averaged.stderr]).toEqual([
      1,
      expect.stringMatching(/has no snapshots to make an average from/),
    ]);
  });
});
