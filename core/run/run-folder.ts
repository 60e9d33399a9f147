/** The run folder but for its checkpoints: `run.json` and `metrics.jsonl`. */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { errorCode, exists, readProblem, syncFolder, temporaryBeside, writeProblem } from '../files.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { runFolder } from '../library.ts';
import { thin } from '../thin.ts';
import { type MetricsLine, MetricsLineSchema, type RunManifest, RunManifestSchema } from './manifest.ts';

/**
 * Creates `runs/<id>` with its `run.json`; the folder appears whole or not at all.
 *
 * @returns the folder
 * @throws UserError when the id is taken or the library cannot be written
 */
export async function createRunFolder(home: string, manifest: RunManifest): Promise<string> {
  const folder = runFolder(home, manifest.id);
  checkValue(RunManifestSchema, manifest, `Run "${manifest.id}"`);
  if (await exists(folder))
    throw new UserError(`There is already a run "${manifest.id}" in ${home}; choose another name.`);
  const temporary = temporaryBeside(folder);
  try {
    await fsp.mkdir(temporary, { recursive: true });
    const handle = await fsp.open(path.join(temporary, 'run.json'), 'wx');
    try {
      await handle.writeFile(JSON.stringify(manifest, null, 2) + '\n');
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fsp.mkdir(path.join(temporary, 'checkpoints'));
    await fsp.mkdir(path.join(temporary, 'samples'));
    await syncFolder(temporary);
    await fsp.rename(temporary, folder);
    await syncFolder(path.dirname(folder));
  } catch (error) {
    await fsp.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeProblem(error, 'run', folder);
  }
  return folder;
}

/**
 * Reads and checks `run.json`.
 *
 * @throws UserError with one sentence naming file and key
 */
export async function readRunManifest(runDir: string): Promise<RunManifest> {
  const file = path.join(runDir, 'run.json');
  const manifest = await parseJsonFile(RunManifestSchema, file);
  if (manifest.id !== path.basename(path.resolve(runDir))) {
    throw new UserError(
      `${file}: key "id" says "${manifest.id}" but the folder is called "${path.basename(path.resolve(runDir))}".`,
    );
  }
  return manifest;
}

function metricsFile(runDir: string): string {
  return path.join(runDir, 'metrics.jsonl');
}

/** Appends to `metrics.jsonl`. One writer at a time. */
export interface MetricsLog {
  /** @throws UserError when the disk refuses */
  append(line: MetricsLine): void;
  close(): void;
}

/**
 * Opens `metrics.jsonl` for appending: cuts off a torn last line, and the lines of steps after `lastStep`,
 * which a resumed training is about to do again.
 *
 * @param lastStep step the training goes on from; 0 for a new one
 * @throws UserError when the file is damaged before its last line or cannot be written
 */
export function openMetricsLog(runDir: string, lastStep: number): MetricsLog {
  const file = metricsFile(runDir);
  try {
    const descriptor = fs.openSync(file, 'a+');
    try {
      fs.ftruncateSync(descriptor, keptBytes(fs.readFileSync(file), file, lastStep));
    } catch (error) {
      fs.closeSync(descriptor);
      throw error;
    }
    return {
      append(line) {
        try {
          fs.appendFileSync(descriptor, JSON.stringify(line) + '\n');
        } catch (error) {
          throw writeProblem(error, 'log of the training', file);
        }
      },
      close() {
        fs.closeSync(descriptor);
      },
    };
  } catch (error) {
    throw writeProblem(error, 'log of the training', file);
  }
}

/** Length of the whole lines up to and with step `lastStep`. */
function keptBytes(content: Buffer, file: string, lastStep: number): number {
  let kept = 0;
  for (const { text, end, number } of wholeLines(content)) {
    const line = parseLine(text, file, number, end === content.length);
    if (line === null || line.step > lastStep) break;
    kept = end;
  }
  return kept;
}

function* wholeLines(content: Buffer): Generator<{ text: string; end: number; number: number }> {
  let start = 0;
  for (let number = 1; ; number++) {
    const newline = content.indexOf(0x0a, start);
    if (newline < 0) return;
    yield { text: content.toString('utf8', start, newline), end: newline + 1, number };
    start = newline + 1;
  }
}

/** @returns null for a last line that was torn by a crash */
function parseLine(text: string, file: string, number: number, isLast: boolean): MetricsLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    if (isLast) return null;
    throw new UserError(`${file}: line ${number} is not valid JSON; the file was damaged, remove that line.`);
  }
  const result = v.safeParse(MetricsLineSchema, value);
  return result.success ? result.output : checkValue(MetricsLineSchema, value, `${file}, line ${number}`);
}

/**
 * The logged lines, thinned to at most `limit` evenly spaced ones with the first and the last among them.
 * A run that has logged nothing yet has none.
 *
 * @throws UserError naming the line that is damaged; a torn last line is left out without a word
 */
export async function readMetrics(runDir: string, limit = Infinity): Promise<MetricsLine[]> {
  const file = metricsFile(runDir);
  let content: Buffer;
  try {
    content = await fsp.readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, file);
  }
  const lines: MetricsLine[] = [];
  for (const { text, end, number } of wholeLines(content)) {
    const line = parseLine(text, file, number, end === content.length);
    if (line !== null) lines.push(line);
  }
  return thin(lines, limit);
}

/** The last whole line, read from the end of the file; null when there is none. */
export async function readLastMetrics(runDir: string): Promise<MetricsLine | null> {
  const file = metricsFile(runDir);
  try {
    const handle = await fsp.open(file, 'r');
    try {
      const { size } = await handle.stat();
      // A line has about 250 bytes.
      const tail = Buffer.alloc(Math.min(size, 8192));
      await handle.read(tail, 0, tail.length, size - tail.length);
      const lines = tail.toString('utf8').split('\n').slice(0, -1).reverse();
      for (const text of lines) {
        const line = lastLine(text);
        if (line !== null) return line;
      }
      return null;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw readProblem(error, file);
  }
}

function lastLine(text: string): MetricsLine | null {
  try {
    const result = v.safeParse(MetricsLineSchema, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
