import { describe, expect, it } from 'vitest';
import type { RunManifest } from '../../run/manifest.ts';
import { generatorOf } from '../test-generator.ts';
import { withPrior } from './fit-prior.ts';

const DRAW = { count: 1, seed: 0, passes: 1 } as const;

describe('withPrior', () => {
  it('leaves a draw that begins with the normal prior as it is, and asks for no model', async () => {
    const fit = { home: '/nowhere', modelNow: () => Promise.reject(new Error('asked')) };
    expect(await withPrior(DRAW, fit)).toBe(DRAW);
    const plain = { ...DRAW, prior: 'normal' } as const;
    expect(await withPrior(plain, fit)).toBe(plain);
  });

  it.each([
    [
      { objective: { categories: 4 } },
      /No prior can be fitted for the run run-1: its latents are categorical/,
    ],
    [{ network: { latentLevels: 2 as const } }, /its latents have two levels; draw with the normal one/],
    [{}, /was made from weights and has no data set/],
  ])('refuses %j in one sentence', async (changes, sentence) => {
    const model = await generatorOf(changes);
    const manifest: RunManifest = { ...model.manifest, dataset: null };
    Object.assign(model, { manifest });
    const fit = { home: '/nowhere', modelNow: () => model };
    await expect(withPrior({ ...DRAW, prior: 'fitted' }, fit)).rejects.toThrow(sentence);
    model.dispose();
  });
});
