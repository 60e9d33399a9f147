/** Hard links in tar archives: further names of files that lie before them. */
import type { TarMember } from './tar-headers.ts';

/** Bytes of files that are kept while a compressed archive goes by, because links to them follow. */
export const MAX_HELD_BYTES = 64 * 2 ** 20;

/** What to read for each member, in their order. */
export class LinkResolver {
  readonly #files = new Map<string, TarMember>();

  /** The file that a member's bytes are those of; null when the archive holds none before it. */
  fileOf(member: TarMember): TarMember | null {
    const file = member.kind === 'hard link' ? (this.#files.get(member.target) ?? null) : member;
    // A name that comes again stands for what is read under it, which is the first.
    if (file !== null && file.kind === 'file' && !this.#files.has(member.name)) {
      this.#files.set(member.name, file);
    }
    return file;
  }
}
