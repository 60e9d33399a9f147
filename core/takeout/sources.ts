/** What an export draws, as a source of images. */
import { UserError } from '../errors.ts';
import type { PackedDataset } from '../data/packed.ts';
import type { Generator, SampleOptions, TimePoint } from '../explore/api.ts';
import { drawDetails, drawWords } from '../explore/draw-details.ts';
import { drawingOptionsOf } from '../explore/drawing-options.ts';
import { drawTimes } from '../explore/draw-times.ts';
import { filmOf } from '../explore/film.ts';
import { pathOf, planeOf, reconstructionsOf, samplesOf } from '../explore/image-sources.ts';
import { passesAndPlaces } from '../explore/passes.ts';
import type { DrawingDetails } from '../explore/provenance.ts';
import { formatTimePoint } from '../explore/time-point.ts';
import type { ImageSource } from '../export/sets/set.ts';
import { runFolder } from '../library.ts';
import { checkpointHash } from '../run/checkpoint-hash.ts';
import { classNamesOf } from '../run/class-names.ts';
import { readRunManifest } from '../run/run-folder.ts';
import { countOf } from '../words.ts';
import { commandOf } from './belonging.ts';
import { type ExportOrder, USUAL_CORNERS, USUAL_COUNTS } from './order.ts';

export interface Drawn {
  source: ImageSource;
  /** File name without its ending. */
  stem: string;
}

/** The film of a training as a source. @throws UserError when the run has drawn nothing yet */
export async function filmSource(home: string, runId: string, order: ExportOrder): Promise<Drawn> {
  const folder = runFolder(home, runId);
  const details = { kind: 'film', command: commandOf(runId, 0, order) };
  const source = await filmOf(folder, await readRunManifest(folder), details);
  return { source, stem: `${runId}-film` };
}

/**
 * Samples, reconstructions or a path as a source.
 *
 * @param data the images that reconstructions and paths begin with; null for samples
 * @throws UserError when the options do not fit one another or the model
 */
export async function drawnSource(
  home: string,
  generator: Generator,
  data: PackedDataset | null,
  order: ExportOrder,
): Promise<Drawn> {
  const { manifest, step } = generator;
  const drawing = await drawingOptionsOf(home, manifest, order);
  const weights = drawing.weights ?? 'ema';
  const hash = await checkpointHash(runFolder(home, manifest.id), step, weights);
  const facts = {
    ...(hash !== null && { checkpoint: hash }),
    command: commandOf(manifest.id, step, order),
  };
  const begin = `${manifest.id}-step-${step}`;
  if (data === null) {
    const { seed = 0, start, prior, temperature, count = USUAL_COUNTS.samples } = order;
    const draw: SampleOptions = {
      count,
      seed,
      ...passesAndPlaces(order),
      ...(start !== undefined && { start }),
      ...(prior !== undefined && { prior }),
      ...(temperature !== undefined && { temperature }),
      ...drawing,
    };
    const details = { ...drawDetails(draw), times: drawTimes(generator, draw), ...facts };
    const classes = await classNamesOf(home, manifest);
    const words = `-seed-${seed}-${countOf(draw.passes, 'pass', 'passes').replace(' ', '-')}${drawWords(draw)}`;
    return { source: samplesOf(home, generator, draw, { details, classes }), stem: begin + words };
  }
  const [at, ...more] = order.at ?? [];
  if (more.length > 0)
    throw new UserError('--at takes one place here, such as 129 or t=0.5.', { code: 'usage' });
  const { name, fingerprint } = data.record;
  const common: DrawingDetails = {
    weights,
    data: name,
    dataFingerprint: fingerprint,
    ...(at !== undefined && { at: formatTimePoint(at) }),
    ...(drawing.label != null && { label: drawing.label }),
    ...(drawing.guidance !== undefined && { guidance: drawing.guidance }),
    ...facts,
  };
  if (order.what === 'path') {
    const { from = 0, to = 1, count = USUAL_COUNTS.path } = order;
    const details = { kind: 'interpolation', from, to, frames: count, ...common };
    const drawn = { from, to, count, ...(at !== undefined && { at }), ...drawing };
    const source = await pathOf(generator, data, drawn, { details });
    return { source, stem: `${begin}-from-${from}-to-${to}${placeWords(at)}${drawWords(drawing)}` };
  }
  if (order.what === 'plane') {
    const { corners = USUAL_CORNERS, count = USUAL_COUNTS.plane } = order;
    const side = Math.sqrt(count);
    if (!Number.isInteger(side)) {
      throw new UserError(
        `A plane has as many pictures across as down, so ${count} is none; give a square number to --count, such as ${Math.round(side) ** 2}.`,
        { code: 'usage', key: 'count' },
      );
    }
    const details = { kind: 'plane', corners: corners.join(','), frames: count, ...common };
    const drawn = { corners, side, ...(at !== undefined && { at }), ...drawing };
    const source = planeOf(home, generator, drawn, { details });
    return { source, stem: `${begin}-plane-${corners.join('+')}${placeWords(at)}${drawWords(drawing)}` };
  }
  const { start = 0 } = order;
  const count = Math.min(order.count ?? USUAL_COUNTS.reconstructions, data.count - start);
  const details = { kind: 'reconstructions', start, count, ...common };
  const drawn = { start, count, at: at ?? { timeIndex: 1 }, ...drawing };
  const source = await reconstructionsOf(generator, data, drawn, { details });
  const words = `-reconstructions-of-${name}${placeWords(at)}${drawWords({ ...drawing, start })}`;
  return { source, stem: begin + words };
}

function placeWords(at: TimePoint | undefined): string {
  return at === undefined ? '' : `-at-${formatTimePoint(at)}`;
}
