/** Where a run is imported from: an archive, or a folder. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import yauzl from 'yauzl';
import { UserError } from '../../errors.ts';
import { exists, isFolder, readProblem } from '../../files.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { ARCHIVE_NOTE, type ArchiveNote, ArchiveNoteSchema, filesIn, piecesOf } from './run-archive.ts';

/** The note of an archive is some lines a file; more is none. */
const MAX_NOTE_BYTES = 16 << 20;

export interface RunSource {
  /** What was given, as an absolute path. */
  file: string;
  /** Id of the run. */
  id: string;
  /** `sha256` is null in a folder that says nothing of its files. */
  files: { name: string; size: number; sha256: string | null }[];
  pieces(name: string): AsyncIterable<Uint8Array>;
  close(): void;
}

/** @throws UserError in one sentence when it is not there, is damaged, or no run */
export async function openRunSource(asked: string): Promise<RunSource> {
  const file = path.resolve(asked);
  if (await isFolder(file)) return openFolder(file);
  await fs.access(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
  return openArchive(file);
}

async function openFolder(folder: string): Promise<RunSource> {
  // An archive that was unpacked, or the run's own folder.
  const note = path.join(folder, ARCHIVE_NOTE);
  if (await exists(note)) {
    const said = noteOf(await fs.readFile(note), folder);
    const own = path.join(folder, said.run);
    return {
      ...{ file: folder, id: said.run, files: said.files },
      pieces: (name) => piecesOf(path.join(own, name), sizeOf(said, name)),
      close: () => undefined,
    };
  }
  if (!(await exists(path.join(folder, 'run.json')))) throw noRun(folder);
  const { id } = await readRunManifest(folder);
  const files = await filesIn(folder);
  return {
    ...{ file: folder, id, files: files.map((entry) => ({ ...entry, sha256: null })) },
    pieces: (name) =>
      piecesOf(path.join(folder, name), files.find((entry) => entry.name === name)?.size ?? 0),
    close: () => undefined,
  };
}

async function openArchive(file: string): Promise<RunSource> {
  let zip: yauzl.ZipFile;
  const entries = new Map<string, yauzl.Entry>();
  try {
    zip = await yauzl.openPromise(file, { autoClose: false, lazyEntries: true });
  } catch (error) {
    throw damaged(file, error);
  }
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
    const found = entries.get(ARCHIVE_NOTE);
    if (found === undefined || found.uncompressedSize > MAX_NOTE_BYTES) throw noRun(file);
    const pieces: Uint8Array[] = [];
    for await (const piece of read(zip, found)) pieces.push(piece);
    const note = noteOf(Buffer.concat(pieces), file);
    return {
      ...{ file, id: note.run, files: note.files },
      async *pieces(name) {
        const entry = entries.get(`${note.run}/${name}`);
        if (entry === undefined || entry.uncompressedSize !== sizeOf(note, name)) {
          throw new UserError(
            `${file} is damaged: ${name} is missing from it or has another size; export the run again.`,
            {
              ...{ code: 'unreadable', file },
            },
          );
        }
        try {
          yield* read(zip, entry);
        } catch (error) {
          throw damaged(file, error);
        }
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error instanceof UserError ? error : damaged(file, error);
  }
}

async function* read(zip: yauzl.ZipFile, entry: yauzl.Entry): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  for await (const piece of stream) yield piece as Uint8Array;
}

/** Reads what an archive says of itself; no name in it leads out of the run's folder. */
function noteOf(bytes: Uint8Array, file: string): ArchiveNote {
  let json: unknown = null;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    // Told below.
  }
  const read = v.safeParse(ArchiveNoteSchema, json);
  if (!read.success) throw noRun(file);
  const bad = read.output.files.find(({ name }) => !isPlain(name));
  if (bad === undefined) return read.output;
  throw new UserError(`${file} names a file that no run has, ${bad.name}; nothing of it was imported.`, {
    ...{ code: 'refused', file },
  });
}

/** Names of files and folders of a run: none hidden, none that leads elsewhere. */
function isPlain(name: string): boolean {
  return name.split('/').every((part) => /^[^.\\/:\0][^\\/:\0]{0,200}$/.test(part));
}

function sizeOf({ files }: ArchiveNote, name: string): number {
  return files.find((entry) => entry.name === name)?.size ?? 0;
}

function noRun(file: string): UserError {
  return new UserError(
    `${file} is no run; give an archive of covae runs export, or the folder of a run with its run.json.`,
    { code: 'invalid', file },
  );
}

function damaged(file: string, cause: unknown): UserError {
  const why = cause instanceof Error ? cause.message.replace(/[.\s]+$/, '') : String(cause);
  return new UserError(`${file} is damaged or no zip archive (${why}); export the run again.`, {
    ...{ code: 'unreadable', file, cause },
  });
}
