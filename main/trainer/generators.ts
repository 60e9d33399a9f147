import fs from 'node:fs/promises';
import path from 'node:path';
import type { Generator, OpenGenerator } from '../../core/explore/api.ts';
import { Recent } from './recent.ts';
import { checkpointsFolder, MANIFEST_FILE, stepName } from '../../core/run/checkpoint-files.ts';

/** Models kept in memory at once, beside the one in training: as many as are looked at side by side. */
const KEPT = 4;

interface Entry {
  runFolder: string;
  /** What the checkpoint was chosen from when it was opened: names of all there were, or when that of the step was written. */
  checkpoints: string;
  generator: Promise<Generator>;
}

/** Opened models, the last used ones kept. A run whose checkpoints have changed since is opened again. */
export class Generators {
  readonly #open: OpenGenerator;
  /** Run folder and step → entry, the longest unused first. */
  readonly #entries = new Map<string, Entry>();
  readonly #checkpoints: Recent<string>;

  /** @param trusted how long a look at the checkpoints counts, milliseconds */
  constructor(open: OpenGenerator, trusted?: number) {
    this.#open = open;
    this.#checkpoints = new Recent(trusted);
  }

  /**
   * The generator may be used until the event loop's next turn.
   *
   * @param step of the checkpoint; default: the newest
   */
  async get(runFolder: string, step?: number): Promise<Generator> {
    const key = step === undefined ? runFolder : path.join(runFolder, stepName(step));
    const checkpoints = await this.#checkpoints.of(key, () =>
      step === undefined ? checkpointNames(runFolder) : writtenAt(runFolder, step),
    );
    const known = this.#entries.get(key);
    if (known?.checkpoints === checkpoints) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.generator;
    }
    this.#release(key);
    const generator = this.#open(runFolder, step === undefined ? {} : { step });
    const entry: Entry = { runFolder, checkpoints, generator };
    this.#entries.set(key, entry);
    generator.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > KEPT && !oldest.done) this.#release(oldest.value);
    return generator;
  }

  /** Forgets a run and frees its memory. */
  release(runFolder: string): void {
    this.#checkpoints.forget();
    for (const [key, entry] of [...this.#entries]) if (entry.runFolder === runFolder) this.#release(key);
  }

  #release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.generator.then(
      // Whoever was given it in this turn may still draw.
      (generator) => setImmediate(() => generator.dispose()),
      () => undefined,
    );
  }
}

async function checkpointNames(runFolder: string): Promise<string> {
  const names = await fs.readdir(checkpointsFolder(runFolder)).catch(() => []);
  return names
    .filter((name) => !name.startsWith('.'))
    .sort()
    .join('\n');
}

async function writtenAt(runFolder: string, step: number): Promise<string> {
  const file = path.join(checkpointsFolder(runFolder), stepName(step), MANIFEST_FILE);
  const found = await fs.stat(file).catch(() => null);
  return found === null ? 'gone' : `${found.ino} ${found.mtimeMs}`;
}
