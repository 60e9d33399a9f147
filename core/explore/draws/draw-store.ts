/**
 * Kept draws of a run, a folder each in the run's `draws/`: `draw.json`, `pixels.u8` (count × height × width × channels), which
 * grows while it is drawn, `marks.json` and `measures.json`. What was drawn of one that was stopped, or whose process died, is
 * as whole as any other.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { ImageBatch } from '../../data/dataset.ts';
import { UserError } from '../../errors.ts';
import {
  errorCode,
  exists,
  makeFolder,
  makeWhole,
  readProblem,
  syncFolder,
  visibleFolders,
  writeFileAtomic,
  writeNewFile,
  writeProblem,
} from '../../files.ts';
import { parseJsonFile } from '../../json-file.ts';
import { countOf } from '../../words.ts';
import {
  changedMarks,
  DrawIdSchema,
  type DrawMeasures,
  DrawMeasuresSchema,
  type DrawRecord,
  DrawRecordSchema,
  type KeptDraw,
  type MarkChange,
  type Marks,
  MarksSchema,
} from './draw-record.ts';

const RECORD = 'draw.json';
const PIXELS = 'pixels.u8';
const MARKS = 'marks.json';
const MEASURES = 'measures.json';
/** Where removed draws lie until they are forgotten. */
const REMOVED = '.removed';
/** How long a removed draw can be brought back, milliseconds. */
const FORGET_AFTER = 7 * 24 * 3600 * 1000;

export function drawsFolder(runDir: string): string {
  return path.join(runDir, 'draws');
}

/** The folder of a draw. @throws UserError for what is no draw's name */
export function drawFolder(runDir: string, id: string): string {
  if (v.safeParse(DrawIdSchema, id).success) return path.join(drawsFolder(runDir), id);
  throw new UserError(`"${id}" is no name of a draw; covae draws list names them.`, {
    code: 'not-found',
    window: `"${id}" is no name of a draw.`,
  });
}

/** A name for a new draw, by which draws sort in time. */
export function newDrawId({ createdAt, seed }: Pick<DrawRecord, 'createdAt' | 'seed'>): string {
  const when = createdAt.replace(/\.\d+Z$/, '').replace(/[-:]/g, '');
  return `${when}-seed-${seed}-${randomBytes(2).toString('hex')}`;
}

/** A draw that is being made. */
export class DrawWriter {
  count = 0;

  private constructor(
    readonly id: string,
    readonly record: DrawRecord,
    private readonly folder: string,
    private readonly handle: fs.FileHandle,
  ) {}

  /** @throws UserError when the disk refuses */
  static async begin(runDir: string, record: DrawRecord, id = newDrawId(record)): Promise<DrawWriter> {
    const folder = drawFolder(runDir, id);
    await makeFolder(drawsFolder(runDir));
    await makeWhole(folder, 'draw', async (temporary) => {
      await fs.mkdir(temporary);
      await writeNewFile(path.join(temporary, RECORD), json(record));
      await writeNewFile(path.join(temporary, PIXELS), new Uint8Array());
    });
    return new DrawWriter(id, record, folder, await fs.open(path.join(folder, PIXELS), 'a'));
  }

  /** Adds samples. @throws UserError when the disk refuses */
  async append({ count, data }: ImageBatch): Promise<void> {
    try {
      await this.handle.writeFile(data);
    } catch (error) {
      throw writeProblem(error, 'draw', path.join(this.folder, PIXELS));
    }
    this.count += count;
  }

  /** Ends it, also after a failure; of a draw without samples nothing is left. */
  async finish(lastStep: number): Promise<KeptDraw | null> {
    await this.handle.sync().catch(() => undefined);
    await this.handle.close();
    if (this.count === 0) {
      await fs.rm(this.folder, { recursive: true, force: true });
      return null;
    }
    const { step } = this.record;
    const record = lastStep === step ? this.record : { ...this.record, lastStep };
    // It may have been removed meanwhile.
    if (record !== this.record && (await exists(this.folder))) {
      await writeFileAtomic(path.join(this.folder, RECORD), json(record), 'draw');
    }
    return { ...record, id: this.id, count: this.count, marks: v.parse(MarksSchema, {}) };
  }
}

