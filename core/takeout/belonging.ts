/** Which options of an export belong to what, and the command that makes it again. */
import { UserError } from '../errors.ts';
import { formatTimePoints } from '../explore/time-point.ts';
import { shellWord } from '../shell-word.ts';
import type { As, ExportOrder, What } from './order.ts';

/** Options that only some exports know. */
const OF_WHAT: Partial<Record<keyof ExportOrder, readonly What[]>> = {
  count: ['samples', 'reconstructions', 'path', 'plane'],
  start: ['samples', 'reconstructions'],
  seed: ['samples'],
  passes: ['samples'],
  at: ['samples', 'reconstructions', 'path', 'plane'],
  prior: ['samples'],
  temperature: ['samples'],
  laterTemperature: ['samples'],
  step: ['samples', 'reconstructions', 'path', 'plane'],
  label: ['samples', 'reconstructions', 'path', 'plane'],
  guidance: ['samples', 'reconstructions', 'path', 'plane'],
  data: ['reconstructions'],
  from: ['path'],
  to: ['path'],
  corners: ['plane'],
};
const OF_FORMAT: Partial<Record<keyof ExportOrder, readonly As[]>> = {
  columns: ['grid'],
  gap: ['grid'],
  background: ['grid'],
  captions: ['grid'],
  name: ['dataset'],
  rate: ['gif', 'webp', 'apng', 'mp4', 'webm'],
  loop: ['gif', 'webp', 'apng'],
  hold: ['gif', 'webp', 'apng', 'mp4', 'webm'],
  pingPong: ['gif', 'webp', 'apng', 'mp4', 'webm'],
};

/** @throws UserError when an option was given that means nothing for this export */
export function checkBelonging(order: ExportOrder): void {
  for (const [key, whats] of entries(OF_WHAT)) {
    const isGiven = order[key] !== undefined && order[key] !== 'newest';
    if (isGiven && !whats.includes(order.what)) {
      throw new UserError(
        `${flagOf(key)} means nothing for --what ${order.what}; it is for --what ${whats.join(' or ')}.`,
        { code: 'usage' },
      );
    }
  }
  for (const [key, formats] of entries(OF_FORMAT)) {
    if (order[key] !== undefined && !formats.includes(order.as)) {
      throw new UserError(
        `${flagOf(key)} means nothing for --as ${order.as}; it is for --as ${formats.join(' or ')}.`,
        { code: 'usage' },
      );
    }
  }
}

/** The command that makes an export again, but for where it is written. */
export function commandOf(run: string, step: number, order: ExportOrder): string {
  const { at, provenance: _, step: __, ...others } = order;
  const words = ['covae', 'export', run];
  const given = { ...others, ...(order.what !== 'film' && { step }) };
  for (const [key, value] of Object.entries(given)) {
    if (value === false || (key === 'weights' && value === 'ema')) continue;
    words.push(flagOf(key), ...(value === true ? [] : [String(value)]));
  }
  if (at !== undefined) words.push('--at', formatTimePoints(at));
  return words.map(shellWord).join(' ');
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function entries<T>(table: Partial<Record<keyof ExportOrder, readonly T[]>>) {
  return Object.entries(table) as [keyof ExportOrder, readonly T[]][];
}
