/** Reading where a file comes from: what exports and drawn pictures carry with them. */
import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { exists, isFolder, readProblem } from '../files.ts';
import { openToRead, readBytes } from '../read-file.ts';
import { FOLDER_NOTE } from '../export/export-set.ts';
import { readGifComments } from '../export/gif-comment.ts';
import { readText } from '../export/png.ts';
import { readXmp } from '../export/xmp.ts';

/** Where a picture or a set comes from. */
export interface Provenance {
  /** File that says so: the picture itself, or the JSON beside a set. */
  file: string;
  software: string | null;
  /** Run, step, seed and all else it was drawn with. */
  origin: Record<string, unknown>;
}

const TextSchema = v.object({ Software: v.optional(v.string()), covae: v.string() });
const NoteSchema = v.object({
  format: v.literal('covae-export'),
  software: v.optional(v.string()),
  origin: v.record(v.string(), v.unknown()),
});
const OriginSchema = v.record(v.string(), v.unknown());

/** A note is small; what is larger is none. */
const MAX_NOTE_BYTES = 1 << 20;
/** Pictures with a text that we write are smaller. */
const MAX_PICTURE_BYTES = 1 << 30;

/**
 * What a PNG, WebP, GIF, MP4 or WebM file says of itself; else what the JSON beside it says, in a folder `covae-export.json`.
 *
 * @throws UserError in one sentence: not there, or it says nothing
 */
export async function readProvenance(asked: string): Promise<Provenance> {
  const file = path.resolve(asked);
  if (await isFolder(file)) return noteAt(path.join(file, FOLDER_NOTE), file);
  const { size } = await fs.stat(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
  if (file.endsWith('.json') && size <= MAX_NOTE_BYTES) return noteAt(file, file);
  const own = await ownText(file, size);
  if (own !== null) return { file, ...own };
  return noteAt(`${file}.json`, file);
}

async function noteAt(note: string, file: string): Promise<Provenance> {
  if (!(await exists(note))) throw nothingIn(file);
  const text = v.safeParse(NoteSchema, jsonOf((await bytesOf(note)).toString('utf8')));
  if (!text.success) throw nothingIn(file);
  return { file: note, software: text.output.software ?? null, origin: text.output.origin };
}

async function ownText(file: string, size: number): Promise<Omit<Provenance, 'file'> | null> {
  const kind = await kindOf(file);
  if (kind === null || size > MAX_PICTURE_BYTES) return null;
  const bytes = await bytesOf(file);
  const found = v.safeParse(TextSchema, await textOf(kind, bytes));
  if (!found.success) return null;
  const origin = v.safeParse(OriginSchema, jsonOf(found.output.covae));
  return origin.success ? { software: found.output.Software ?? null, origin: origin.output } : null;
}

type Kind = 'png' | 'gif' | 'webp' | 'video';

async function textOf(kind: Kind, bytes: Buffer): Promise<unknown> {
  if (kind === 'png') return textOfPng(bytes);
  if (kind === 'gif') return readGifComments(bytes).map(jsonOf).find(hasText);
  if (kind === 'video') return textOfVideo(bytes);
  try {
    const { xmp } = await sharp(bytes).metadata();
    return jsonOf(xmp === undefined ? '' : (readXmp(xmp.toString('utf8')) ?? ''));
  } catch {
    return null;
  }
}

function hasText(value: unknown): boolean {
  return v.is(TextSchema, value);
}

async function textOfVideo(bytes: Buffer): Promise<unknown> {
  const { ALL_FORMATS, BufferSource, Input } = await import('mediabunny');
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  try {
    return jsonOf((await input.getMetadataTags()).comment ?? '');
  } catch {
    // Damaged.
    return null;
  } finally {
    input.dispose();
  }
}

function textOfPng(bytes: Buffer): unknown {
  try {
    return readText(bytes);
  } catch {
    // Damaged.
    return null;
  }
}

/** By the first bytes; null for anything else. */
async function kindOf(file: string): Promise<Kind | null> {
  const head = Buffer.alloc(12);
  const handle = await openToRead(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
  try {
    await handle.read(head, 0, head.length, 0);
  } finally {
    await handle.close();
  }
  const text = head.toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (/^GIF8[79]a/.test(text)) return 'gif';
  if (text.startsWith('ftyp', 4) || text.startsWith('\x1aE\xdf\xa3')) return 'video';
  return /^RIFF....WEBP$/s.test(text) ? 'webp' : null;
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readBytes(file);
  } catch (error) {
    throw readProblem(error, file);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function nothingIn(file: string): UserError {
  return new UserError(
    `${file} does not say where it comes from; give a picture or film of CoVAE Studio, or a set with its JSON beside it.`,
    { code: 'not-found', file },
  );
}
