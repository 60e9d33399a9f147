/** What is done with an input that holds images: it is read through, previewed and imported. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/errors.ts';
import { decodeImage } from '../core/data/decode/decode.ts';
import { UnusableImage } from '../core/data/decode/unusable-image.ts';
import { importDataset } from '../core/data/import/import-dataset.ts';
import { previewImport } from '../core/data/import/preview.ts';
import { openSource } from '../core/data/readers/open.ts';
import type { SourceKind, SourceRequest } from '../core/data/readers/source.ts';
import { datasetsFolder } from '../core/library.ts';
import { checkSentence, type Outcome, outcomeOf } from './outcome.ts';

/** Decodes one image's bytes; a reason in few words counts as a refusal. */
export async function decodeOne(bytes: Uint8Array): Promise<Outcome> {
  try {
    const { width, height, channels, data } = await decodeImage(bytes);
    if (data.length !== width * height * channels) {
      throw new Error(`${data.length} bytes for ${width} × ${height} × ${channels}`);
    }
    return 'result';
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    checkReason(error.message);
    return 'refusal';
  }
}

function checkReason(reason: string): void {
  if (reason === '' || /[\n\r]|\.$/.test(reason)) throw new Error(`no reason: ${reason.slice(0, 500)}`);
  checkSentence(`${reason}.`);
}

/** Opens a file as it would be by hand, reads all of it, and looks at a preview. */
export async function readSource(file: string, kind: SourceKind | null): Promise<Outcome> {
  const request: SourceRequest = { kind, paths: [file] };
  const read = await outcomeOf(async () => {
    const source = await openSource(request);
    try {
      checkSentence(source.description);
      let count = 0;
      for await (const item of source.items()) {
        count++;
        if ('skipped' in item) checkReason(item.skipped.reason);
        else if (item.content.kind === 'encoded') await item.content.read().then(decodeOne, checkUnusable);
      }
      if (source.total !== null && source.total !== count) {
        throw new Error(`${count} items where the source says ${source.total}`);
      }
    } finally {
      await source.close();
    }
  });
  await outcomeOf(async () => {
    await previewImport(path.dirname(file), request, {}, 8);
  });
  return read;
}

function checkUnusable(error: unknown): void {
  if (error instanceof UserError) checkSentence(error.message);
  else if (error instanceof UnusableImage) checkReason(error.message);
  else throw error;
}

/** Imports a file into an empty library; nothing may be left there but the data set. */
export async function importSource(file: string, kind: SourceKind | null, home: string): Promise<Outcome> {
  const settings = { size: 8 };
  const outcome = await outcomeOf(async () => {
    await importDataset({ home, name: 'set', request: { kind, paths: [file] }, settings });
  });
  const left = await fs.readdir(datasetsFolder(home)).catch(() => []);
  const expected = outcome === 'result' ? 'set' : '';
  if (left.join() !== expected) throw new Error(`left behind in the library: ${left.join(', ')}`);
  return outcome;
}
