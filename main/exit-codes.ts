/** What the command line and the window end with: the one table that `covae --help`, the README and `--json` go by. */

export const EXIT = {
  DONE: 0,
  FAILED: 1,
  /** As `EX_TEMPFAIL` of sysexits.h: schedulers know it as "start this again". */
  STOPPED: 75,
  CLOSED_OUTPUT: 141,
} as const;

/** Signals that end a work in an orderly way, with the codes that shells give to programs ended by them. */
export const SIGNAL_CODES = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof SIGNAL_CODES;

export const EXIT_CODE_TABLE: readonly (readonly [codes: string, meaning: string])[] = [
  ['0', 'done'],
  ['1', 'not done; one sentence says why'],
  [
    '75',
    'stopped before the end by a signal, a closed terminal or a closed pipe, and saved: covae resume, or the same command, goes on',
  ],
  [
    '129, 130, 131, 143',
    'ended by SIGHUP, SIGINT (Ctrl-C), SIGQUIT or SIGTERM with nothing to go on with, or at once by a second one',
  ],
  ['141', 'stopped because nobody reads the output any more, with nothing to go on with'],
];

/** The table as the help shows it. */
export function exitCodeHelp(): string {
  const width = Math.max(...EXIT_CODE_TABLE.map(([codes]) => codes.length));
  return EXIT_CODE_TABLE.map(([codes, meaning]) => `  ${codes.padEnd(width)}  ${meaning}`).join('\n');
}
