/** Latents in files: safetensors, or npz for NumPy, with where they come from. */
import fs from 'node:fs/promises';
import * as v from 'valibot';
import { openFileBytes } from '../../data/readers/bytes.ts';
import type { NpyType } from '../../data/readers/npy-header.ts';
import { checkSize, headerOf, memberOf, openData, readMember } from '../../data/readers/npz-members.ts';
import { readNumbers } from '../../data/readers/numbers.ts';
import { readZipDirectory } from '../../data/readers/zip-directory.ts';
import { UserError } from '../../errors.ts';
import { npyHeader, npyTexts } from '../../export/npy.ts';
import { ZipStream } from '../../export/zip-stream.ts';
import { type OutputOptions, writeOutput } from '../../output.ts';
import { readSafetensors, writeSafetensors } from '../../run/safetensors.ts';
import { elementCount } from '../../shape.ts';

const FORMAT = 'covae-latents';

/** Where latents come from. `t` is needed to decode them; all else is told. */
const OriginSchema = v.looseObject({
  format: v.literal(FORMAT),
  version: v.literal(1),
  t: v.pipe(v.number(), v.gtValue(0)),
  run: v.optional(v.string()),
  step: v.optional(v.number()),
});

export interface LatentOrigin {
  t: number;
  run?: string | undefined;
  step?: number | undefined;
  [told: string]: unknown;
}

/** Latents as they lie in a file. */
export interface LatentFile {
  count: number;
  /** Shape of one. */
  shape: readonly number[];
  /** count × shape. */
  mu: Float32Array;
  /** Likewise; null where only latents were saved. */
  std: Float32Array | null;
  origin: LatentOrigin;
  /** Name, time and run of each, where they were saved one by one. */
  rows?: readonly { name: string; t: number; run: string }[] | undefined;
}

/** Largest file that is read. */
const MAX_BYTES = 4 * 2 ** 30;

export type LatentFormat = 'safetensors' | 'npz';

/** The format that a file's name promises. @throws UserError for another one */
export function latentFormat(file: string): LatentFormat {
  if (/\.safetensors$/i.test(file)) return 'safetensors';
  if (/\.npz$/i.test(file)) return 'npz';
  throw new UserError(`${file} is no name for latents; give one that ends in .safetensors or .npz.`, {
    file,
  });
}

/**
 * Writes latents: tensors `mu` and, where known, `std`; of npz also `provenance`, a text. Nothing is replaced without `force`.
 *
 * @throws UserError in one sentence
 */
