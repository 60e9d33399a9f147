/** Images as NumPy arrays of bytes: one array file, or an npz as tools that measure samples read it. */
import fs from 'node:fs/promises';
import { inChannels } from '../../data/import/prepare.ts';
import { npyHeader } from '../npy.ts';
import { writeAll } from '../zip.ts';
import { ZipStream } from '../zip-stream.ts';
import { ending } from './png-sets.ts';
import type { SetFormat } from './set.ts';

/** One array, uint8 [N, H, W, C]; grey images have one channel. */
export const npyFile: SetFormat = {
  ending: '.npy',
  words: 'an npy file',
  begin: async (target, { count, height, width, channels }) => {
    const file = await fs.open(target, 'wx');
    await writeAll(file, npyHeader('|u1', [count, height, width, channels]));
    return {
      write: ({ images }) => writeAll(file, images.data),
      finish: async () => {
        await file.sync();
        await file.close();
      },
      abort: () => file.close().catch(() => undefined),
    };
  },
};

/**
 * `arr_0`, uint8 [N, H, W, 3], as the evaluator of guided-diffusion reads it and those that follow it: its network takes
 * three channels, so grey is told three times. With classes also `arr_1`, int32 [N], −1 for an image without one.
 */
export const npzFile: SetFormat = {
  ending: '.npz',
  words: 'an npz file',
  begin: async (target, { count, height, width, classes }) => {
    const file = await fs.open(target, 'wx');
    const zip = new ZipStream(file);
    const header = npyHeader('|u1', [count, height, width, 3]);
    const put = zip.begin('arr_0.npy', header.length + count * height * width * 3);
    const labels = Buffer.alloc(classes === null ? 0 : 4 * count);
    const { finish, abort } = ending(file, zip);
    await put(header);
    return {
      write: async (part) => {
        const { images } = part;
        const rows = { height: images.count * height, width, channels: images.channels, data: images.data };
        await put(inChannels(rows, 3).data);
        if (classes === null) return;
        part.labels?.forEach((label, i) => labels.writeInt32LE(label ?? -1, 4 * (part.start + i)));
      },
      finish: async () => {
        await put(null);
        if (classes !== null) {
          await zip.add('arr_1.npy', Buffer.concat([npyHeader('<i4', [count]), labels]));
        }
        await finish();
      },
      abort,
    };
  },
};
