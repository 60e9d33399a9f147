/** Takes over the layers of a network that another one has too, although its images may be of another size or colour. */
import { elementCount } from '../../shape.ts';
import { fromTorch, initialValues, type NamedArrays, type ParameterLayout } from '../../nn/parameters.ts';

/** `encoder.enc.28x28_block0.…`: the layers of a level are named by the side that they work at. */
const LEVEL = /^(encoder\.enc|decoder\.dec)\.(\d+)x\2_/;

/** Side of the images that weights are for: that of the highest level; null where no name says it. */
export function sideOf(names: readonly string[]): number | null {
  const sides = names.flatMap((name) => {
    const found = LEVEL.exec(name);
    return found ? [Number(found[2])] : [];
  });
  return sides.length === 0 ? null : Math.max(...sides);
}

/** The name with the number of its level, counted from that of the whole image, in place of a side. */
export function levelName(name: string, side: number): string {
  return name.replace(
    LEVEL,
    (_, network: string, at: string) => `${network}.level${Math.log2(side / Number(at))}_`,
  );
}

export interface Fitted {
  /** The parameters, flat, as the layout has them. */
  flat: Float32Array;
  /** Names of the parameters taken, and of those that begin anew, by the layout's names. */
  taken: string[];
  fresh: string[];
  /** Number of values taken. */
  values: number;
}

/**
 * The parameters of a layout: those that the source has at the same place and in the same shape, the rest drawn anew.
 *
 * @param source by the names of its network, in the reference's layout
 * @param seed of what is drawn anew
 * @param prefix before the source's names
 */
export function takeFitting(
  layout: ParameterLayout,
  source: Readonly<NamedArrays>,
  seed: number,
  prefix = '',
): Fitted {
  const names = layout.specs.map(({ name }) => name);
  const own = Object.keys(source).filter((name) => name.startsWith(prefix));
  const [side, sourceSide] = [sideOf(names), sideOf(own.map((name) => name.slice(prefix.length)))];
  const byPlace = new Map(
    own.map((name) => {
      const plain = name.slice(prefix.length);
      return [sourceSide === null ? plain : levelName(plain, sourceSide), source[name]] as const;
    }),
  );
  const flat = initialValues(layout, seed);
  const fitted: Fitted = { flat, taken: [], fresh: [], values: 0 };
  layout.specs.forEach((spec, i) => {
    const found = byPlace.get(side === null ? spec.name : levelName(spec.name, side));
    if (found === undefined || found.shape.join() !== spec.torchShape.join()) {
      fitted.fresh.push(spec.name);
      return;
    }
    const alone = { specs: [spec], offsets: [0], size: elementCount(spec.shape) };
    flat.set(fromTorch(alone, { [spec.name]: found }), layout.offsets[i] ?? 0);
    fitted.taken.push(spec.name);
    fitted.values += alone.size;
  });
  return fitted;
}
