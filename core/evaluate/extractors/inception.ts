/** Features of FID's network: TensorFlow's Inception v3 of 2015. */
import { readFloatTensors, type FloatTensors } from '../../run/safetensors.ts';
import type { Extractor } from './extractor.ts';
import { INCEPTION_FEATURES, inceptionFeatures, inceptionState } from './inception-network.ts';
import { networkExtractor, writeChannels } from './network-extractor.ts';
import { resizePlain } from './resize-plain.ts';
import type { StoredWeights } from './weights-store.ts';

const SIDE = 299;
const BATCH = 8;

/**
 * How images come to 299 × 299 pixels. Numbers of the two differ a little, and both are published as FID.
 * - `inception`: as pytorch-fid 0.3.0 does it, PyTorch's `interpolate`; then from 0 … 1 to −1 … 1
 * - `inception-tf1`: as the code of FID's authors, torch-fidelity and torchmetrics do it, TensorFlow 1's resizing; then (x − 128) / 128
 */
const RULES = {
  inception: {
    centres: 'half-pixel',
    scale: { factor: [2 / 255, 2 / 255, 2 / 255], summand: [-1, -1, -1] },
    words: "bilinear without antialiasing as in pytorch-fid (PyTorch's interpolate), scaled to −1 … 1",
  },
  'inception-tf1': {
    centres: 'corner',
    scale: { factor: [1 / 128, 1 / 128, 1 / 128], summand: [-1, -1, -1] },
    words:
      'bilinear without antialiasing as TensorFlow 1 has it (torch-fidelity, torchmetrics), scaled by (x − 128) / 128',
  },
} as const;

export type InceptionRule = keyof typeof RULES;

/**
 * Opens the extractor.
 *
 * @throws UserError when the weights are damaged
 */
export async function openInception(rule: InceptionRule, weights: StoredWeights): Promise<Extractor> {
  return inceptionExtractor(rule, weights, await readFloatTensors(weights.file));
}

/** The extractor with the weights given. */
export function inceptionExtractor(
  rule: InceptionRule,
  { file, sha256, known }: StoredWeights,
  tensors: FloatTensors,
  batch = BATCH,
): Extractor {
  const { centres, scale, words } = RULES[rule];
  const short = sha256.slice(0, 8);
  return networkExtractor({
    name: rule,
    distanceName: known ? 'FID' : `FD-Inception-${short}`,
    size: INCEPTION_FEATURES,
    rule: `The whole image at ${SIDE} × ${SIDE} pixels, ${words}; grey as three equal channels.`,
    hash: `${rule}-${sha256.slice(0, 16)}-${SIDE}`,
    file,
    state: inceptionState(tensors),
    side: SIDE,
    batch,
    features: inceptionFeatures,
    prepare: (image, x, at) => writeChannels(resizePlain(image, SIDE, centres), image.channels, scale, x, at),
  });
}
