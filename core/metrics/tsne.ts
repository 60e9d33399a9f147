/**
 * t-SNE, exact: van der Maaten and Hinton, "Visualizing data using t-SNE" (JMLR 2008). Written here because the
 * packages there are for JavaScript are unkept, experimental or cannot be seeded. Bounds and rates that the paper
 * leaves open are scikit-learn's, against which it is tested.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { normals } from '../tensor/noise.ts';
import { streamSeed } from '../tensor/stream-seed.ts';
import { MAX_TSNE_POINTS } from './config.ts';
import { type Points, squaredDistances } from './distances.ts';
import { principalComponents } from './pca.ts';

const EPSILON = 2 ** -52;
const PERPLEXITY_TOLERANCE = 1e-5;
const MAX_BISECTIONS = 100;

/** Standard deviation of the start along its first axis. */
const START_SCALE = 1e-4;
/** Share of the start that is noise: parts points that coincide. */
const START_NOISE = 0.01;
const EXAGGERATION = 12;
const EXAGGERATED_ITERATIONS = 250;
const MIN_GAIN = 0.01;
/** Longest time without letting others have the thread. */
const TURN_MS = 25;

export interface TsneOptions {
  /** How many neighbours a point has, about; smaller than the number of points. */
  perplexity: number;
  /** The same seed gives the same map. */
  seed: number;
  /** Of each descent; default: 1,000. */
  iterations?: number;
  /** Stops within an iteration, with the signal's reason. */
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export interface TsneMap {
  /** Points in the plane, count × 2. */
  positions: Float64Array;
  /** KL(P ‖ Q) of the map, in nats: what the method makes small. */
  divergence: number;
}

/**
 * Lays points out in the plane so that near ones stay near.
 *
 * @throws RangeError when there are more than {@link MAX_TSNE_POINTS} points, or too few for the perplexity
 * @throws the signal's reason when it is aborted
 */
export async function tsne(points: Points, options: TsneOptions): Promise<TsneMap> {
  const { count } = points;
  const { perplexity, seed, iterations = 1000, signal, onProgress } = options;
  if (count > MAX_TSNE_POINTS)
    throw new RangeError(`t-SNE takes up to ${MAX_TSNE_POINTS} points, not ${count}`);
  if (!(perplexity >= 1 && perplexity < count)) {
    throw new RangeError(`${count} points are too few for a perplexity of ${perplexity}`);
  }
  signal?.throwIfAborted();
  const joint = jointProbabilities(squaredDistances(points), count, perplexity);
  const starts = startsFor(count);
  let best: TsneMap | null = null;
  let lastTurn = performance.now();
  for (let start = 0; start < starts; start++) {
    const positions = startOf(points, seed, start);
    const descent = new Descent(joint, positions, count);
    for (let iteration = 0; iteration < iterations; iteration++) {
      const early = iteration < EXAGGERATED_ITERATIONS;
      // The momentum's memory belongs to the exaggerated landscape.
      if (iteration === EXAGGERATED_ITERATIONS) descent.forget();
      descent.step(early ? EXAGGERATION : 1, early ? 0.5 : 0.8);
      if (performance.now() - lastTurn > TURN_MS) {
        await turn();
        signal?.throwIfAborted();
        onProgress?.(start * iterations + iteration + 1, starts * iterations);
        lastTurn = performance.now();
      }
    }
    const divergence = descent.divergence();
    if (best === null || divergence < best.divergence) best = { positions, divergence };
  }
  if (best === null) throw new Error('a map was asked for without a start');
  return best;
}

/**
 * A descent ends in a local minimum; those of few points lie further apart, and more starts cost little there. The
 * best is taken, as the paper advises.
 */
function startsFor(count: number): number {
  return Math.max(1, Math.min(5, Math.floor(1000 / count)));
}

/**
 * p_ij = (p_{j|i} + p_{i|j}) / 2n (paper, section 3.1), where p_{j|i} is Gaussian around point i with the width that
 * gives the perplexity, found by bisection.
 *
 * @param squares squared distances of all pairs, as `squaredDistances` gives them
 * @returns likewise the upper triangle; twice its sum is 1
 */
export function jointProbabilities(squares: Float64Array, count: number, perplexity: number): Float64Array {
  const joint = new Float64Array(squares.length);
  const row = new Float64Array(count);
  const conditional = new Float64Array(count);
  const place = (i: number, j: number): number => {
    const [low, high] = i < j ? [i, j] : [j, i];
    return low * count - (low * (low + 1)) / 2 + high - low - 1;
  };
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) row[j] = j === i ? 0 : squares[place(i, j)]!;
    fillConditional(conditional, row, i, Math.log(perplexity));
    for (let j = 0; j < count; j++) if (j !== i) joint[place(i, j)]! += conditional[j]!;
  }
  let sum = 0;
  for (const value of joint) sum += value;
  const scale = 1 / Math.max(2 * sum, EPSILON);
  return joint.map((value) => Math.max(value * scale, EPSILON));
}

