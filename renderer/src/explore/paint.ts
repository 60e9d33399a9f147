/** What is painted onto the positions of a spatial latent, or set in the numbers of a vector, as plain data. */
import * as v from 'valibot';
import type { KeyPoint } from '../../../core/explore/view.ts';

/** How far a value is nudged at most, to either side; samples have values of a standard deviation of 1. */
export const MOST_NUDGE = 3;
const MAX_POSITIONS = 65_536;

const nudge = v.pipe(v.number(), v.minValue(-MOST_NUDGE), v.maxValue(MOST_NUDGE));
/** Channel → the nudge of each position. */
export const NudgesSchema = v.record(
  v.pipe(v.string(), v.regex(/^\d{1,7}$/)),
  v.pipe(v.array(nudge), v.minLength(1), v.maxLength(MAX_POSITIONS)),
);
export type Nudges = v.InferOutput<typeof NudgesSchema>;

/** Of each position, 1 where it comes from the other picture; empty for none. */
export const ExchangeSchema = v.pipe(
  v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  v.maxLength(MAX_POSITIONS),
);

/** Positions and channels of a latent; a vector is one position. */
export interface Canvas {
  height: number;
  width: number;
  channels: number;
  /** Whether there are positions to paint on. */
  spatial: boolean;
}

export function canvasOf(shape: readonly number[]): Canvas {
  const [height = 1, width = 1, channels = 1] = shape;
  return shape.length === 3
    ? { height, width, channels, spatial: true }
    : { height: 1, width: 1, channels: height, spatial: false };
}

/** What is painted. */
export interface Painted {
  subject: KeyPoint;
  partner: KeyPoint;
  nudges: Nudges;
  exchange: readonly number[];
}

/** The picture with what is painted on it; what was painted on latents of another shape is left out. */
export function paintedSubject({ subject, partner, nudges, exchange }: Painted, canvas: Canvas): KeyPoint {
  const positions = canvas.height * canvas.width;
  const isExchanged = canvas.spatial && exchange.length === positions && exchange.some((mark) => mark !== 0);
  let point: KeyPoint = isExchanged
    ? { kind: 'exchanged', of: subject, with: partner, mask: [...exchange] }
    : subject;
  for (const [channel, values] of Object.entries(nudges)) {
    if (Number(channel) >= canvas.channels || values.length !== positions) continue;
    if (values.every((value) => value === 0)) continue;
    const mask = values.map((value) => value / MOST_NUDGE);
    point = { kind: 'nudged', of: point, channel: Number(channel), amount: MOST_NUDGE, mask };
  }
  return point;
}

/** What {@link paintedSubject} made a point of; null for a point with nothing painted on it. */
export function paintedFrom(
  point: KeyPoint,
): { subject: KeyPoint; partner?: KeyPoint; nudges: Nudges; exchange: number[] } | null {
  const nudges: Nudges = {};
  let inner = point;
  while (inner.kind === 'nudged') {
    const { channel, amount, mask } = inner;
    nudges[channel] = mask.map((mark) => clamped(mark * amount));
    inner = inner.of;
  }
  if (inner.kind === 'exchanged') {
    return { subject: inner.of, partner: inner.with, exchange: inner.mask, nudges };
  }
  return inner === point ? null : { subject: inner, nudges, exchange: [] };
}

/** Positions under a round brush, each with how strongly it is met, 0 … 1. */
export function brushed(
  { height, width }: Canvas,
  [x, y]: readonly [number, number],
  radius: number,
): { position: number; share: number }[] {
  const found: { position: number; share: number }[] = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const away = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const isUnder = Math.floor(x) === column && Math.floor(y) === row;
      const share = isUnder ? 1 : Math.min(1, Math.max(0, radius + 0.5 - away));
      if (share > 0) found.push({ position: row * width + column, share });
    }
  }
  return found;
}

export type Tool = 'raise' | 'lower' | 'exchange' | 'erase';

/** What is painted, with one more touch of a tool. */
export function touched(
  { nudges, exchange }: Pick<Painted, 'nudges' | 'exchange'>,
  canvas: Canvas,
  how: { tool: Tool; channel: number; strength: number; radius: number; at: readonly [number, number] },
): { nudges: Nudges; exchange: number[] } {
  const positions = canvas.height * canvas.width;
  const marks = exchange.length === positions ? [...exchange] : Array.from({ length: positions }, () => 0);
  const before = nudges[how.channel];
  const values = before?.length === positions ? [...before] : Array.from({ length: positions }, () => 0);
  for (const { position, share } of brushed(canvas, how.at, how.radius)) {
    if (how.tool === 'exchange') marks[position] = Math.max(marks[position] ?? 0, round(share));
    else if (how.tool === 'erase') {
      if (share < 0.5) continue;
      marks[position] = 0;
      values[position] = 0;
    } else {
      const by = (how.tool === 'raise' ? 1 : -1) * how.strength * share;
      values[position] = clamped((values[position] ?? 0) + by);
    }
  }
  return { nudges: { ...nudges, [how.channel]: values }, exchange: marks };
}

function clamped(value: number): number {
  return Math.min(MOST_NUDGE, Math.max(-MOST_NUDGE, round(value)));
}

/** Few digits: a command names them. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
