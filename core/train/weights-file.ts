/** A file of weights, whoever wrote it: safetensors, or PyTorch's own format, of whose pickle nothing is run. */
import { UserError } from '../errors.ts';
import { openFileBytes } from '../data/readers/bytes.ts';
import { emptyRecord } from '../run/safetensors-header.ts';
import {
  readFloatTensors,
  readSafetensors,
  readTensorShapes,
  type FloatTensors,
  type NamedTensor,
} from '../run/safetensors.ts';
import { openTorchFile } from '../weights/pytorch/torch-file.ts';
import { countOf } from '../words.ts';

export interface WeightsFile {
  /** Name → shape, in the file's order. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What a safetensors file says of itself; empty for others. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Things of a PyTorch file that only running it would make, and that stayed unmade: settings, whole modules. */
  readonly passedOver: readonly string[];
  /** Whether tensors of other kinds (an optimiser's, counters) belong in such a file. */
  readonly isCheckpoint: boolean;
  /** Those wanted, as float32. @throws UserError for one of whole numbers, or that is damaged */
  readFloats(wanted: (name: string) => boolean): Promise<FloatTensors>;
  close(): Promise<void>;
}

/** Endings of PyTorch's files, whose content may be damaged. */
const TORCH_NAME = /\.(?:pt|pth|ckpt)$/i;
const ZIP = Buffer.from('PK\x03\x04', 'latin1');

/**
 * Opens a file by its content.
 *
 * @throws UserError with one sentence for whatever is wrong with it
 */
export async function openWeightsFile(file: string): Promise<WeightsFile> {
  if (await isTorchFile(file)) return openTorch(file);
  const shapes = await readTensorShapes(file);
  const { metadata } = await readSafetensors(file, () => false);
  return {
    ...{ shapes, metadata, passedOver: [], isCheckpoint: false },
    readFloats: (wanted) => readFloatTensors(file, wanted),
    close: () => Promise.resolve(),
  };
}

async function isTorchFile(file: string): Promise<boolean> {
  const bytes = await openFileBytes(file);
  try {
    const head = Buffer.from(await bytes.read(0, 9));
    // The header of a safetensors file begins with a brace.
    if (head[8] === 0x7b) return false;
    return head.subarray(0, 4).equals(ZIP) || head[0] === 0x80 || TORCH_NAME.test(file);
  } finally {
    await bytes.close();
  }
}

async function openTorch(file: string): Promise<WeightsFile> {
  // Lightning keeps settings and often the whole module beside the tensors.
  const opened = await openTorchFile(file, { others: 'pass-over' });
  const shapes = emptyRecord<readonly number[]>();
  for (const [name, shape] of opened.shapes) shapes[name] = shape;
  return {
    ...{ shapes, metadata: {}, passedOver: opened.passedOver, isCheckpoint: true },
    async readFloats(wanted) {
      const floats = emptyRecord<NamedTensor<Float32Array>>();
      for (const name of opened.shapes.keys()) {
        if (!wanted(name)) continue;
        const { shape, data } = await opened.read(name);
        if (!(data instanceof Float32Array || data instanceof Float64Array)) {
          throw new UserError(
            `${file}: tensor ${JSON.stringify(name.slice(0, 120))} does not hold floating-point numbers.`,
            { code: 'unreadable', file },
          );
        }
        floats[name] = { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
      }
      return floats;
    },
    close: () => opened.close(),
  };
}

/** What stayed unmade, in a sentence; null when nothing did. */
export function passedOverSentence(passedOver: readonly string[]): string | null {
  const [first] = passedOver;
  if (first === undefined) return null;
  const others = passedOver.length > 1 ? ` and ${countOf(passedOver.length - 1, 'other thing')}` : '';
  return `Nothing of the file was run: ${first.slice(0, 120)}${others} stayed unmade.`;
}

/** What a safetensors file says of itself; empty for a file of PyTorch. @throws UserError when it cannot be read */
export async function metadataOf(file: string): Promise<Readonly<Record<string, string>>> {
  return (await isTorchFile(file)) ? {} : (await readSafetensors(file, () => false)).metadata;
}
