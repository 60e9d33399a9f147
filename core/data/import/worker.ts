/** The two ends of the line between the pool and a worker thread: batches go as one piece of memory that changes owner. */
import type { MessagePort } from 'node:worker_threads';
import { sentenceOf } from '../../errors.ts';
import { type Input, prepareBatch, type PreparedBatch, type Recipe } from './batch.ts';

/** An input without its bytes: a file to be read, so many bytes of one, or of pixels. */
type Part =
  | { kind: 'file'; path: string | Uint8Array }
  | { kind: 'encoded'; length: number }
  | { kind: 'raw'; length: number; height: number; width: number; channels: 1 | 3 | 4 };

export interface BatchMessage {
  id: number;
  recipe: Recipe;
  parts: Part[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a worker says: that it is there, or what became of a batch. */
export type WorkerMessage =
  { ready: true } | ({ id: number } & PreparedBatch) | { id: number; failure: string };

/** Packs a batch; the message's bytes are its own and can be transferred. */
export function packBatch(id: number, recipe: Recipe, inputs: readonly Input[]): BatchMessage {
  const datas = inputs.map(bytesOf);
  const bytes = new Uint8Array(datas.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const data of datas) {
    bytes.set(data, at);
    at += data.length;
  }
  const parts = inputs.map((input): Part => {
    if (input.kind === 'file') return input;
    if (input.kind === 'encoded') return { kind: 'encoded', length: input.bytes.length };
    const { data, ...shape } = input;
    return { ...shape, length: data.length };
  });
  return { id, recipe, parts, bytes };
}

const NONE = new Uint8Array(0);

function bytesOf(input: Input): Uint8Array {
  if (input.kind === 'file') return NONE;
  return input.kind === 'raw' ? input.data : input.bytes;
}

function unpackBatch({ parts, bytes }: BatchMessage): Input[] {
  let at = 0;
  return parts.map((part) => {
    if (part.kind === 'file') return part;
    const { length, ...shape } = part;
    const data = bytes.subarray(at, (at += length));
    return shape.kind === 'raw' ? { ...shape, data } : { kind: 'encoded', bytes: data };
  });
}

/** Prepares the batches that come in, one after another, until the port closes. */
export function serveBatches(port: MessagePort): void {
  let before = Promise.resolve();
  port.on('message', (message: BatchMessage) => {
    before = before.then(() => answer(port, message));
  });
  port.postMessage({ ready: true } satisfies WorkerMessage);
}

async function answer(port: MessagePort, message: BatchMessage): Promise<void> {
  const { id } = message;
  let batch: PreparedBatch;
  try {
    batch = await prepareBatch(unpackBatch(message), message.recipe);
  } catch (error) {
    port.postMessage({ id, failure: sentenceOf(error) } satisfies WorkerMessage);
    return;
  }
  const { pixels, hashes } = batch;
  port.postMessage({ id, ...batch } satisfies WorkerMessage, [pixels.buffer, hashes.buffer] as ArrayBuffer[]);
}
