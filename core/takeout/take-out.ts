/** An export from its order to its files: what `covae export` and the window's dialog do. */
import path from 'node:path';
import { openGenerator } from '../explore/open-generator.ts';
import { FITTING } from '../explore/prior/fit-prior.ts';
import { checkSetTarget, exportSet } from '../export/export-set.ts';
import { enlarge } from '../export/enlarge.ts';
import { type Film, filmOf } from '../export/sets/animation-sets.ts';
import { FORMATS } from '../export/sets/formats.ts';
import { gather } from '../export/sets/grid-set.ts';
import type { AnimationLook, ImageSource } from '../export/sets/set.ts';
import { isFolder } from '../files.ts';
import { UserError } from '../errors.ts';
import { datasetFolder, runFolder } from '../library.ts';
import { isStreamTarget } from '../output.ts';
import { stepOfCheckpoint } from '../run/which-checkpoint.ts';
import { countOf } from '../words.ts';
import { type Again, checkWeights, oneOf } from './again.ts';
import { checkBelonging } from './belonging.ts';
import { exportDataset } from './dataset-set.ts';
import { openImages } from './images.ts';
import type { ExportOrder } from './order.ts';
import { drawnSource, type Drawn, filmSource } from './sources.ts';

export interface ExportProgress {
  done: number;
  total: number;
  /** What is counted, one of it: `sample`. */
  word: string;
  perSecond: number;
  secondsLeft: number;
}

export interface TakeOutOptions {
  home: string;
  runId: string;
  order: ExportOrder;
  /** File or folder; for a single file also the folder that it gets a name of its own in. Default: this folder. */
  out?: string | undefined;
  /** Replaces a file of that name. */
  force?: boolean | undefined;
  /** Made once more, from what a file of it says. */
  again?: Again | null;
  signal?: AbortSignal | undefined;
  /** Few words on what is done now. */
  onPhase?: ((words: string) => void) | undefined;
  /** A sentence that a person should know. */
  onRemark?: ((sentence: string) => void) | undefined;
  onProgress?: ((progress: ExportProgress) => void) | undefined;
}

export interface TakenOut {
  /** Step of the weights that drew; null for a film. */
  step: number | null;
  images: number;
  /** What they are, one of it. */
  word: string;
  /** Absolute paths; what is wanted first. */
  files: string[];
}

/**
 * Refuses what {@link takeOut} would, before the slow part begins.
 *
 * @throws UserError in one sentence: options that mean nothing here, a target that is taken or promises another format
 */
export async function checkTakeOut({
  order,
  out,
  force,
  again = null,
}: Pick<TakeOutOptions, 'order' | 'out' | 'force' | 'again'>): Promise<void> {
  checkBelonging(order);
  if (order.as === 'dataset') {
    if (out === undefined) return;
    throw new UserError('A data set is written into the library, not to --out; name it with --name.', {
      code: 'usage',
    });
  }
  if (out !== undefined && !(await isFolder(out))) {
    await checkSetTarget(out, { as: order.as, force, note: noteFor(order, again) });
  }
}

/**
 * Draws and writes.
 *
 * @throws UserError in one sentence, also when the weights or images are other ones than `again` asks for; the signal's
 *   reason when aborted. Nothing is left behind then
 */
export async function takeOut(options: TakeOutOptions): Promise<TakenOut> {
  await checkTakeOut(options);
  return withSource(options, async (drawn, step) => ({ step, ...(await write(drawn, options)) }));
}

/**
 * The frames of an animation as they are shown, for who encodes them elsewhere.
 *
 * @throws as {@link takeOut} does
 */
