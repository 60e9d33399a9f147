/** The loss curve as a picture. */
import sharp from 'sharp';
import { thin } from '../thin.ts';
import { writeFileAtomic } from '../files.ts';
import { insertText, type PngText } from './png.ts';
import { strokeWidth, textPath, textWidth } from './stroke-font.ts';

const WIDTH = 960;
const HEIGHT = 540;
const PLOT = { left: 92, right: WIDTH - 46, top: 76, bottom: HEIGHT - 62 };
const MAX_POINTS = 2000;
const INK = '#1f2937';
const FAINT = '#6b7280';
const LINE = '#2563eb';

interface Point {
  step: number;
  loss: number;
}

/**
 * Draws the weighted loss over the steps as SVG without any font: each logged value faintly, their running mean
 * boldly, the losses on a logarithmic scale. Values that are no positive numbers have no place on it and are left
 * out.
 */
export function lossCurveSvg(lines: readonly { step: number; loss: number }[], title: string): string {
  const usable = lines.filter(({ loss }) => Number.isFinite(loss) && loss > 0);
  const smooth = runningMean(usable);
  const raw = thin(usable, MAX_POINTS);
  const [low, high] = logRange(raw.map(({ loss }) => loss));
  const lastStep = Math.max(1, ...raw.map(({ step }) => step));
  const x = (step: number): number => PLOT.left + (step / lastStep) * (PLOT.right - PLOT.left);
  const y = (loss: number): number =>
    PLOT.bottom - ((Math.log10(loss) - low) / (high - low)) * (PLOT.bottom - PLOT.top);

  const grid: string[] = [];
  const labels: string[] = [];
  for (const value of logTicks(low, high)) {
    const at = y(value).toFixed(2);
    grid.push(`M${PLOT.left} ${at}H${PLOT.right}`);
    labels.push(textPath(formatTick(value), PLOT.left - 10, y(value) + 5, 10, 'end'));
  }
  for (const step of stepTicks(lastStep)) {
    const at = x(step).toFixed(2);
    grid.push(`M${at} ${PLOT.top}V${PLOT.bottom}`);
    labels.push(textPath(formatTick(step), x(step), PLOT.bottom + 24, 10, 'middle'));
  }
  labels.push(textPath('step', (PLOT.left + PLOT.right) / 2, HEIGHT - 14, 10, 'middle'));
  labels.push(textPath('loss (log scale)', PLOT.left, PLOT.top - 12, 10));

  const [only] = raw;
  const dot =
    raw.length === 1 && only !== undefined
      ? `<circle cx="${x(only.step).toFixed(2)}" cy="${y(only.loss).toFixed(2)}" r="4" fill="${LINE}"/>`
      : '';
  const legendLeft = PLOT.right - textWidth('running mean', 10);
  const legend =
    raw.length === 0
      ? text(textPath('nothing logged yet', WIDTH / 2, HEIGHT / 2, 12, 'middle'), 12, FAINT)
      : `<path d="M${(legendLeft - 34).toFixed(2)} ${PLOT.top - 17}h24" stroke="${LINE}" stroke-width="2.5"/>` +
        text(textPath('running mean', legendLeft, PLOT.top - 12, 10), 10, FAINT);

  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" fill="none" ` +
    `stroke-linecap="round" stroke-linejoin="round"><rect width="100%" height="100%" fill="#ffffff"/>` +
    `<path d="${grid.join('')}" stroke="#e5e7eb"/>` +
    `<path d="M${PLOT.left} ${PLOT.top}V${PLOT.bottom}H${PLOT.right}" stroke="${FAINT}"/>` +
    text(labels.join(''), 10, FAINT) +
    text(textPath(fitted(title, 14, WIDTH - 2 * PLOT.left), PLOT.left, 32, 14), 14, INK) +
    `<path d="${polyline(raw, x, y)}" stroke="${LINE}" stroke-opacity="0.28"/>` +
    `<path d="${polyline(smooth, x, y)}" stroke="${LINE}" stroke-width="2.5"/>` +
    dot +
    legend +
    '</svg>'
  );
}