/** p_{j|i} for all j, with the precision β = 1/2σ² at which their entropy is `entropyWanted` nats. */
function fillConditional(p: Float64Array, squares: Float64Array, i: number, entropyWanted: number): void {
  let beta = 1;
  let low = -Infinity;
  let high = Infinity;
  for (let bisection = 0; bisection < MAX_BISECTIONS; bisection++) {
    let sum = 0;
    for (let j = 0; j < p.length; j++) {
      p[j] = j === i ? 0 : Math.exp(-squares[j]! * beta);
      sum += p[j]!;
    }
    // All others are too far away for this β; any smaller one is better.
    if (sum === 0) sum = 1e-8;
    let meanSquare = 0;
    for (let j = 0; j < p.length; j++) {
      p[j]! /= sum;
      meanSquare += squares[j]! * p[j]!;
    }
    const excess = Math.log(sum) + beta * meanSquare - entropyWanted;
    if (Math.abs(excess) <= PERPLEXITY_TOLERANCE) return;
    if (excess > 0) {
      low = beta;
      beta = high === Infinity ? beta * 2 : (beta + high) / 2;
    } else {
      high = beta;
      beta = low === -Infinity ? beta / 2 : (beta + low) / 2;
    }
  }
}

/**
 * Where the points start: their two principal components, very small, so that the map keeps the large-scale order
 * (Kobak and Berens, "The art of using t-SNE", 2019), and a little noise.
 */
function startOf(points: Points, seed: number, start: number): Float64Array {
  const { count, size } = points;
  const axes = Math.min(2, size);
  const { scores } = principalComponents(points, axes);
  let variance = 0;
  for (let i = 0; i < count; i++) variance += scores[i * axes]! ** 2 / count;
  const scale = variance > 0 ? START_SCALE / Math.sqrt(variance) : 0;
  const noise = normals(streamSeed(seed, 'tsne', start), 2 * count);
  return Float64Array.from({ length: 2 * count }, (_, at) => {
    const axis = at % 2;
    const score = axis < axes ? scores[Math.floor(at / 2) * axes + axis]! : 0;
    return score * scale + noise[at]! * START_SCALE * START_NOISE;
  });
}

/** Gradient descent on KL(P ‖ Q) with momentum and a gain for each coordinate (Jacobs 1988). */
class Descent {
  private readonly velocity: Float64Array;
  private readonly gains: Float64Array;
  private readonly gradient: Float64Array;
  /** 1 / (1 + |y_i − y_j|²) of all pairs. */
  private readonly kernel: Float64Array;
  private readonly rate: number;

  constructor(
    private readonly joint: Float64Array,
    private readonly positions: Float64Array,
    private readonly count: number,
  ) {
    this.velocity = new Float64Array(2 * count);
    this.gains = new Float64Array(2 * count).fill(1);
    this.gradient = new Float64Array(2 * count);
    this.kernel = new Float64Array(joint.length);
    // Belkina et al. 2019, as scikit-learn's "auto".
    this.rate = Math.max(count / EXAGGERATION / 4, 50);
  }

  forget(): void {
    this.velocity.fill(0);
    this.gains.fill(1);
  }

  step(exaggeration: number, momentum: number): void {
    const { positions, velocity, gains, gradient } = this;
    this.computeGradient(exaggeration);
    for (let at = 0; at < positions.length; at++) {
      const slope = gradient[at]!;
      gains[at] = Math.max(MIN_GAIN, velocity[at]! * slope < 0 ? gains[at]! + 0.2 : gains[at]! * 0.8);
      velocity[at] = momentum * velocity[at]! - this.rate * gains[at]! * slope;
      positions[at]! += velocity[at]!;
    }
  }

  divergence(): number {
    const sum = this.computeKernel();
    let total = 0;
    for (let pair = 0; pair < this.joint.length; pair++) {
      const p = this.joint[pair]!;
      total += p * Math.log(p / Math.max(this.kernel[pair]! / (2 * sum), EPSILON));
    }
    return 2 * total;
  }

  /** @returns the sum over pairs i < j */
  private computeKernel(): number {
    const { positions, kernel, count } = this;
    let sum = 0;
    let pair = 0;
    for (let i = 0; i < count; i++) {
      const x = positions[2 * i]!;
      const y = positions[2 * i + 1]!;
      for (let j = i + 1; j < count; j++) {
        const dx = x - positions[2 * j]!;
        const dy = y - positions[2 * j + 1]!;
        const value = 1 / (1 + dx * dx + dy * dy);
        kernel[pair++] = value;
        sum += value;
      }
    }
    return sum;
  }

  /** ∂C/∂y_i = 4 Σ_j (p_ij − q_ij)(y_i − y_j) / (1 + |y_i − y_j|²) (paper, eq. 5), with P exaggerated. */
  private computeGradient(exaggeration: number): void {
    const { positions, kernel, joint, gradient, count } = this;
    const scale = 1 / (2 * this.computeKernel());
    gradient.fill(0);
    let pair = 0;
    for (let i = 0; i < count; i++) {
      const x = positions[2 * i]!;
      const y = positions[2 * i + 1]!;
      let slopeX = 0;
      let slopeY = 0;
      for (let j = i + 1; j < count; j++) {
        const near = kernel[pair]!;
        const force = 4 * (exaggeration * joint[pair]! - Math.max(near * scale, EPSILON)) * near;
        pair++;
        const forceX = force * (x - positions[2 * j]!);
        const forceY = force * (y - positions[2 * j + 1]!);
        slopeX += forceX;
        slopeY += forceY;
        gradient[2 * j]! -= forceX;
        gradient[2 * j + 1]! -= forceY;
      }
      gradient[2 * i]! += slopeX;
      gradient[2 * i + 1]! += slopeY;
    }
  }
}
