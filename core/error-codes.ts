/**
 * The kinds of errors that are meant for people, for machines to tell apart: the window, scripts that read `--json`, and
 * other processes of the program. A code never changes its meaning; the sentence beside it may be worded anew.
 */
export const ERROR_CODES = [
  /** What was asked for or given cannot be used; the sentence says why. */
  'invalid',
  /** A setting of a configuration is unknown or has a wrong value, or settings do not go together. */
  'settings',
  /** A data set, run, preset, image or file that was named is not there. */
  'not-found',
  /** There is something of that name already. */
  'exists',
  /** A file cannot be read, or is not what it has to be. */
  'unreadable',
  /** A file or folder cannot be written. */
  'unwritable',
  /** Something else has to end first: a training or an import. */
  'busy',
  /** Memory ran out. */
  'out-of-memory',
  /** A step of the training was not finite. */
  'diverged',
  /** Who asked does not want it any more. */
  'cancelled',
  /** A process of the program ended, or the program is ending. */
  'process-gone',
  /** Who asked may not. */
  'refused',
  /** A command line that cannot be understood. */
  'usage',
  /** A defect of the program. */
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
