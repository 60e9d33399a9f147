/** Features of DINOv2: FD-DINOv2 as Stein et al. 2023 (arXiv 2306.04675) measure it, with ViT-L/14, and with the small one. */
import { resampleBicubic } from '../../data/import/resample.ts';
import { readFloatTensors, type FloatTensors } from '../../run/safetensors.ts';
import {
  DINOV2_LARGE,
  DINOV2_SIDE,
  DINOV2_SMALL,
  dinov2Features,
  dinov2State,
  type VitShape,
} from './dinov2-network.ts';
import type { Extractor } from './extractor.ts';
import { IMAGENET, networkExtractor, writeChannels } from './network-extractor.ts';
import type { StoredWeights } from './weights-store.ts';

const NETWORKS = {
  dinov2: { shape: DINOV2_LARGE, distance: 'FD-DINOv2', batch: 4 },
  'dinov2-small': { shape: DINOV2_SMALL, distance: 'FD-DINOv2-S', batch: 8 },
} as const;

export type Dinov2Name = keyof typeof NETWORKS;

/**
 * Opens the extractor.
 *
 * @throws UserError when the weights are damaged
 */
export async function openDinov2(name: Dinov2Name, weights: StoredWeights): Promise<Extractor> {
  return dinov2Extractor(name, weights, await readFloatTensors(weights.file));
}

/**
 * The extractor with the weights given.
 *
 * @param options another shape, for tests
 */
export function dinov2Extractor(
  name: Dinov2Name,
  { file, sha256, known }: StoredWeights,
  tensors: FloatTensors,
  { shape = NETWORKS[name].shape, batch = NETWORKS[name].batch }: { shape?: VitShape; batch?: number } = {},
): Extractor {
  const { distance } = NETWORKS[name];
  return networkExtractor({
    name,
    distanceName: known ? distance : `${distance}-${sha256.slice(0, 8)}`,
    size: shape.width,
    rule:
      `The whole image at ${DINOV2_SIDE} × ${DINOV2_SIDE} pixels, bicubic with antialiasing as Pillow does it in whole ` +
      "numbers, with ImageNet's mean and standard deviation; grey as three equal channels.",
    hash: `${name}-${sha256.slice(0, 16)}-${DINOV2_SIDE}-bicubic`,
    file,
    state: dinov2State(shape, tensors),
    side: DINOV2_SIDE,
    batch,
    features: (state, images) => dinov2Features(shape, state, images),
    prepare: (image, x, at) => {
      const { data, channels } = resampleBicubic(image, DINOV2_SIDE, DINOV2_SIDE);
      writeChannels(data, channels, IMAGENET, x, at);
    },
  });
}
