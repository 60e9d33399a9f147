/** Runs are compared on the command line, as JSON and as a page. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { covae, makeImages, root } from './test-cli.ts';

const home = path.join(root, 'home');
const at = ['--home', home];

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
  const like = ['train', '--data', 'noise', '--preset', 'smoke', '--steps', '4', ...at];
  await covae(...like, '--name', 'slow', '--lr', '0.0001');
  await covae(...like, '--name', 'quick', '--lr', '0.002', '--seed', '7');
});

it('says first in what they differ', async () => {
  const { events } = await covae('runs', 'compare', 'slow', 'quick', ...at, '--json');
  const result = events.at(-1) as { settings: { key: string }[]; runs: object[]; steps: number[] };
  expect(result.settings).toEqual([
    { key: 'seed', term: 'Seed', values: [0, 7] },
    { key: 'training.learningRate', term: 'Learning rate', values: [0.0001, 0.002] },
  ]);
  expect(result.runs).toMatchObject([
    { name: 'slow', facts: { Steps: 4 }, last: { loss: expect.any(Number) as number } },
    { name: 'quick' },
  ]);
  expect(result.steps).toEqual(expect.arrayContaining([0, 4]));
  const { stdout } = await covae('runs', 'compare', 'slow', 'quick', ...at);
  expect(stdout).toMatch(/training\.learningRate +0?\.?0?0?0?1?[\d.e-]+ +0\.002/);
});

it('writes a page that fetches nothing, with curves and samples side by side', async () => {
  const file = path.join(root, 'comparison.html');
  expect(await covae('runs', 'compare', 'slow', 'quick', '--out', file, ...at)).toMatchObject({ code: 0 });
  const page = fs.readFileSync(file, 'utf8');
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/(?:src|href)="https?:/);
  expect(page.match(/<svg/g)!.length).toBeGreaterThan(2);
  expect(page).toContain('Samples of slow at step 4');
  expect(page).toContain('Samples of quick at step 4');
  const again = await covae('runs', 'compare', 'slow', 'quick', '--out', file, ...at);
  expect(again.stderr).toMatch(/--force/);
});

it('takes two to eight, each once', async () => {
  expect((await covae('runs', 'compare', 'slow', ...at)).stderr).toMatch(/Two to 8 runs/);
  expect((await covae('runs', 'compare', 'slow', 'slow', ...at)).stderr).toMatch(/named twice/);
});
