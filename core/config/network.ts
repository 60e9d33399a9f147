import * as v from 'valibot';
import { elementCount } from '../shape.ts';
import { planned } from './planned.ts';

const channelCount = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096));

/** Ways from a map to a vector latent. */
export const LATENT_POOLS = ['mean', 'dense'] as const;

const multipliers = v.pipe(v.array(channelCount), v.minLength(1), v.maxLength(6));
const blocks = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16));

/**
 * The shape of an autoencoder, in the reference's terms. Encoder and decoder share it but for what the decoder has of its
 * own. Level i of a network works at `levelSide(network, i)` with `modelChannels * multipliers[i]` channels.
 */
export const NetworkConfigSchema = v.strictObject({
  /** Side of the square images, in pixels; the network halves it once a level after the first. */
  imageSize: v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(1024)),
  /** Colour channels of an image: 1 (grey) or 3 (RGB). */
  channels: v.picklist([1, 3]),
  modelChannels: v.pipe(v.number(), v.integer(), v.multipleOf(2), v.minValue(4), v.maxValue(1024)),
  multipliers,
  /**
   * Side of the squares of pixels that the networks take as one place: the encoder reads a square's pixels as channels,
   * the decoder puts them out as channels. The reference has 1.
   */
  patch: v.optional(v.picklist([1, 2, 4]), 1),
  /** UNet blocks a level in the encoder; the decoder has one more. */
  blocks,
  /** The decoder's own multipliers; null: those of the encoder. As many, unless the latent is a vector. */
  decoderMultipliers: v.optional(v.nullable(multipliers), null),
  /** The decoder's own blocks a level, to which it adds one; null: as many as the encoder. */
  decoderBlocks: v.optional(v.nullable(blocks), null),
  /** Sides of the feature maps whose blocks have self-attention. */
  attentionResolutions: v.pipe(v.array(channelCount), planned({ maxLength: 16 })),
  /** Channels of the latent z, which has a side of `latentSide(network)`. */
  zChannels: channelCount,
  /** Length of a vector latent, read by a dense layer; equal to `zChannels`. null keeps the latent spatial. */
  finalDim: v.nullable(channelCount),
  /**
   * How the encoder's last map becomes a vector latent: `mean` over its places (the reference's), or by a `dense` layer
   * that sees which place a value is from.
   */
  latentPool: v.optional(v.picklist(LATENT_POOLS), 'mean'),
  /**
   * Levels of latents: the reference has 1; 2 puts another one below it, at twice its side, with a prior of its own
   * (docs/hierarchical.md).
   */
  latentLevels: v.optional(v.picklist([1, 2]), 1),
  /** Probability that an activation is dropped in training. */
  dropout: v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)),
  /** Number of classes the networks are told of; 0 for a model without classes. */
  classes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10_000)), 0),
  /** Whether the networks are told how an image was transformed. */
  augment: v.optional(v.boolean(), false),
});

export type NetworkConfig = v.InferOutput<typeof NetworkConfigSchema>;

/** Multipliers and blocks a level of the decoder (which adds one to them): its own, or the encoder's. */
export function decoderShape(
  network: Pick<NetworkConfig, 'multipliers' | 'blocks' | 'decoderMultipliers' | 'decoderBlocks'>,
): { multipliers: readonly number[]; blocks: number } {
  return {
    multipliers: network.decoderMultipliers ?? network.multipliers,
    blocks: network.decoderBlocks ?? network.blocks,
  };
}

/** Side of the feature maps of a level, in positions. */
export function levelSide(
  { imageSize, patch }: Pick<NetworkConfig, 'imageSize' | 'patch'>,
  level: number,
): number {
  return Math.floor(imageSize / patch) >> level;
}

/** Side of the latent, in positions. */
export function latentSide(network: NetworkConfig): number {
  return levelSide(network, network.multipliers.length - 1);
}

/** Shape of one latent's levels, the topmost first: [h, w, zChannels] each, or [finalDim] for a vector latent. */
export function latentLevelShapes(network: NetworkConfig): [top: number[], ...lower: number[][]] {
  if (network.finalDim !== null) return [[network.finalDim]];
  const side = latentSide(network);
  const top = [side, side, network.zChannels];
  return network.latentLevels === 1 ? [top] : [top, [2 * side, 2 * side, network.zChannels]];
}

/**
 * Shape of one latent: [h, w, zChannels], or [finalDim] for a vector latent. Where there are several levels, their
 * values lie one level after the other, the topmost first: [values].
 */
export function latentShape(network: NetworkConfig): number[] {
  const [top, ...lower] = latentLevelShapes(network);
  if (lower.length === 0) return top;
  return [[top, ...lower].reduce((sum, shape) => sum + elementCount(shape), 0)];
}

/** Number of values in one latent. */
export function latentValues(network: NetworkConfig): number {
  return elementCount(latentShape(network));
}
