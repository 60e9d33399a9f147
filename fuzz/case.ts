/** One case: a good file, changed by what follows from a seed, and what comes of it. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { formatNamed, seedsOf } from './formats.ts';
import { LIBRARY_FILES, makeLibrary } from './library.ts';
import type { Outcome } from './outcome.ts';
import { Random } from './random.ts';

export interface Input {
  bytes: Uint8Array;
  /** The good file it was made from. */
  from: string;
}

/** A folder to try cases in, and the good files. One at a time. */
export class Bench {
  readonly #seeds = new Map<string, string[]>();
  readonly #kept = new Map<string, Uint8Array>();
  /** Files of the library as they were made. */
  readonly #library = new Map<string, Uint8Array>();

  private constructor(
    private readonly root: string,
    private readonly folder: string,
  ) {}

  /**
   * @param root the project, for its good files
   * @param folder to work in; what is in it is lost
   */
  static async open(root: string, folder: string): Promise<Bench> {
    await fs.rm(folder, { recursive: true, force: true });
    const bench = new Bench(root, folder);
    for (const name of ['library', 'tmp', 'work'])
      await fs.mkdir(path.join(folder, name), { recursive: true });
    process.env['TMPDIR'] = path.join(folder, 'tmp');
    const library = path.join(folder, 'library');
    await makeLibrary(library);
    for (const file of Object.values(LIBRARY_FILES)) {
      bench.#library.set(file, new Uint8Array(await fs.readFile(path.join(library, file))));
    }
    return bench;
  }

  /** The input of a case. The same seed gives the same one, as long as the good files are the same. */
  async input(format: string, seed: number): Promise<Input> {
    const random = new Random(seed);
    let files = this.#seeds.get(format);
    if (files === undefined) {
      files = await seedsOf(format, this.root, path.join(this.folder, 'library'));
      this.#seeds.set(format, files);
    }
    const from = random.pick(files);
    let good = this.#kept.get(from);
    if (good === undefined) {
      good = new Uint8Array(await fs.readFile(from));
      this.#kept.set(from, good);
    }
    return { bytes: formatNamed(format).mutate(good, random), from: path.relative(this.root, from) };
  }

  /**
   * Tries an input.
   *
   * @throws Error when it does anything but give a result or refuse in one sentence, or leaves something behind
   */
  async run(name: string, seed: number, bytes: Uint8Array): Promise<Outcome> {
    const format = formatNamed(name);
    const work = path.join(this.folder, 'work');
    const file = path.join(work, `input${format.ending}`);
    const own = format.libraryFile;
    const home = own === undefined ? path.join(work, 'home') : path.join(this.folder, 'library');
    if (own === undefined) await fs.mkdir(home);
    await fs.writeFile(own === undefined ? file : path.join(home, own), bytes);
    try {
      const outcome = await format.try(bytes, { file, home, root: this.root }, new Random(seed ^ 0x5bd1e995));
      await checkNothingLeft(own === undefined ? work : home);
      return outcome;
    } finally {
      if (own !== undefined) await this.#restoreLibrary();
      for (const folder of [work, os.tmpdir()]) {
        await fs.rm(folder, { recursive: true, force: true });
        await fs.mkdir(folder, { recursive: true });
      }
    }
  }

  /** Reading may also write: measurements that are missing are made anew. */
  async #restoreLibrary(): Promise<void> {
    for (const [file, bytes] of this.#library) {
      await fs.writeFile(path.join(this.folder, 'library', file), bytes);
    }
  }

  async close(): Promise<void> {
    await fs.rm(this.folder, { recursive: true, force: true });
  }
}

async function checkNothingLeft(work: string): Promise<void> {
  const temporary = await fs.readdir(os.tmpdir());
  const beside = (await fs.readdir(work, { recursive: true })).filter((name) => name.endsWith('.tmp'));
  const left = [...temporary, ...beside];
  if (left.length > 0) throw new Error(`left behind: ${left.slice(0, 5).join(', ')}`);
}