/** All draws of a run with at least one sample, newest first, and sentences on those that cannot be read. */
export async function listDraws(runDir: string): Promise<{ draws: KeptDraw[]; problems: string[] }> {
  const draws: KeptDraw[] = [];
  const problems: string[] = [];
  for (const id of await visibleFolders(drawsFolder(runDir))) {
    try {
      const draw = await readDraw(runDir, id);
      if (draw.count > 0) draws.push(draw);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  draws.sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
  return { draws, problems };
}

/** @throws UserError in one sentence: there is no such draw, or it cannot be read */
export async function readDraw(runDir: string, id: string): Promise<KeptDraw> {
  const folder = drawFolder(runDir, id);
  if (!(await exists(folder))) {
    throw new UserError(
      `The run ${path.basename(runDir)} has no draw "${id}"; covae draws list names those it has.`,
      {
        window: `The run ${path.basename(runDir)} has no draw "${id}" any more.`,
        code: 'not-found',
      },
    );
  }
  const record = await parseJsonFile(DrawRecordSchema, path.join(folder, RECORD));
  const file = path.join(folder, PIXELS);
  let bytes: number;
  try {
    bytes = (await fs.stat(file)).size;
  } catch (error) {
    throw readProblem(error, file);
  }
  const { asked, height, width, channels } = record;
  const count = Math.min(asked, Math.floor(bytes / (height * width * channels)));
  return { ...record, id, count, marks: await readMarks(folder) };
}

async function readMarks(folder: string): Promise<Marks> {
  const file = path.join(folder, MARKS);
  if (!(await exists(file))) return v.parse(MarksSchema, {});
  return parseJsonFile(MarksSchema, file);
}

/**
 * Samples of a draw, in the order of their places.
 *
 * @throws UserError when the draw has no such sample, or cannot be read
 */
export async function readSamples(
  runDir: string,
  id: string,
  indices: ArrayLike<number>,
): Promise<ImageBatch> {
  const { height, width, channels, count } = await readDraw(runDir, id);
  const size = height * width * channels;
  const data = new Uint8Array(indices.length * size);
  const file = path.join(drawFolder(runDir, id), PIXELS);
  const handle = await fs.open(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
  try {
    for (let at = 0; at < indices.length;) {
      const first = indices[at]!;
      let end = at + 1;
      while (end < indices.length && indices[end] === first + end - at) end++;
      const last = indices[end - 1]!;
      if (!Number.isInteger(first) || first < 0 || last >= count) {
        throw new UserError(
          `The draw ${id} has ${countOf(count, 'sample')}, so there is no sample ${last}.`,
          {
            code: 'not-found',
          },
        );
      }
      await handle.read(data, at * size, (end - at) * size, first * size);
      at = end;
    }
  } finally {
    await handle.close();
  }
  return { count: indices.length, height, width, channels, data };
}

/** Places `start` … of at most so many samples; fewer at the draw's end. */
export function placesFrom(start: number, wanted: number, count: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(wanted, count - start)) }, (_, i) => start + i);
}

/** Changes of one draw's marks, one after the other. */
const changes = new Map<string, Promise<unknown>>();

/**
 * Marks samples. @throws UserError when the draw or a sample is not there, or the disk refuses
 */
export async function markDraw(runDir: string, id: string, change: MarkChange): Promise<Marks> {
  const folder = drawFolder(runDir, id);
  const before = changes.get(folder) ?? Promise.resolve();
  const work = before
    .catch(() => undefined)
    .then(async () => {
      const draw = await readDraw(runDir, id);
      let marks: Marks;
      try {
        marks = changedMarks(draw.marks, change, draw.count);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new UserError(
          `The draw ${id} has ${countOf(draw.count, 'sample')}; give places from 0 to ${draw.count - 1}.`,
          { code: 'not-found' },
        );
      }
      await writeFileAtomic(path.join(folder, MARKS), json(marks), 'marks');
      return marks;
    });
  changes.set(folder, work);
  try {
    return await work;
  } finally {
    if (changes.get(folder) === work) changes.delete(folder);
  }
}

/** What was measured of a draw; null where nothing was, or it cannot be read. */
export async function readDrawMeasures(runDir: string, id: string): Promise<DrawMeasures | null> {
  const file = path.join(drawFolder(runDir, id), MEASURES);
  if (!(await exists(file))) return null;
  return parseJsonFile(DrawMeasuresSchema, file).catch(() => null);
}

export async function writeDrawMeasures(runDir: string, id: string, measures: DrawMeasures): Promise<void> {
  await writeFileAtomic(path.join(drawFolder(runDir, id), MEASURES), JSON.stringify(measures), 'measures');
}

/** Removes a draw; for a week {@link bringDrawBack} undoes it. @throws UserError when there is none of that name */
export async function removeDraw(runDir: string, id: string): Promise<void> {
  const folder = drawFolder(runDir, id);
  const removed = path.join(drawsFolder(runDir), REMOVED);
  await forgetRemoved(removed);
  await makeFolder(removed);
  await move(folder, path.join(removed, id));
  // Says when it was removed.
  await fs.utimes(path.join(removed, id), new Date(), new Date()).catch(() => undefined);
}

/** @throws UserError when no draw of that name was removed, or it is too long ago */
export async function bringDrawBack(runDir: string, id: string): Promise<void> {
  const folder = drawFolder(runDir, id);
  await move(path.join(drawsFolder(runDir), REMOVED, id), folder);
}

async function move(from: string, to: string): Promise<void> {
  try {
    await fs.rename(from, to);
    await syncFolder(path.dirname(to));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      throw new UserError(`There is no draw "${path.basename(from)}" in ${path.dirname(from)}.`, {
        code: 'not-found',
      });
    }
    throw writeProblem(error, 'draw', from);
  }
}

async function forgetRemoved(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder).catch(() => [])) {
    const file = path.join(folder, name);
    const { mtimeMs = Date.now() } = (await fs.stat(file).catch(() => null)) ?? {};
    if (Date.now() - mtimeMs > FORGET_AFTER) await fs.rm(file, { recursive: true, force: true });
  }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
