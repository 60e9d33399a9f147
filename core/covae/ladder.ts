/** Two levels of latents as one flat latent, whose prior is a standard normal. See docs/hierarchical.md. */
import { latentLevelShapes, type NetworkConfig } from '../config/network.ts';
import { elementCount } from '../shape.ts';
import type { Dropout } from '../nn/dropout.ts';
import { encodeLevels, openDecoder, relativePosterior, type Ladder } from '../nn/ladder.ts';
import type { Parameters } from '../nn/parameters.ts';
import type { Posterior } from '../nn/posterior.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';

/** One latent, or noise of its shape, [B, values], as its levels, each [B, …shape], the topmost first. */
export function levelsOf(network: NetworkConfig, latent: Tensor): Tensor[] {
  const shapes = latentLevelShapes(network);
  return tf
    .split(latent, shapes.map(elementCount), 1)
    .map((level, i) => tf.reshape(level, [-1, ...(shapes[i] ?? [])]));
}

/** Levels as one latent [B, values]. */
function oneLatent(network: NetworkConfig, levels: readonly Tensor[]): Tensor {
  const shapes = latentLevelShapes(network);
  return tf.concat(
    levels.map((level, i) => tf.reshape(level, [-1, elementCount(shapes[i] ?? [])])),
    1,
  );
}

function bothLevels(network: NetworkConfig, latent: Tensor): [top: Tensor, lower: Tensor] {
  return levelsOf(network, latent) as [Tensor, Tensor];
}

/** What both networks make of an image on the way up to the lower level. */
export interface Climb {
  /** Of both levels, each [B, values]: the lower one's given the topmost latent that was drawn, in its prior's units. */
  posterior: Posterior;
  /** Decodes on from there. @param z [B, values], with the topmost latent that was drawn */
  finish: (z: Tensor) => Tensor4D;
}

/** The dropout of each network's pass. */
interface Dropouts {
  encoder: Dropout;
  decoder: Dropout;
}

/**
 * Encodes, draws the topmost latent, and decodes as far as the lower one.
 * @param x images [B, H, W, C]
 * @param embedding [B, 4·modelChannels]
 * @param noise standard normal [B, values]; the topmost latent is drawn with its own part of it
 */
export function climb(
  network: NetworkConfig,
  ladder: Ladder,
  parameters: Parameters,
  x: Tensor4D,
  embedding: Tensor2D,
  noise: Tensor,
  dropout: Dropouts,
): Climb {
  const { top, lower } = encodeLevels(ladder, parameters, x, embedding, dropout.encoder);
  const z = tf.add(top.mu, tf.mul(top.std, bothLevels(network, noise)[0]));
  const opened = openDecoder(ladder, parameters, z, embedding, dropout.decoder);
  const relative = relativePosterior(lower, opened.prior);
  return {
    posterior: {
      mu: oneLatent(network, [top.mu, relative.mu]),
      std: oneLatent(network, [top.std, relative.std]),
    },
    finish: (latent) => opened.finish(bothLevels(network, latent)[1]),
  };
}

/** The decoder's raw output [B, H, W, outChannels] for a latent [B, values]. */
export function descend(
  network: NetworkConfig,
  ladder: Ladder,
  parameters: Parameters,
  latent: Tensor,
  embedding: Tensor2D,
  dropout: Dropout,
): Tensor4D {
  const [top, lower] = bothLevels(network, latent);
  return openDecoder(ladder, parameters, top, embedding, dropout).finish(lower);
}
