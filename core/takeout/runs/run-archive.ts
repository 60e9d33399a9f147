/**
 * A run as one file: a zip archive of its folder, with `covae-run.json` as its last entry, which has the size and SHA-256
 * of each file. What was set aside and what is being written is left out.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { ZipStream } from '../../export/zip-stream.ts';
import { checkFileName } from '../../export/target.ts';
import { readProblem } from '../../files.ts';
import { lockRun } from '../../library-locks.ts';
import { runFolder } from '../../library.ts';
import { whileLocked } from '../../lock.ts';
import { type OutputOptions, writeOutput } from '../../output.ts';
import { openToRead } from '../../read-file.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { APP_VERSION } from '../../version.ts';

export const ARCHIVE_NOTE = 'covae-run.json';

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const ArchiveNoteSchema = v.strictObject({
  format: v.literal('covae-run-archive'),
  version: v.literal(1),
  software: v.string(),
  run: v.string(),
  files: v.array(
    v.strictObject({ name: v.string(), size, sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
  ),
});

export type ArchiveNote = v.InferOutput<typeof ArchiveNoteSchema>;

export interface ArchiveProgress {
  /** Bytes. */
  done: number;
  total: number;
}

export interface ArchiveOptions extends OutputOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: ArchiveProgress) => void) | undefined;
}

/** Bytes read at once. */
const PIECE = 1 << 20;

/**
 * Writes a run into one archive. The same run gives the same bytes.
 *
 * @throws UserError in one sentence: the run is being trained or changed, a file cannot be read, the target is taken or the
 *   disk is full; the signal's reason when aborted. Nothing is left behind then
 */
export async function exportRun(
  home: string,
  id: string,
  to: string,
  { force, signal, onProgress }: ArchiveOptions = {},
): Promise<{ file: string; files: number; bytes: number }> {
  const target = path.resolve(to);
  checkFileName(target, '.zip', 'runs');
  const folder = runFolder(home, id);
  await readRunManifest(folder);
  return whileLocked(lockRun(home, id, 'is being exported'), async () => {
    const files = await filesIn(folder);
    const total = files.reduce((sum, file) => sum + file.size, 0);
    await writeOutput(target, 'run', { force }, async (temporary) => {
      const handle = await fs.open(temporary, 'wx');
      const zip = new ZipStream(handle);
      try {
        const note: ArchiveNote = {
          ...{ format: 'covae-run-archive', version: 1, software: `CoVAE Studio ${APP_VERSION}`, run: id },
          files: [],
        };
        let done = 0;
        for (const { name, size } of files) {
          const hash = createHash('sha256');
          const put = zip.begin(`${id}/${name}`, size);
          for await (const piece of piecesOf(path.join(folder, name), size)) {
            signal?.throwIfAborted();
            hash.update(piece);
            await put(piece);
            done += piece.length;
            onProgress?.({ done, total });
          }
          await put(null);
          note.files.push({ name, size, sha256: hash.digest('hex') });
        }
        await zip.add(ARCHIVE_NOTE, Buffer.from(`${JSON.stringify(note, null, 1)}\n`));
        await zip.finish();
        await handle.sync();
      } catch (error) {
        await zip.abort();
        throw error;
      } finally {
        await handle.close();
      }
    });
    return { file: target, files: files.length, bytes: total };
  });
}

/** Files of a run, by name, with `/` between folders; nothing hidden and no links. */
export async function filesIn(folder: string, under = ''): Promise<{ name: string; size: number }[]> {
  const entries = await fs
    .readdir(path.join(folder, under), { withFileTypes: true })
    .catch((error: unknown) => {
      throw readProblem(error, path.join(folder, under));
    });
  const found: { name: string; size: number }[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const name = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesIn(folder, name)));
    else if (entry.isFile()) found.push({ name, size: (await fs.stat(path.join(folder, name))).size });
  }
  return found;
}

/** The first `size` bytes of a file. @throws UserError when it cannot be read, or is shorter by now */
export async function* piecesOf(file: string, size: number): AsyncGenerator<Uint8Array> {
  const handle = await openToRead(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
  try {
    for (let done = 0; done < size;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, size - done));
      const { bytesRead } = await handle.read(piece, 0, piece.length, done);
      if (bytesRead === 0) throw new Error(`${file} became shorter while it was read`);
      done += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
