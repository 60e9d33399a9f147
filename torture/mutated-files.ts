/** Files of a library that are damaged, how, and which commands read them. */
import fs from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mutateBytes, type Mutator } from '../fuzz/mutate/bytes.ts';
import { mutateJson, mutateJsonLines } from '../fuzz/mutate/texts.ts';
import { mutateSafetensors } from '../fuzz/mutate/arrays.ts';
import type { Random } from '../fuzz/random.ts';
import type { Place } from './scenarios.ts';
import { STOPPED_AT, type Template } from './template.ts';

export interface Target {
  /** Relative to the folder of the case, in which `library` is. */
  file(template: Template): string;
  mutate: Mutator;
  /** Names in commands.ts: what reads the file. */
  commands: readonly string[];
  /** Every change has to be told, whatever comes of the command: what is in the file is held to a hash. */
  hashed?: boolean;
  /** A person may delete the file: that it is gone is none of the program's business. */
  mayBeGone?: boolean;
}

const step = `step-${String(STOPPED_AT).padStart(8, '0')}`;
const ofRun =
  (...names: string[]): Target['file'] =>
  (template) =>
    path.join('library', 'runs', template.part, ...names);
const ofSet =
  (name: string): Target['file'] =>
  () =>
    path.join('library', 'datasets', 'set', name);
const checkpoint = (name: string, mutate: Mutator): Target => ({
  ...{ file: ofRun('checkpoints', step, name), mutate, hashed: true },
  commands: ['resume', 'sample', 'weights export'],
});

export const TARGETS: Readonly<Record<string, Target>> = {
  'run.json': { file: ofRun('run.json'), mutate: mutateJson, commands: ['resume', 'sample', 'window'] },
  'checkpoint manifest': checkpoint('manifest.json', mutateJson),
  'checkpoint state': checkpoint('state.json', mutateJson),
  'checkpoint model': checkpoint('model.safetensors', mutateSafetensors),
  'checkpoint ema': checkpoint('ema.safetensors', mutateSafetensors),
  'checkpoint optimizer': checkpoint('optimizer.safetensors', mutateSafetensors),
  'metrics.jsonl': { file: ofRun('metrics.jsonl'), mutate: mutateJsonLines, commands: ['resume'] },
  'diagnostics.jsonl': { file: ofRun('diagnostics.jsonl'), mutate: mutateJsonLines, commands: ['resume'] },
  'samples of a run': {
    ...{ file: ofRun('samples', `${step}.png`), mutate: mutateBytes, mayBeGone: true },
    commands: ['window', 'resume'],
  },
  'dataset.json': {
    ...{ file: ofSet('dataset.json'), mutate: mutateJson },
    commands: ['resume', 'data export', 'data show'],
  },
  'pixels.u8': {
    ...{ file: ofSet('pixels.u8'), mutate: mutateBytes, hashed: true },
    commands: ['resume', 'train', 'data export'],
  },
  'labels.u8': {
    ...{ file: ofSet('labels.u8'), mutate: mutateBytes, hashed: true },
    commands: ['resume', 'train', 'data export'],
  },
  'split.u8': { file: ofSet('split.u8'), mutate: mutateBytes, hashed: true, commands: ['resume', 'train'] },
  'names.jsonl': {
    file: ofSet('names.jsonl'),
    mutate: mutateJsonLines,
    commands: ['data export', 'data show'],
  },
  'statistics.json': { file: ofSet('statistics.json'), mutate: mutateJson, commands: ['data show'] },
  'flags.json': { file: ofSet('flags.json'), mutate: mutateJson, commands: ['data show'] },
  preset: { file: () => 'preset.json', mutate: mutateJson, commands: ['train with it'] },
  'recorded graph': { file: () => 'cache', mutate: mutateBytes, commands: ['resume', 'sample'] },
};

/** What else may happen to any file. */
const WAYS: Readonly<Record<string, (file: string, random: Random) => void>> = {
  gone: (file) => fs.rmSync(file),
  empty: (file) => fs.truncateSync(file),
  shorter: (file, random) => fs.truncateSync(file, random.below(fs.statSync(file).size)),
  zeros: (file, random) => {
    const bytes = fs.readFileSync(file);
    const start = random.below(bytes.length);
    const end = Math.min(bytes.length, start + random.pick([1, 16, 512, bytes.length]));
    fs.writeFileSync(file, bytes.fill(0, start, end));
  },
  doubled: (file) => fs.appendFileSync(file, fs.readFileSync(file)),
  'another file': (file, random) => {
    const others = fs.readdirSync(path.dirname(file), { withFileTypes: true }).filter((e) => e.isFile());
    fs.copyFileSync(path.join(path.dirname(file), random.pick(others).name), file);
  },
  'a folder': (file) => {
    fs.rmSync(file);
    fs.mkdirSync(file);
  },
};

/** Damages a file. @returns how, in words; null when nothing that could matter is different */
export function damage(file: string, { mutate, mayBeGone }: Target, random: Random): string | null {
  const before = fs.readFileSync(file);
  if (random.chance(0.3)) {
    const ways = Object.keys(WAYS).filter((name) => !(mayBeGone === true && name === 'gone'));
    const way = random.pick(ways);
    WAYS[way]!(file, random);
    const now = fs.statSync(file, { throwIfNoEntry: false });
    return now?.isFile() === true && fs.readFileSync(file).equals(before) ? null : way;
  }
  const after = mutate(before, random);
  fs.writeFileSync(file, after);
  return sameContent(before, after) ? null : `changed from ${before.length} to ${after.length} bytes`;
}

/** The same bytes, or JSON that says the same. */
function sameContent(before: Uint8Array, after: Uint8Array): boolean {
  if (Buffer.compare(before, after) === 0) return true;
  try {
    return isDeepStrictEqual(jsonOf(before), jsonOf(after));
  } catch {
    return false;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  return Buffer.from(bytes).toString('utf8').split('\n').join('').length === 0
    ? bytes
    : JSON.parse(Buffer.from(bytes).toString('utf8'));
}

/** The file that is damaged in a copy of the template. */
export function fileOf({ home, template }: Place, target: Target, random: Random): string {
  const file = path.join(path.dirname(home), target.file(template));
  if (!fs.statSync(file).isDirectory()) return file;
  const names = fs.readdirSync(file, { recursive: true, encoding: 'utf8' }).sort();
  return path.join(file, random.pick(names.filter((name) => fs.statSync(path.join(file, name)).isFile())));
}
