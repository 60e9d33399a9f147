/** What the page draws: pictures of seeds, ways between two, and steps along directions. */
import { sha256 } from '@noble/hashes/sha2';
import { sphericalInterpolation } from '../../core/explore/paths/spherical.ts';
import type { PageData } from '../../core/portable/page/page-data.ts';
import { normals, uniformFloats } from '../../core/tensor/noise.ts';
import type { Networks } from './networks.ts';

export interface Picture {
  /** Which noise; between two seeds, `other` and how far to it, 0 … 1. */
  seed: number;
  other?: { seed: number; position: number };
  /** 1 or 2. */
  passes: number;
  /** Class; −1 for none. */
  label: number;
  /** Steps along the directions, in standard deviations; all 0 leaves the picture as it is. */
  steps: readonly number[];
}

/** As `streamSeed` of core/tensor/random.ts, so that a seed gives the picture that `covae sample` draws with it. */
function streamSeed(seed: number, stream: string): [number, number] {
  const digest = sha256(new TextEncoder().encode(JSON.stringify([seed, stream, 0, 0])));
  const view = new DataView(digest.buffer, digest.byteOffset);
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

export class Drawing {
  readonly #directions: Float32Array[];

  constructor(
    private readonly data: PageData,
    private readonly networks: Networks,
  ) {
    const { count, values } = data.directions;
    const bytes = Uint8Array.from(atob(values), (character) => character.charCodeAt(0));
    const all = new Float32Array(bytes.buffer);
    const size = data.latent.values;
    this.#directions = Array.from({ length: count }, (_, i) => all.subarray(i * size, (i + 1) * size));
  }

  /** Pixels of a picture, size × size × channels, 0 … 255. */
  async pixels(picture: Picture): Promise<Uint8ClampedArray> {
    const { times } = this.data;
    const { passes, label, steps } = picture;
    let image = await this.networks.decode(this.#first(this.#noise(picture, 0)), times.first, label);
    const moved = steps.some((step) => step !== 0);
    if (passes > 1 || moved) {
      const noise = this.#noise(picture, 1);
      const { mu, std } = await this.networks.encode(image, times.again, label, noise);
      const drawn = passes > 1 ? this.#drawn(mu, std, noise) : mu;
      image = await this.networks.decode(this.#along(drawn, steps), times.again, label);
    }
    // A clamped array rounds to the nearest.
    return Uint8ClampedArray.from(image, (value) => value * 255);
  }

  /** Noise of a pass; on the way between two seeds, of both. */
  #noise({ seed, other }: Picture, pass: number): Float32Array {
    const { latent } = this.data;
    const draw = latent.size === null ? uniformFloats : normals;
    const of = (which: number): Float32Array => draw(streamSeed(which, `sample:${pass}`), latent.values);
    if (!other) return of(seed);
    const [from, to] = [of(seed), of(other.seed)];
    return latent.size === null
      ? from.map((value, i) => value + (to[i]! - value) * other.position)
      : sphericalInterpolation(from, to, other.position);
  }

  #first(noise: Float32Array): Float32Array {
    const { size } = this.data.latent;
    return size === null
      ? this.#drawn(new Float32Array(noise.length), noise, noise)
      : noise.map((n) => n * size);
  }

  /** As core/explore draws a latent: mean and noise, or the likeliest categories after Gumbel noise. */
  #drawn(mu: Float32Array, std: Float32Array, noise: Float32Array): Float32Array {
    const { groups } = this.data.latent;
    if (!groups) return mu.map((mean, i) => mean + std[i]! * noise[i]!);
    const { categories, places } = groups;
    const gumbel = noise.map((u) => -Math.log(-Math.log(u + 1e-20) + 1e-20));
    const z = new Float32Array(mu.length);
    for (let group = 0; group < places.length; group += categories) {
      let chosen = 0;
      let best = -Infinity;
      for (let k = 0; k < categories; k++) {
        const place = places[group + k]!;
        const value = mu[place]! + gumbel[group + k]!;
        if (value > best) [best, chosen] = [value, place];
      }
      z[chosen] = 1;
    }
    return z;
  }

  #along(z: Float32Array, steps: readonly number[]): Float32Array {
    const moved = z.slice();
    steps.forEach((step, i) => {
      const direction = this.#directions[i];
      if (step !== 0 && direction) direction.forEach((value, k) => (moved[k]! += step * value));
    });
    return moved;
  }
}
