/** The model's networks in a browser, by TensorFlow.js, from what lies in the page. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-webgl';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import {
  env,
  type io,
  ready,
  setBackend,
  tensor,
  tidy,
  type NamedTensorMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import type { GraphModelJson } from '../../core/portable/page/graph-model.ts';
import type { PageData } from '../../core/portable/page/page-data.ts';

export interface Networks {
  /** `webgl` or `cpu`. */
  readonly backend: string;
  /** The mean of an image's latent at t. @param images from 0 to 1, one image */
  encode(image: Float32Array, t: number, label: number, noise?: Float32Array): Promise<Encoded>;
  /** The image of a latent, from 0 to 1 and a little beyond. */
  decode(z: Float32Array, t: number, label: number): Promise<Float32Array>;
}

export interface Encoded {
  mu: Float32Array;
  std: Float32Array;
}

/**
 * @param weights of each network, as its manifest has them
 * @param wanted `cpu` to leave the graphics card alone
 */
export async function loadNetworks(
  data: PageData,
  weights: { encoder: ArrayBuffer; decoder: ArrayBuffer },
  wanted: 'webgl' | 'cpu' = 'webgl',
): Promise<Networks> {
  const backend = await chosenBackend(wanted);
  const encoder = await load(data.encoder, weights.encoder);
  const decoder = await load(data.decoder, weights.decoder);
  const { image, latent, classes, encoderKnowsClass } = data;
  const labels = (label: number): NamedTensorMap =>
    classes.length > 0 ? { labels: tensor([label], [1], 'int32') } : {};
  return {
    backend,
    encode(values, t, label, noise) {
      return run(
        encoder,
        'encode',
        () => ({
          images: tensor(values, [1, image.size, image.size, image.channels], 'float32'),
          t: tensor([t], [1], 'float32'),
          ...(encoderKnowsClass && labels(label)),
          ...(latent.climbs && {
            noise: tensor(noise ?? new Float32Array(latent.values), [1, ...latent.shape], 'float32'),
          }),
        }),
        ['mu', 'std'],
      ).then(([mu, std]) => ({ mu: mu!, std: std! }));
    },
    decode(z, t, label) {
      return run(
        decoder,
        'decode',
        () => ({
          z: tensor(z, [1, ...latent.shape], 'float32'),
          t: tensor([t], [1], 'float32'),
          ...labels(label),
        }),
        ['images'],
      ).then(([images]) => images!);
    },
  };
}

/** Graphics cards that know half precision only would draw other pictures. */
async function chosenBackend(wanted: 'webgl' | 'cpu'): Promise<string> {
  if (wanted === 'webgl') {
    // With textures of half precision it would do, but not as well.
    env().set('WEBGL_FORCE_F16_TEXTURES', false);
    const usable = await setBackend('webgl').catch(() => false);
    if (usable && env().getBool('WEBGL_RENDER_FLOAT32_CAPABLE')) {
      await ready();
      return 'webgl';
    }
  }
  await setBackend('cpu');
  await ready();
  return 'cpu';
}

function load(
  { modelTopology, weightsManifest, signature, ...about }: GraphModelJson,
  weightData: ArrayBuffer,
) {
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights) as io.WeightsManifestEntry[];
  const artifacts = {
    ...{ format: about.format, generatedBy: about.generatedBy, convertedBy: about.convertedBy },
    modelTopology: modelTopology as object,
    signature: signature as object,
    weightSpecs,
    weightData,
  };
  return loadGraphModel({ load: () => Promise.resolve(artifacts) });
}

async function run(
  model: GraphModel,
  name: string,
  inputs: () => NamedTensorMap,
  outputs: readonly string[],
): Promise<Float32Array[]> {
  const tensors = tidy(() => {
    const named = Object.entries(inputs()).map(([key, value]) => [`${name}/${key}`, value]);
    const results = model.execute(
      Object.fromEntries(named) as NamedTensorMap,
      outputs.map((output) => `${name}/output_${output}`),
    );
    return Array.isArray(results) ? results : [results as Tensor];
  });
  try {
    return await Promise.all(tensors.map((one) => one.data<'float32'>()));
  } finally {
    for (const one of tensors) one.dispose();
  }
}
