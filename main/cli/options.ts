/** What the commands share: options, and the checks of their values. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import * as v from 'valibot';
import { FreeNameSchema, NameSchema } from '../../core/names.ts';
import { capitalised } from '../../core/words.ts';
import { parseTimePoints } from '../../core/explore/time-point.ts';
import { checkFolderName } from '../../core/export/target.ts';
import { expandTilde } from '../../core/files.ts';
import { libraryHome } from '../../core/library.ts';
import { checkOutput } from '../../core/output.ts';
import { printable } from '../../core/printable.ts';
import { DUMP_FILES } from '../../core/tensor/dump-files.ts';
import type { WhichCheckpoint } from '../../core/run/which-checkpoint.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { TimePoint } from '../../core/explore/api.ts';

/** Options of every command. */
export interface CommonOptions {
  home?: string;
  json?: boolean;
}

/** Adds `--home` and `--json`. */
export function withCommonOptions(command: Command): Command {
  return command
    .option(
      '--home <dir>',
      'library folder with data sets and runs, the same that the application uses (default: $COVAE_HOME' +
        `${printable(defaultHome())})`,
      parsePath,
    )
    .option('--json', 'print JSON lines for machines instead of text');
}

/** As the help tells it. */
function defaultHome(): string {
  try {
    return `, else ${libraryHome(undefined)}`;
  } catch {
    // There is no home folder; told by the command that needs one.
    return '';
  }
}

/** `--dump-graph`, and `--force` for what is in its folder. */
export interface DumpOptions {
  dumpGraph?: string | undefined;
  force?: boolean | undefined;
}

/** {@link DumpOptions} as sessions and generators take them. */
export function dumpOptionsOf({ dumpGraph, force = false }: DumpOptions): {
  dumpGraph?: string;
  replaceDump?: boolean;
} {
  return dumpGraph === undefined ? {} : { dumpGraph, replaceDump: force };
}

/** Told before the slow part begins. @throws UserError when the folder has a graph already */
export async function checkDumpTarget({ dumpGraph, force }: DumpOptions): Promise<void> {
  if (dumpGraph === undefined) return;
  await checkFolderName(dumpGraph, 'a folder');
  for (const name of DUMP_FILES) checkOutput(path.join(dumpGraph, name), { force });
}

/** The option `--dump-graph`. */
export function dumpGraphOption(): Option {
  return new Option(
    '--dump-graph <dir>',
    'leave the compiled graph in this folder, as a SavedModel, as text (graph.txt) and as a count of its operations (ops.json)',
  ).argParser(parsePath);
}

/** The option `--force`. */
export function forceOption(): Option {
  return new Option('--force', 'replace files of the same names');
}

/** An option that takes a whole number of a range. */
export function wholeNumber(flags: string, description: string, min: number, max: number): Option {
  return new Option(flags, description).argParser((text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    }
    return value;
  });
}

/** A number as people write it: NaN for the other forms that JavaScript reads, 0 for −0. */
function decimal(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) + 0 : NaN;
}

/** `newest`, `best`, or a step. */
export function parseCheckpoint(text: string): WhichCheckpoint {
  if (text === 'newest' || text === 'best') return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give newest, best, or the step of a checkpoint.');
}

/** The option `--step`: which checkpoint of a run is meant. */
export function checkpointOption(): Option {
  return new Option(
    '--step <which>',
    'checkpoint: newest, best (by the evaluations while it was trained), or its step',
  )
    .argParser(parseCheckpoint)
    .default('newest');
}

/** An option that takes a number greater than 0 and not above `max`. */
export function positiveNumber(flags: string, description: string, max: number): Option {
  return new Option(flags, description).argParser((text) => {
    const value = decimal(text);
    if (!(value > 0 && value <= max)) {
      throw new InvalidArgumentError(`It must be a number above 0 and up to ${max}.`);
    }
    return value;
  });
}

/** An option that takes a number of a range, both ends included. */
export function numberBetween(flags: string, description: string, min: number, max: number): Option {
  return new Option(flags, description).argParser((text) => {
    const value = decimal(text);
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
    }
    return value;
  });
}

/** Parses places on the time axis: `129`, `129,64`, `t=0.5`. */
export function parsePlaces(text: string): TimePoint[] {
  const points = parseTimePoints(text);
  if (points !== null) return points;
  throw new InvalidArgumentError('Give indices of time steps or times, such as 129 or 129,64 or t=0.5.');
}

/**
 * Parses `key=value` and adds it to the settings given before. The value is JSON where it can be read as such, else
 * text: `null`, `0.5`, `[1,2]`, `adamw`.
 */
export function parseSetting(text: string, before: Settings = {}): Settings {
  const [, key, value] = /^\s*([\w.]+)\s*=([^]*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined || value.trim() === '') {
    throw new InvalidArgumentError('Give a key and its value, such as training.optimizer=adamw.');
  }
  return { ...before, [key]: jsonOrText(value.trim()) };
}

/** Options that are settings of a preset's configuration. */
export interface SettingOptions {
  steps?: number | undefined;
  batch?: number | undefined;
  lr?: number | undefined;
  set?: Settings | undefined;
}

/** The settings given on the command line; what `--set` names goes over the options that are for one setting. */
export function givenSettings({ steps, batch, lr, set }: SettingOptions): Settings {
  return {
    ...(steps !== undefined && { 'training.steps': steps }),
    ...(batch !== undefined && { 'training.batchSize': batch }),
    ...(lr !== undefined && { 'training.learningRate': lr }),
    ...set,
  };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Parses a path; a `~` that the shell has not seen (`--out=~/x`) is the user's home. */
export function parsePath(text: string): string {
  // Taken as it is, it would mean the current folder: mostly a variable of a script that is not set.
  if (text === '') throw new InvalidArgumentError('The path is empty; give a file or a folder.');
  if (text.includes('\0')) {
    throw new InvalidArgumentError('The path has a NUL character in it, which no file or folder can have.');
  }
  return expandTilde(text);
}

/** As {@link parsePath}, for an argument that takes several. */
export function parsePaths(text: string, before: readonly string[] = []): string[] {
  return [...before, parsePath(text)];
}

/** Parses the name of a data set. */
export function parseName(text: string): string {
  const result = v.safeParse(NameSchema, text);
  if (result.success) return result.output;
  throw new InvalidArgumentError(
    `A name needs 1 to 64 letters, digits, spaces, dots, dashes or underscores.`,
  );
}

export const MAX_SEED = 0xffffffff;

/** Parses the name of a run or preset: letters of any language, and signs. */
export function parseFreeName(text: string): string {
  const result = v.safeParse(FreeNameSchema, text);
  if (result.success) return result.output;
  throw new InvalidArgumentError(`${capitalised(result.issues[0].message)}.`);
}
