/**
 * Maps laid out in a thread of their own, so that drawing and training go on meanwhile and a map stops at once: the search for
 * neighbours of UMAP and the decomposition of PCA take seconds in one piece.
 */
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type MessagePort, Worker } from 'node:worker_threads';
import { sentenceOf, UserError } from '../../errors.ts';
import type { Features } from '../../metrics/moments.ts';
import { checkMap, type MapOptions, mapPoints } from './map.ts';

/** Beside the program's bundle; there is none where the sources run as they are. */
const WORKER_FILE = 'map-worker.cjs';

interface Order {
  points: Features;
  method: MapOptions['method'];
  seed: number;
}

/** What the thread says: how far it is, the map, or what went wrong. */
type Message =
  { done: number; total: number } | { placed: Float64Array } | { failure: string; isSentence: boolean };

/**
 * As `mapPoints`, in a thread where there is one.
 *
 * @param file the thread's bundle; null for none
 * @throws UserError in one sentence; the signal's reason when aborted, at once
 */
export async function layOut(
  points: Features,
  options: MapOptions,
  file: string | null = workerFile(),
): Promise<Float64Array> {
  const { method, seed, signal, onProgress } = options;
  checkMap(points.count, method);
  signal?.throwIfAborted();
  if (file === null) return mapPoints(points, options);
  const order: Order = { points, method, seed };
  const worker = new Worker(file);
  let stop = (): void => undefined;
  try {
    return await new Promise<Float64Array>((resolve, reject) => {
      stop = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', stop, { once: true });
      worker.on('message', (message: Message) => {
        if ('done' in message) onProgress?.(message.done, message.total);
        else if ('placed' in message) resolve(message.placed);
        else reject(message.isSentence ? new UserError(message.failure) : new Error(message.failure));
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the thread of the map ended')));
      worker.postMessage(order);
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    void worker.terminate();
  }
}

/** Lays out the map that is asked for. */
export function serveMap(port: MessagePort): void {
  const tell = (message: Message): void => port.postMessage(message);
  port.on('message', ({ points, ...asked }: Order) => {
    const onProgress = (done: number, total: number): void => tell({ done, total });
    mapPoints(points, { ...asked, onProgress }).then(
      (placed) => tell({ placed }),
      (error: unknown) => tell({ failure: sentenceOf(error), isSentence: error instanceof UserError }),
    );
  });
}

function workerFile(): string | null {
  const file = fileURLToPath(new URL(WORKER_FILE, import.meta.url));
  return fs.existsSync(file) ? file : null;
}