/**
 * Writes {@link lossCurveSvg} as a PNG of 960 × 540 pixels. The file appears whole or not at all.
 *
 * @throws UserError in one sentence when the disk refuses
 */
export async function writeLossCurve(
  file: string,
  lines: readonly { step: number; loss: number }[],
  { title, provenance = {} }: { title: string; provenance?: PngText },
): Promise<void> {
  const png = await sharp(Buffer.from(lossCurveSvg(lines, title)))
    .flatten({ background: '#ffffff' })
    .png()
    .toBuffer();
  await writeFileAtomic(file, insertText(png, provenance), 'picture');
}

function text(path: string, size: number, colour: string): string {
  return `<path d="${path}" stroke="${colour}" stroke-width="${strokeWidth(size).toFixed(2)}"/>`;
}

function polyline(
  points: readonly Point[],
  x: (step: number) => number,
  y: (loss: number) => number,
): string {
  if (points.length < 2) return '';
  return `M${points.map(({ step, loss }) => `${x(step).toFixed(2)} ${y(loss).toFixed(2)}`).join('L')}`;
}

/** Mean over a window of a fortieth of the points, centred, shorter at the ends; taken at `limit` places at most. */
export function runningMean(points: readonly Point[], limit = MAX_POINTS): Point[] {
  const reach = Math.floor(points.length / 80);
  return thin([...points.keys()], limit).map((i) => {
    const window = points.slice(Math.max(0, i - reach), i + reach + 1);
    return {
      step: points[i]?.step ?? 0,
      loss: window.reduce((sum, { loss }) => sum + loss, 0) / window.length,
    };
  });
}

/** Decimal logarithms of the ends of the loss axis, with some air; at least a third of a decade apart. */
function logRange(losses: readonly number[]): [number, number] {
  if (losses.length === 0) return [0, 1];
  let low = Infinity;
  let high = -Infinity;
  for (const loss of losses) {
    low = Math.min(low, Math.log10(loss));
    high = Math.max(high, Math.log10(loss));
  }
  const air = Math.max(0.04 * (high - low), (1 / 3 - (high - low)) / 2, 0);
  return [low - air, high + air];
}

/** About four to nine round values between two powers of ten. */
export function logTicks(low: number, high: number): number[] {
  const candidates = (mantissas: readonly number[], everyDecade: number): number[] => {
    const ticks: number[] = [];
    for (let decade = Math.floor(low); decade <= high; decade++) {
      if (decade % everyDecade !== 0) continue;
      for (const mantissa of mantissas) {
        const value = Number(`${mantissa}e${decade}`);
        if (Math.log10(value) >= low && Math.log10(value) <= high) ticks.push(value);
      }
    }
    return ticks;
  };
  const sets = [
    candidates([1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9], 1),
    candidates([1, 2, 3, 4, 5, 6, 8], 1),
    candidates([1, 2, 5], 1),
    candidates([1], 1),
    candidates([1], 2),
    candidates([1], 5),
  ];
  return sets.find((ticks) => ticks.length <= 9) ?? candidates([1], 20);
}

/** Round steps from 0 on, eight at most beside it. */
export function stepTicks(last: number): number[] {
  let spacing = 1;
  for (const factor of roundNumbers()) {
    spacing = factor;
    if (last / factor <= 8) break;
  }
  const ticks: number[] = [];
  for (let step = 0; step <= last; step += spacing) ticks.push(step);
  return ticks;
}

function* roundNumbers(): Generator<number> {
  for (let decade = 1; decade < 1e12; decade *= 10) {
    for (const mantissa of [1, 2, 5]) yield mantissa * decade;
  }
}

/** `0.001`, `20`, `1,500`, `400,000`, `1e-6`. */
function formatTick(value: number): string {
  if (value !== 0 && (value < 1e-4 || value >= 1e7)) return value.toExponential().replace('e+', 'e');
  return value.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

/** The text, or as much of its beginning as fits. */
function fitted(words: string, size: number, width: number): string {
  let end = words.length;
  while (end > 0 && textWidth(words.slice(0, end), size) > width) end--;
  return end === words.length ? words : `${words.slice(0, Math.max(0, end - 3))}...`;
}
