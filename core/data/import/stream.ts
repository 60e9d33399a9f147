/** The images of a source, prepared by the pool, in the source's order, with only so many of them in memory. */
import { errorCode } from '../../files.ts';
import { sentenceOf, UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import type { SkippedItem, SourceItem } from '../readers/source.ts';
import { HASH_BYTES, type Input, type LeftOut, type PreparedBatch } from './batch.ts';

/** Images and bytes that go to the pool at once. */
const BATCH_IMAGES = 64;
const BATCH_BYTES = 2 ** 21;
/** Files read at once. */
const READ_AT_ONCE = 16;
/** Bytes of files that may be on their way at once, by the size of the last ones; one file may be larger. */
const READ_AHEAD_BYTES = 2 ** 25;

/** An image of the source, or why there is none. */
export type Prepared =
  | { item: SourceItem; leftOut: LeftOut }
  | { item: SourceItem; leftOut: null; pixels: Uint8Array; hash: Uint8Array };

export interface StreamOptions {
  prepare: (inputs: Input[]) => Promise<PreparedBatch>;
  /** Batches given to `prepare` and not yet taken from it. */
  batchesAtOnce: number;
  signal?: AbortSignal | undefined;
}

/**
 * Reads and prepares the images of a source. What is not taken from this generator holds up the reading.
 *
 * @throws whatever the source throws; the signal's reason when it is aborted
 */
export async function* prepareAll(
  items: AsyncIterable<SourceItem | { skipped: SkippedItem }>,
  options: StreamOptions,
): AsyncGenerator<Result> {
  const { batchesAtOnce, signal } = options;
  const waiting: Settled<Result[]>[] = [];
  try {
    for await (const batch of inBatches(readAhead(items, signal))) {
      waiting.push(settle(prepareEach(batch, options)));
      if (waiting.length < batchesAtOnce) continue;
      yield* await unsettle(waiting.shift()!);
      signal?.throwIfAborted();
    }
    while (waiting.length > 0) {
      yield* await unsettle(waiting.shift()!);
      signal?.throwIfAborted();
    }
  } finally {
    await Promise.all(waiting);
  }
}

type Result = Prepared | { skipped: SkippedItem };
type Read =
  { item: SourceItem; input: Input } | { item: SourceItem; leftOut: LeftOut } | { skipped: SkippedItem };

async function prepareEach(batch: Read[], { prepare }: StreamOptions): Promise<Result[]> {
  const inputs = batch.flatMap((read) => ('input' in read ? [read.input] : []));
  const { outcomes, pixels, hashes } = await prepare(inputs);
  const kept = outcomes.filter(({ leftOut }) => leftOut === null).length;
  const perImage = kept === 0 ? 0 : pixels.length / kept;
  let next = 0;
  let at = 0;
  return batch.map((read) => {
    if (!('input' in read)) return read;
    const { item } = read;
    const { leftOut } = outcomes[next++]!;
    if (leftOut !== null) return { item, leftOut };
    const image = {
      pixels: pixels.subarray(at * perImage, (at + 1) * perImage),
      hash: hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    };
    at++;
    return { item, leftOut: null, ...image };
  });
}

/** Collects images until there are enough for the pool. */
async function* inBatches(reads: AsyncIterable<Read>): AsyncGenerator<Read[]> {
  let batch: Read[] = [];
  let bytes = 0;
  for await (const read of reads) {
    batch.push(read);
    bytes += bytesOf(read);
    if (batch.length < BATCH_IMAGES && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function bytesOf(read: Read): number {
  if (!('input' in read)) return 0;
  return read.input.kind === 'raw' ? read.input.data.length : read.input.bytes.length;
}

/** Reads the files of the images to come, in order; fewer at once when they are large. */
async function* readAhead(
  items: AsyncIterable<SourceItem | { skipped: SkippedItem }>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Read> {
  const waiting: Settled<Read>[] = [];
  let usualBytes = 0;
  const next = async (): Promise<Read> => {
    const read = await unsettle(waiting.shift()!);
    usualBytes = usualBytes === 0 ? bytesOf(read) : 0.9 * usualBytes + 0.1 * bytesOf(read);
    return read;
  };
  try {
    for await (const item of items) {
      signal?.throwIfAborted();
      waiting.push(settle('skipped' in item ? Promise.resolve(item) : readItem(item)));
      // The first one alone, as nothing is known of their sizes yet.
      const most = usualBytes === 0 ? 0 : Math.min(READ_AT_ONCE, READ_AHEAD_BYTES / usualBytes);
      while (waiting.length > most) {
        yield await next();
      }
    }
    while (waiting.length > 0) yield await next();
  } finally {
    await Promise.all(waiting);
  }
}

async function readItem(item: SourceItem): Promise<Read> {
  const { content } = item;
  if (content.kind === 'raw') return { item, input: content };
  try {
    return { item, input: { kind: 'encoded', bytes: await content.read() } };
  } catch (error) {
    // A file that vanished or may not be read is one file less; anything else is a defect.
    const isKnown = error instanceof UnusableImage || error instanceof UserError || errorCode(error) !== null;
    if (!isKnown) throw error;
    return { item, leftOut: { reason: sentenceOf(error), small: false } };
  }
}

/** A promise that nobody awaits yet, so that its rejection must not count as unhandled. */
type Settled<T> = Promise<{ value: T } | { failure: unknown }>;

function settle<T>(promise: Promise<T>): Settled<T> {
  return promise.then(
    (value) => ({ value }),
    (failure: unknown) => ({ failure }),
  );
}

async function unsettle<T>(settled: Settled<T>): Promise<T> {
  const result = await settled;
  if ('failure' in result) throw result.failure;
  return result.value;
}
