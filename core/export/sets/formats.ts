/** The formats of sets, by the names that people give. */
import { apng, gif, webp } from './animation-sets.ts';
import { npyFile, npzFile } from './array-sets.ts';
import { gridPng } from './grid-set.ts';
import { parquetFile } from './parquet-set.ts';
import { pngFolder, zipOfPngs } from './png-sets.ts';
import type { SetFormat } from './set.ts';
import { mp4, webm } from './video-sets.ts';

export const FORMATS = {
  png: pngFolder,
  grid: gridPng,
  zip: zipOfPngs,
  npz: npzFile,
  npy: npyFile,
  parquet: parquetFile,
  frames: { ...pngFolder, words: 'a folder of frames' },
  gif,
  webp,
  apng,
  mp4,
  webm,
} as const satisfies Record<string, SetFormat>;

export type FormatName = keyof typeof FORMATS;
