/** The images of a source, prepared by the pool, in the source's order, with only so many of them in memory. */
import type { Page } from '../decode/decode.ts';
import type { SkippedItem, SourceItem } from '../readers/source.ts';
import { type Found, HASH_BYTES, type Input, type LeftOut, type PreparedBatch } from './batch.ts';
import { readItem, readyInput } from './read-item.ts';

/** Images and bytes that go to the pool at once, at most; fewer images when they take long. */
const BATCH_IMAGES = 128;
const FIRST_BATCH_IMAGES = 16;
const BATCH_BYTES = 2 ** 21;
const BATCH_MS = 60;
/** Entries of an archive read at once. */
const READ_AT_ONCE = 16;
/** Bytes of entries that may be on their way at once, by the size of the last ones; one may be larger. */
const READ_AHEAD_BYTES = 2 ** 25;

/** An image of the source, or why there is none. The item of a page is named after it. */
export type Prepared = { item: SourceItem; found?: FoundIn } & (
  { leftOut: LeftOut } | { leftOut: null; pixels: Uint8Array; hash: Uint8Array }
);

/** The file that an image is from, and what it is there. */
export interface FoundIn extends Omit<Found, 'input'> {
  file: string;
}

export interface StreamOptions {
  prepare: (inputs: Input[]) => Promise<PreparedBatch>;
  /** Batches given to `prepare` and not yet taken from it. */
  batchesAtOnce: number;
  signal?: AbortSignal | undefined;
}

type Result = Prepared | { skipped: SkippedItem };
type Read =
  { item: SourceItem; input: Input } | { item: SourceItem; leftOut: LeftOut } | { skipped: SkippedItem };

/**
 * Reads and prepares the images of a source. What is not taken from this generator holds up the reading.
 *
 * @throws whatever the source throws; the signal's reason when it is aborted
 */
export async function* prepareAll(
  items: AsyncIterable<SourceItem | { skipped: SkippedItem }>,
  { prepare, batchesAtOnce, signal }: StreamOptions,
): AsyncGenerator<Result> {
  const pace = new Pace();
  const waiting: Settled<Result[]>[] = [];
  const work = async (batch: Read[]): Promise<Result[]> => {
    const inputs = batch.flatMap((read) => ('input' in read ? [read.input] : []));
    const prepared = await prepare(inputs);
    pace.learn(inputs.length, prepared.milliseconds);
    return resultsOf(batch, prepared);
  };
  try {
    for await (const batch of inBatches(readAhead(items, signal), pace)) {
      waiting.push(settle(work(batch)));
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

/** How many images make a batch, so that progress is steady and a stop is quick whatever they take. */
class Pace {
  #images = FIRST_BATCH_IMAGES;

  get images(): number {
    return this.#images;
  }

  learn(images: number, milliseconds: number): void {
    if (images === 0) return;
    const fitting = BATCH_MS / (milliseconds / images);
    // Not more than twice as many from one batch to the next: the first images may be the quick ones.
    this.#images = Math.round(Math.max(1, Math.min(BATCH_IMAGES, 2 * this.#images, fitting)));
  }
}

function resultsOf(batch: Read[], { found, leftOut, pixels, hashes }: PreparedBatch): Result[] {
  const kept = hashes.length / HASH_BYTES;
  const perImage = kept === 0 ? 0 : pixels.length / kept;
  let [input, next, at] = [0, 0, 0];
  return batch.flatMap((read): Result[] => {
    if (!('input' in read)) return [read];
    const results: Result[] = [];
    for (; found[next]?.input === input; next++) {
      const { page, bits } = found[next]!;
      const item = ofPage(read.item, page);
      const told = { file: read.item.file, page, ...(bits !== undefined && { bits }) };
      const reason = leftOut[next] ?? null;
      if (reason !== null) {
        results.push({ item, found: told, leftOut: reason });
        continue;
      }
      const image = {
        pixels: pixels.subarray(at * perImage, (at + 1) * perImage),
        hash: hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
      };
      at++;
      results.push({ item, found: told, leftOut: null, ...image });
    }
    input++;
    return results;
  });
}

/** The item of a page: `stack.tif page 3`. */
export function ofPage(item: SourceItem, page: Page | null): SourceItem {
  return page === null ? item : { ...item, file: `${item.file} page ${page.number}` };
}

/** Collects images until there are enough for the pool. */
async function* inBatches(reads: AsyncIterable<Read>, pace: Pace): AsyncGenerator<Read[]> {
  let batch: Read[] = [];
  let bytes = 0;
  for await (const read of reads) {
    batch.push(read);
    bytes += bytesOf(read);
    if (batch.length < pace.images && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

function bytesOf(read: Read): number {
  if (!('input' in read) || read.input.kind === 'file') return 0;
  return read.input.kind === 'raw' ? read.input.data.length : read.input.bytes.length;
}

/** Reads the entries to come, in order; fewer at once when they are large. What needs no reading goes through. */
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
      const begun = begin(item);
      if (!(begun instanceof Promise) && waiting.length === 0) {
        yield begun;
        continue;
      }
      waiting.push(settle(Promise.resolve(begun)));
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

function begin(item: SourceItem | { skipped: SkippedItem }): Read | Promise<Read> {
  if ('skipped' in item) return item;
  const input = readyInput(item);
  return input === null ? read(item) : { item, input };
}

async function read(item: SourceItem): Promise<Read> {
  const input = await readItem(item);
  return 'reason' in input ? { item, leftOut: { ...input, small: false } } : { item, input };
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
