/** The formats that are tried: where their good files are, how these are changed, and what is done with them. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { fitPresetToData, loadPreset } from '../core/config/presets.ts';
import type { SourceKind } from '../core/data/readers/source.ts';
import { loadRecipe } from '../core/experiment/recipe.ts';
import { readFloatTensors, readSafetensors, readTensorShapes } from '../core/run/safetensors.ts';
import { readConfigFile } from '../core/train/config-file.ts';
import { openWeightsFile } from '../core/train/weights-file.ts';
import { plainNames } from '../core/train/weights-forms.ts';
import { readTorchTensors } from '../core/weights/pytorch/torch-file.ts';
import { LIBRARY_FILES, readLibrary } from './library.ts';
import { mutateTar, mutateGzip, mutateZip } from './mutate/archives.ts';
import { mutateCifar, mutateIdx, mutateNpy, mutateParquet, mutateSafetensors } from './mutate/arrays.ts';
import type { Mutator } from './mutate/bytes.ts';
import {
  mutateBmp,
  mutateGif,
  mutateJpeg,
  mutatePng,
  mutatePnm,
  mutateTiff,
  mutateWebp,
} from './mutate/images.ts';
import { mutateJson, mutateJsonLines } from './mutate/texts.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Random } from './random.ts';
import { decodeOne, importSource, readSource } from './sources.ts';

/** Where a case works: both folders are empty before it, and its own. */
export interface Place {
  /** The input as a file, to be read. */
  file: string;
  /** A library: empty, or the small one of {@link LIBRARY_FILES} for its formats. */
  home: string;
  /** Good files below, of the project. */
  root: string;
}

export interface Format {
  /** Folders and files of good inputs, relative to the project; a library's file when there are none. */
  seeds: readonly string[];
  /** Which files of those folders, by their names. */
  names?: RegExp;
  /** File of the library that is exchanged. */
  libraryFile?: string;
  mutate: Mutator;
  /** Ending of the file that is written. */
  ending: string;
  try(bytes: Uint8Array, place: Place, random: Random): Promise<Outcome>;
}

const DECODE = 'core/data/decode/testdata';
const READERS = 'core/data/readers/testdata';
const CORPUS = 'core/data/testdata/corpus';

function image(names: RegExp, ending: string, mutate: Mutator): Format {
  return {
    ...{ seeds: [DECODE, `${CORPUS}/image`, `${READERS}/images`], names, ending, mutate },
    async try(bytes, { file, home }, random) {
      const decoded = await decodeOne(bytes);
      if (random.chance(0.05)) await importSource(file, random.chance(0.2) ? 'tiles' : null, home);
      return decoded;
    },
  };
}

function source(kind: SourceKind, seeds: string[], names: RegExp, ending: string, mutate: Mutator): Format {
  return {
    ...{ seeds, names, ending, mutate },
    async try(_, { file, home }, random) {
      const asked = random.chance(0.5) ? kind : null;
      return random.chance(0.15) ? importSource(file, asked, home) : readSource(file, asked);
    },
  };
}

function json(seeds: string[], read: (file: string) => Promise<void>): Format {
  return {
    ...{ seeds, names: /\.json$/, ending: '.json', mutate: mutateJson },
    try: (_, { file }) => outcomeOf(() => read(file)),
  };
}

function libraryFile(name: string): Format {
  const mutate = name.endsWith('.jsonl')
    ? mutateJsonLines
    : name.endsWith('tensors')
      ? mutateSafetensors
      : mutateJson;
  return {
    ...{ seeds: [], libraryFile: LIBRARY_FILES[name]!, ending: path.extname(LIBRARY_FILES[name]!), mutate },
    try: (_, { home }) => outcomeOf(() => readLibrary(home, LIBRARY_FILES[name]!)),
  };
}

