/** The commands that draw samples, interpolations and reconstructions again, as files say of themselves. */
import { shellWord } from '../shell-word.ts';
import type { DrawingOptions, SampleOptions, TimePoint } from './api.ts';
import { formatTimePoint, formatTimePoints } from './time-point.ts';
import { unusual } from './unusual.ts';

interface Drawn {
  run: string;
  step: number;
  /** How much a grid is enlarged. */
  scale?: number | undefined;
}

/** `covae sample …` */
export function sampleCommand({ run, step, scale }: Drawn, draw: SampleOptions): string {
  const { count, seed, passes } = draw;
  const { reencodeAt, laterTemperature, ...others } = unusual(draw);
  return line('sample', run, {
    ...{ step, count, seed, passes },
    at: reencodeAt && formatTimePoints(reencodeAt),
    'later-temperature': laterTemperature,
    ...others,
    scale,
  });
}

/** `covae interpolate …` */
export function interpolateCommand(
  { run, step, scale }: Drawn,
  {
    from,
    to,
    frames,
    at,
    ...drawing
  }: DrawingOptions & { from: number; to: number; frames: number; at?: TimePoint },
): string {
  const place = at && { at: formatTimePoint(at) };
  return line('interpolate', run, { step, from, to, frames, ...place, ...optionsOf(drawing), scale });
}

/** `covae reconstruct …` */
export function reconstructCommand(
  { run, step, scale }: Drawn,
  {
    data,
    start,
    count,
    at,
    ...drawing
  }: DrawingOptions & { data: string; start: number; count: number; at: readonly TimePoint[] },
): string {
  const asked = { step, data, start, count, at: formatTimePoints(at) };
  return line('reconstruct', run, { ...asked, ...optionsOf(drawing), scale });
}

function optionsOf({ weights = 'ema', label, guidance }: DrawingOptions): Record<string, string | number> {
  return {
    ...(weights !== 'ema' && { weights }),
    ...(label != null && { label }),
    ...(label != null && guidance !== undefined && { guidance }),
  };
}

function line(name: string, run: string, options: Record<string, string | number | undefined>): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const words = ['covae', name, run, ...given.flatMap(([key, value]) => [`--${key}`, String(value)])];
  return words.map(shellWord).join(' ');
}
