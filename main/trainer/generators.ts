import fs from 'node:fs/promises';
import path from 'node:path';
import type { Generator, OpenGenerator } from '../../core/explore/api.ts';

/** Models kept in memory at once, beside the one in training. */
const KEPT = 2;

interface Entry {
  /** Names of the checkpoints there were when it was opened. */
  checkpoints: string;
  generator: Promise<Generator>;
}

/** Opened runs, the last used ones kept. A run whose checkpoints have changed since is opened again. */
export class Generators {
  readonly #open: OpenGenerator;
  /** Run folder → entry, the longest unused first. */
  readonly #entries = new Map<string, Entry>();

  constructor(open: OpenGenerator) {
    this.#open = open;
  }

  /** The generator may be used until the event loop's next turn. */
  async get(runFolder: string): Promise<Generator> {
    const checkpoints = await checkpointNames(runFolder);
    const known = this.#entries.get(runFolder);
    if (known?.checkpoints === checkpoints) {
      this.#entries.delete(runFolder);
      this.#entries.set(runFolder, known);
      return known.generator;
    }
    this.release(runFolder);
    const entry: Entry = { checkpoints, generator: this.#open(runFolder) };
    this.#entries.set(runFolder, entry);
    entry.generator.catch(() => {
      if (this.#entries.get(runFolder) === entry) this.#entries.delete(runFolder);
    });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > KEPT && !oldest.done) this.release(oldest.value);
    return entry.generator;
  }

  /** Forgets a run and frees its memory. */
  release(runFolder: string): void {
    const entry = this.#entries.get(runFolder);
    if (entry === undefined) return;
    this.#entries.delete(runFolder);
    entry.generator.then(
      // Whoever was given it in this turn may still draw.
      (generator) => setImmediate(() => generator.dispose()),
      () => undefined,
    );
  }
}

async function checkpointNames(runFolder: string): Promise<string> {
  const names = await fs.readdir(path.join(runFolder, 'checkpoints')).catch(() => []);
  return names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .join('\n');
}
