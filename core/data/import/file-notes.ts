/** What there is to say of the files that images are from, beside what is left out. */
import path from 'node:path';
import { countOf } from '../readers/words.ts';
import type { FoundIn } from './stream.ts';

/** Gathers it from one image after another. */
export class FileNotes {
  /** Images of files of 16 bits a value, by how many bits they were read as. */
  readonly #bits = new Map<number, number>();
  #pages = 0;
  #files = 0;
  #file = '';

  add({ file, page, bits }: FoundIn): void {
    if (bits !== undefined) this.#bits.set(bits, (this.#bits.get(bits) ?? 0) + 1);
    if (page?.number !== 1) return;
    this.#pages += page.of;
    this.#files++;
    this.#file = file;
  }

  /** One sentence each; none when all is as usual. */
  remarks(): string[] {
    const remarks: string[] = [];
    if (this.#pages > 0) {
      const files = this.#files === 1 ? path.posix.basename(this.#file) : countOf(this.#files, 'TIFF file');
      const has = this.#files === 1 ? 'has' : 'have';
      remarks.push(`${files} ${has} ${countOf(this.#pages, 'page')}, each an image of its own.`);
    }
    const all = [...this.#bits.values()].reduce((sum, count) => sum + count, 0);
    for (const [bits, most] of [
      [12, '4,095'],
      [8, '255'],
    ] as const) {
      const count = this.#bits.get(bits) ?? 0;
      if (count === 0) continue;
      const which =
        count === all
          ? countOf(count, 'image')
          : `${count.toLocaleString('en-US')} of ${countOf(all, 'image')}`;
      const hold = count === 1 ? 'holds' : 'hold';
      const are = count === 1 ? 'is' : 'are';
      remarks.push(`${which} of 16 bits a value ${hold} none above ${most}, so ${are} read as ${bits}-bit.`);
    }
    return remarks;
  }
}
