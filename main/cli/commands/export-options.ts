/** The options of `covae export`: what there is, what belongs to what, and the command that makes an export again. */
import { UserError } from '../../../core/errors.ts';
import { formatTimePoints } from '../../../core/explore/time-point.ts';
import type { TimePoint } from '../../../core/explore/api.ts';
import type { Kernel } from '../../../core/export/enlarge.ts';
import type { WhichCheckpoint } from '../../../core/run/which-checkpoint.ts';
import { shellWord } from '../format.ts';
import type { CommonOptions } from '../options.ts';
import type { PictureOptions, WeightsAndClass } from './drawing.ts';

export const WHATS = ['samples', 'reconstructions', 'path', 'film'] as const;
export type What = (typeof WHATS)[number];

export const FORMAT_NAMES = [
  'png',
  'grid',
  'zip',
  'npz',
  'npy',
  'parquet',
  'frames',
  'gif',
  'webp',
  'apng',
] as const;
export type As = (typeof FORMAT_NAMES)[number];

export interface ExportOptions extends CommonOptions, WeightsAndClass, PictureOptions {
  what: What;
  as: As;
  count?: number;
  start?: number;
  seed?: number;
  passes?: number;
  at?: TimePoint[];
  temperature?: number;
  step: WhichCheckpoint;
  data?: string;
  from?: number;
  to?: number;
  scale?: number;
  resize?: Kernel;
  columns?: number;
  gap?: number;
  background?: number;
  rate?: number;
  loop?: number;
  hold?: number;
  pingPong?: boolean;
  provenance: boolean;
}

/** Options that only some exports know. */
const OF_WHAT: Partial<Record<keyof ExportOptions, readonly What[]>> = {
  count: ['samples', 'reconstructions', 'path'],
  start: ['samples', 'reconstructions'],
  seed: ['samples'],
  passes: ['samples'],
  at: ['samples', 'reconstructions', 'path'],
  temperature: ['samples'],
  step: ['samples', 'reconstructions', 'path'],
  label: ['samples', 'reconstructions', 'path'],
  guidance: ['samples', 'reconstructions', 'path'],
  data: ['reconstructions'],
  from: ['path'],
  to: ['path'],
};
const OF_FORMAT: Partial<Record<keyof ExportOptions, readonly As[]>> = {
  columns: ['grid'],
  gap: ['grid'],
  background: ['grid'],
  rate: ['gif', 'webp', 'apng'],
  loop: ['gif', 'webp', 'apng'],
  hold: ['gif', 'webp', 'apng'],
  pingPong: ['gif', 'webp', 'apng'],
};

/** @throws UserError when an option was given that means nothing for this export */
export function checkBelonging(options: ExportOptions): void {
  for (const [key, whats] of entries(OF_WHAT)) {
    const isGiven = options[key] !== undefined && options[key] !== 'newest';
    if (isGiven && !whats.includes(options.what)) {
      throw new UserError(
        `${flagOf(key)} means nothing for --what ${options.what}; it is for --what ${whats.join(' or ')}.`,
        { code: 'usage' },
      );
    }
  }
  for (const [key, formats] of entries(OF_FORMAT)) {
    if (options[key] !== undefined && !formats.includes(options.as)) {
      throw new UserError(
        `${flagOf(key)} means nothing for --as ${options.as}; it is for --as ${formats.join(' or ')}.`,
        { code: 'usage' },
      );
    }
  }
}

/** The command that makes an export again, but for where it is written. */
export function commandOf(run: string, step: number, options: ExportOptions): string {
  const { at, provenance: _, step: __, ...others } = options;
  const words = ['covae', 'export', run];
  const given = { ...others, ...(options.what !== 'film' && { step }) };
  for (const [key, value] of Object.entries(given)) {
    if (UNTOLD.has(key) || value === undefined || (key === 'weights' && value === 'ema')) continue;
    words.push(flagOf(key), ...(value === true ? [] : [String(value)]));
  }
  if (at !== undefined) words.push('--at', formatTimePoints(at));
  return words.map(shellWord).join(' ');
}

const UNTOLD = new Set(['home', 'json', 'out', 'force']);

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function entries<T>(table: Partial<Record<keyof ExportOptions, readonly T[]>>) {
  return Object.entries(table) as [keyof ExportOptions, readonly T[]][];
}
