/** Arrays of images of one size, as IDX, CIFAR, npy and npz files hold them, as a source. */
import { UserError } from '../../errors.ts';
import type { ImageSource, SkippedItem, SourceItem, SourceKind } from './source.ts';
import { spread } from './spread.ts';
import { countOf, labelWords } from './words.ts';

type Entry = SourceItem | { skipped: SkippedItem };

/** Images of one size, one after another. */
export interface ImageArray {
  /** What sentences call it. */
  name: string;
  count: number;
  height: number;
  width: number;
  channels: 1 | 3 | 4;
  /**
   * The images from number `from` on.
   *
   * @throws UserError when the file is damaged or ends early
   */
  entries(from: number, signal?: AbortSignal): AsyncIterable<Entry>;
  /** True when `entries(from)` reaches `from` without reading what lies before it. */
  jumps: boolean;
  /**
   * Makes sure what the numbers mean, for which all may have to be read. Previews do without.
   *
   * @throws UserError as `entries` does
   */
  settle?(signal?: AbortSignal): Promise<void>;
  /** Its images are a benchmark's test images, which are held out of training. */
  heldOut?: boolean;
  /** So many images from the start are read for a preview at most, when it does not jump. */
  previewReach?: number;
}

const PREVIEW_REACH = 5_000;

/**
 * A source of arrays one after another. All must have the same height, width and channels.
 *
 * @param about its description is asked for anew each time, as what numbers mean may be known better later
 * @throws UserError when they have not
 */
export function arraySource(
  about: {
    kind: SourceKind;
    readonly description: string;
    classNames: readonly string[] | null;
    unlabelled: number;
  },
  arrays: readonly ImageArray[],
  close: () => Promise<void>,
): ImageSource {
  const [first] = arrays;
  if (first === undefined) throw new Error('no array');
  const { height, width, channels } = first;
  for (const array of arrays) {
    if (array.height !== height || array.width !== width || array.channels !== channels) {
      throw new UserError(
        `${array.name} has images of ${sizeOf(array)} but ${first.name} of ${sizeOf(first)}; import them one by one.`,
        { code: 'unreadable', file: array.name },
      );
    }
  }
  const total = arrays.reduce((sum, { count }) => sum + count, 0);
  const { kind, classNames, unlabelled } = about;
  return {
    ...{ kind, classNames, unlabelled },
    get description() {
      return about.description;
    },
    total,
    shape: { height, width, channels },
    close,
    async *items(signal) {
      for (const array of arrays) await array.settle?.(signal);
      for (const array of arrays) {
        for await (const entry of array.entries(0, signal)) {
          signal?.throwIfAborted();
          yield array.heldOut === true && !('skipped' in entry) ? { ...entry, heldOut: true } : entry;
        }
      }
    },
    async preview(count, signal) {
      const entries: Entry[] = [];
      const places = spread(total, count);
      let before = 0;
      for (const array of arrays) {
        const share = places.filter((place) => place >= before && place < before + array.count).length;
        before += array.count;
        entries.push(...(await pick(array, share, signal)));
      }
      return entries;
    },
  };
}

async function pick(array: ImageArray, count: number, signal?: AbortSignal): Promise<Entry[]> {
  const reach = array.jumps ? array.count : (array.previewReach ?? PREVIEW_REACH);
  const wanted = spread(Math.min(array.count, reach), count);
  const entries: Entry[] = [];
  if (array.jumps) {
    for (const index of wanted) {
      for await (const entry of array.entries(index, signal)) {
        entries.push(entry);
        break;
      }
    }
  } else if (wanted.length > 0) {
    let index = 0;
    for await (const entry of array.entries(0, signal)) {
      signal?.throwIfAborted();
      if (index++ === wanted[entries.length]) entries.push(entry);
      if (entries.length === wanted.length) break;
    }
  }
  return entries;
}

/** `28 × 28 × 1` */
function sizeOf({ height, width, channels }: ImageArray): string {
  return `${height} × ${width} × ${channels}`;
}

const COLOURS = { 1: 'grey', 3: 'RGB', 4: 'RGBA' } as const;

/**
 * `60,000 grey images of 28 × 28 pixels, labels of 10 classes`
 *
 * @param unlabelled number of images without one
 * @param from where the labels are from
 */
export function describeArrays(
  arrays: readonly Pick<ImageArray, 'count' | 'height' | 'width' | 'channels'>[],
  classNames: readonly string[] | null,
  unlabelled = 0,
  from = '',
): string {
  const count = arrays.reduce((sum, array) => sum + array.count, 0);
  const { height, width, channels } = arrays[0]!;
  const images = countOf(count, `${COLOURS[channels]} image`);
  const labels = classNames === null ? `no labels${from}` : labelWords(classNames.length, unlabelled, from);
  return `${images} of ${height} × ${width} pixels, ${labels}`;
}
