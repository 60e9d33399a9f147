/** Trainings wait in the queue and are trained one after the other; sweeps fill it. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';
import { parseVaried } from './commands/sweep.ts';

const home = path.join(root, 'home');
const at = ['--home', home];
const SMALL = ['--data', 'noise', '--preset', 'smoke', '--steps', '3'];

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
});

it('reads values and ranges of settings', () => {
  expect(parseVaried('training.learningRate=0.001, 0.003')).toEqual([
    { key: 'training.learningRate', values: [0.001, 0.003] },
  ]);
  expect(parseVaried('network.multipliers=[1,2],[1,2,4]')).toEqual([
    {
      key: 'network.multipliers',
      values: [
        [1, 2],
        [1, 2, 4],
      ],
    },
  ]);
  expect(parseVaried('training.learningRate=1e-4..1e-2')).toEqual([
    { key: 'training.learningRate', from: 1e-4, to: 1e-2 },
  ]);
  expect(() => parseVaried('a=2..1')).toThrow();
  expect(() => parseVaried('a=1,,2')).toThrow();
});

it('trains what waits in its order, and one that fails does not end the rest', async () => {
  const made: string[] = [];
  for (const name of ['one', 'two', 'three']) {
    const { events } = await covae('train', ...SMALL, '--name', name, '--queue', ...at, '--json');
    made.push(String(events.at(-1)?.['run']));
  }
  const listed = await covae('queue', 'move', 'three', '1', ...at, '--json');
  expect((listed.events.at(-1)?.['entries'] as { run: string }[]).map(({ run }) => run)).toEqual([
    made[2],
    made[0],
    made[1],
  ]);
  // A run whose data set is not what it was.
  const manifest = path.join(home, 'runs', made[2]!, 'run.json');
  const json = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { dataset: { fingerprint: string } };
  json.dataset.fingerprint = `sha256:${'0'.repeat(64)}`;
  fs.writeFileSync(manifest, JSON.stringify(json));
  const worked = await covae('queue', 'run', ...at, '--json');
  expect(worked.code).toBe(1);
  expect(worked.events.filter(({ event }) => event === 'trained').map(({ run }) => run)).toEqual([
    made[0],
    made[1],
  ]);
  expect(worked.events.at(-1)).toMatchObject({
    event: 'result',
    trained: [made[0], made[1]],
    failed: [{ run: made[2] }],
  });
  const left = await covae('queue', 'list', ...at, '--json');
  expect(left.events.at(-1)).toMatchObject({ entries: [{ run: made[2], problem: matching(/./) }] });
  await covae('queue', 'remove', made[2]!, ...at);
  expect((await covae('queue', 'list', ...at)).stdout).toContain('Nothing waits.');
  expect((await covae('queue', 'add', 'one', ...at)).stderr).toMatch(/has finished its steps/);
});

it('sweeps over settings and seeds, and says how many runs that is before', async () => {
  const sweep = [
    'sweep',
    ...SMALL,
    '--name',
    'rates',
    '--vary',
    'training.learningRate=0.001,0.002',
    '--seeds',
    '2',
  ];
  const planned = await covae(...sweep, '--dry-run', ...at, '--json');
  expect(planned.events.at(-1)?.['runs']).toHaveLength(4);
  expect((await covae('queue', 'list', ...at)).stdout).toContain('Nothing waits.');
  const { events, code } = await covae(...sweep, ...at, '--json');
  expect(code).toBe(0);
  const runs = events.at(-1)?.['runs'] as string[];
  expect(runs).toHaveLength(4);
  const list = await covae('runs', 'list', ...at);
  expect(list.stdout.match(/\[sweep rates\]/g)).toHaveLength(4);
  const worked = await covae('queue', 'run', ...at, '--json');
  expect(worked.events.find(({ event }) => event === 'sweep')).toMatchObject({ name: 'rates', runs });
  const compared = await covae('runs', 'compare', ...runs, ...at, '--json');
  expect((compared.events.at(-1)?.['settings'] as { key: string }[]).map(({ key }) => key)).toEqual([
    'seed',
    'training.learningRate',
  ]);
});

it('draws by chance, the same each time', async () => {
  const sweep = [
    'sweep',
    ...SMALL,
    '--vary',
    'training.learningRate=0.0001..0.01',
    '--random',
    '5',
    '--dry-run',
  ];
  const ratesOf = async (): Promise<number[]> =>
    (
      (await covae(...sweep, ...at, '--json')).events.at(-1)?.['runs'] as {
        settings: Record<string, number>;
      }[]
    ).map(({ settings }) => settings['training.learningRate']!);
  const rates = await ratesOf();
  expect(new Set(rates).size).toBe(5);
  for (const rate of rates) expect(rate).toBeGreaterThanOrEqual(0.0001);
  for (const rate of rates) expect(rate).toBeLessThanOrEqual(0.01);
  expect(await ratesOf()).toEqual(rates);
  const grid = await covae('sweep', ...SMALL, '--vary', 'training.learningRate=0.0001..0.01', ...at);
  expect(grid.stderr).toMatch(/drawn by chance/);
  expect((await covae('sweep', ...SMALL, '--vary', 'training.nonsense=1,2', ...at)).stderr).toMatch(/no key/);
});
