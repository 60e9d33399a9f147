import { inChannels } from '../../data/import/prepare.ts';
import type { Plane } from '../../data/import/resample.ts';
import { UserError } from '../../errors.ts';
import type { Features } from '../../metrics/moments.ts';
import { countOf } from '../../words.ts';
import type { Extractor } from './extractor.ts';

/** Above this a covariance takes too long and says too little. */
const MAX_SIZE = 3072;

/**
 * The pixels themselves, from 0 to 1: a quick look, for small images that are all alike in size.
 *
 * @throws UserError for images of more than 3,072 values
 */
export function pixelExtractor({ height, width, channels }: Omit<Plane, 'data'>): Extractor {
  const size = height * width * channels;
  if (size > MAX_SIZE) {
    throw new UserError(
      `Images of ${width} × ${height} pixels have ${countOf(size, 'value')}, and pixels are compared up to ${MAX_SIZE.toLocaleString('en-US')}; take the extractor mobilenet.`,
    );
  }
  const rule = `Pixels of ${width} × ${height}${channels === 3 ? ' in colour' : ''} as they are, from 0 to 1.`;
  return {
    name: 'pixels',
    distanceName: 'FD-pixels',
    size,
    rule,
    hash: `pixels-${height}x${width}x${channels}`,
    extract(images): Features {
      const values = new Float32Array(images.length * size);
      images.forEach((image, i) => {
        if (image.height !== height || image.width !== width) {
          throw refused(`has ${image.width} × ${image.height} pixels, the first one ${width} × ${height}`);
        }
        // A grey image may be stored in one channel or in three.
        if (channels === 1 && !isGrey(image)) throw refused('is in colour, the first one is grey');
        const { data } = inChannels(image, channels);
        for (let k = 0; k < size; k++) values[i * size + k] = data[k]! / 255;
      });
      return { count: images.length, size, values };
    },
    dispose: () => undefined,
  };
}

/** Whether all colours of an image are greys. */
function isGrey({ channels, data }: Plane): boolean {
  return channels === 1 || data.every((value, at) => value === data[at - (at % 3)]);
}

function refused(what: string): UserError {
  return new UserError(
    `An image ${what}; pixels are compared of images of one form, so take the extractor mobilenet.`,
  );
}
