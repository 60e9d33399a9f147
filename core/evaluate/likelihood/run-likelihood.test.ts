import { describe, expect, it } from 'vitest';
import type { ImageBatch } from '../../data/dataset.ts';
import type { Generator } from '../../explore/api.ts';
import { runLikelihood } from './run-likelihood.ts';

const images: ImageBatch = { count: 1, height: 1, width: 1, channels: 1, data: Uint8Array.of(7) };

/** A generator that is asked for nothing but its settings. */
function withSettings(network: object, objective: object): Generator {
  return { manifest: { id: 'run-1', config: { network, objective } } } as unknown as Generator;
}

describe('the likelihood of a run', () => {
  it.each([
    ['s-CoVAE', { latentLevels: 1 }, { variant: 's-covae' }, 'no prior but at the largest time'],
    ['categorical latents', { latentLevels: 1 }, { variant: 'covae', categories: 4 }, 'are categorical'],
    ['two levels', { latentLevels: 2 }, { variant: 'covae', categories: null }, 'two levels of latents'],
  ])('is not estimated for %s, in one sentence', async (_, network, objective, sentence) => {
    await expect(
      runLikelihood(
        withSettings(network, objective),
        { images, fitting: images, at: { timeIndex: 1 } },
        { samples: 1, seed: 0 },
      ),
    ).rejects.toThrow(sentence);
  });
});