export async function writeLatents(file: string, latents: LatentFile, options: OutputOptions): Promise<void> {
  const { count, shape, mu, std, origin } = latents;
  const told = JSON.stringify({ format: FORMAT, version: 1, ...origin });
  const whole = [count, ...shape];
  const format = latentFormat(file);
  await writeOutput(file, 'latents', options, async (temporary) => {
    if (format === 'safetensors') {
      const tensors = { mu: { shape: whole, data: mu }, ...(std && { std: { shape: whole, data: std } }) };
      await writeSafetensors(temporary, tensors, { covae: told });
      return;
    }
    const handle = await fs.open(temporary, 'wx');
    try {
      const zip = new ZipStream(handle);
      for (const [name, data] of Object.entries({ mu, ...(std && { std }) })) {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        await zip.add(`${name}.npy`, Buffer.concat([npyHeader('<f4', whole), bytes]));
      }
      await zip.add('provenance.npy', npyTexts([told]));
      await zip.finish();
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
}

/**
 * Reads what {@link writeLatents} wrote, or another program with the same names.
 *
 * @throws UserError in one sentence for anything else
 */
export async function readLatents(file: string): Promise<LatentFile> {
  const format = latentFormat(file);
  const { mu, std, told, rows } = format === 'npz' ? await readNpz(file) : await readTensors(file);
  const [count = 0, ...shape] = mu.shape;
  if (mu.shape.length < 2 || count < 1 || (std && std.data.length !== mu.data.length)) throw notLatents(file);
  if (!mu.data.every(Number.isFinite)) {
    throw new UserError(`${file} has latents that are no finite numbers; encode the images again.`, {
      code: 'unreadable',
      file,
    });
  }
  const origin = v.safeParse(OriginSchema, jsonOf(told));
  if (!origin.success) throw notLatents(file);
  const { format: _, version: __, ...rest } = origin.output;
  return { count, shape, mu: mu.data, std: std?.data ?? null, origin: rest, rows };
}

interface Floats {
  shape: readonly number[];
  data: Float32Array;
}

interface Parts {
  mu: Floats;
  std: Floats | null;
  told: string;
  rows?: LatentFile['rows'];
}

async function readTensors(file: string): Promise<Parts> {
  const { tensors, metadata } = await readSafetensors(file, (name) => /^(mu|std|latents\/.*)$/s.test(name));
  const float = (name: string): Floats | null => {
    const found = tensors[name];
    return found && (found.data instanceof Float32Array || found.data instanceof Float64Array)
      ? { shape: found.shape, data: Float32Array.from(found.data) }
      : null;
  };
  const saved = v.safeParse(SavedRowsSchema, jsonOf(metadata['covae'] ?? ''));
  if (saved.success) return savedRows(file, saved.output.latents, float);
  const mu = float('mu');
  if (mu === null) throw notLatents(file);
  return { mu, std: float('std'), told: metadata['covae'] ?? '' };
}

/** What a file that the window exported says of its latents. */
const SavedRowsSchema = v.looseObject({
  format: v.literal('covae-saved'),
  version: v.literal(1),
  latents: v.array(
    v.object({
      name: v.string(),
      tensor: v.string(),
      t: v.pipe(v.number(), v.gtValue(0)),
      run: v.string(),
    }),
  ),
});

/** Saved latents one after the other. */
function savedRows(
  file: string,
  latents: v.InferOutput<typeof SavedRowsSchema>['latents'],
  float: (name: string) => Floats | null,
): Parts {
  const found = latents.map(({ tensor }) => float(tensor));
  const [first] = found;
  const [told] = latents;
  if (first == null || told === undefined) {
    throw new UserError(`${file} has no latents of their own; covae saved list says what it has.`, {
      ...{ code: 'not-found', file },
    });
  }
  const data = new Float32Array(first.data.length * found.length);
  found.forEach((one, i) => {
    if (one?.data.length !== first.data.length) {
      throw new UserError(`${file} has latents of several shapes; export those of one run.`, {
        ...{ code: 'unreadable', file },
      });
    }
    data.set(one.data, i * first.data.length);
  });
  const origin = { format: FORMAT, version: 1, t: told.t, run: told.run };
  return {
    ...{ mu: { shape: [found.length, ...first.shape], data }, std: null, rows: latents },
    told: JSON.stringify(origin),
  };
}

async function readNpz(name: string): Promise<Parts> {
  const file = await openFileBytes(name);
  try {
    const { entries } = await readZipDirectory(file);
    const members = await Promise.all(
      entries
        .filter((entry) => /^(mu|std|provenance)\.npy$/.test(entry.name))
        .map((entry) => readMember(file, entry)),
    );
    const bytesOf = async (key: string): Promise<{ bytes: Uint8Array; shape: number[]; type: NpyType }> => {
      const member = memberOf(file.name, members, key);
      const header = headerOf(member);
      checkSize(member, header);
      if (header.fortran || member.entry.size > MAX_BYTES) throw notLatents(name);
      const stream = await openData(file, member);
      try {
        const bytes = await stream.read(header.type.size * elementCount(header.shape));
        return { bytes, shape: [...header.shape], type: header.type };
      } finally {
        await stream.close();
      }
    };
    const float = async (key: string): Promise<Floats> => {
      const { bytes, shape, type } = await bytesOf(key);
      if (type.kind !== 'f') throw notLatents(name);
      return { shape, data: Float32Array.from(readNumbers(bytes, type)) };
    };
    const text = await bytesOf('provenance');
    const hasStd = members.some(({ key }) => key === 'std');
    return { mu: await float('mu'), std: hasStd ? await float('std') : null, told: utf32(text.bytes) };
  } finally {
    await file.close();
  }
}

/** The characters of a NumPy text, little-endian, without the zeros that fill it up. */
function utf32(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = view.getUint32(at, true);
    if (code !== 0 && code <= 0x10ffff) text += String.fromCodePoint(code);
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notLatents(file: string): UserError {
  return new UserError(
    `${file} holds no latents with the time they were encoded at; give a file that covae encode wrote.`,
    { code: 'unreadable', file },
  );
}
