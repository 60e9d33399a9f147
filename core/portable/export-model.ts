/** Takes a model elsewhere: a folder with its networks in a form that other programs run, and its card. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { checkFolderName } from '../export/target.ts';
import { makeFolder, namesBelow, writeNewFile } from '../files.ts';
import { checkOutputFolder, writeOutputFolder } from '../output.ts';
import { classNamesOf } from '../run/class-names.ts';
import { frozenGraph } from '../tensor/frozen-graph.ts';
import { encodeSavedModel } from '../tensor/saved-model.ts';
import { APP_VERSION } from '../version.ts';
import { cardMarkdown } from './card/markdown.ts';
import { alertsOf, modelCard, type ModelCard } from './card/model-card.ts';
import { PORTABLE_FUNCTIONS } from './functions.ts';
import { encodeOnnx } from './onnx/onnx-model.ts';
import { toOnnx } from './onnx/to-onnx.ts';
import { openPortableModel, recordPortable, type PortableModel } from './portable-model.ts';
import { checkPageSize, writePage } from './page/write-page.ts';
import { roundingLoss } from './rounding-loss.ts';

export const FOLDER_FORMATS = ['savedmodel', 'onnx', 'onnx-int8', 'page'] as const;
export type FolderFormat = (typeof FOLDER_FORMATS)[number];

/** Names of the card's two files in an exported folder. */
export const CARD_FILES = { markdown: 'README.md', json: 'model-card.json' } as const;

export interface ModelExportOptions {
  /** Library folder, for the names of classes. */
  home: string;
  as: FolderFormat;
  /** The averages (default), or the weights in training. */
  weights?: 'ema' | 'raw' | undefined;
  /** Step of the checkpoint; default: the newest. */
  step?: number | undefined;
  /** What the card says of it. */
  licence?: string | undefined;
  /** The program of a page (renderer/page/, bundled); asked for when one is written. */
  pageScript?: (() => Promise<string>) | undefined;
  signal?: AbortSignal | undefined;
  /** Told what is done next. */
  onPhase?: ((text: string) => void) | undefined;
}

export interface ModelExport {
  folder: string;
  step: number;
  /** Paths in the folder, with their sizes. */
  files: { name: string; bytes: number }[];
  card: ModelCard;
  /** What a person should be told, a sentence each. */
  alerts: string[];
}

/** Protocol buffers, which both formats are made of, hold less than 2 GiB; room is left for what is no weight. */
const MOST_VALUES = (2 ** 31 - 2 ** 24) / Float32Array.BYTES_PER_ELEMENT;

/**
 * Writes a model as a new folder, whole or not at all.
 *
 * @param targetOf the folder, or its name by the step of the weights; it must be new or empty
 * @throws UserError in one sentence: the run is gone, has no such checkpoint, the folder is there, the disk is full; the
 *   signal's reason when aborted. Nothing is left behind then
 */
export async function exportModel(
  runDir: string,
  targetOf: string | ((step: number) => string),
  options: ModelExportOptions,
): Promise<ModelExport> {
  const { home, as, signal, onPhase } = options;
  if (typeof targetOf === 'string') await checkModelFolder(targetOf);
  const portable = await openPortableModel(runDir, options);
  const target = typeof targetOf === 'string' ? targetOf : targetOf(portable.step);
  await checkModelFolder(target);
  const { manifest, model, step } = portable;
  if (model.plan.layout.size > MOST_VALUES) {
    throw new UserError(
      `The run ${manifest.id} has too many parameters for a file of this format, which holds less than 2 GB; export it as safetensors.`,
      { code: 'usage' },
    );
  }
  if (as === 'page') checkPageSize(portable);
  signal?.throwIfAborted();
  const int8 = as === 'onnx-int8';
  if (int8) onPhase?.('Comparing samples with weights of 8 and of 32 bits');
  const card = await modelCard(portable, {
    runDir,
    licence: options.licence,
    classes: await classNamesOf(home, manifest),
    rounding: int8 ? roundingLoss(portable, signal) : undefined,
  });
  onPhase?.('Writing the networks');
  const files = await writeOutputFolder(target, 'model', async (temporary) => {
    // Not those above it.
    await fs.mkdir(temporary);
    const write = async (name: string, data: string | Uint8Array): Promise<void> => {
      signal?.throwIfAborted();
      await makeFolder(path.dirname(path.join(temporary, name)));
      await writeNewFile(path.join(temporary, name), data);
    };
    await WRITERS[as]({ portable, card, folder: temporary, write, options });
    await write(CARD_FILES.json, `${JSON.stringify(card, null, 2)}\n`);
    await write(CARD_FILES.markdown, cardMarkdown(card, as));
    signal?.throwIfAborted();
    return filesIn(temporary);
  });
  return { folder: path.resolve(target), step, files, card, alerts: alertsOf(portable) };
}

/** Refuses what {@link exportModel} would, before the slow part begins. @throws UserError in one sentence */
export async function checkModelFolder(target: string): Promise<void> {
  checkOutputFolder(path.resolve(target));
  await checkFolderName(target, 'a folder');
}

type WriteFile = (name: string, data: string | Uint8Array) => Promise<void>;
interface Writing {
  portable: PortableModel;
  card: ModelCard;
  folder: string;
  /** Writes one file of the folder. */
  write: WriteFile;
  options: ModelExportOptions;
}

const WRITERS: Readonly<Record<FolderFormat, (writing: Writing) => Promise<void>>> = {
  savedmodel: writeSavedModel,
  onnx: (writing) => writeOnnx(writing, false),
  'onnx-int8': (writing) => writeOnnx(writing, true),
  page: async ({ portable, card, folder, write, options: { pageScript, signal } }) => {
    if (pageScript === undefined) throw new Error('a page has no program');
    await writePage(portable, card, folder, write, { script: await pageScript(), signal });
  },
};

/** One graph with the four functions; what serves by default is `sample`. */
async function writeSavedModel({ portable, write, options: { signal } }: Writing): Promise<void> {
  const { nodes, signatures } = frozenGraph(recordPortable(portable, PORTABLE_FUNCTIONS, signal));
  const sample = signatures.get('sample');
  const named = new Map([...signatures, ...(sample ? [['serving_default', sample] as const] : [])]);
  await write('saved_model.pb', encodeSavedModel(nodes, named));
}

async function writeOnnx(
  { portable, card, write, options: { signal } }: Writing,
  int8: boolean,
): Promise<void> {
  const metadata = {
    run: card.run.id,
    step: String(card.weights.step),
    weights: card.weights.kind,
    times: JSON.stringify(card.times),
  };
  for (const [name, file] of [
    ['encode', 'encoder.onnx'],
    ['decode', 'decoder.onnx'],
  ] as const) {
    // One after the other: each holds the weights once more.
    const [recorded] = recordPortable(portable, [name], signal);
    if (recorded) await write(file, encodeOnnx(toOnnx(recorded, { int8, metadata }), APP_VERSION));
  }
}

async function filesIn(folder: string): Promise<ModelExport['files']> {
  const names = await namesBelow(folder);
  const stats = await Promise.all(names.map((name) => fs.stat(path.join(folder, name))));
  return names.flatMap((name, i) => {
    const found = stats[i];
    if (found?.isFile() !== true) return [];
    return [{ name: name.replaceAll(path.sep, '/'), bytes: found.size }];
  });
}
