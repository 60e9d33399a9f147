import type { OriginKind } from '../../../main/ipc/contract.ts';

/** What each kind of source is called. */
export const KIND_NAMES: Readonly<Record<OriginKind, string>> = {
  sample: 'Sample digits',
  folder: 'Folder of images',
  files: 'Image files',
  zip: 'Zip archive',
  tar: 'Tar archive',
  idx: 'IDX, as MNIST has it',
  cifar: 'CIFAR binary',
  npy: 'NumPy array (npy)',
  npz: 'NumPy arrays (npz)',
  parquet: 'Parquet table',
  dataset: 'Another data set',
  tiles: 'One large image, in tiles',
};
