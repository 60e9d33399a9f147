/** For the tests of files that are damaged, or made to do harm. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { UserError } from '../../errors.ts';
import { decodeImage } from '../decode/decode.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { openSource } from './open.ts';
import type { SourceRequest } from './source.ts';

export const FOLDER = path.join(import.meta.dirname, 'testdata');
export const read = (name: string): Buffer => fs.readFileSync(path.join(FOLDER, name));

/** A folder of the test file's own. */
export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-hostile-'));
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Writes a file into the scratch folder. @returns its path */
export function put(name: string, bytes: Uint8Array | string): string {
  const file = path.join(scratch, name);
  fs.writeFileSync(file, bytes);
  return file;
}

/** Reads all of a source: how many images, and what was left out. */
export async function readAll(request: SourceRequest): Promise<{ count: number; skipped: string[] }> {
  const source = await openSource(request);
  try {
    const skipped: string[] = [];
    let count = 0;
    for await (const item of source.items()) {
      if ('skipped' in item) {
        skipped.push(`${item.skipped.file}: ${item.skipped.reason}`);
        continue;
      }
      try {
        if (item.content.kind === 'encoded') await decodeImage(await item.content.read());
        count++;
      } catch (error) {
        if (!(error instanceof UnusableImage)) throw error;
        skipped.push(`${item.file}: ${error.message}`);
      }
    }
    return { count, skipped };
  } finally {
    await source.close();
  }
}

/** The sentence with which a file is refused, without the path of the scratch folder. */
export async function refusal(file: string, more: Partial<SourceRequest> = {}): Promise<string> {
  const error: unknown = await readAll({ kind: null, paths: [file], ...more }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  const message = error instanceof Error ? error.message : '';
  expect(message).toMatch(/^[^\n]+\.$/);
  return message.replaceAll(`${scratch}${path.sep}`, '');
}
