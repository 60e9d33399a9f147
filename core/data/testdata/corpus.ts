/** The corpus of damaged and hostile files, and what becomes of one that is opened and imported. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { datasetsFolder } from '../../library.ts';
import type { DatasetRecord } from '../dataset.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { importDataset } from '../import/import-dataset.ts';
import { previewImport } from '../import/preview.ts';
import { openSource } from '../readers/open.ts';
import type { SourceRequest } from '../readers/source.ts';

export const CORPUS = path.join(import.meta.dirname, 'corpus');

const CaseSchema = v.strictObject({
  name: v.string(),
  /** What is the matter with it. */
  what: v.string(),
  /** Relative to the corpus. */
  paths: v.array(v.string()),
  request: v.optional(
    v.strictObject({
      kind: v.optional(
        v.nullable(v.picklist(['folder', 'zip', 'tar', 'idx', 'cifar', 'npy', 'npz', 'parquet', 'tiles', 'files'])),
      ),
      layout: v.optional(v.picklist(['NHWC', 'NCHW', 'auto'])),
      labelsPath: v.optional(v.nullable(v.string())),
      imagesKey: v.optional(v.string()),
      labelsKey: v.optional(v.string()),
    }),
  ),
  /** Of the pixels that NumPy or Pillow have for its images. */
  fingerprint: v.optional(v.string()),
  /** What the import says when it refuses the file; paths without the corpus' folder. */
  message: v.optional(v.string()),
  /** When it does not: what was found, how many images were imported, and which were left out. */
  description: v.optional(v.string()),
  count: v.optional(v.number()),
  skipped: v.optional(v.record(v.string(), v.string())),
});
export type CorpusCase = v.InferOutput<typeof CaseSchema>;

export function readCorpus(): CorpusCase[] {
  const list: unknown = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'corpus.json'), 'utf8'));
  return v.parse(v.array(CaseSchema), list);
}

/** How the user would point at it. */
export function requestOf({ paths, request }: Pick<CorpusCase, 'paths' | 'request'>): SourceRequest {
  const { kind, layout, labelsPath, imagesKey, labelsKey } = request ?? {};
  return {
    kind: kind ?? null,
    paths: paths.map((file) => path.resolve(CORPUS, file)),
    ...(layout === undefined ? {} : { layout }),
    ...(imagesKey === undefined ? {} : { imagesKey }),
    ...(labelsKey === undefined ? {} : { labelsKey }),
    ...(labelsPath === undefined
      ? {}
      : { labelsPath: labelsPath === null ? null : path.resolve(CORPUS, labelsPath) }),
  };
}

export type Outcome =
  | { message: string }
  | { description: string; count: number; skipped: Record<string, string>; fingerprint: string };

/**
 * Opens a source and reads all of it, previews it and imports it, all of which must come to the same.
 *
 * @throws Error when something else than a sentence was thrown, or something is left behind
 */
export async function outcomeOf(request: SourceRequest): Promise<Outcome> {
  await refusal(readThrough(request));
  await refusal(previewImport(CORPUS, request, {}, 8));
  const home = await fsp.mkdtemp(path.join(os.tmpdir(), 'covae-corpus-'));
  try {
    const result = await refusal(importDataset({ home, name: 'set', request }));
    const left = await fsp.readdir(datasetsFolder(home)).catch(() => []);
    if (typeof result === 'string') {
      if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
      return { message: withoutFolder(result) };
    }
    if (left.join() !== 'set') throw new Error(`left behind: ${left.join(', ')}`);
    return told(result);
  } finally {
    await fsp.rm(home, { recursive: true, force: true });
  }
}

function told({ source, count, skipped, fingerprint }: DatasetRecord): Outcome {
  for (const { reason } of skipped) checkReason(reason);
  return {
    description: source.description,
    count,
    skipped: Object.fromEntries(skipped.map(({ file, reason }) => [file, withoutFolder(reason)])),
    fingerprint,
  };
}

/** Reads every item as the import does. */
async function readThrough(request: SourceRequest): Promise<void> {
  const source = await openSource(request);
  try {
    if (!isSentence(source.description)) throw new Error(`no sentence: ${source.description}`);
    let count = 0;
    for await (const item of source.items()) {
      count++;
      if ('skipped' in item) {
        checkReason(item.skipped.reason);
      } else if (item.content.kind === 'encoded') {
        await item.content.read().catch((error: unknown) => {
          if (!(error instanceof UnusableImage || error instanceof UserError)) throw error;
        });
      }
    }
    if (source.total !== null && source.total !== count) {
      throw new Error(`${count} items where the source says ${source.total}`);
    }
  } finally {
    await source.close();
  }
}

/** What a promise gives, or the sentence with which it refuses. @throws whatever is no {@link UserError} */
async function refusal<T>(promise: Promise<T>): Promise<T | string> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!isSentence(error.message)) throw new Error(`no single sentence: ${error.message}`, { cause: error });
    return error.message;
  }
}

/** One line that ends in a full stop and has none followed by another sentence; no trace of the program's insides. */
export function isSentence(text: string): boolean {
  return (
    /^[^\n\r]+\.$/.test(text) && !/\.\s+[A-Z]/.test(text) && !/\bat \S+:\d+|\bError:|undefined|\[object|node:/.test(text)
  );
}

function checkReason(reason: string): void {
  if (!/^[^\n\r]+[^.\s]$/.test(reason) || !isSentence(`${reason}.`)) throw new Error(`no reason: ${reason}`);
}

function withoutFolder(text: string): string {
  return text.replaceAll(CORPUS + path.sep, '');
}
