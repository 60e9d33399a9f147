/** Trainings on the command line that start from other weights. */
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');
const SMALL = ['--steps', '3', '--batch', '4', '--set', 'training.sampleEvery=100'];

async function train(...args: string[]) {
  return covae('train', '--data', 'noise', ...SMALL, ...args, '--home', home, '--json');
}

beforeAll(async () => {
  await makeImages(path.join(root, 'images'));
  const sized = ['data', 'import', path.join(root, 'images'), '--channels', '1', '--home', home];
  expect((await covae(...sized, '--name', 'noise', '--size', '8')).code).toBe(0);
  expect((await covae(...sized, '--name', 'larger', '--size', '16')).code).toBe(0);
  expect((await train('--preset', 'smoke', '--name', 'first')).code).toBe(0);
});

describe('covae train --from', () => {
  it('takes the weights of a run, its best or that of a step, and its settings where no preset is named', async () => {
    const { code, events } = await train('--from', 'first@3', '--name', 'second');
    expect(code).toBe(0);
    const origin = events.find(({ event }) => event === 'origin');
    expect(origin).toMatchObject({ kind: 'run', name: matching(/^first-/), step: 3, fresh: [] });
    const shown = await covae('runs', 'show', 'second', '--home', home);
    expect(shown.stdout).toMatch(/^Started from step 3 of first-\w+\.$/m);
    expect(shown.stdout).toContain('preset smoke');
    expect((await train('--from', 'first@best')).stdout).toMatch(/is known as the best/);
    expect((await train('--from', 'first@soon')).stdout).toMatch(/newest, best, or the step/);
    expect((await train('--from', 'first@77')).stdout).toMatch(/no usable checkpoint of step 77/);
  });

  it('lists what does not fit images of another size', async () => {
    const args = ['train', '--data', 'larger', ...SMALL, '--from', 'first', '--home', home];
    const { code, stdout } = await covae(...args);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: matching(/Starts from step 3 of first-\w+: all \d+ tensors/),
    });
  });

  it('refuses a start that is not there or not told what it was trained with', async () => {
    expect((await train('--from', 'nobody')).stdout).toMatch(/There is no run \\?"nobody\\?"/);
    expect((await train('--from', 'starter:nobody')).stdout).toMatch(/no starting point \\?"nobody/);
    expect((await train('--from', path.join(root, 'none.safetensors'))).code).toBe(1);
    expect((await train('--preset', 'smoke', '--set', 'training.trainOnly=decoder')).stdout).toMatch(
      /needs weights to start from/,
    );
  });
});
