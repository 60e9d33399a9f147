/** What the axes of an array of images mean. */
import { UserError } from '../../errors.ts';
import { MAX_PIXELS } from '../decode/unusable-image.ts';
import { MAX_ROWS, MIN_SIDE } from './caps.ts';
import type { SourceRequest } from './source.ts';

export interface ArrayLayout {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3 | 4;
  /** True when each channel's pixels lie together (N×C×H×W). */
  planar: boolean;
  /** True when the array is one image and has no axis for their number. */
  single: boolean;
  /** What was guessed, `N×H×W×C` for instance. */
  words: string;
}

/**
 * Guesses which axes are number, height, width and channels. A flat array (N×D) holds grey squares when D is a square
 * number, or RGB squares, plane by plane as in CIFAR, when D is three times one; other two-dimensional arrays are one
 * grey image, and H×W×3 or H×W×4 is one image too.
 *
 * @param wanted the user's choice; undefined or `auto`: guessed, channels last where both are possible
 * @returns null when the array is no array of images
 */
export function guessLayout(shape: readonly number[], wanted: SourceRequest['layout']): ArrayLayout | null {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  const planarWanted = wanted === 'NCHW';
  switch (shape.length) {
    case 2: {
      const grey = squareRoot(b);
      if (grey !== null)
        return {
          count: a,
          height: grey,
          width: grey,
          channels: 1,
          planar: false,
          single: false,
          words: 'N×(H·W)',
        };
      const colour = squareRoot(b / 3);
      if (colour !== null) {
        const planar = wanted !== 'NHWC';
        const words = planar ? 'N×(C·H·W)' : 'N×(H·W·C)';
        return { count: a, height: colour, width: colour, channels: 3, planar, single: false, words };
      }
      return { count: 1, height: a, width: b, channels: 1, planar: false, single: true, words: 'H×W' };
    }
    case 3:
      if (planarWanted && isOneImage(shape)) {
        return {
          ...{ count: 1, height: b, width: c, channels: 3 },
          ...{ planar: true, single: true, words: 'C×H×W' },
        };
      }
      if ((c === 3 || c === 4) && !planarWanted && a >= MIN_SIDE && b >= MIN_SIDE) {
        return { count: 1, height: a, width: b, channels: c, planar: false, single: true, words: 'H×W×C' };
      }
      return { count: a, height: b, width: c, channels: 1, planar: false, single: false, words: 'N×H×W' };
    case 4:
      if (isChannels(d) && (!planarWanted || !isChannels(b))) {
        return { count: a, height: b, width: c, channels: d, planar: false, single: false, words: 'N×H×W×C' };
      }
      if (isChannels(b) && (wanted !== 'NHWC' || !isChannels(d))) {
        return { count: a, height: c, width: d, channels: b, planar: true, single: false, words: 'N×C×H×W' };
      }
      return null;
    default:
      return null;
  }
}

/**
 * As {@link guessLayout}, and not more than can be read.
 *
 * @param name of the array, for the sentences
 * @throws UserError when it is no array of images, empty or too large
 */
export function layoutOf(
  shape: readonly number[],
  wanted: SourceRequest['layout'],
  name: string,
): ArrayLayout {
  const told = shape.join(' × ');
  if (shape.includes(0))
    throw new UserError(`${name} is empty: it has the shape ${told}; choose another file.`, {
      code: 'unreadable',
      file: name,
    });
  const layout = guessLayout(shape, wanted);
  if (layout === null) {
    throw new UserError(
      `${name} has the shape ${told === '' ? '()' : told}, but images need N×H×W, N×H×W×C or N×C×H×W with 1, 3 or 4 channels; reshape it first.`,
      { code: 'unreadable', file: name },
    );
  }
  const { count, height, width } = layout;
  if (height * width > MAX_PIXELS || count > MAX_ROWS) {
    throw new UserError(
      `${name} has the shape ${told}, more than the ${MAX_ROWS / 1e6} million images of ${MAX_PIXELS / 1e6} million pixels that can be read; save it in parts.`,
      { code: 'unreadable', file: name },
    );
  }
  return layout;
}

/** True for the shape of one RGB image with its channels first; three grey images have it, too. */
function isOneImage([a = 0, b = 0, c = 0, ...more]: readonly number[]): boolean {
  return more.length === 0 && a === 3 && b >= MIN_SIDE && c >= MIN_SIDE && c > 4;
}

/**
 * @param wanted the user's choice, which tells one image from several
 * @param name of the array, for the sentence
 * @throws UserError when an array without labels is as likely one image, its channels first, as a few grey ones
 */
export function refuseOneImage(
  shape: readonly number[],
  wanted: SourceRequest['layout'],
  name: string,
): void {
  if (!isOneImage(shape) || (wanted !== undefined && wanted !== 'auto')) return;
  throw new UserError(
    `${name} has the shape ${shape.join(' × ')}, which is one image with its channels first (C×H×W) or three grey ones; choose the layout NCHW for the one, NHWC for the others.`,
    { code: 'unreadable', file: name },
  );
}

function isChannels(size: number): size is 1 | 3 | 4 {
  return size === 1 || size === 3 || size === 4;
}

function squareRoot(value: number): number | null {
  const root = Math.round(Math.sqrt(value));
  return root >= MIN_SIDE && root * root === value ? root : null;
}
