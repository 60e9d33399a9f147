/** What the supervisor and its child say to each other. */

export interface Order {
  /** Of the run; each case has its own by its number. */
  runSeed: number;
  /** Formats in turn. */
  formats: string[];
  /** Number of the first case. */
  first: number;
  /** Milliseconds to go on for. */
  milliseconds: number;
  /** Cases at most. */
  cases: number;
}

/** What is told of each case, in order. */
export interface Told {
  number: number;
  outcome: 'result' | 'refusal' | { failure: string };
  milliseconds: number;
  /** The most memory so far, in bytes. */
  peak: number;
}

/** In the child's folder: the number of the case at hand. */
export const CURRENT_FILE = 'current';
