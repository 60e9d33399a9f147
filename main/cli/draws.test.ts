/** Kept draws by command, on one small run; pixels, distances and files checked from outside. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, root, withoutAlarms } from './test-cli.ts';
import { pythonWith } from '../../core/test-python.ts';

const numpy = pythonWith('numpy');

const home = path.join(root, 'home');
const at = (name: string): string => path.join(root, name);
const SIZE = 16 * 16;

interface Kept {
  draw: string;
  run: string;
  count: number;
  marks: { starred: number[]; removed: number[]; notes: Record<string, string>; note: string };
}

async function does(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stderr, events } = await covae(...args, '--home', home, '--json');
  expect({ code, stderr: withoutAlarms(stderr) }).toEqual({ code: 0, stderr: '' });
  return events.at(-1) ?? {};
}

async function refuses(args: string[], sentence: RegExp): Promise<void> {
  const { code, stderr } = await covae(...args, '--home', home, '--json');
  expect(code, args.join(' ')).not.toBe(0);
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
}

const list = async (): Promise<(Kept & { id: string })[]> =>
  ((await does('draws', 'list')) as { draws: (Kept & { id: string })[] }).draws;

let first: Kept;

beforeAll(async () => {
  await makeImages(at('images'));
  await does('data', 'import', at('images'), '--name', 'set');
  await does('train', '--data', 'set', '--preset', 'smoke', '--steps', '2', '--name', 'run');
  first = (await does('draws', 'make', '--count', '40', '--seed', '3', '--passes', '2')) as unknown as Kept;
});

it('draws what covae sample draws, and keeps it in the run', async () => {
  expect(first).toMatchObject({ count: 40, asked: 40, seed: 3, passes: 2 });
  await does(
    'export',
    '--count',
    '40',
    '--seed',
    '3',
    '--passes',
    '2',
    '--as',
    'npy',
    '--out',
    at('same.npy'),
  );
  const same = fs.readFileSync(at('same.npy')).subarray(128);
  const kept = fs.readFileSync(path.join(home, 'runs', first.run, 'draws', first.draw, 'pixels.u8'));
  expect(kept.equals(same)).toBe(true);
  expect((await list())[0]).toMatchObject({ id: first.draw, count: 40 });
});

it('stars, notes, removes and brings back', async () => {
  await does('draws', 'star', '--images', '5,1,7', '--draw', first.draw.slice(0, 12));
  await does('draws', 'star', '--images', '7', '--off');
  await does('draws', 'note', '--image', '5', '--text', 'like a three');
  await does('draws', 'note', '--text', 'the first');
  await does('draws', 'remove', '--images', '0,1');
  expect((await list())[0]?.marks).toEqual({
    ...{ starred: [1, 5], removed: [0, 1], notes: { 5: 'like a three' }, note: 'the first' },
  });
  await does('draws', 'restore', '--images', '0');
  expect((await list())[0]?.marks.removed).toEqual([1]);
  await does('draws', 'remove');
  expect(await list()).toEqual([]);
  await does('draws', 'restore', '--draw', first.draw);
  expect((await list())[0]?.marks.starred).toEqual([1, 5]);
});

it('saves those that are chosen, and a walk begins at one', async () => {
  const written = await does('draws', 'save', '--starred', '--as', 'npz', '--out', at('starred.npz'));
  expect(written).toMatchObject({ images: 1 });
  const kept = fs.readFileSync(path.join(home, 'runs', first.run, 'draws', first.draw, 'pixels.u8'));
  if (numpy !== null) {
    const script = [
      'import numpy as np, json, sys',
      'a = np.load(sys.argv[1])',
      'print(json.dumps([a[k][..., 0].reshape(-1).tolist() for k in a.files if a[k].dtype == np.uint8][0]))',
    ].join('\n');
    const found = execFileSync(numpy, ['-c', script, at('starred.npz')], { encoding: 'utf8' });
    expect(JSON.parse(found)).toEqual([...kept.subarray(5 * SIZE, 6 * SIZE)]);
  }
  await does('draws', 'save', '--images', '5', '--out', at('five.png'), '--scale', '1');
  const { width } = await sharp(at('five.png')).metadata();
  expect(width).toBe(16 + 4);
  const from = `draw:${first.draw}/5`;
  await does(
    'walk',
    '--from',
    from,
    '--to',
    '1',
    '--frames',
    '3',
    '--at',
    '1',
    '--as',
    'npy',
    '--out',
    at('w.npy'),
  );
  await does('draws', 'save', '--images', '5', '--as', 'png', '--out', at('single'));
  const [name = ''] = fs.readdirSync(at('single')).filter((file) => file.endsWith('.png'));
  await does(
    'walk',
    '--from',
    path.join(at('single'), name),
    '--to',
    '1',
    '--frames',
    '3',
    '--at',
    '1',
    '--as',
    'npy',
    '--out',
    at('x.npy'),
  );
  expect(fs.readFileSync(at('w.npy')).equals(fs.readFileSync(at('x.npy')))).toBe(true);
});

it('finds the nearest images, and sorts by them, as numpy does', async () => {
  const { samples } = (await does('draws', 'nearest', '--images', '5,9', '--count', '3')) as {
    samples: { image: number; nearest: { index: number; distance: number }[]; neighbourDistance: number }[];
  };
  const { samples: sorted } = (await does('draws', 'sort', '--by', 'closeness', '--count', '99')) as {
    samples: { image: number; nearest: number; distance: number }[];
  };
  expect(sorted).toHaveLength(39);
  const [data, draw] = [
    path.join(home, 'datasets', 'set', 'pixels.u8'),
    path.join(home, 'runs', first.run, 'draws', first.draw, 'pixels.u8'),
  ];
  if (numpy === null) return;
  const script = [
    'import numpy as np, json, sys',
    `d, s = [np.fromfile(f, np.uint8).reshape(-1, ${SIZE}) / 255 for f in sys.argv[1:3]]`,
    'm = np.sqrt(((s[:, None] - d[None]) ** 2).mean(-1))',
    'o = np.sqrt(((d[:, None] - d[None]) ** 2).mean(-1)); np.fill_diagonal(o, 9)',
    'n = m.argmin(1)',
    'print(json.dumps([m.min(1).tolist(), n.tolist(), np.sort(m, 1)[:, :3].tolist(), o[n].min(1).tolist()]))',
  ].join('\n');
  const found = execFileSync(numpy, ['-c', script, data, draw], { encoding: 'utf8' });
  const [least, nearest, three, own] = JSON.parse(found) as [number[], number[], number[][], number[]];
  for (const { image, nearest: near, neighbourDistance } of samples) {
    near.forEach(({ distance }, rank) => expect(distance).toBeCloseTo(three[image]![rank]!, 9));
    expect(near[0]?.index).toBe(nearest[image]);
    expect(neighbourDistance).toBeCloseTo(own[image]!, 9);
  }
  sorted.forEach(({ image, distance }) => expect(distance).toBeCloseTo(least[image]!, 6));
  const distances = sorted.map(({ distance }) => distance);
  expect(distances).toEqual([...distances].sort((a, b) => a - b));
});

describe('covae draws', () => {
  it.each([
    [['draws', 'star', '--images', '40'], /has 40 samples; give places from 0 to 39/],
    [['draws', 'star', '--images', '1', '--draw', 'none'], /has no draw "none"; it has/],
    [['draws', 'list', 'nobody'], /There is no run "nobody"/],
    [['draws', 'restore'], /Say what is to be brought back/],
    [['draws', 'restore', '--draw', 'gone'], /There is no draw "gone"/],
    [['draws', 'sort', '--by', 'class'], /has no classifier; train one with covae data classifier set/],
    [['draws', 'make', '--count', '50001'], /from 1 to 50000/],
    [['walk', '--from', 'draw:gone/1', '--to', '1'], /has no draw "gone"/],
  ] as [string[], RegExp][])('%j is refused', (args, sentence) => refuses(args, sentence));
});
