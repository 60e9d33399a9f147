/**
 * Weights that people bring themselves: FID's and DINOv2's networks are in no package. They are taken out of the file once and
 * kept as safetensors in the cache, under a name with the beginning of that file's SHA-256.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { errorCode, makeFolder, makeWhole, readProblem, sha256OfFile } from '../../files.ts';
import { printable } from '../../printable.ts';
import { openToRead } from '../../read-file.ts';
import {
  readFloatTensors,
  readSafetensors,
  readTensorShapes,
  writeSafetensors,
  type FloatTensors,
} from '../../run/safetensors.ts';
import { openTorchFile } from '../../weights/pytorch/torch-file.ts';
import { NETWORKS, type KnownNetwork, type NetworkName } from './known-networks.ts';
import { addedName, extractorsFolder } from './weights-file.ts';

export interface StoredWeights {
  network: NetworkName;
  /** Where they are kept. */
  file: string;
  /** SHA-256 of the file they came from. */
  sha256: string;
  /** Name of the file they came from. */
  source: string;
  /** Whether that is the published one. */
  known: boolean;
}

function storeFolder(): string {
  const folder = extractorsFolder();
  if (folder === null) {
    throw new UserError('There is no folder for weights because HOME is empty; set COVAE_CACHE to one.', {
      code: 'not-found',
    });
  }
  return folder;
}

/**
 * Takes the weights of one of the {@link NETWORKS} out of a file of PyTorch (`.pth`, nothing in it is run) or of safetensors, and
 * keeps them.
 *
 * @throws UserError when the file is damaged, holds none of these networks, or wants something to be run
 */
export async function addWeights(file: string): Promise<StoredWeights> {
  const source = await openWeights(file);
  try {
    const { network, prefix } = recognised(source.shapes, file);
    const tensors: FloatTensors = {};
    for (const name of Object.keys(NETWORKS[network].tensors())) {
      tensors[name] = await source.read(prefix + name);
    }
    refuseNotFinite(tensors, file);
    const sha256 = await sha256OfFile(file);
    const known = sha256 === NETWORKS[network].sha256;
    const name = path.basename(file);
    const target = path.join(storeFolder(), addedName(network, sha256));
    await makeFolder(storeFolder());
    await makeWhole(target, 'weights', (temporary) =>
      writeSafetensors(temporary, tensors, {
        network,
        source_sha256: sha256,
        source_name: printable(name).slice(0, 200),
      }),
    );
    return { network, file: target, sha256, source: name, known };
  } finally {
    await source.close();
  }
}

interface WeightsSource {
  shapes: ReadonlyMap<string, readonly number[]>;
  read: (name: string) => Promise<FloatTensors[string]>;
  close: () => Promise<void>;
}

/** A file of safetensors or of PyTorch, told by its content. */
async function openWeights(file: string): Promise<WeightsSource> {
  if (await beginsAsSafetensors(file)) {
    return {
      shapes: new Map(Object.entries(await readTensorShapes(file))),
      read: async (name) => (await readFloatTensors(file, (other) => other === name))[name]!,
      close: async () => undefined,
    };
  }
  const opened = await openTorchFile(file);
  return {
    shapes: opened.shapes,
    async read(name) {
      const { shape, data } = await opened.read(name);
      if (!(data instanceof Float32Array || data instanceof Float64Array)) {
        throw new UserError(`${file}: tensor ${printable(name)} does not hold floating-point numbers.`, {
          code: 'unreadable',
          file,
        });
      }
      return { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
    },
    close: () => opened.close(),
  };
}

async function beginsAsSafetensors(file: string): Promise<boolean> {
  if (file.endsWith('.safetensors')) return true;
  try {
    const bytes = await readHead(file);
    return bytes.length === 9 && bytes[8] === 0x7b;
  } catch (error) {
    throw readProblem(error, file);
  }
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await openToRead(file);
  try {
    const bytes = new Uint8Array(9);
    const { bytesRead } = await handle.read(bytes, 0, 9, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Which network the tensors are of, and what stands before their names (`module.`, `teacher.backbone.`). */
function recognised(
  shapes: ReadonlyMap<string, readonly number[]>,
  file: string,
): { network: NetworkName; prefix: string } {
  for (const [network, { tensors }] of Object.entries(NETWORKS) as [NetworkName, KnownNetwork][]) {
    const needed = Object.entries(tensors());
    const [first] = needed[0]!;
    for (const name of shapes.keys()) {
      if (!name.endsWith(first)) continue;
      const prefix = name.slice(0, name.length - first.length);
      if (needed.every(([one, shape]) => shapes.get(prefix + one)?.join() === shape.join())) {
        return { network, prefix };
      }
    }
  }
  const titles = Object.values(NETWORKS).map(({ title }) => title);
  throw new UserError(
    `${file} holds none of the networks that images can be looked at with (${titles.join(', ')}); give the weights of one.`,
    { code: 'unreadable', file },
  );
}

function refuseNotFinite(tensors: FloatTensors, file: string): void {
  for (const [name, { data }] of Object.entries(tensors)) {
    if (data.every(Number.isFinite)) continue;
    throw new UserError(`${file}: tensor ${name} holds a value that is not finite; get the file again.`, {
      code: 'unreadable',
      file,
    });
  }
}

/** The weights that were added, the published ones first, then by name. Files that are not from here are passed over. */
export async function listWeights(): Promise<StoredWeights[]> {
  let names: string[];
  try {
    names = await fs.readdir(storeFolder());
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, storeFolder());
  }
  const found: StoredWeights[] = [];
  for (const name of names.sort()) {
    if (!name.endsWith('.safetensors') || name.startsWith('.')) continue;
    const file = path.join(storeFolder(), name);
    const stored = await storedIn(file).catch(() => null);
    if (stored !== null) found.push(stored);
  }
  return found.sort((a, b) => Number(b.known) - Number(a.known));
}

async function storedIn(file: string): Promise<StoredWeights | null> {
  const { metadata } = await readSafetensors(file, () => false);
  const { network, source_sha256: sha256, source_name: source = '' } = metadata;
  if (network === undefined || sha256 === undefined || !Object.hasOwn(NETWORKS, network)) return null;
  const name = network as NetworkName;
  return { network: name, file, sha256, source, known: sha256 === NETWORKS[name].sha256 };
}

/**
 * The weights of a network: the published ones if they were added, else others of the same shape.
 *
 * @throws UserError when there are none, saying how to get them
 */
export async function storedWeights(network: NetworkName): Promise<StoredWeights> {
  const found = (await listWeights()).find((stored) => stored.network === network);
  if (found !== undefined) return found;
  const { title, source } = NETWORKS[network];
  throw new UserError(
    `The weights of ${title} are not there; get ${source} and add it with covae extractors add FILE.`,
    { code: 'not-found' },
  );
}