export const FORMATS: Readonly<Record<string, Format>> = {
  png: image(/\.png$/i, '.png', mutatePng),
  jpeg: image(/\.jpe?g$/i, '.jpg', mutateJpeg),
  gif: image(/\.gif$/i, '.gif', mutateGif),
  bmp: image(/\.bmp$/i, '.bmp', mutateBmp),
  tiff: image(/\.tiff?$/i, '.tif', mutateTiff),
  webp: image(/\.webp$/i, '.webp', mutateWebp),
  pnm: image(/\.p[bgp]m$/i, '.ppm', mutatePnm),
  zip: source('zip', [`${CORPUS}/zip`, READERS], /\.zip$/, '.zip', mutateZip),
  tar: source('tar', [`${CORPUS}/tar`, READERS], /\.tar$/, '.tar', mutateTar),
  'tar.gz': source('tar', [`${CORPUS}/gzip`, READERS], /\.t(ar\.)?gz$/, '.tar.gz', mutateGzip(mutateTar)),
  idx: source('idx', [`${CORPUS}/idx`, `${READERS}/idx`], /ubyte|\.idx$/, '-idx3-ubyte', mutateIdx),
  'idx.gz': source(
    'idx',
    [`${CORPUS}/gzip`, `${READERS}/idx`],
    /ubyte\.gz$/,
    '-idx3-ubyte.gz',
    mutateGzip(mutateIdx),
  ),
  cifar: source('cifar', [`${CORPUS}/cifar`, READERS], /\.bin$/, '.bin', mutateCifar),
  npy: source('npy', [`${CORPUS}/npy`, READERS], /\.npy$/, '.npy', mutateNpy),
  npz: source('npz', [`${CORPUS}/npz`, READERS], /\.npz$/, '.npz', mutateZip),
  parquet: source('parquet', [`${CORPUS}/parquet`, READERS], /\.parquet$/, '.parquet', mutateParquet),
  safetensors: {
    seeds: ['core/run/testdata', 'core/train/testdata/golden'],
    names: /\.safetensors$/,
    ending: '.safetensors',
    mutate: mutateSafetensors,
    try: (_, { file }) =>
      outcomeOf(async () => {
        await readTensorShapes(file);
        await readSafetensors(file);
        // Most files hold some tensors of whole numbers, which are no weights.
        await outcomeOf(async () => {
          await readFloatTensors(file, () => true);
        });
      }),
  },
  torch: {
    seeds: ['core/weights/pytorch/testdata', 'core/train/testdata/torch'],
    names: /\.(pt|pth|ckpt)$/,
    ending: '.pth',
    // Files of the older layout are no archives, and are changed as bytes.
    mutate: mutateZip,
    try: (_, { file }, random) =>
      outcomeOf(async () => {
        await readTorchTensors(file, { others: random.pick(['refuse', 'pass-over'] as const) });
      }),
  },
  weights: {
    seeds: ['core/train/testdata/torch', 'core/train/testdata/golden'],
    names: /^(pair|autoencoder|covae|grey)\.(pt|pth|safetensors)$/,
    ending: '.weights',
    mutate: mutateZip,
    try: (_, { file }) =>
      outcomeOf(async () => {
        const opened = await openWeightsFile(file);
        try {
          plainNames(opened, file);
          await outcomeOf(async () => {
            await opened.readFloats(() => true);
          });
        } finally {
          await opened.close();
        }
      }),
  },
  preset: json(['assets/presets'], async (file) => {
    fitPresetToData(await loadPreset(file), { height: 32, width: 32, channels: 3, classes: ['a', 'b'] });
  }),
  experiment: json(['assets/experiments'], async (file) => {
    await loadRecipe(file);
  }),
  config: json(['assets/presets', 'core/train/testdata/golden'], async (file) => {
    await readConfigFile(file);
  }),
  ...Object.fromEntries(Object.keys(LIBRARY_FILES).map((name) => [name, libraryFile(name)])),
};

/** Larger files take longer without teaching more. */
const MOST_SEED_BYTES = 300_000;

/** The good files of a format, in the order of their paths; those of the library as they are there. */
export async function seedsOf(name: string, root: string, library: string): Promise<string[]> {
  const { seeds, names, libraryFile: own } = formatNamed(name);
  if (own !== undefined) return [path.join(library, own)];
  const files: string[] = [];
  for (const seed of seeds) {
    for (const entry of await fs.readdir(path.join(root, seed), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || names?.test(entry.name) === false) continue;
      const file = path.join(entry.parentPath, entry.name);
      if ((await fs.stat(file)).size <= MOST_SEED_BYTES) files.push(file);
    }
  }
  return files.sort();
}

export function formatNamed(name: string): Format {
  const format = FORMATS[name];
  if (format === undefined)
    throw new Error(`no format "${name}"; there are ${Object.keys(FORMATS).join(', ')}`);
  return format;
}
