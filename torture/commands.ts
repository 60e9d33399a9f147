/** Commands that read a library, and what comes of them when all is well. */
import fs from 'node:fs';
import path from 'node:path';
import { decodeImage } from '../core/data/decode/decode.ts';
import { runFolder } from '../core/library.ts';
import { listRuns } from '../core/run/catalogue.ts';
import { readMetrics } from '../core/run/run-folder.ts';
import { readDiagnostics } from '../core/run/run-log.ts';
import { createHash } from 'node:crypto';
import { hashOf, lastTensors } from './check.ts';
import type { Told } from './crew.ts';
import type { Place } from './scenarios.ts';

export interface ReadingCommand {
  tensors: boolean;
  args(place: Place): string[];
  /** What it made, as a text to be compared. */
  result(place: Place, told: Told): Promise<string>;
}

const out = ({ out: folder }: Place, name: string): string => path.join(folder, name);

/** Weights, log and measurements of a run that has finished. */
async function trained(home: string, id: string): Promise<string> {
  const folder = runFolder(home, id);
  const log = (await readMetrics(folder)).map(({ step, loss }) => `${step}:${loss}`);
  const measured = (await readDiagnostics(folder)).map(({ step }) => step);
  return [lastTensors(home, id), log.join(), measured.join()].join('\n');
}

async function pixelsOf(file: string): Promise<string> {
  const { data, width, height } = await decodeImage(new Uint8Array(fs.readFileSync(file)));
  return `${width}×${height} ${createHash('sha256').update(data).digest('hex')}`;
}

async function newestTrained({ home, template }: Place): Promise<string> {
  const made = (await listRuns(home)).find(({ id }) => !template.runs.includes(id));
  return made === undefined ? 'none' : trained(home, made.id);
}

export const COMMANDS: Readonly<Record<string, ReadingCommand>> = {
  resume: {
    tensors: true,
    args: ({ home, template }) => ['resume', template.part, '--home', home],
    result: ({ home, template }) => trained(home, template.part),
  },
  train: {
    tensors: true,
    args: ({ home, template }) => [
      ...['train', '--data', 'set', '--preset', template.material.preset, '--name', 'new', '--home', home],
    ],
    result: newestTrained,
  },
  'train with it': {
    tensors: true,
    args: ({ home }) => [
      ...['train', '--data', 'set', '--preset', path.join(path.dirname(home), 'preset.json')],
      ...['--name', 'new', '--steps', '2', '--batch', '2', '--home', home],
    ],
    // What a preset says is what a person wants.
    result: async () => '',
  },
  sample: {
    tensors: true,
    args: (place) => [
      ...['sample', place.template.part, '--count', '4', '--out', out(place, 'a.png'), '--home', place.home],
    ],
    result: (place) => pixelsOf(out(place, 'a.png')),
  },
  'weights export': {
    tensors: true,
    args: (place) => [
      ...['weights', 'export', place.template.part, '--out', out(place, 'a.safetensors')],
      ...['--home', place.home],
    ],
    result: async (place) => hashOf(out(place, 'a.safetensors')),
  },
  'data export': {
    tensors: false,
    args: (place) => ['data', 'export', 'set', '--to', out(place, 'images'), '--home', place.home],
    async result(place) {
      const names = fs.readdirSync(out(place, 'images'), { recursive: true, encoding: 'utf8' }).sort();
      const files = names.map((name) => path.join(out(place, 'images'), name));
      const parts = files.map((file, i) => `${names[i]!} ${fs.statSync(file).isFile() ? hashOf(file) : ''}`);
      return parts.join('\n');
    },
  },
  'data show': {
    tensors: false,
    args: ({ home }) => ['data', 'show', 'set', '--home', home],
    result: async ({ home }, { stdout }) => stdout.replaceAll(path.dirname(home), ''),
  },
  /** What the window reads of runs and their samples, see victim.ts. */
  window: {
    tensors: false,
    args: ({ home, template }) => ['@window', home, template.part],
    result: async (_, { stdout }) => stdout,
  },
};