export async function filmFrames(options: Omit<TakeOutOptions, 'out' | 'force'>): Promise<Film> {
  const { order, signal, onProgress } = options;
  checkBelonging(order);
  return withSource(options, async ({ source }) => {
    const { scale = 1, resize = 'nearest' } = order;
    const { height, width } = source.shape;
    const shape = { ...source.shape, height: height * scale, width: width * scale };
    const look = {
      ...{ word: source.word, first: source.first ?? 0 },
      text: order.provenance ? source.origin(null) : {},
      animation: animationOf(order),
    };
    FORMATS[order.as === 'webm' ? 'webm' : 'mp4'].check?.(shape, look);
    const all = gather(shape);
    const tell = progressOf(source, onProgress);
    let done = 0;
    for await (const { images } of source.parts(signal)) {
      signal?.throwIfAborted();
      await all.add(enlarge(images, scale, resize));
      tell((done += images.count), shape.count);
    }
    return filmOf(all.images, look);
  });
}

/** Opens what draws, lets it be used and closes it. */
async function withSource<T>(
  options: TakeOutOptions,
  use: (drawn: Drawn, step: number | null) => Promise<T>,
): Promise<T> {
  const { home, runId, order, again = null, signal, onPhase, onRemark } = options;
  if (order.what === 'film') return use(await filmSource(home, runId, order), null);
  const data = order.what === 'samples' ? null : await openImages(home, runId, order, again);
  try {
    onPhase?.(`Opening ${runId}`);
    const folder = runFolder(home, runId);
    const step = await stepOfCheckpoint(folder, order.step);
    const generator = await openGenerator(folder, step === undefined ? {} : { step });
    try {
      for (const remark of generator.remarks) onRemark?.(remark);
      signal?.throwIfAborted();
      if (again !== null) await checkWeights(home, runId, generator, order.weights ?? 'ema', again);
      if (order.prior === 'fitted') onPhase?.(FITTING);
      return await use(await drawnSource(home, generator, data, order), generator.step);
    } finally {
      generator.dispose();
    }
  } finally {
    data?.close();
  }
}

function animationOf({ rate = 10, loop = 0, hold = 0, pingPong = false }: ExportOrder): AnimationLook {
  return { framesPerSecond: rate, loop, hold, pingPong };
}

function progressOf(
  { word }: ImageSource,
  onProgress: TakeOutOptions['onProgress'],
): (done: number, total: number) => void {
  const started = performance.now();
  return (done, total) => {
    const perSecond = (1000 * done) / Math.max(1, performance.now() - started);
    onProgress?.({ done, total, word, perSecond, secondsLeft: (total - done) / perSecond });
  };
}

function noteFor({ provenance }: ExportOrder, again: Again | null): boolean {
  return again?.picture || again?.text ? false : provenance;
}

async function write(
  { source: whole, stem }: Drawn,
  { home, runId, order, out, force, again = null, signal, onPhase, onProgress }: TakeOutOptions,
): Promise<Omit<TakenOut, 'step'>> {
  const source = oneOf(whole, again);
  const { as, resize } = order;
  const { count } = source.shape;
  const progress = progressOf(source, onProgress);
  if (as === 'dataset') {
    const name = order.name ?? `${runId}-${order.what}`;
    onPhase?.(`Writing ${countOf(count, source.word)} as the data set ${name}`);
    await exportDataset(home, name, source, {
      ...{ scale: order.scale, kernel: resize, signal, onProgress: progress },
    });
    return { images: count, word: source.word, files: [datasetFolder(home, name)] };
  }
  const { ending, words } = FORMATS[as];
  const asked = path.resolve(out ?? '.');
  // A folder for single files may be there already, empty.
  const isInside =
    out === undefined || (ending !== null && !isStreamTarget(asked) && (await isFolder(asked)));
  const target = isInside ? path.join(asked, `${stem}${ending ?? `-${as}`}`) : asked;
  onPhase?.(`Writing ${countOf(count, source.word)} as ${words}`);
  const { files } = await exportSet(source, target, {
    ...{ as, force, scale: order.scale, kernel: resize, provenance: order.provenance, signal },
    ...{ columns: order.columns, gap: order.gap, background: order.background, captions: order.captions },
    note: noteFor(order, again),
    animation: animationOf(order),
    onProgress: progress,
  });
  return { images: count, word: source.word, files };
}
