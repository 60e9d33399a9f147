import type { SourceKind } from './source.ts';

/** What a kind of source is called in sentences. */
export const KIND_WORDS: Readonly<Record<Exclude<SourceKind, 'sample'> | 'image', string>> = {
  folder: 'a folder',
  zip: 'a zip archive',
  tar: 'a tar archive',
  idx: 'an IDX file',
  cifar: 'a batch of CIFAR',
  npy: 'an npy file',
  npz: 'an npz file',
  parquet: 'a Parquet file',
  tiles: 'an image',
  files: 'an image',
  image: 'an image',
};
