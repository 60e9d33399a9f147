import { UserError } from '../../errors.ts';

/** A file, or an array in one, that cannot be used, with the reason as a fact of its own for other sentences. */
export class Unreadable extends UserError {
  /** What the name, or `it`, is followed by: `is damaged: its checksum is not what the file says`. */
  readonly reason: string;

  /**
   * @param file what sentences call it
   * @param advice what to do
   */
  constructor(file: string, reason: string, advice: string) {
    super(`${file} ${reason}; ${advice}.`, { code: 'unreadable', file });
    this.reason = reason;
  }
}
