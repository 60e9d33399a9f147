/** Who prepares batches of images: worker threads, or this thread where there are none or they would not pay. */
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageSource } from '../readers/source.ts';
import { type Input, prepareBatch, type PreparedBatch, type Recipe } from './batch.ts';
import { packBatch, type WorkerMessage } from './worker.ts';

/** Beside the program's bundle; there is none where the sources run as they are. */
const WORKER_FILE = 'import-worker.cjs';
const MAX_WORKERS = 8;
/** Batches a worker has at once: one under way, one waiting. */
const BATCHES_A_WORKER = 2;
/** For fewer images a worker is not started. */
const FEW_IMAGES = 64;

export interface Pool {
  readonly prepare: (inputs: Input[]) => Promise<PreparedBatch>;
  /** Batches to give it before the first comes back. */
  readonly batchesAtOnce: number;
  /** Number of worker threads; 0: all is done in this one. */
  readonly workers: number;
  /** Stops at once; batches under way fail. */
  close(): Promise<void>;
}

/** Worker threads for the images of one import, or none if they would not pay. */
export function openPool(recipe: Recipe, source: ImageSource): Pool {
  const { shape, total } = source;
  const { size, channels } = recipe.target;
  const isReady = shape?.height === size && shape.width === size && shape.channels === channels;
  const isFew = total !== null && total < FEW_IMAGES;
  const file = isReady || isFew ? null : workerFile();
  return file === null
    ? inThisThread(recipe)
    : inWorkers(recipe, file, Math.min(MAX_WORKERS, os.availableParallelism()));
}

function workerFile(): string | null {
  const file = fileURLToPath(new URL(WORKER_FILE, import.meta.url));
  return fs.existsSync(file) ? file : null;
}

export function inThisThread(recipe: Recipe): Pool {
  return {
    prepare: (inputs) => prepareBatch(inputs, recipe),
    batchesAtOnce: 2,
    workers: 0,
    close: async () => undefined,
  };
}

interface Waiting {
  inputs: Input[];
  readonly resolve: (batch: PreparedBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** @param file the bundle that calls `serveBatches` */
export function inWorkers(recipe: Recipe, file: string, count: number): Pool {
  const threads = Array.from({ length: count }, () => new Thread(recipe, file));
  return {
    prepare(inputs) {
      const [least] = [...threads].sort((a, b) => a.load - b.load);
      return least ? least.prepare(inputs) : prepareBatch(inputs, recipe);
    },
    batchesAtOnce: count * BATCHES_A_WORKER,
    workers: count,
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

/**
 * One worker thread. If it cannot start or dies, its batches are prepared in this thread: slower, with the same result.
 */
class Thread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null;
  #next = 0;
  #closed = false;

  constructor(
    private readonly recipe: Recipe,
    file: string,
  ) {
    const worker = new Worker(file);
    this.#worker = worker;
    worker.on('message', (message: WorkerMessage) => this.#hear(message));
    // An error ends the thread.
    worker.on('error', () => undefined);
    worker.on('exit', () => this.#takeOver());
  }

  /** Batches it has not given back. */
  get load(): number {
    return this.#waiting.size;
  }

  prepare(inputs: Input[]): Promise<PreparedBatch> {
    if (this.#closed) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { inputs, resolve, reject });
      if (this.#worker === null) {
        this.#prepareHere(id);
        return;
      }
      const message = packBatch(id, this.recipe, inputs);
      this.#worker.postMessage(message, [message.bytes.buffer]);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(stopped());
    this.#waiting.clear();
    await this.#worker?.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (!('id' in message)) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('failure' in message) waiting?.reject(new Error(message.failure));
    else waiting?.resolve(message);
  }

  #takeOver(): void {
    this.#worker = null;
    if (this.#closed) return;
    for (const id of this.#waiting.keys()) this.#prepareHere(id);
  }

  #prepareHere(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    prepareBatch(waiting.inputs, this.recipe)
      .then(waiting.resolve, waiting.reject)
      .finally(() => this.#waiting.delete(id));
  }
}

function stopped(): Error {
  return new Error('the import was stopped');
}
